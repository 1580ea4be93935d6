package io.virtuoso.conformance;

import static io.virtuoso.conformance.Channels.text;
import static io.virtuoso.conformance.Support.address;
import static io.virtuoso.conformance.Support.blocked;
import static io.virtuoso.conformance.Support.check;
import static io.virtuoso.conformance.Support.fails;
import static io.virtuoso.conformance.Support.failsWith;
import static io.virtuoso.conformance.Support.keep;
import static io.virtuoso.conformance.Support.own;
import static io.virtuoso.conformance.Support.same;

import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.MulticastSocket;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.AsynchronousCloseException;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.DatagramChannel;
import java.nio.channels.Pipe;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.channels.spi.SelectorProvider;
import java.nio.file.Files;
import java.nio.file.Path;

/** What stays with the platform must work as before. */
final class Platform {
    private Platform() {}

    @Case
    static void pipeMovesBytes() throws Exception {
        final Pipe pipe = Pipe.open();
        keep(pipe.sink());
        keep(pipe.source());
        same(pipe.sink().write(new ByteBuffer[] {text("pi"), text("pe")}), 4L);
        final ByteBuffer in = ByteBuffer.allocate(9);
        same(pipe.source().read(in), 4);
        pipe.source().configureBlocking(false);
        same(pipe.source().read(in), 0);
        pipe.source().configureBlocking(true);
        final Job reader = blocked(() -> same(pipe.source().read(in), -1));
        pipe.sink().close();
        reader.join();
        failsWith(ClosedChannelException.class, () -> pipe.sink().write(text("x")));
    }

    @Case
    static void closeWakesAPipesReader() throws Exception {
        final Pipe pipe = Pipe.open();
        keep(pipe.sink());
        final Job reader = blocked(() -> fails(
                AsynchronousCloseException.class, null, () -> pipe.source().read(ByteBuffer.allocate(1))));
        pipe.source().close();
        reader.join();
    }

    @Case
    static void datagramSocketsWork() throws Exception {
        final InetAddress loopback = address("127.0.0.1");
        final DatagramSocket receiver = keep(new DatagramSocket(0, loopback));
        final DatagramSocket sender = keep(new DatagramSocket());
        sender.send(new DatagramPacket(Bytes.of("udp"), 3, loopback, receiver.getLocalPort()));
        final DatagramPacket packet = new DatagramPacket(new byte[9], 9);
        receiver.receive(packet);
        same(packet.getLength(), 3);
        receiver.setSoTimeout(30);
        fails(SocketTimeoutException.class, () -> receiver.receive(packet));
        keep(new MulticastSocket(0));
    }

    @Case
    static void datagramChannelsWork() throws Exception {
        final DatagramChannel receiver = keep(DatagramChannel.open(StandardProtocolFamily.INET));
        receiver.bind(new InetSocketAddress(address("127.0.0.1"), 0));
        final DatagramChannel sender = keep(SelectorProvider.provider().openDatagramChannel());
        sender.connect(receiver.getLocalAddress());
        same(sender.write(text("udp")), 3);
        final ByteBuffer in = ByteBuffer.allocate(9);
        same(receiver.receive(in), sender.getLocalAddress());
        same(in.position(), 3);
    }

    @Case
    static void unixChannelsWork() throws Exception {
        final Path path = Files.createTempDirectory("vj").resolve("socket");
        final ServerSocketChannel listener = keep(ServerSocketChannel.open(StandardProtocolFamily.UNIX));
        try {
            listener.bind(UnixDomainSocketAddress.of(path));
            final SocketChannel client = keep(SocketChannel.open(UnixDomainSocketAddress.of(path)));
            final SocketChannel server = keep(listener.accept());
            client.write(text("unix"));
            Channels.expect(server, "unix");
        } finally {
            Files.deleteIfExists(path);
            Files.deleteIfExists(path.getParent());
        }
    }

    @Case
    static void channelsOfAFamily() throws Exception {
        final ServerSocketChannel listener = keep(ServerSocketChannel.open(StandardProtocolFamily.INET));
        listener.bind(own(0));
        final SocketChannel client = keep(SocketChannel.open(StandardProtocolFamily.INET));
        client.connect(listener.getLocalAddress());
        client.write(text("4"));
        Channels.expect(listener.accept(), "4");
        fails(
                UnsupportedOperationException.class,
                () -> SelectorProvider.provider().openDatagramChannel(StandardProtocolFamily.UNIX));
    }

    @Case
    static void channelsOfIpv6ReachLoopback() throws Exception {
        final ServerSocketChannel listener = keep(ServerSocketChannel.open(StandardProtocolFamily.INET6));
        listener.bind(new InetSocketAddress(address("::1"), 0));
        final SocketChannel client = keep(SocketChannel.open(StandardProtocolFamily.INET6));
        client.connect(listener.getLocalAddress());
        client.write(text("6"));
        Channels.expect(listener.accept(), "6");
    }

    @Case
    static void noChannelIsInherited() throws Exception {
        same(System.inheritedChannel(), null);
    }

    @Case
    static void socketsOfLoopbackAddressesWork() throws Exception {
        final ServerSocket listener = keep(new ServerSocket(0, 5, InetAddress.getLoopbackAddress()));
        final Socket client = keep(new Socket(InetAddress.getLoopbackAddress(), listener.getLocalPort()));
        final Socket server = keep(listener.accept());
        client.setTcpNoDelay(true);
        check(client.getTcpNoDelay(), "nodelay");
        client.getOutputStream().write(5);
        same(server.getInputStream().read(), 5);
        server.setSoTimeout(30);
        fails(
                SocketTimeoutException.class,
                "Read timed out",
                () -> server.getInputStream().read());
        client.setSoLinger(true, 0);
        client.close();
        fails(
                java.net.SocketException.class,
                "Connection reset",
                () -> server.getInputStream().read());
    }

    /** Options that were set before it was known that the platform's socket does the work. */
    @Case
    static void optionsReachSocketsOfLoopback() throws Exception {
        final ServerSocket listener = keep(new ServerSocket());
        listener.setReceiveBufferSize(33000);
        listener.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0));
        same(listener.getReceiveBufferSize(), 33000);
        final Socket client = keep(new Socket());
        client.setTcpNoDelay(true);
        client.setKeepAlive(true);
        client.setSoTimeout(40);
        client.setSendBufferSize(35000);
        client.connect(listener.getLocalSocketAddress());
        check(client.getTcpNoDelay() && client.getKeepAlive(), "lost");
        same(client.getSendBufferSize(), 35000);
        fails(
                SocketTimeoutException.class,
                "Read timed out",
                () -> client.getInputStream().read());
    }

    @Case
    static void interfacesAndNamesAreKnown() throws Exception {
        check(java.net.NetworkInterface.getNetworkInterfaces().hasMoreElements(), "no interface");
        check(address("127.0.0.1").isReachable(Support.SOON), "loopback is not reachable");
        same(InetAddress.getByName("localhost").isLoopbackAddress(), true);
    }
}
