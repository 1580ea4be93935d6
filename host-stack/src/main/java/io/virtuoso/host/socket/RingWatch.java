package io.virtuoso.host.socket;

/** What {@link IdleRings} knows of a socket that it looks at, from one look to the next. Stack thread only. */
final class RingWatch {
    private final GuestSocket socket;
    private final SocketList.Link link;
    /** How far everything had come at the last look; at first: nowhere. */
    private long mark;

    private boolean asked;

    RingWatch(GuestSocket socket) {
        this.socket = socket;
        link = new SocketList.Link(socket);
    }

    /** @return the socket's place among those that are looked at */
    SocketList.Link link() {
        return link;
    }

    /** @return true if nothing has passed since the last look */
    boolean rests() {
        final ReceiveRing rx = socket.receive();
        final TransmitRing tx = socket.transmit();
        final long now = rx.head() + rx.tail() + tx.head() + tx.tail() + tx.generation();
        final boolean rests = now == mark;
        mark = now;
        asked &= rests;
        return rests;
    }

    /** @return true if the guest was asked to adopt the transmit ring on offer, and nothing has passed since */
    boolean asked() {
        return asked;
    }

    void asked(boolean wasAsked) {
        asked = wasAsked;
    }
}
