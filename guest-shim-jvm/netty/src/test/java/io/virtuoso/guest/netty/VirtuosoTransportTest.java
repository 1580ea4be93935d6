package io.virtuoso.guest.netty;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.netty.bootstrap.Bootstrap;
import io.netty.bootstrap.ServerBootstrap;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelHandler;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.FixedRecvByteBufAllocator;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.SimpleChannelInboundHandler;
import java.net.BindException;
import java.net.ConnectException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import jdk.net.ExtendedSocketOptions;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;

/** What the transport of this module does beyond what netty's own tests ask. */
@Timeout(180)
@ExtendWith(SuiteExtension.class)
class VirtuosoTransportTest {
    /** Less than what a loop sleeps that nobody wakes. */
    private static final long HELD_BACK_NANOS = TimeUnit.MILLISECONDS.toNanos(1800);

    private EventLoopGroup group;
    private final BlockingQueue<String> heard = new LinkedBlockingQueue<>();

    @BeforeEach
    void makeLoops() {
        group = new MultiThreadIoEventLoopGroup(2, VirtuosoIoHandler.newFactory());
    }

    @AfterEach
    void endLoops() throws InterruptedException {
        group.shutdownGracefully(0, 5, TimeUnit.SECONDS).sync();
    }

    // ---- where it leads ----------------------------------------------------------------------

    @Test
    void shouldRefuseToBindToLoopback() throws InterruptedException {
        Throwable refusal = server(new Echo()).bind("127.0.0.1", 0).await().cause();
        assertInstanceOf(BindException.class, refusal);
        assertTrue(refusal.getMessage().contains("NIO transport"), refusal.getMessage());
    }

    @Test
    void shouldRefuseLoopbackWhereThisGuestHasNoListener() throws InterruptedException {
        Throwable refusal =
                client(new Listening()).connect("127.0.0.1", 1).await().cause();
        assertInstanceOf(ConnectException.class, refusal);
        assertTrue(refusal.getMessage().contains("no listener of this guest"), refusal.getMessage());
    }

    @Test
    void shouldReachItsAddressesOfBothFamilies() throws Exception {
        int port = port(server(new Echo()).bind(0).sync());
        for (String own : new String[] {"fd00:88::5", HostStackProcess.ADDRESS.getHostAddress(), "::1"}) {
            InetAddress address = InetAddress.getByName(own);
            Channel client =
                    client(new Listening()).connect(address, port).sync().channel();
            assertEquals(address, ((InetSocketAddress) client.remoteAddress()).getAddress());
            assertEquals("hello " + own, echoOf("hello " + own, client));
            client.close().sync();
        }
        assertTrue(server(new Echo()).bind("fd00:88::5", 0).await().isSuccess());
    }

    @Test
    void shouldRefuseIpv6BeyondItsSubnet() throws Exception {
        InetAddress address = InetAddress.getByName("fd00::1");
        Throwable refusal = client(new Listening()).connect(address, 80).await().cause();
        assertInstanceOf(ConnectException.class, refusal);
        assertTrue(refusal.getMessage().contains("IPv6"), refusal.getMessage());
    }

    @Test
    void shouldReachOwnListenerByLoopbackAddress() throws InterruptedException {
        int port = port(server(new Echo()).bind(0).sync());
        long least = Long.MAX_VALUE; // a busy machine may be slow now and then
        for (int i = 0; i < 10 && least >= HELD_BACK_NANOS; i++) {
            long start = System.nanoTime();
            Channel client =
                    client(new Listening()).connect("127.0.0.1", port).sync().channel();
            least = Math.min(least, System.nanoTime() - start);
            assertEquals("127.0.0.1", ((InetSocketAddress) client.remoteAddress()).getHostString());
            assertEquals("hello", echoOf("hello", client));
        }
        assertTrue(least < HELD_BACK_NANOS, "it waited for an event it held back");
    }

    // ---- what is heard -----------------------------------------------------------------------

    @Test
    void shouldReadAllThatWasSentBeforeTheEnd() throws Exception {
        byte[] sent = new byte[1 << 20];
        AtomicLong read = new AtomicLong();
        CountDownLatch ended = new CountDownLatch(1);
        try (ServerSocket server = new ServerSocket(0, 1, HostStackProcess.ADDRESS)) {
            Thread sender = new Thread(() -> sendAndClose(server, sent));
            sender.start();
            Channel client = client(new ChannelInboundHandlerAdapter() {
                        @Override
                        public void channelRead(ChannelHandlerContext context, Object message) {
                            read.addAndGet(((ByteBuf) message).readableBytes());
                            ((ByteBuf) message).release();
                        }

                        @Override
                        public void channelReadComplete(ChannelHandlerContext context) {
                            context.read();
                        }

                        @Override
                        public void channelInactive(ChannelHandlerContext context) {
                            ended.countDown();
                        }
                    })
                    .option(ChannelOption.AUTO_READ, false)
                    .option(ChannelOption.RECVBUF_ALLOCATOR, new FixedRecvByteBufAllocator(4096))
                    .connect(server.getLocalSocketAddress())
                    .sync()
                    .channel();
            client.read();
            assertTrue(ended.await(60, TimeUnit.SECONDS));
            sender.join();
        }
        assertEquals(sent.length, read.get());
    }

    private static void sendAndClose(ServerSocket server, byte[] bytes) {
        try (Socket socket = server.accept()) {
            socket.getOutputStream().write(bytes);
        } catch (java.io.IOException e) {
            throw new java.io.UncheckedIOException(e);
        }
    }

    @Test
    void shouldHearOfThePeersEndWithoutReading() throws InterruptedException {
        CountDownLatch gone = new CountDownLatch(1);
        ServerBootstrap server = server(new ChannelInboundHandlerAdapter() {
                    @Override
                    public void channelInactive(ChannelHandlerContext context) {
                        gone.countDown();
                    }
                })
                .childOption(ChannelOption.AUTO_READ, false);
        Channel client = connect(server.bind(HostStackProcess.ADDRESS, 0).sync(), new Listening());
        assertFalse(gone.await(100, TimeUnit.MILLISECONDS));
        client.close().sync();
        assertTrue(gone.await(60, TimeUnit.SECONDS));
    }

    @Test
    void shouldNotTellThePeersEndBeforeUnreadData() throws InterruptedException {
        CountDownLatch gone = new CountDownLatch(1);
        BlockingQueue<Channel> accepted = new LinkedBlockingQueue<>();
        ServerBootstrap server = server(new Listening() {
                    @Override
                    public void channelActive(ChannelHandlerContext context) {
                        accepted.add(context.channel());
                    }

                    @Override
                    public void channelInactive(ChannelHandlerContext context) {
                        gone.countDown();
                    }
                })
                .childOption(ChannelOption.AUTO_READ, false);
        Channel client = connect(server.bind(HostStackProcess.ADDRESS, 0).sync(), new ChannelInboundHandlerAdapter());
        client.writeAndFlush(text("last words")).sync();
        client.close().sync();
        assertFalse(gone.await(200, TimeUnit.MILLISECONDS));
        accepted.take().read();
        assertEquals("last words", heard.poll(60, TimeUnit.SECONDS));
        assertTrue(gone.await(60, TimeUnit.SECONDS));
    }

    @Test
    void shouldGoOnAfterAMoveToAnotherLoop() throws InterruptedException {
        Channel client =
                connect(server(new Echo()).bind(HostStackProcess.ADDRESS, 0).sync(), new Listening());
        assertEquals("before", echoOf("before", client));
        client.deregister().sync();
        EventLoopGroup other = new MultiThreadIoEventLoopGroup(1, VirtuosoIoHandler.newFactory());
        try {
            other.register(client).sync();
            assertEquals("after", echoOf("after", client));
        } finally {
            client.close().sync();
            other.shutdownGracefully(0, 5, TimeUnit.SECONDS).sync();
        }
    }

    @Test
    void shouldServeManyConnectionsWithFewLoops() throws InterruptedException {
        ChannelFuture bound =
                server(new Echo()).bind(HostStackProcess.ADDRESS, 0).sync();
        List<Channel> clients = new ArrayList<>();
        for (int i = 0; i < 300; i++) {
            clients.add(connect(bound, new Listening()));
        }
        for (int i = 0; i < clients.size(); i++) {
            assertEquals("number " + i, echoOf("number " + i, clients.get(i)));
        }
    }

    // ---- life and options --------------------------------------------------------------------

    @Test
    void shouldCloseChannelsWhenTheLoopEnds() throws InterruptedException {
        EventLoopGroup ending = new MultiThreadIoEventLoopGroup(1, VirtuosoIoHandler.newFactory());
        ChannelFuture bound =
                server(new Echo()).bind(HostStackProcess.ADDRESS, 0).sync();
        Bootstrap elsewhere = new Bootstrap().group(ending).channel(VirtuosoSocketChannel.class);
        Channel client = elsewhere
                .handler(new Listening())
                .connect(bound.channel().localAddress())
                .sync()
                .channel();
        ending.shutdownGracefully(0, 5, TimeUnit.SECONDS).sync();
        assertTrue(client.closeFuture().await(30, TimeUnit.SECONDS));
        assertFalse(client.isOpen());
    }

    @Test
    void shouldHaveTheSocketsOptions() throws InterruptedException {
        Channel client =
                connect(server(new Echo()).bind(HostStackProcess.ADDRESS, 0).sync(), new Listening());
        ChannelOption<Integer> idle = VirtuosoChannelOption.of(ExtendedSocketOptions.TCP_KEEPIDLE);
        assertTrue(client.config().setOption(ChannelOption.SO_KEEPALIVE, true));
        assertTrue(client.config().setOption(idle, 30));
        assertEquals(true, client.config().getOption(ChannelOption.SO_KEEPALIVE));
        assertEquals(30, client.config().getOption(idle));
        assertEquals(true, client.config().getOption(ChannelOption.TCP_NODELAY));
        assertTrue(client.config().setOption(ChannelOption.IP_TOS, 0x13));
        assertEquals(0x10, client.config().getOption(ChannelOption.IP_TOS));
    }

    @Test
    void shouldRefuseOptionsThatHaveNoEffect() {
        assertFalse(new VirtuosoServerSocketChannel().config().setOption(ChannelOption.TCP_FASTOPEN, 1));
    }

    // ---- support -----------------------------------------------------------------------------

    private ServerBootstrap server(ChannelHandler handler) {
        return new ServerBootstrap()
                .group(group)
                .channel(VirtuosoServerSocketChannel.class)
                .childHandler(handler);
    }

    private Bootstrap client(ChannelHandler handler) {
        return new Bootstrap().group(group).channel(VirtuosoSocketChannel.class).handler(handler);
    }

    private Channel connect(ChannelFuture bound, ChannelHandler handler) throws InterruptedException {
        return client(handler).connect(bound.channel().localAddress()).sync().channel();
    }

    private String echoOf(String text, Channel client) throws InterruptedException {
        client.writeAndFlush(text(text)).sync();
        return heard.poll(60, TimeUnit.SECONDS);
    }

    private static ByteBuf text(String text) {
        return Unpooled.copiedBuffer(text, StandardCharsets.US_ASCII);
    }

    private static int port(ChannelFuture bound) {
        return ((InetSocketAddress) bound.channel().localAddress()).getPort();
    }

    @ChannelHandler.Sharable
    private static final class Echo extends ChannelInboundHandlerAdapter {
        @Override
        @SuppressWarnings("FutureReturnValueIgnored") // a void promise has no result
        public void channelRead(ChannelHandlerContext context, Object message) {
            context.writeAndFlush(message, context.voidPromise());
        }
    }

    private class Listening extends SimpleChannelInboundHandler<ByteBuf> {
        @Override
        protected void channelRead0(ChannelHandlerContext context, ByteBuf message) {
            heard.add(message.toString(StandardCharsets.US_ASCII));
        }
    }
}
