package io.virtuoso.conformance;

import static io.virtuoso.conformance.Ipv6.own6;
import static io.virtuoso.conformance.Support.address;
import static io.virtuoso.conformance.Support.check;
import static io.virtuoso.conformance.Support.fails;
import static io.virtuoso.conformance.Support.keep;
import static io.virtuoso.conformance.Support.own;
import static io.virtuoso.conformance.Support.same;

import java.net.BindException;
import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.Inet4Address;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.PortUnreachableException;
import java.net.StandardProtocolFamily;
import java.nio.ByteBuffer;
import java.nio.channels.DatagramChannel;
import java.nio.channels.UnsupportedAddressTypeException;

/** UDP over IPv6: CONF_ADDR6 is the address that cases use; without it they are skipped. */
final class Ipv6Datagrams {
    private static final int LARGEST = 65507;

    private Ipv6Datagrams() {}

    private static DatagramSocket socket(final InetSocketAddress where) throws Exception {
        final DatagramSocket socket = keep(new DatagramSocket(where));
        socket.setSoTimeout(Support.SOON);
        return socket;
    }

    private static void send(final DatagramSocket socket, final String text, final InetSocketAddress to)
            throws Exception {
        final byte[] bytes = text.getBytes(java.nio.charset.StandardCharsets.US_ASCII);
        socket.send(new DatagramPacket(bytes, bytes.length, to));
    }

    /** @return who sent it */
    private static InetSocketAddress expect(final DatagramSocket socket, final String text) throws Exception {
        final DatagramPacket packet = new DatagramPacket(new byte[200], 200);
        socket.receive(packet);
        same(new String(packet.getData(), 0, packet.getLength(), java.nio.charset.StandardCharsets.US_ASCII), text);
        return (InetSocketAddress) packet.getSocketAddress();
    }

    private static InetSocketAddress name(final DatagramSocket socket) {
        return (InetSocketAddress) socket.getLocalSocketAddress();
    }

    @Case
    static void socketsBothWays() throws Exception {
        final DatagramSocket server = socket(own6(0));
        same(name(server).getAddress(), own6());
        final DatagramSocket client = socket(new InetSocketAddress(0));
        send(client, "there", name(server));
        final InetSocketAddress from = expect(server, "there");
        same(from, own6(client.getLocalPort()));
        send(server, "back", from);
        same(expect(client, "back"), name(server));
    }

    @Case
    static void channelsBothWays() throws Exception {
        final DatagramChannel server = keep(DatagramChannel.open()).bind(own6(0));
        final DatagramChannel client = keep(DatagramChannel.open()).connect(server.getLocalAddress());
        same(((InetSocketAddress) client.getLocalAddress()).getAddress(), own6());
        final ByteBuffer sent = ByteBuffer.allocate(LARGEST);
        Bytes.fill(sent.array(), LARGEST, 5, 0);
        same(client.write(sent), LARGEST);
        final ByteBuffer got = ByteBuffer.allocate(LARGEST + 1);
        same(server.receive(got), client.getLocalAddress());
        same(got.flip(), sent.flip());
        server.send(ByteBuffer.wrap(new byte[3]), client.getLocalAddress());
        same(client.read(got.clear()), 3);
    }

    @Case
    static void anyAddressTakesBothFamilies() throws Exception {
        own6();
        final DatagramSocket server = socket(new InetSocketAddress(0));
        final DatagramSocket client = socket(new InetSocketAddress(0));
        for (final InetAddress there : new InetAddress[] {own(), own6(), address("::1"), address("127.0.0.1")}) {
            send(client, "" + there, new InetSocketAddress(there, server.getLocalPort()));
            final InetSocketAddress from = expect(server, "" + there);
            same(from, new InetSocketAddress(there, client.getLocalPort()));
            same(from.getAddress() instanceof Inet4Address, there instanceof Inet4Address);
            send(server, "back", from);
            same(expect(client, "back"), new InetSocketAddress(there, server.getLocalPort()));
        }
    }

    @Case
    static void connectedToEitherFamily() throws Exception {
        own6();
        final DatagramChannel server = keep(DatagramChannel.open()).bind(null);
        final int port = server.socket().getLocalPort();
        for (final InetAddress there : new InetAddress[] {own(), own6()}) {
            final DatagramChannel client = keep(DatagramChannel.open()).connect(new InetSocketAddress(there, port));
            same(((InetSocketAddress) client.getLocalAddress()).getAddress(), there);
            client.write(ByteBuffer.wrap(new byte[] {1}));
            same(server.receive(ByteBuffer.allocate(2)), client.getLocalAddress());
        }
    }

    @Case
    static void nobodyReceives() throws Exception {
        final DatagramSocket dead = socket(own6(Support.reservedPort()));
        final InetSocketAddress where = name(dead);
        dead.close();
        final DatagramSocket client = socket(new InetSocketAddress(0));
        client.connect(where);
        client.send(new DatagramPacket(new byte[1], 1));
        fails(PortUnreachableException.class, () -> client.receive(new DatagramPacket(new byte[1], 1)));
    }

    @Case
    static void channelsOfAFamily() throws Exception {
        final DatagramChannel old = keep(DatagramChannel.open(StandardProtocolFamily.INET));
        fails(UnsupportedAddressTypeException.class, () -> old.bind(own6(0)));
        fails(UnsupportedAddressTypeException.class, () -> old.send(ByteBuffer.allocate(1), own6(9)));
        old.bind(new InetSocketAddress(0));
        same(((InetSocketAddress) old.getLocalAddress()).getAddress(), address("0.0.0.0"));
        final int port = old.socket().getLocalPort();
        final DatagramChannel young = keep(DatagramChannel.open(StandardProtocolFamily.INET6));
        fails(BindException.class, () -> young.bind(new InetSocketAddress(address("::"), port)));
        young.bind(own6(port));
        final DatagramChannel client = keep(DatagramChannel.open());
        client.send(ByteBuffer.wrap(new byte[] {6}), own6(port));
        client.send(ByteBuffer.wrap(new byte[] {4}), new InetSocketAddress(own(), port));
        final ByteBuffer got = ByteBuffer.allocate(2);
        young.receive(got);
        old.receive(got);
        same(got.get(0), (byte) 6);
        same(got.get(1), (byte) 4);
    }

    @Case
    static void bindToAnAddressOfNobody() throws Exception {
        final byte[] other = own6().getAddress();
        other[14] ^= 0x70;
        final InetSocketAddress nobody = new InetSocketAddress(InetAddress.getByAddress(other), 0);
        fails(BindException.class, () -> new DatagramSocket(nobody));
        check(own6() != null, "no address");
    }

    /** Echoes of each machine of CONF_PEERS6, in fragments as well. */
    @Case(seconds = 90)
    static void otherMachines() throws Exception {
        final String peers = Support.variable("CONF_PEERS6", "");
        if (peers.isEmpty()) {
            Support.skip("CONF_PEERS6 is not set");
        }
        for (final String peer : peers.split(" ", -1)) {
            final DatagramSocket socket = keep(new DatagramSocket());
            socket.connect(new InetSocketAddress(address(peer), Peer.UDP_PORT));
            socket.setSoTimeout(Support.SOON);
            for (final int size : new int[] {1, 1452, 1453, 4000, 30_000, LARGEST}) {
                final byte[] sent = new byte[size];
                Bytes.fill(sent, size, size, 0);
                socket.send(new DatagramPacket(sent, size));
                final DatagramPacket got = new DatagramPacket(new byte[LARGEST + 1], LARGEST + 1);
                socket.receive(got);
                same(ByteBuffer.wrap(got.getData(), 0, got.getLength()), ByteBuffer.wrap(sent));
            }
        }
    }
}
