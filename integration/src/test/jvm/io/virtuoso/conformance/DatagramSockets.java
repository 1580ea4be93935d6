package io.virtuoso.conformance;

import static io.virtuoso.conformance.Support.blocked;
import static io.virtuoso.conformance.Support.check;
import static io.virtuoso.conformance.Support.fails;
import static io.virtuoso.conformance.Support.keep;
import static io.virtuoso.conformance.Support.own;
import static io.virtuoso.conformance.Support.pause;
import static io.virtuoso.conformance.Support.same;

import java.io.IOException;
import java.net.BindException;
import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.MulticastSocket;
import java.net.PortUnreachableException;
import java.net.SocketAddress;
import java.net.SocketException;
import java.net.SocketTimeoutException;
import java.net.StandardSocketOptions;
import java.nio.channels.DatagramChannel;
import java.nio.channels.IllegalBlockingModeException;

/** What {@link DatagramSocket} promises, by itself and as a channel's socket. */
final class DatagramSockets {
    private DatagramSockets() {}

    private static DatagramSocket bound() throws IOException {
        return keep(new DatagramSocket(own(0)));
    }

    private static DatagramPacket packet(final String text, final SocketAddress to) {
        return new DatagramPacket(Bytes.of(text), text.length(), to);
    }

    /** The next datagram is this one. @return who sent it */
    private static SocketAddress hear(final DatagramSocket socket, final String expected) throws IOException {
        final DatagramPacket packet = new DatagramPacket(new byte[expected.length() + 10], expected.length() + 10);
        socket.receive(packet);
        same(
                new String(packet.getData(), 0, packet.getLength(), java.nio.charset.StandardCharsets.ISO_8859_1),
                expected);
        return packet.getSocketAddress();
    }

    @Case
    static void askAndAnswer() throws Exception {
        final DatagramSocket server = bound();
        final DatagramSocket client = keep(new DatagramSocket());
        check(client.isBound() && !client.isConnected(), "not bound");
        client.send(packet("ask", server.getLocalSocketAddress()));
        final InetSocketAddress from = (InetSocketAddress) hear(server, "ask");
        same(from, new InetSocketAddress(own(), client.getLocalPort()));
        server.send(packet("answer", from));
        same(hear(client, "answer"), server.getLocalSocketAddress());
        check(client.getLocalAddress().isAnyLocalAddress(), "bound to " + client.getLocalAddress());
        same(server.getLocalAddress(), own());
        same(client.getChannel(), null);
    }

    @Case
    static void packetsKeepTheirRoom() throws Exception {
        final DatagramSocket server = bound();
        final DatagramSocket client = keep(new DatagramSocket());
        final byte[] bytes = new byte[20];
        final DatagramPacket packet = new DatagramPacket(bytes, 5, 8);
        for (final String text : new String[] {"one", "much too long", "twelve"}) {
            client.send(packet(text, server.getLocalSocketAddress()));
            server.receive(packet);
            same(packet.getLength(), Math.min(8, text.length()));
            same(packet.getOffset(), 5);
            same(bytes[5], (byte) text.charAt(0));
            same(bytes[13], (byte) 0);
            same(packet.getPort(), client.getLocalPort());
        }
    }

    @Case
    static void timeouts() throws Exception {
        final DatagramSocket socket = bound();
        same(socket.getSoTimeout(), 0);
        socket.setSoTimeout(60);
        final long took =
                Support.millis(() -> fails(SocketTimeoutException.class, "Receive timed out", () -> hear(socket, "")));
        Support.took(took, 60);
        socket.setSoTimeout(Support.SOON);
        socket.send(packet("late", socket.getLocalSocketAddress()));
        hear(socket, "late");
        fails(IllegalArgumentException.class, () -> socket.setSoTimeout(-1));
        socket.setSoTimeout(0);
        final Job receiver = blocked(() -> hear(socket, "at last"));
        socket.send(packet("at last", socket.getLocalSocketAddress()));
        receiver.join();
    }

    @Case
    static void connected() throws Exception {
        final DatagramSocket server = bound();
        final DatagramSocket client = keep(new DatagramSocket());
        client.connect(server.getLocalSocketAddress());
        check(client.isConnected(), "not connected");
        same(client.getRemoteSocketAddress(), server.getLocalSocketAddress());
        same(client.getPort(), server.getLocalPort());
        same(client.getInetAddress(), own());
        same(client.getLocalAddress(), own());
        final DatagramPacket bare = new DatagramPacket(Bytes.of("bare"), 4);
        client.send(bare);
        same(bare.getSocketAddress(), server.getLocalSocketAddress());
        hear(server, "bare");
        final DatagramSocket other = bound();
        fails(
                IllegalArgumentException.class,
                "Connected and packet address differ",
                () -> client.send(packet("x", other.getLocalSocketAddress())));
        client.connect(other.getLocalSocketAddress()); // a socket changes its peer
        client.send(packet("to the other", other.getLocalSocketAddress()));
        hear(other, "to the other");
        client.disconnect();
        check(!client.isConnected(), "connected");
        same(client.getPort(), -1);
        same(client.getInetAddress(), null);
        fails(IllegalArgumentException.class, "Address not set", () -> client.send(new DatagramPacket(new byte[1], 1)));
    }

    @Case
    static void nobodyReceives() throws Exception {
        final DatagramSocket gone = keep(new DatagramSocket(own(Support.reservedPort())));
        final SocketAddress where = gone.getLocalSocketAddress();
        gone.close();
        final DatagramSocket client = keep(new DatagramSocket());
        client.connect(where);
        client.setSoTimeout(Support.SOON);
        client.send(packet("x", where));
        fails(PortUnreachableException.class, () -> hear(client, "never"));
        check(!client.isClosed(), "closed");
    }

    @Case(of = {Kind.SOCKET, Kind.VIRTUAL})
    static void closeWakesReceivers(final Kind kind) throws Exception {
        same(kind.isPlainSocket(), true);
        final DatagramSocket socket = bound();
        final Job receiver = blocked(() -> fails(SocketException.class, "Socket closed", () -> hear(socket, "never")));
        socket.close();
        receiver.join();
        fails(SocketException.class, "Socket closed", () -> hear(socket, "never"));
        fails(SocketException.class, "Socket closed", () -> socket.send(packet("x", own(9))));
        same(socket.getLocalPort(), -1);
        same(socket.getLocalAddress(), null);
        same(socket.getLocalSocketAddress(), null);
        check(socket.isClosed() && socket.isBound(), "not closed");
    }

    /** Interrupts mean nothing to a platform thread here. */
    @Case
    static void interruptsAreIgnored() throws Exception {
        final DatagramSocket socket = bound();
        final Job receiver = blocked(() -> {
            hear(socket, "still here");
            check(Thread.interrupted(), "not interrupted");
        });
        receiver.interrupt();
        pause(Support.QUIET);
        check(receiver.isRunning(), "ended");
        keep(new DatagramSocket()).send(packet("still here", socket.getLocalSocketAddress()));
        receiver.join();
    }

    @Case(since = 21)
    static void interruptsCloseForVirtualThreads() throws Exception {
        final DatagramSocket socket = bound();
        final Throwable[] thrown = new Throwable[1];
        final Thread thread = VirtualThreads.unstarted(() -> {
            try {
                hear(socket, "never");
            } catch (final IOException e) {
                thrown[0] = e;
            }
        });
        thread.start();
        pause(Support.BLOCKED);
        thread.interrupt();
        thread.join(Support.SOON);
        same(thrown[0].getClass(), SocketException.class);
        same(thrown[0].getMessage(), "Closed by interrupt");
        check(socket.isClosed(), "open");
    }

    @Case
    static void adaptorsAreTheirChannels() throws Exception {
        final DatagramChannel channel = keep(DatagramChannel.open());
        final DatagramSocket socket = channel.socket();
        same(channel.socket(), socket);
        same(socket.getChannel(), channel);
        check(!socket.isBound(), "bound");
        socket.bind(own(0));
        same(channel.getLocalAddress(), socket.getLocalSocketAddress());
        fails(SocketException.class, "Already bound", () -> socket.bind(null));
        socket.send(packet("to itself", socket.getLocalSocketAddress()));
        hear(socket, "to itself");
        channel.configureBlocking(false);
        fails(IllegalBlockingModeException.class, () -> hear(socket, "never"));
        fails(IllegalBlockingModeException.class, () -> socket.send(packet("x", own(9))));
        socket.close();
        check(!channel.isOpen(), "open");
    }

    @Case
    static void portsThatAreTaken() throws Exception {
        final DatagramSocket first = bound();
        fails(BindException.class, () -> keep(new DatagramSocket(first.getLocalPort(), own())));
        final DatagramSocket unbound = keep(new DatagramSocket(null));
        check(!unbound.isBound(), "bound");
        same(unbound.getLocalPort(), 0);
        unbound.bind(null);
        check(unbound.getLocalPort() > 0, "no port");
    }

    @Case
    static void options() throws Exception {
        final DatagramSocket socket = keep(new DatagramSocket(null));
        check(socket.getBroadcast(), "no broadcast");
        check(!socket.getReuseAddress(), "reuse");
        socket.setReuseAddress(true);
        check(socket.getReuseAddress(), "no reuse");
        socket.setReceiveBufferSize(40000);
        same(socket.getReceiveBufferSize(), 40000);
        socket.setSendBufferSize(50000);
        same(socket.getSendBufferSize(), 50000);
        same(socket.getTrafficClass(), 0);
        socket.setTrafficClass(0x13);
        same(socket.getTrafficClass(), 0x13);
        fails(IllegalArgumentException.class, () -> socket.setTrafficClass(256));
        fails(IllegalArgumentException.class, () -> socket.setReceiveBufferSize(0));
        fails(IllegalArgumentException.class, () -> socket.setSendBufferSize(0));
        fails(UnsupportedOperationException.class, () -> socket.setOption(StandardSocketOptions.TCP_NODELAY, true));
        socket.bind(own(0));
        same(socket.getReceiveBufferSize(), 40000);
        same(socket.getOption(StandardSocketOptions.IP_TOS), 0x13);
        socket.setTrafficClass(0);
        same(socket.getTrafficClass(), 0);
        socket.setBroadcast(false);
        check(!socket.getOption(StandardSocketOptions.SO_BROADCAST), "broadcast");
        for (final java.net.SocketOption<?> option : socket.supportedOptions()) {
            socket.getOption(option);
        }
        socket.close();
        fails(SocketException.class, () -> socket.setReuseAddress(true));
        fails(SocketException.class, "Socket is closed", () -> socket.setSoTimeout(1));
    }

    @Case
    static void whatFindsNoRoomIsDropped() throws Exception {
        final DatagramSocket server = keep(new DatagramSocket(null));
        server.setReceiveBufferSize(4096);
        server.bind(own(0));
        final DatagramSocket client = keep(new DatagramSocket());
        final byte[] bytes = new byte[512];
        for (int i = 0; i < 500; i++) {
            bytes[0] = (byte) (i >> 8);
            bytes[1] = (byte) i;
            client.send(new DatagramPacket(bytes, bytes.length, server.getLocalSocketAddress()));
        }
        final DatagramSocket other = bound();
        client.send(packet("after all of them", other.getLocalSocketAddress()));
        hear(other, "after all of them");
        server.setSoTimeout(100);
        final DatagramPacket packet = new DatagramPacket(new byte[9], 9);
        int got = 0;
        int last = -1;
        try {
            while (true) {
                server.receive(packet);
                final int number = packet.getData()[0] << 8 | packet.getData()[1] & 0xff;
                check(number > last && (got > 0 || number == 0), number + " after " + last); // the first one was kept
                last = number;
                got++;
            }
        } catch (final SocketTimeoutException e) {
            check(got > 0 && got < 500, "got " + got);
        }
    }

    // --- this machine ---

    @Case
    static void loopback() throws Exception {
        final InetAddress loopback = Support.address("127.0.0.1");
        final DatagramSocket server = keep(new DatagramSocket());
        final DatagramSocket client = keep(new DatagramSocket());
        client.send(packet("by loopback", new InetSocketAddress(loopback, server.getLocalPort())));
        final InetSocketAddress from = (InetSocketAddress) hear(server, "by loopback");
        same(from, new InetSocketAddress(loopback, client.getLocalPort()));
        server.send(packet("back", from));
        same(hear(client, "back"), new InetSocketAddress(loopback, server.getLocalPort()));
        final DatagramSocket fixed = keep(new DatagramSocket());
        fixed.connect(loopback, server.getLocalPort());
        same(fixed.getLocalAddress(), loopback);
        fixed.send(new DatagramPacket(Bytes.of("connected"), 9));
        hear(server, "connected");
    }

    @Case
    static void loopbackOfTheMachine() throws Exception {
        final InetAddress loopback = Support.address("127.0.0.1");
        final DatagramSocket server = keep(new DatagramSocket(0, loopback));
        final DatagramSocket client = keep(new DatagramSocket());
        client.send(packet("hello", server.getLocalSocketAddress()));
        final SocketAddress from = hear(server, "hello");
        same(from, new InetSocketAddress(loopback, client.getLocalPort()));
        server.send(packet("back", from));
        same(hear(client, "back"), server.getLocalSocketAddress());
        client.setSoTimeout(30);
        fails(SocketTimeoutException.class, () -> hear(client, "never"));
        final Job receiver = blocked(() -> fails(SocketException.class, "Socket closed", () -> hear(server, "never")));
        server.close();
        receiver.join();
    }

    @Case
    static void loopbackOfIpv6() throws Exception {
        final DatagramSocket server = keep(new DatagramSocket(0, Support.address("::1")));
        final DatagramSocket client = keep(new DatagramSocket());
        client.connect(server.getLocalSocketAddress());
        client.send(new DatagramPacket(Bytes.of("6"), 1));
        server.send(packet("six", hear(server, "6")));
        hear(client, "six");
    }

    @Case
    static void trafficClassOnLoopback() throws Exception {
        final InetAddress loopback = Support.address("127.0.0.1");
        final DatagramSocket server = keep(new DatagramSocket(0, loopback));
        final DatagramSocket client = keep(new DatagramSocket(null));
        client.setTrafficClass(0x10);
        same(client.getTrafficClass(), 0x10);
        client.send(packet("marked", server.getLocalSocketAddress()));
        hear(server, "marked");
        check(client.supportedOptions().contains(StandardSocketOptions.IP_TOS), "no IP_TOS");
    }

    @Case
    static void multicastSocketsCarryOrdinaryDatagrams() throws Exception {
        final MulticastSocket one = keep(new MulticastSocket(0));
        final MulticastSocket other = keep(new MulticastSocket(null));
        check(one.getReuseAddress() && other.getReuseAddress(), "no SO_REUSEADDR");
        check(one.isBound() && !other.isBound(), "bound");
        other.send(packet("plain", new InetSocketAddress(own(), one.getLocalPort())));
        hear(one, "plain");
        fails(SocketException.class, "Not a multicast address", () -> one.joinGroup(own(0), null));
    }

    @Case
    static void multicastWhereThereIsNone() throws Exception {
        if (Support.variable("CONF_NO_MULTICAST", "").isEmpty()) {
            Support.skip("CONF_NO_MULTICAST is not set");
        }
        final InetSocketAddress group = new InetSocketAddress("224.0.0.251", 5353);
        final java.net.NetworkInterface network = java.net.NetworkInterface.getByName("lo");
        final MulticastSocket socket = keep(new MulticastSocket(0));
        fails(SocketException.class, "No such device", () -> socket.joinGroup(group, network));
        fails(SocketException.class, "Not a member of group", () -> socket.leaveGroup(group, network));
        fails(SocketException.class, "Protocol not available", () -> socket.setTimeToLive(3));
        fails(SocketException.class, "Network is unreachable", () -> socket.send(packet("x", group)));
        final DatagramChannel channel = keep(DatagramChannel.open());
        fails(SocketException.class, "No such device", () -> channel.join(group.getAddress(), network));
        fails(IllegalArgumentException.class, () -> channel.join(own(), network));
        check(!channel.supportedOptions().contains(StandardSocketOptions.IP_MULTICAST_TTL), "a time to live");
    }
}
