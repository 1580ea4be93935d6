package io.virtuoso.integration;

import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DynamicContainer;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;

/**
 * The same classes as on the kernel, in JVMs that are guests of a running host stack: with themselves, with a guest JVM
 * of the other release, with a guest of the preload library, and with the machine's kernel through the TAP.
 */
class JvmGuestConformanceTest {
    private static final Duration SOON = Duration.ofSeconds(90);
    private static final String SILENT = "10.88.200.200"; // has an Ethernet address, but never answers

    /** What README.md lists as different from the kernel: beginnings of cases' names, and why. */
    private static final Map<String, String> EXCLUSIONS = Map.of(
            "lifecycle.listener_sees_that_it_is_reached_by_loopback",
            "an accepted connection shows the guest's address, whichever the client used",
            "closing.unread_data_at_close_resets.socket",
            "a Socket that is closed with unread data resets; the JDK's sends FIN before the RST");

    private static HostStack host;
    private static Child kernelPeer;
    private static Child nativePeer;
    private static final Map<Jdk, Guest> PEER_GUESTS = new LinkedHashMap<>();
    private static final List<Child> PEERS = new ArrayList<>();
    private static final List<JvmConformance> RUNS = new ArrayList<>();

    @BeforeAll
    static void shouldHaveGuestsAndTheKernel() {
        host = HostStack.startWithIpv6();
        makeSilent();
        kernelPeer = host.startInKernel(Repository.program("conformance"), "--peer");
        final Guest nativeGuest = host.guest("native");
        nativePeer = nativeGuest.start(Repository.program("conformance"), "--peer");
        for (final Jdk jdk : Jdk.all()) {
            final Guest guest = host.guest("peer" + jdk.feature());
            PEER_GUESTS.put(jdk, guest);
            PEERS.add(JvmConformance.startPeer(jdk, JvmConformance.agent(guest), guest.home()::inside));
        }
        kernelPeer.awaitLine("peer ready", SOON);
        nativePeer.awaitLine("peer ready", SOON);
        PEERS.forEach(peer -> peer.awaitLine("peer ready", SOON));
        Jdk.all().forEach(jdk -> RUNS.add(start(jdk, nativeGuest)));
    }

    /** The kernel answers for the silent address, and sends on into the void what comes for it. */
    private static void makeSilent() {
        inKernel("ip link add silent0 type veth peer name silent1");
        inKernel("ip link set silent0 up");
        inKernel("ip link set silent1 up");
        inKernel("ip route add " + SILENT + " dev silent0");
        inKernel("ip neigh add " + SILENT + " lladdr 02:00:00:00:00:99 dev silent0");
        inKernel("sysctl -qw net.ipv4.conf.vtap0.forwarding=1 net.ipv4.conf.vtap0.rp_filter=0");
        inKernel("ip neigh add proxy " + SILENT + " dev vtap0");
    }

    private static void inKernel(final String command) {
        host.checkInKernel(SOON, command.split(" ", -1));
    }

    /** Its JVM peer is of another release, if there is one. */
    private static JvmConformance start(final Jdk jdk, final Guest nativeGuest) {
        final Guest guest = host.guest("jvm" + jdk.feature());
        final Guest jvmPeer = PEER_GUESTS.entrySet().stream()
                .filter(entry -> PEER_GUESTS.size() == 1 || !entry.getKey().equals(jdk))
                .findFirst()
                .orElseThrow()
                .getValue();
        final String peers = "CONF_PEERS=jvm=" + jvmPeer.address() + " kernel=" + Machine.KERNEL_ADDRESS + " native="
                + nativeGuest.address() + ",socket,selected";
        return JvmConformance.start(
                jdk,
                List.of(
                        "CONF_ADDR=" + guest.address(),
                        "CONF_ADDR6=" + HostStack.ipv6(guest.address()),
                        "CONF_SILENT=" + SILENT,
                        "CONF_NO_MULTICAST=1",
                        "CONF_NAMES=" + named(nativeGuest) + " " + named(guest),
                        peers,
                        "CONF_PEERS6=" + HostStack.ipv6(jvmPeer.address()) + " "
                                + HostStack.ipv6(Machine.KERNEL_ADDRESS) + " "
                                + HostStack.ipv6(nativeGuest.address())),
                JvmConformance.agent(guest),
                guest.home()::inside,
                EXCLUSIONS);
    }

    private static String named(final Guest guest) {
        return guest.name() + "=" + guest.address() + "," + HostStack.ipv6(guest.address());
    }

    @AfterAll
    static void shouldLeaveNothing() {
        RUNS.forEach(JvmConformance::close);
        PEERS.forEach(Child::close);
        nativePeer.close();
        kernelPeer.close();
        host.close();
    }

    @TestFactory
    Stream<DynamicContainer> shouldPassAsGuests() {
        return RUNS.stream().map(JvmConformance::tests);
    }

    /** Through the TAP, Linux opens. The other releases open themselves, above. */
    @TestFactory
    Stream<DynamicTest> shouldServeTheKernel() {
        return Conformance.tests(
                "cross.",
                List.of(
                        "CONF_ADDR=" + Machine.KERNEL_ADDRESS,
                        "CONF_PEER=" + PEER_GUESTS.get(Jdk.newest()).address()),
                host::inKernel);
    }
}
