package io.virtuoso.conformance;

import static io.virtuoso.conformance.Support.check;
import static io.virtuoso.conformance.Support.fails;
import static io.virtuoso.conformance.Support.keep;
import static io.virtuoso.conformance.Support.own;
import static io.virtuoso.conformance.Support.same;

import java.net.DatagramSocket;
import java.net.InetAddress;
import java.net.InterfaceAddress;
import java.net.NetworkInterface;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.Collections;
import java.util.List;
import java.util.stream.Collectors;

/** What {@link NetworkInterface} and {@link InetAddress} tell of this machine, and of the way to others. */
final class Interfaces {
    private static final int SMALLEST_MTU = 576;
    private static final int SHORTLY = 300;

    private Interfaces() {}

    private static NetworkInterface mine() throws Exception {
        final NetworkInterface mine = NetworkInterface.getByInetAddress(own());
        check(mine != null, "no interface has " + own());
        return mine;
    }

    private static List<NetworkInterface> all() throws Exception {
        return Collections.list(NetworkInterface.getNetworkInterfaces());
    }

    @Case
    static void ownAddressIsAnInterfaces() throws Exception {
        final NetworkInterface mine = mine();
        check(mine.isUp(), "down");
        check(!mine.isPointToPoint() && !mine.isVirtual(), "another kind");
        same(mine.isLoopback(), own().isLoopbackAddress());
        check(mine.getMTU() >= SMALLEST_MTU, "MTU " + mine.getMTU());
        check(mine.getIndex() > 0, "index " + mine.getIndex());
        same(mine.getParent(), null);
        check(!mine.getSubInterfaces().hasMoreElements(), "parts");
        check(Collections.list(mine.getInetAddresses()).contains(own()), "no address " + own());
        check(mine.toString().contains(mine.getName()) && mine.getDisplayName() != null, mine.toString());
    }

    @Case
    static void ownAddressHasASubnet() throws Exception {
        final InterfaceAddress binding = mine().getInterfaceAddresses().stream()
                .filter(one -> one.getAddress().equals(own()))
                .findFirst()
                .orElseThrow();
        final int bits = binding.getNetworkPrefixLength();
        check(bits > 0 && bits <= 30, bits + " bits");
        // A kernel to which nobody told one says 0.0.0.0.
        if (binding.getBroadcast() != null && !binding.getBroadcast().isAnyLocalAddress()) {
            final byte[] all = binding.getBroadcast().getAddress();
            for (int bit = 0; bit < 32; bit++) {
                final int mask = 0x80 >> bit % 8;
                final int expected = bit < bits ? own().getAddress()[bit / 8] & mask : mask;
                same(all[bit / 8] & mask, expected);
            }
        }
    }

    @Case
    static void interfacesAreFoundByNameAndIndex() throws Exception {
        final List<NetworkInterface> all = all();
        same(NetworkInterface.networkInterfaces().collect(Collectors.toList()), all);
        for (final NetworkInterface one : all) {
            same(NetworkInterface.getByName(one.getName()), one);
            same(NetworkInterface.getByIndex(one.getIndex()), one);
            for (final InetAddress address : Collections.list(one.getInetAddresses())) {
                same(NetworkInterface.getByInetAddress(address).getName(), one.getName());
            }
        }
        check(all.contains(mine()), "not in the list");
        same(NetworkInterface.getByName("nobody0"), null);
        same(NetworkInterface.getByIndex(Integer.MAX_VALUE), null);
        same(NetworkInterface.getByInetAddress(address("192.0.2.77")), null);
        fails(NullPointerException.class, () -> NetworkInterface.getByName(null));
        fails(NullPointerException.class, () -> NetworkInterface.getByInetAddress(null));
        fails(IllegalArgumentException.class, () -> NetworkInterface.getByIndex(-1));
    }

    private static InetAddress address(final String text) {
        return Support.address(text);
    }

    @Case
    static void loopbackIsAnInterface() throws Exception {
        final NetworkInterface loopback = NetworkInterface.getByInetAddress(address("127.0.0.1"));
        check(loopback.isLoopback() && loopback.isUp(), "no loopback");
        check(!loopback.supportsMulticast() && !loopback.isPointToPoint(), "another kind");
        same(loopback.getHardwareAddress(), null);
        same(all().get(all().size() - 1), loopback);
    }

    /** As servers do that listen on each address for itself. */
    @Case
    static void everyAddressCanBeUsed() throws Exception {
        for (final NetworkInterface one : all()) {
            for (final InetAddress address : Collections.list(one.getInetAddresses())) {
                if (!address.isLinkLocalAddress()) {
                    final ServerSocket listener = keep(new ServerSocket(0, 5, address));
                    keep(new Socket(address, listener.getLocalPort()));
                    keep(listener.accept());
                    keep(new DatagramSocket(0, address));
                }
            }
        }
    }

    @Case
    static void ownAddressesAreReachable() throws Exception {
        check(own().isReachable(Support.SOON), own() + " is not reachable");
        check(own().isReachable(mine(), 9, Support.SOON), own() + " is not reachable by its interface");
        check(address("127.0.0.1").isReachable(Support.SOON), "loopback is not reachable");
        fails(IllegalArgumentException.class, "timeout can't be negative", () -> own().isReachable(-1));
        fails(IllegalArgumentException.class, "ttl can't be negative", () -> own().isReachable(null, -1, 1));
    }

    @Case
    static void peersAreReachable(final Peer peer) throws Exception {
        check(peer.at(0).getAddress().isReachable(Support.SOON), peer + " is not reachable");
    }

    @Case
    static void silentOnesAreNot() throws Exception {
        check(!Support.silent().getAddress().isReachable(SHORTLY), "reachable");
    }

    /** As servers do that tell others where they are. On a kernel it depends on what the machine's name means there. */
    @Case
    static void localHostCanBeUsed() throws Exception {
        if (Support.variable("CONF_NAMES", "").isEmpty()) {
            Support.skip("CONF_NAMES is not set");
        }
        final InetAddress host = InetAddress.getLocalHost();
        same(host.getHostAddress(), own().getHostAddress());
        final ServerSocket listener = keep(new ServerSocket(0, 5, host));
        keep(new Socket(host, listener.getLocalPort()));
        keep(listener.accept());
    }
}
