package io.virtuoso.host.socket;

import io.virtuoso.protocol.State;

/** The state in which TCP would be with a connection between guests, where there is none. Stack thread only. */
final class LocalTcpState {
    private static final int TCP_ESTABLISHED = 1;
    private static final int TCP_FIN_WAIT1 = 4;
    private static final int TCP_FIN_WAIT2 = 5;
    private static final int TCP_CLOSE = 7;
    private static final int TCP_CLOSE_WAIT = 8;
    private static final int TCP_LAST_ACK = 9;

    private LocalTcpState() {}

    /** @return number of the state in Linux's TCP_INFO */
    static int of(GuestSocket socket) {
        final boolean readClosed = socket.is(State.READ_CLOSED);
        if (socket.is(State.FAILED)) {
            return TCP_CLOSE;
        }
        if (socket.peer() == null && !socket.awaitingAccept()) {
            return readClosed && !socket.writeShut() ? TCP_CLOSE_WAIT : TCP_CLOSE;
        }
        if (socket.writeShut()) {
            return readClosed && socket.finDelivered()
                    ? TCP_CLOSE
                    : readClosed ? TCP_LAST_ACK : socket.finDelivered() ? TCP_FIN_WAIT2 : TCP_FIN_WAIT1;
        }
        return readClosed ? TCP_CLOSE_WAIT : TCP_ESTABLISHED;
    }
}
