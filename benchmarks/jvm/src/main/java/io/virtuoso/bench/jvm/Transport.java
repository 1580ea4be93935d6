package io.virtuoso.bench.jvm;

import io.netty.channel.IoHandlerFactory;
import io.netty.channel.ServerChannel;
import io.netty.channel.epoll.EpollIoHandler;
import io.netty.channel.epoll.EpollServerSocketChannel;
import io.netty.channel.nio.NioIoHandler;
import io.netty.channel.socket.nio.NioServerSocketChannel;

/** A transport of netty. */
record Transport(IoHandlerFactory handlers, Class<? extends ServerChannel> serverChannel) {
    /** @param name {@code nio}, {@code epoll}, or {@code virtuoso}: the transport of virtuoso-guest-netty */
    static Transport of(String name) {
        return switch (name) {
            case "nio" -> new Transport(NioIoHandler.newFactory(), NioServerSocketChannel.class);
            case "epoll" -> new Transport(EpollIoHandler.newFactory(), EpollServerSocketChannel.class);
            case "virtuoso" -> virtuoso();
            default -> throw new IllegalArgumentException("no transport '" + name + "'");
        };
    }

    /** By name: it only works in a guest, and is not needed for the other two. */
    private static Transport virtuoso() {
        try {
            Class<?> handler = Class.forName("io.virtuoso.guest.netty.VirtuosoIoHandler");
            Class<?> channel = Class.forName("io.virtuoso.guest.netty.VirtuosoServerSocketChannel");
            IoHandlerFactory factory =
                    (IoHandlerFactory) handler.getMethod("newFactory").invoke(null);
            return new Transport(factory, channel.asSubclass(ServerChannel.class));
        } catch (ReflectiveOperationException e) {
            throw new IllegalStateException("virtuoso-guest-netty is not usable here", e);
        }
    }
}
