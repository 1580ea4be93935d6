package io.virtuoso.guest.netty;

import io.netty.bootstrap.AbstractBootstrap;
import io.netty.bootstrap.Bootstrap;
import io.netty.bootstrap.ServerBootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.IoHandlerFactory;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.ReflectiveChannelFactory;
import io.netty.channel.ServerChannel;
import io.netty.channel.nio.NioIoHandler;
import io.netty.channel.socket.nio.NioServerSocketChannel;
import io.netty.channel.socket.nio.NioSocketChannel;
import io.netty.testsuite.transport.TestsuitePermutation.BootstrapComboFactory;
import io.netty.testsuite.transport.TestsuitePermutation.BootstrapFactory;
import io.netty.util.concurrent.DefaultThreadFactory;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.util.List;

/**
 * The transport under test, as netty's tests want it. Where these name the loopback address themselves they get this
 * guest's address: loopback binds are the platform's.
 */
@SuppressWarnings("ImmutableEnumChecker") // each has its event loops, made when they are needed
enum GuestBootstraps {
    /** netty's NIO transport, unmodified. */
    NIO(NioIoHandler.newFactory(), NioSocketChannel.class, NioServerSocketChannel.class),

    /** The transport of this module. */
    VIRTUOSO(VirtuosoIoHandler.newFactory(), VirtuosoSocketChannel.class, VirtuosoServerSocketChannel.class);

    private static final int THREADS = 4;

    private final IoHandlerFactory handlers;
    private final Class<? extends Channel> client;
    private final Class<? extends ServerChannel> server;
    private EventLoopGroup group;

    GuestBootstraps(IoHandlerFactory handlers, Class<? extends Channel> client, Class<? extends ServerChannel> server) {
        this.handlers = handlers;
        this.client = client;
        this.server = server;
    }

    /** The transport that the system property netty.transport names. */
    static GuestBootstraps tested() {
        return valueOf(System.getProperty("netty.transport"));
    }

    private synchronized EventLoopGroup group() {
        if (group == null) {
            group = new MultiThreadIoEventLoopGroup(THREADS, new DefaultThreadFactory("suite-" + this, true), handlers);
        }
        return group;
    }

    /** Any port at this guest's address. */
    static SocketAddress anyPort() {
        return new InetSocketAddress(HostStackProcess.ADDRESS, 0);
    }

    private static InetAddress instead(InetAddress address) {
        return address.isLoopbackAddress() ? HostStackProcess.ADDRESS : address;
    }

    List<BootstrapFactory<ServerBootstrap>> servers() {
        return List.of(() -> new Server().group(group()).channel(server));
    }

    List<BootstrapFactory<Bootstrap>> clients() {
        return List.of(() -> new Client().group(group()).channel(client));
    }

    List<BootstrapComboFactory<ServerBootstrap, Bootstrap>> both() {
        return List.of(new Pair<>(servers().get(0), clients().get(0)));
    }

    Channel newClient() {
        return new ReflectiveChannelFactory<>(client).newChannel();
    }

    Class<? extends ServerChannel> server() {
        return server;
    }

    IoHandlerFactory handlers() {
        return handlers;
    }

    private static final class Server extends ServerBootstrap {
        @Override
        public ChannelFuture bind(InetAddress host, int port) {
            return super.bind(instead(host), port);
        }
    }

    private static final class Client extends Bootstrap {
        @Override
        public ChannelFuture connect(InetAddress host, int port) {
            return super.connect(instead(host), port);
        }
    }

    private static final class Pair<S extends AbstractBootstrap<?, ?>, C extends AbstractBootstrap<?, ?>>
            implements BootstrapComboFactory<S, C> {
        private final BootstrapFactory<S> servers;
        private final BootstrapFactory<C> clients;

        Pair(BootstrapFactory<S> servers, BootstrapFactory<C> clients) {
            this.servers = servers;
            this.clients = clients;
        }

        @Override
        public S newServerInstance() {
            return servers.newInstance();
        }

        @Override
        public C newClientInstance() {
            return clients.newInstance();
        }
    }
}
