package io.virtuoso.host.port;

import io.virtuoso.host.wire.EthernetHeader;

/**
 * A port that brings frames back that the host stack sends to its own Ethernet address, so that who has an address there
 * reaches others by that address, too (RFC 4787 section 6). They wait here until the wire path receives again, before what
 * the port has; at most {@link #MAX} of them, others find no room.
 */
public final class HairpinPort extends ForwardingPort {
    static final int MAX = 32;

    private final long mac;
    /** Made as they are needed. */
    private final Frame[] frames = new Frame[MAX];

    private int first;
    private int size;
    private boolean last;

    public HairpinPort(final Port port) {
        super(port);
        this.mac = port.mac();
    }

    @Override
    public boolean transmit(final Frame frame) {
        return EthernetHeader.destination(frame.buffer(), frame.ethernetAt()) == mac
                ? turn(frame)
                : port.transmit(frame);
    }

    private boolean turn(final Frame frame) {
        if (size == MAX) {
            return false;
        }
        final int at = (first + size++) % MAX;
        if (frames[at] == null) {
            frames[at] = new Frame();
        }
        frames[at].gatherFrom(frame);
        return true;
    }

    @Override
    public int receive(final Frame frame) {
        last = size > 0;
        if (!last) {
            return port.receive(frame);
        }
        frame.copyFrom(frames[first]);
        first = (first + 1) % MAX;
        size--;
        return RECEIVED;
    }

    /** @return true if {@link #receive} brings back another frame */
    public boolean hasFrames() {
        return size > 0;
    }

    /** @return true if the frame received last was sent by the host stack itself */
    public boolean isOwn() {
        return last;
    }

    @Override
    public boolean gathers() {
        return port.gathers();
    }
}
