package io.virtuoso.conformance;

import static io.virtuoso.conformance.Bytes.expect;
import static io.virtuoso.conformance.Bytes.write;
import static io.virtuoso.conformance.Support.address;
import static io.virtuoso.conformance.Support.check;
import static io.virtuoso.conformance.Support.fails;
import static io.virtuoso.conformance.Support.keep;
import static io.virtuoso.conformance.Support.own;
import static io.virtuoso.conformance.Support.same;

import java.net.BindException;
import java.net.ConnectException;
import java.net.Inet4Address;
import java.net.Inet6Address;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketException;
import java.net.StandardProtocolFamily;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.channels.UnsupportedAddressTypeException;

/** TCP over IPv6: CONF_ADDR6 is the address that cases use; without it they are skipped. */
final class Ipv6 {
    private Ipv6() {}

    static InetAddress own6() {
        final String own = Support.variable("CONF_ADDR6", "");
        if (own.isEmpty()) {
            Support.skip("CONF_ADDR6 is not set");
        }
        return address(own);
    }

    static InetSocketAddress own6(final int port) {
        return new InetSocketAddress(own6(), port);
    }

    /** An own address where nobody listens. */
    private static InetSocketAddress dead6() throws Exception {
        final Socket holder = keep(new Socket());
        holder.bind(own6(0));
        return (InetSocketAddress) holder.getLocalSocketAddress();
    }

    @Case
    static void bytesBothWays(final Kind kind) throws Exception {
        final Wire.Ear listener = kind.listen(own6(0), 16);
        same(listener.local().getAddress(), own6());
        final Wire client = kind.connect(listener.local());
        final Wire server = listener.accept();
        same(client.remote(), listener.local());
        same(client.local(), server.remote());
        same(server.local(), listener.local());
        same(client.local().getAddress(), own6());
        final Job sender = Bytes.sending(client, 6, 700_000);
        Bytes.receiving(server, 6, 700_000).join();
        sender.join();
        write(server, "back");
        expect(client, "back");
    }

    @Case
    static void anyListenerTakesBothFamilies(final Kind kind) throws Exception {
        own6();
        for (final InetSocketAddress any :
                new InetSocketAddress[] {new InetSocketAddress(0), new InetSocketAddress(address("::"), 0)}) {
            final Wire.Ear listener = kind.listen(any, 16);
            final int port = listener.local().getPort();
            check(listener.local().getAddress().isAnyLocalAddress(), "" + listener.local());
            final Wire old = kind.connect(own(port));
            final Wire oldServer = listener.accept();
            check(oldServer.remote().getAddress() instanceof Inet4Address, "" + oldServer.remote());
            same(oldServer.remote(), old.local());
            same(oldServer.local(), own(port));
            final Wire young = kind.connect(own6(port));
            final Wire youngServer = listener.accept();
            check(youngServer.remote().getAddress() instanceof Inet6Address, "" + youngServer.remote());
            same(youngServer.remote(), young.local());
            same(youngServer.local(), own6(port));
            write(old, "four");
            expect(oldServer, "four");
            write(youngServer, "six");
            expect(young, "six");
        }
    }

    @Case
    static void channelsShowAnyAddressOfIpv6() throws Exception {
        own6();
        final ServerSocketChannel listener = keep(ServerSocketChannel.open()).bind(null);
        same(((InetSocketAddress) listener.getLocalAddress()).getAddress(), address("::"));
        final ServerSocketChannel old = keep(ServerSocketChannel.open(StandardProtocolFamily.INET));
        same(((InetSocketAddress) old.bind(null).getLocalAddress()).getAddress(), address("0.0.0.0"));
    }

    @Case
    static void clientBindsToItsAddress(final Kind kind) throws Exception {
        final Wire.Ear listener = kind.listen(own6(0), 16);
        final Wire client = kind.open();
        kind.bind(client, own6(0));
        same(client.local().getAddress(), own6());
        final int port = client.local().getPort();
        kind.connect(client, listener.local());
        same(listener.accept().remote(), own6(port));
    }

    /** A socket that is bound to any address connects to either family. */
    @Case
    static void clientBindsToAnyAddress(final Kind kind) throws Exception {
        own6();
        final Wire.Ear listener = kind.listen(new InetSocketAddress(0), 16);
        for (final InetAddress there : new InetAddress[] {own(), own6()}) {
            final Wire client = kind.open();
            kind.bind(client, new InetSocketAddress(0));
            kind.connect(client, new InetSocketAddress(there, listener.local().getPort()));
            final Wire server = listener.accept();
            same(server.remote(), client.local());
            same(server.local().getAddress(), there);
        }
    }

    @Case
    static void nobodyListens(final Kind kind) throws Exception {
        final InetSocketAddress dead = dead6();
        fails(ConnectException.class, "Connection refused", () -> kind.connect(dead));
    }

    @Case
    static void listenerOfOneFamilyLeavesTheOther(final Kind kind) throws Exception {
        final Wire.Ear listener = kind.listen(own(0), 16);
        final InetSocketAddress where = own6(listener.local().getPort());
        fails(ConnectException.class, "Connection refused", () -> kind.connect(where));
        final Wire.Ear other = kind.listen(own6(0), 16);
        final InetSocketAddress there = own(other.local().getPort());
        fails(ConnectException.class, "Connection refused", () -> kind.connect(there));
    }

    @Case
    static void portsOfAnyAddressAreTakenInBoth() throws Exception {
        final ServerSocketChannel four = keep(ServerSocketChannel.open(StandardProtocolFamily.INET));
        four.bind(new InetSocketAddress(0));
        final int port = four.socket().getLocalPort();
        final ServerSocket both = keep(new ServerSocket());
        fails(BindException.class, () -> both.bind(new InetSocketAddress(address("::"), port)));
        both.bind(own6(port));
        final ServerSocket second = keep(new ServerSocket());
        fails(BindException.class, () -> second.bind(own6(port)));
    }

    @Case
    static void bindToAnAddressOfNobody() throws Exception {
        final byte[] other = own6().getAddress();
        other[14] ^= 0x70;
        final InetAddress nobody = InetAddress.getByAddress(other);
        final ServerSocket listener = keep(new ServerSocket());
        fails(BindException.class, () -> listener.bind(new InetSocketAddress(nobody, 0)));
        final Socket client = keep(new Socket());
        fails(BindException.class, () -> client.bind(new InetSocketAddress(nobody, 0)));
    }

    @Case
    static void channelsOfIpv4RefuseIpv6() throws Exception {
        final SocketChannel client = keep(SocketChannel.open(StandardProtocolFamily.INET));
        fails(UnsupportedAddressTypeException.class, () -> client.bind(own6(0)));
        fails(UnsupportedAddressTypeException.class, () -> client.connect(own6(9)));
        check(client.isOpen(), "closed");
        final ServerSocketChannel listener = keep(ServerSocketChannel.open(StandardProtocolFamily.INET));
        fails(UnsupportedAddressTypeException.class, () -> listener.bind(own6(0)));
        listener.bind(new InetSocketAddress(0));
        final int port = listener.socket().getLocalPort();
        fails(ConnectException.class, () -> new Socket(own6(), port));
        keep(new Socket(own(), port));
        keep(listener.accept());
    }

    @Case
    static void channelsOfIpv6TakeBoth() throws Exception {
        final ServerSocketChannel listener = keep(ServerSocketChannel.open(StandardProtocolFamily.INET6));
        listener.bind(new InetSocketAddress(0));
        final int port = listener.socket().getLocalPort();
        for (final InetAddress there : new InetAddress[] {own(), own6()}) {
            final SocketChannel client = keep(SocketChannel.open(StandardProtocolFamily.INET6));
            client.connect(new InetSocketAddress(there, port));
            same(client.getLocalAddress(), keep(listener.accept()).getRemoteAddress());
        }
    }

    /** In both directions, at each machine of CONF_PEERS6. */
    @Case(seconds = 90)
    static void otherMachines(final Kind kind) throws Exception {
        final String peers = Support.variable("CONF_PEERS6", "");
        if (peers.isEmpty()) {
            Support.skip("CONF_PEERS6 is not set");
        }
        for (final String peer : peers.split(" ", -1)) {
            final Wire wire = kind.connect(new InetSocketAddress(address(peer), Peer.PORT));
            write(wire, "echo\n");
            final Job sender = Bytes.sending(wire, 46, 2_000_000);
            Bytes.expectPattern(wire, 46, 2_000_000);
            Bytes.expectEnd(wire);
            sender.join();
        }
    }

    @Case(seconds = 90)
    static void jvmOfIpv4Only() throws Exception {
        own6();
        Children.run("ipv4-stack", "-Djava.net.preferIPv4Stack=true");
    }

    /** In a JVM that wants IPv4 only. */
    static void inIpv4Stack() throws Exception {
        fails(UnsupportedOperationException.class, () -> SocketChannel.open(StandardProtocolFamily.INET6));
        fails(UnsupportedOperationException.class, () -> ServerSocketChannel.open(StandardProtocolFamily.INET6));
        final SocketChannel channel = keep(SocketChannel.open());
        fails(UnsupportedAddressTypeException.class, () -> channel.connect(own6(9)));
        fails(SocketException.class, () -> new Socket(own6(), 9));
        fails(SocketException.class, () -> new ServerSocket(0, 5, own6()));
        final ServerSocketChannel listener = keep(ServerSocketChannel.open()).bind(null);
        same(((InetSocketAddress) listener.getLocalAddress()).getAddress(), address("0.0.0.0"));
        keep(new Socket(own(), listener.socket().getLocalPort()));
        keep(listener.accept());
        for (final String[] parts : Names.knownOrNone()) {
            same(InetAddress.getAllByName(parts[0]).length, 1);
        }
    }

    @Case(seconds = 90)
    static void jvmThatPrefersIpv6() throws Exception {
        own6();
        Children.run("ipv6-first", "-Djava.net.preferIPv6Addresses=true");
    }

    /** In a JVM that prefers IPv6. */
    static void inIpv6First() throws Exception {
        final ServerSocket listener = keep(new ServerSocket(0));
        same(listener.getInetAddress(), address("::"));
        keep(new Socket(own(), listener.getLocalPort()));
        check(listener.accept().getInetAddress() instanceof Inet4Address, "not of IPv4");
        for (final String[] parts : Names.knownOrNone()) {
            final InetAddress[] found = InetAddress.getAllByName(parts[0]);
            same(found.length, 2);
            same(found[0], address(parts[2]));
            same(found[1], address(parts[1]));
        }
    }
}
