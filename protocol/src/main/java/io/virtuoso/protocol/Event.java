package io.virtuoso.protocol;

/** Types of event queue entries (host to guest) and the bits of their arguments. */
public final class Event {
    /** Look at the slot; arg0: READY bits that changed. */
    public static final int READY = 1;

    /** The command with the same request is done; arg0, arg1 values; arg4 errno, 0 if it worked. */
    public static final int REPLY = 2;

    /** The host is done with a closed slot of the guest's: it may be used again. */
    public static final int RELEASED = 3;

    /** Adopt the transmit ring on offer now, if yours is empty, then {@link Command#TX}; since 2.2. */
    public static final int RING = 4;

    public static final int READY_READ = 1;
    public static final int READY_WRITE = 2;
    public static final int READY_STATE = 4;

    private Event() {}

    /** The name of an event type, for messages. */
    public static String name(int type) {
        return switch (type) {
            case READY -> "READY";
            case REPLY -> "REPLY";
            case RELEASED -> "RELEASED";
            case RING -> "RING";
            default -> "event " + type;
        };
    }
}
