package io.virtuoso.host.tcp;

/**
 * Initial sequence numbers (RFC 6528): a clock of 4 microseconds plus a keyed hash of addresses and ports, so that
 * they grow from one connection to the next of the same four-tuple but say nothing about other connections. The hash
 * is SipHash-2-4 of Aumasson and Bernstein over three 64-bit words.
 */
public final class InitialSequence {
    private static final long TICK_NS = 4_000;
    /** Tells the uses of the hash apart. */
    private static final long TIMESTAMP_USE = 1L << 32;

    private static final long SHORTENING_USE = 1L << 33;

    private final long key0;
    private final long key1;

    /** The key is a secret of this run of the host stack: 128 random bits. */
    public InitialSequence(long key0, long key1) {
        this.key0 = key0;
        this.key1 = key1;
    }

    /** Sequence number of the SYN for a connection between these end points; {@code scope} is the virtual network. */
    public int sequence(int localAddress, int localPort, int peerAddress, int peerPort, int scope, long nowNs) {
        long hash = sipHash(
                key0, key1, addresses(localAddress, peerAddress), ports(localPort, peerPort), scope & 0xffff_ffffL);
        return (int) hash + (int) (nowNs / TICK_NS);
    }

    /**
     * Offset of the timestamps of a connection (RFC 7323 section 7.1): the same for each connection of a four-tuple,
     * so that they keep growing from one to the next.
     */
    public int timestampOffset(int localAddress, int localPort, int peerAddress, int peerPort, int scope) {
        return (int) sipHash(
                key0,
                key1,
                addresses(localAddress, peerAddress),
                ports(localPort, peerPort),
                scope & 0xffff_ffffL | TIMESTAMP_USE);
    }

    /** An IPv6 address, two longs, as the int that stands for it in the other hashes. */
    public int shorten(long high, long low) {
        return (int) sipHash(key0, key1, high, low, SHORTENING_USE);
    }

    private static long addresses(int local, int peer) {
        return (long) local << 32 | peer & 0xffff_ffffL;
    }

    private static long ports(int local, int peer) {
        return (long) local << 16 | peer;
    }

    /** SipHash-2-4 of the 24 bytes of three little-endian words. */
    static long sipHash(long key0, long key1, long word0, long word1, long word2) {
        SipState state = new SipState(key0, key1);
        state.absorb(word0);
        state.absorb(word1);
        state.absorb(word2);
        state.absorb(24L << 56);
        return state.finish();
    }

    /** The four words of SipHash; does not outlive a hash, so the compiler keeps it in registers. */
    private static final class SipState {
        private long v0;
        private long v1;
        private long v2;
        private long v3;

        SipState(long key0, long key1) {
            v0 = key0 ^ 0x736f6d6570736575L;
            v1 = key1 ^ 0x646f72616e646f6dL;
            v2 = key0 ^ 0x6c7967656e657261L;
            v3 = key1 ^ 0x7465646279746573L;
        }

        void absorb(long word) {
            v3 ^= word;
            round();
            round();
            v0 ^= word;
        }

        long finish() {
            v2 ^= 0xff;
            round();
            round();
            round();
            round();
            return v0 ^ v1 ^ v2 ^ v3;
        }

        private void round() {
            v0 += v1;
            v1 = Long.rotateLeft(v1, 13) ^ v0;
            v0 = Long.rotateLeft(v0, 32);
            v2 += v3;
            v3 = Long.rotateLeft(v3, 16) ^ v2;
            v0 += v3;
            v3 = Long.rotateLeft(v3, 21) ^ v0;
            v2 += v1;
            v1 = Long.rotateLeft(v1, 17) ^ v2;
            v2 = Long.rotateLeft(v2, 32);
        }
    }
}
