package io.virtuoso.guest.netty;

import io.netty.channel.IoOps;
import io.virtuoso.guest.core.StreamSocket;

/** What a {@link VirtuosoIoHandle} wants to hear of. */
public final class VirtuosoIoOps implements IoOps {
    /** Nothing. */
    public static final VirtuosoIoOps NONE = new VirtuosoIoOps(0);

    /** Something to read, or to accept. */
    public static final VirtuosoIoOps READ = new VirtuosoIoOps(StreamSocket.READ);

    /** Room to write, or the outcome of a connect. */
    public static final VirtuosoIoOps WRITE = new VirtuosoIoOps(StreamSocket.WRITE);

    /** Both. */
    public static final VirtuosoIoOps READ_WRITE = new VirtuosoIoOps(StreamSocket.READ | StreamSocket.WRITE);

    private final int interest;

    private VirtuosoIoOps(int interest) {
        this.interest = interest;
    }

    /**
     * The operations of some interest bits.
     *
     * @param interest {@link StreamSocket#READ}, {@link StreamSocket#WRITE}, both or 0
     */
    public static VirtuosoIoOps of(int interest) {
        return switch (interest) {
            case 0 -> NONE;
            case StreamSocket.READ -> READ;
            case StreamSocket.WRITE -> WRITE;
            case StreamSocket.READ | StreamSocket.WRITE -> READ_WRITE;
            default -> throw new IllegalArgumentException("no interest: " + interest);
        };
    }

    /** As bits of {@link StreamSocket}. */
    public int interest() {
        return interest;
    }

    @Override
    public String toString() {
        return "VirtuosoIoOps(" + interest + ")";
    }
}
