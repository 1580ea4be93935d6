package io.virtuoso.guest.netty;

import io.netty.channel.IoOps;
import io.virtuoso.guest.core.StreamSocket;

/** What a {@link VirtuosoIoHandle} wants to hear of: any of {@link #READ}, {@link #WRITE} and {@link #END}. */
public final class VirtuosoIoOps implements IoOps {
    /** Something to read, or to accept. */
    public static final int READ = StreamSocket.READ;

    /** Room to write, or the outcome of a connect. */
    public static final int WRITE = StreamSocket.WRITE;

    /** The peer's end, with nothing left to read before it. Told as readability, also to who does not want to read. */
    public static final int END = StreamSocket.HANGUP;

    private static final VirtuosoIoOps[] ALL = new VirtuosoIoOps[(READ | WRITE | END) + 1];

    static {
        for (int interest = 0; interest < ALL.length; interest++) {
            ALL[interest] = new VirtuosoIoOps(interest);
        }
    }

    private final int interest;

    private VirtuosoIoOps(int interest) {
        this.interest = interest;
    }

    /**
     * The operations of some interest bits.
     *
     * @param interest the sum of what is wanted, or 0
     */
    public static VirtuosoIoOps of(int interest) {
        if (interest < 0 || interest >= ALL.length) {
            throw new IllegalArgumentException("no interest: " + interest);
        }
        return ALL[interest];
    }

    /** The sum of what is wanted. */
    public int interest() {
        return interest;
    }

    @Override
    public String toString() {
        return "VirtuosoIoOps(" + interest + ")";
    }
}
