package io.virtuoso.host.port;

import java.nio.ByteBuffer;
import java.util.List;

/**
 * A network's port whose frames another thread carries: a ring each way, and what that thread is told. The network's side
 * is a {@link RingPort}.
 */
public final class FrameLink {
    /** Memory that a link takes. */
    public static final int BYTES = 2 * FrameRing.BYTES;

    private final FrameRing out;
    private final FrameRing in;
    private volatile List<Payer> payers = List.of();

    /**
     * Whose an address of the network is.
     *
     * @param high    first half of an IPv6 address; 0: it is one of IPv4
     * @param low     second half, or the IPv4 address
     * @param account name of who pays for its packets
     * @param weight  of that account
     */
    public record Payer(long high, long low, String account, int weight) {}

    /** @param memory of {@link #BYTES} */
    public FrameLink(final ByteBuffer memory) {
        out = new FrameRing(memory.slice(0, FrameRing.BYTES));
        in = new FrameRing(memory.slice(FrameRing.BYTES, FrameRing.BYTES));
    }

    /** @return frames that the network sends */
    public FrameRing out() {
        return out;
    }

    /** @return frames that come for the network */
    public FrameRing in() {
        return in;
    }

    /** @return who pays for the network's packets, as the network's thread said last; the same object until it changes */
    public List<Payer> payers() {
        return payers;
    }

    /** The network's thread says who pays. */
    void payers(final List<Payer> current) {
        payers = List.copyOf(current);
    }
}
