package io.virtuoso.host.tcp;

/**
 * Accurate ECN feedback (RFC 9768), once it is agreed on: how much arrives with which codepoint, which three flags of
 * every segment tell in short (ACE) and an option in full, and what the peer tells of what was sent to it. Bytes count
 * payload.
 */
final class AccurateEcn {
    /** The flags that ask for it in a SYN; together they are ACE. */
    static final int FLAGS = TcpFlags.AE | TcpFlags.CWR | TcpFlags.ECE;

    /** Both counters of packets begin here (section 3.2.1), so that a path that clears the flags is noticed. */
    private static final int FIRST_COUNT = 5;
    /** As long as fewer packets are acknowledged, ACE cannot have wrapped. */
    private static final int ACE_VALUES = 8;

    private static final int COUNTER_MASK = 0xff_ffff;
    /** Marks after which an acknowledgement is due, with new data (section 3.2.2.5.1). */
    private static final int MARKS_OF_DATA = 2;
    /** The same without: an acknowledgement of acknowledgements. */
    private static final int MARKS_OF_ACKS = 3;
    /** Acknowledgements at the beginning that carry the option whatever it has to tell. */
    private static final int FIRST_OPTIONS = 2;

    private static final int ECT_0 = 0;
    private static final int CE = 1;
    private static final int ECT_1 = 2;

    /** r.cep: packets that arrived marked. */
    private long received = FIRST_COUNT;
    /** The same when an acknowledgement last left. */
    private long receivedAndTold = FIRST_COUNT;
    /** r.e0b, r.ceb, r.e1b. */
    private final long[] receivedBytes = {1, 0, 1};
    /** Sum of them when the option last left. */
    private long receivedBytesTold;

    private int options;
    /** Codepoint of the last segment with data; -1: there was none. */
    private int lastCodepoint = -1;
    /** What the first acknowledgement tells of the SYN,ACK; -1: nothing. */
    private int handshake = -1;

    /** s.cep: packets that arrived marked at the peer. */
    private long delivered = FIRST_COUNT;
    /** s.ceb, 24 bits. */
    private int deliveredMarkedBytes;
    /** Bytes taken as marked since the option told them last. */
    private long markedSinceOption;

    private boolean optionSeen;
    /** The option came, but with what no peer sends: changed on the way (section 3.2.3.2.4). */
    private boolean optionBroken;

    private boolean feedbackSeen;
    /** Whether the path leaves codepoints and flags alone, so that data may be sent ECN-capable (section 3.2.2.3). */
    private boolean usable = true;
    /** Share of packets that was marked lately, 0 to 1. */
    private double share;

    /** Whether what is sent may be marked. */
    boolean isUsable() {
        return usable;
    }

    // ---- handshake ---------------------------------------------------------------------------------------------

    /** ACE of a segment. */
    static int ace(TcpSegment segment) {
        return segment.flags / TcpFlags.ECE & ACE_VALUES - 1;
    }

    private static int flags(long ace) {
        return (int) (ace & ACE_VALUES - 1) * TcpFlags.ECE;
    }

    /** How a codepoint of a SYN is told of in its answer (section 3.1.1, table 2). */
    static int codepointFlags(int codepoint) {
        return flags(codepoint == Ecn.CE ? 6 : codepoint == 0 ? 2 : codepoint == Ecn.ECT_0 ? 4 : 3);
    }

    /** The SYN,ACK agreed on it; our SYN was not ECN-capable. */
    void onSynAck(TcpSegment synAck) {
        handshake = codepointFlags(synAck.ecn);
        received += synAck.ecn == Ecn.CE ? 1 : 0;
        checkCodepointTold(ace(synAck));
    }

    /** The ACK of our SYN,ACK, which was not ECN-capable (section 3.2.2.1, table 4). */
    void onHandshakeAck(TcpSegment ack) {
        if (ack.payloadLength == 0 && ack.sackCount == 0) {
            delivered += ace(ack) == 6 ? 1 : 0;
            usable &= ace(ack) != 0;
            checkCodepointTold(ace(ack));
        }
    }

    /** What was not ECN-capable when it left must not be when it arrives. Values without meaning tell nothing. */
    private void checkCodepointTold(int ace) {
        usable &= ace != 3 && ace != 4 && ace != 6;
    }

    // ---- receiving ---------------------------------------------------------------------------------------------

    /**
     * An acceptable segment came. One that stands for several on the wire counts as many.
     *
     * @param segmentBytes what a full one carries
     * @return whether to acknowledge at once (section 3.2.2.5.1)
     */
    boolean onReceived(TcpSegment segment, int segmentBytes) {
        int codepoint = segment.ecn;
        int length = segment.payloadLength;
        if (codepoint == Ecn.CE) {
            received += Math.max(1, (length + segmentBytes - 1) / segmentBytes);
        }
        if (codepoint != 0) {
            receivedBytes[codepoint == Ecn.CE ? CE : codepoint == Ecn.ECT_0 ? ECT_0 : ECT_1] += length;
        }
        long news = received - receivedAndTold;
        if (length == 0) {
            return news >= MARKS_OF_ACKS;
        }
        boolean changed = lastCodepoint >= 0 && lastCodepoint != codepoint;
        lastCodepoint = codepoint;
        return changed || news >= MARKS_OF_DATA;
    }

    /** ACE of a segment that leaves. */
    int takeFlags() {
        receivedAndTold = received;
        return flags(received);
    }

    /** The same of an acknowledgement without data: the first tells of the SYN,ACK instead. */
    int takeAckFlags(int usual) {
        int told = handshake;
        handshake = -1;
        return told < 0 ? usual : told;
    }

    /** Data carries the acknowledgement of the SYN,ACK. */
    void forgetHandshake() {
        handshake = -1;
    }

    /** Puts the option into an acknowledgement that has room for so many bytes, if it has news. */
    void addOption(OutgoingSegment segment, int room) {
        long sum = receivedBytes[ECT_0] + receivedBytes[CE] + receivedBytes[ECT_1];
        // Behind the last counter that ever moved nothing is told, so that the loss of an option does no harm.
        int count = receivedBytes[ECT_1] > 1 ? 3 : receivedBytes[CE] > 0 ? 2 : 1;
        int bytes = 2 + 3 * count + 3 & ~3; // padded
        if (room < bytes || sum == receivedBytesTold && options >= FIRST_OPTIONS) {
            return;
        }
        options++;
        receivedBytesTold = sum;
        segment.ecnCounterCount = count;
        for (int i = 0; i < segment.ecnCounters.length; i++) {
            segment.ecnCounters[i] = (int) receivedBytes[i] & COUNTER_MASK;
        }
    }

    // ---- sending -----------------------------------------------------------------------------------------------

    /**
     * New data was acknowledged: how many bytes of it arrived marked, as far as that can be told. Between two
     * acknowledgements ACE may have wrapped; how often is told by the option's bytes, else by what share was marked
     * lately (section 3.2.2.5.2).
     */
    long markedBytes(long acked, int mss, TcpSegment segment) {
        int ace = ace(segment);
        if (!feedbackSeen) {
            feedbackSeen = true;
            usable &= ace != 0; // section 3.2.2.4: cleared on the way
        }
        if (!usable) {
            return 0;
        }
        long packets = (acked + mss - 1) / mss;
        long bytes = optionBytes(segment);
        long least = ace - delivered & ACE_VALUES - 1;
        double expected = bytes >= 0 ? (double) bytes / mss : share * packets;
        long wraps = packets < ACE_VALUES ? 0 : Math.max(Math.round((expected - least) / ACE_VALUES), 0);
        long marked = least + ACE_VALUES * wraps;
        delivered += marked;
        share += ((double) Math.min(marked, packets) / packets - share) / ACE_VALUES;
        if (bytes >= 0) {
            return Math.min(acked, bytes);
        }
        long estimated = Math.min(acked, marked * mss);
        markedSinceOption += estimated;
        return estimated;
    }

    /** Bytes newly told to have arrived marked; -1: the option does not tell. */
    private long optionBytes(TcpSegment segment) {
        if (!segment.hasEcnCounters || optionBroken) {
            return -1;
        }
        if (!optionSeen) {
            optionSeen = true;
            optionBroken = segment.ecnCounters[ECT_0] == 0 || segment.ecnCounters[ECT_1] == 0;
        }
        int told = segment.ecnCounters[CE];
        if (optionBroken || told < 0) {
            return optionBroken ? -1 : 0;
        }
        int news = told - deliveredMarkedBytes & COUNTER_MASK;
        deliveredMarkedBytes = told;
        long unknown = Math.max(news - markedSinceOption, 0);
        markedSinceOption = 0;
        return unknown;
    }

    /** Packets that the peer got marked. */
    long delivered() {
        return delivered - FIRST_COUNT;
    }

    /** Packets that arrived marked. */
    long received() {
        return received - FIRST_COUNT;
    }
}
