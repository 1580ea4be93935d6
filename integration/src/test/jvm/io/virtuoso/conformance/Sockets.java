package io.virtuoso.conformance;

import static io.virtuoso.conformance.Support.check;
import static io.virtuoso.conformance.Support.fails;
import static io.virtuoso.conformance.Support.job;
import static io.virtuoso.conformance.Support.keep;
import static io.virtuoso.conformance.Support.millis;
import static io.virtuoso.conformance.Support.own;
import static io.virtuoso.conformance.Support.pause;
import static io.virtuoso.conformance.Support.same;
import static io.virtuoso.conformance.Support.serverSocket;
import static io.virtuoso.conformance.Support.took;

import java.io.ByteArrayOutputStream;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.Inet6Address;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketException;
import java.net.SocketTimeoutException;
import java.nio.channels.SocketChannel;

/** What {@link Socket} promises beside moving bytes. */
final class Sockets {
    private Sockets() {}

    /** Two sockets, connected. */
    static Socket[] pair() throws Exception {
        final ServerSocket listener = serverSocket();
        final Socket client = keep(new Socket(own(), listener.getLocalPort()));
        return new Socket[] {client, keep(listener.accept())};
    }

    /** As libraries make them that keep all addresses in sixteen bytes. */
    @Case
    static void connectsToAnAddressMappedIntoIpv6() throws Exception {
        final ServerSocket listener = serverSocket();
        final byte[] bytes = new byte[16];
        bytes[10] = bytes[11] = -1;
        System.arraycopy(own().getAddress(), 0, bytes, 12, 4);
        final InetAddress mapped = Inet6Address.getByAddress(null, bytes, -1);
        final Socket client = keep(new Socket(mapped, listener.getLocalPort()));
        client.getOutputStream().write('m');
        same(keep(listener.accept()).getInputStream().read(), (int) 'm');
        try (SocketChannel channel = SocketChannel.open(new InetSocketAddress(mapped, listener.getLocalPort()))) {
            same(keep(listener.accept()).getPort(), ((InetSocketAddress) channel.getLocalAddress()).getPort());
        }
    }

    @Case
    static void readTimesOut() throws Exception {
        final Socket[] pair = pair();
        pair[0].setSoTimeout(60);
        same(pair[0].getSoTimeout(), 60);
        final InputStream in = pair[0].getInputStream();
        took(millis(() -> fails(SocketTimeoutException.class, "Read timed out", in::read)), 60);
        pair[0].setSoTimeout(Support.SOON);
        pair[1].getOutputStream().write('x');
        same(in.read(), (int) 'x');
        pair[0].setSoTimeout(60);
        fails(SocketTimeoutException.class, "Read timed out", in::read);
        check(!pair[0].isClosed(), "a time-out closes nothing");
    }

    @Case
    static void readTimeoutCanBeChangedAndTakenAway() throws Exception {
        final Socket[] pair = pair();
        final InputStream in = pair[0].getInputStream();
        pair[0].setSoTimeout(30);
        fails(SocketTimeoutException.class, "Read timed out", in::read);
        pair[0].setSoTimeout(0);
        final Job reader = Support.blocked(() -> same(in.read(), (int) 'y'));
        pair[1].getOutputStream().write('y');
        reader.join();
        fails(IllegalArgumentException.class, "timeout can't be negative", () -> pair[0].setSoTimeout(-1));
    }

    @Case
    static void readOfTimeoutSeesEndAndReset() throws Exception {
        final Socket[] pair = pair();
        pair[0].setSoTimeout(Support.SOON);
        final Job reader = Support.blocked(() -> same(pair[0].getInputStream().read(), -1));
        pair[1].close();
        reader.join();
        final Socket[] other = pair();
        other[0].setSoTimeout(Support.SOON);
        final Job second = Support.blocked(() -> fails(
                SocketException.class,
                "Connection reset",
                () -> other[0].getInputStream().read()));
        other[1].setSoLinger(true, 0);
        other[1].close();
        second.join();
    }

    @Case
    static void closeWakesAReadWithTimeout() throws Exception {
        final Socket[] pair = pair();
        pair[0].setSoTimeout(Support.SOON);
        final Job reader = Support.blocked(() -> fails(
                SocketException.class,
                "Socket closed",
                () -> pair[0].getInputStream().read()));
        pair[0].close();
        reader.join();
    }

    @Case
    static void connectTimesOut() throws Exception {
        final Socket socket = keep(new Socket());
        took(
                millis(() -> fails(
                        SocketTimeoutException.class, "Connect timed out", () -> socket.connect(Support.silent(), 80))),
                80);
        final InetSocketAddress dead = Support.dead();
        Support.among(
                fails(SocketException.class, () -> socket.connect(dead)).getMessage(),
                "Socket closed",
                "Socket is closed");
    }

    @Case
    static void connectWithTimeoutConnects() throws Exception {
        final ServerSocket listener = serverSocket();
        final Socket socket = keep(new Socket());
        socket.connect(listener.getLocalSocketAddress(), Support.SOON);
        listener.accept().getOutputStream().write('c');
        same(socket.getInputStream().read(), (int) 'c');
    }

    @Case
    static void connectWithTimeoutIsRefused() throws Exception {
        final InetSocketAddress dead = Support.dead();
        final Socket socket = keep(new Socket());
        fails(java.net.ConnectException.class, "Connection refused", () -> socket.connect(dead, Support.SOON));
        fails(
                IllegalArgumentException.class,
                "connect: timeout can't be negative",
                () -> new Socket().connect(dead, -1));
        fails(
                IllegalArgumentException.class,
                "connect: The address can't be null",
                () -> new Socket().connect(null, 1));
    }

    @Case
    static void gettersOfAFreshSocket() throws Exception {
        final Socket socket = keep(new Socket());
        check(!socket.isBound() && !socket.isConnected() && !socket.isClosed(), "fresh");
        check(!socket.isInputShutdown() && !socket.isOutputShutdown(), "shut down");
        same(socket.getPort(), 0);
        same(socket.getLocalPort(), -1);
        same(socket.getInetAddress(), null);
        same(socket.getRemoteSocketAddress(), null);
        same(socket.getLocalSocketAddress(), null);
        check(socket.getLocalAddress().isAnyLocalAddress(), "" + socket.getLocalAddress());
        same(socket.getChannel(), null);
        same(socket.toString(), "Socket[unconnected]");
        fails(SocketException.class, "Socket is not connected", socket::getInputStream);
        fails(SocketException.class, "Socket is not connected", socket::getOutputStream);
    }

    @Case
    static void gettersOfAConnectedSocket() throws Exception {
        final Socket[] pair = pair();
        final Socket socket = pair[0];
        check(socket.isBound() && socket.isConnected() && !socket.isClosed(), "connected");
        same(socket.getInetAddress(), own());
        same(socket.getPort(), pair[1].getLocalPort());
        same(socket.getLocalAddress(), own());
        same(socket.getLocalPort(), pair[1].getPort());
        check(socket.toString().startsWith("Socket[addr=") && socket.toString().contains("port="), "" + socket);
        same(socket.getInputStream(), socket.getInputStream());
        same(socket.getOutputStream(), socket.getOutputStream());
        socket.shutdownInput();
        check(socket.isInputShutdown() && !socket.isOutputShutdown(), "input");
        socket.shutdownOutput();
        check(socket.isOutputShutdown(), "output");
    }

    @Case
    static void gettersOfAClosedSocket() throws Exception {
        final Socket[] pair = pair();
        final Socket socket = pair[0];
        final InetSocketAddress remote = (InetSocketAddress) socket.getRemoteSocketAddress();
        socket.close();
        check(socket.isBound() && socket.isConnected() && socket.isClosed(), "closed");
        same(socket.getRemoteSocketAddress(), remote);
        same(socket.getPort(), remote.getPort());
        check(socket.getLocalAddress().isAnyLocalAddress(), "" + socket.getLocalAddress());
        check(socket.getLocalPort() > 0, "port " + socket.getLocalPort());
        fails(SocketException.class, "Socket is closed", socket::getInputStream);
        fails(SocketException.class, "Socket is closed", socket::getOutputStream);
        fails(SocketException.class, "Socket is closed", socket::getTcpNoDelay);
        fails(SocketException.class, "Socket is closed", () -> socket.setSoTimeout(1));
        fails(SocketException.class, () -> socket.sendUrgentData(1));
        fails(SocketException.class, "Socket is closed", () -> socket.bind(null));
    }

    @Case
    static void classicOptions() throws Exception {
        final Socket socket = pair()[0];
        socket.setTcpNoDelay(true);
        check(socket.getTcpNoDelay(), "nodelay");
        socket.setKeepAlive(true);
        check(socket.getKeepAlive(), "keep-alive");
        socket.setReuseAddress(true);
        check(socket.getReuseAddress(), "reuse");
        socket.setSoLinger(true, 3);
        same(socket.getSoLinger(), 3);
        socket.setSoLinger(false, 0);
        same(socket.getSoLinger(), -1);
        fails(IllegalArgumentException.class, "invalid value for SO_LINGER", () -> socket.setSoLinger(true, -2));
        socket.setSendBufferSize(30000);
        same(socket.getSendBufferSize(), 30000);
        socket.setReceiveBufferSize(31000);
        same(socket.getReceiveBufferSize(), 31000);
        fails(IllegalArgumentException.class, () -> socket.setSendBufferSize(0));
        fails(IllegalArgumentException.class, () -> socket.setReceiveBufferSize(0));
        socket.setPerformancePreferences(1, 2, 3);
    }

    @Case
    static void trafficClass() throws Exception {
        final Socket socket = keep(new Socket());
        fails(IllegalArgumentException.class, () -> socket.setTrafficClass(256));
        socket.setTrafficClass(0x13); // the lowest bits are TCP's
        same(socket.getTrafficClass(), 0x10);
        socket.close();
        fails(SocketException.class, "Socket closed", socket::getTrafficClass);
    }

    /** Urgent data arrives in line, if the receiver wants it at all; a shim may refuse to send it. */
    @Case
    static void urgentData() throws Exception {
        final Socket[] pair = pair();
        check(!pair[1].getOOBInline(), "in line by default");
        try {
            pair[1].setOOBInline(true);
            pair[0].sendUrgentData('!');
        } catch (final SocketException e) {
            pair[0].getOutputStream().write('!'); // an honest refusal will do
        }
        same(pair[1].getInputStream().read(), (int) '!');
    }

    @Case
    static void availableCountsWhatIsThere() throws Exception {
        final Socket[] pair = pair();
        final InputStream in = pair[1].getInputStream();
        same(in.available(), 0);
        pair[0].getOutputStream().write(new byte[1000]);
        Support.eventually("1000 available", () -> in.available() == 1000);
        same(in.skip(400), 400L);
        same(in.available(), 600);
        same(in.read(new byte[600]), 600);
        same(in.available(), 0);
        pair[0].close();
        pause(20);
        same(in.available(), 0);
        same(in.read(), -1);
        pair[1].shutdownInput();
        same(in.available(), 0);
        pair[1].close();
        fails(SocketException.class, in::available);
    }

    @Case
    static void streamsTransferAndReadAll() throws Exception {
        final Socket[] pair = pair();
        final byte[] bytes = new byte[700_000];
        Bytes.fill(bytes, bytes.length, 8, 0);
        final Job writer = job(() -> {
            pair[0].getOutputStream().write(bytes);
            pair[0].shutdownOutput();
        });
        final ByteArrayOutputStream got = new ByteArrayOutputStream();
        got.write(pair[1].getInputStream().readNBytes(1000));
        same(pair[1].getInputStream().transferTo(got), 699_000L);
        check(java.util.Arrays.equals(got.toByteArray(), bytes), "wrong bytes");
        writer.join();
        pair[1].getOutputStream().write(bytes, 0, 5);
        pair[1].close();
        same(pair[0].getInputStream().readAllBytes().length, 5);
    }

    @Case
    static void closingAStreamClosesTheSocket() throws Exception {
        final Socket[] pair = pair();
        pair[0].getInputStream().close();
        check(pair[0].isClosed(), "open");
        same(pair[1].getInputStream().read(), -1);
        final OutputStream out = pair[1].getOutputStream();
        out.close();
        check(pair[1].isClosed(), "open");
        fails(SocketException.class, () -> out.write(1));
    }

    @Case
    static void constructorsBindAndConnect() throws Exception {
        final ServerSocket listener = serverSocket();
        final Socket bound = keep(new Socket(own(), listener.getLocalPort(), own(), 0));
        same(bound.getLocalAddress(), own());
        same(listener.accept().getPort(), bound.getLocalPort());
        final Socket named = keep(new Socket(own().getHostAddress(), listener.getLocalPort()));
        same(named.getInetAddress(), own());
        fails(IllegalArgumentException.class, () -> new Socket(own(), 65536));
        fails(java.net.UnknownHostException.class, () -> new Socket("nobody.invalid", 80));
        fails(
                java.net.ConnectException.class,
                () -> new Socket((String) null, Support.dead().getPort()));
    }

    @Case
    static void bindToNothingTakesAPort() throws Exception {
        final Socket socket = keep(new Socket());
        socket.bind(null);
        check(socket.isBound() && socket.getLocalPort() > 0, "port " + socket.getLocalPort());
        check(socket.getLocalAddress().isAnyLocalAddress(), "" + socket.getLocalAddress());
        final ServerSocket listener = serverSocket();
        socket.connect(listener.getLocalSocketAddress());
        same(listener.accept().getPort(), socket.getLocalPort());
    }
}
