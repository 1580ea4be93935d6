package io.virtuoso.guest.jar.netty.channel.epoll;

/** Stands for the class of netty's that looks for its native transport, as it is called in a copy of netty. */
public final class Epoll {
    /** Whether netty was told to do without, by the time that this class is initialized. */
    public static final boolean IS_REFUSED = Boolean.getBoolean("io.virtuoso.guest.jar.netty.transport.noNative");

    private Epoll() {}
}
