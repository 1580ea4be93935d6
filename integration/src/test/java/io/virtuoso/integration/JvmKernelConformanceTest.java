package io.virtuoso.integration;

import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DynamicContainer;
import org.junit.jupiter.api.TestFactory;

/** Plain JVMs on the kernel's sockets are the oracle: a case that they do not pass is wrong. */
class JvmKernelConformanceTest {
    private static Netns here;
    private static Netns there;
    private static Child peer;
    private static List<JvmConformance> runs;

    @BeforeAll
    static void shouldHaveTwoMachines() {
        here = Netns.create();
        there = Netns.create();
        Netns.connect(here, "veth0", there, "veth0");
        here.ip("addr", "add", "10.77.0.1/24", "dev", "veth0");
        there.ip("addr", "add", "10.77.0.2/24", "dev", "veth0");
        here.ip("addr", "add", "fd00:77::1/64", "dev", "veth0", "nodad");
        there.ip("addr", "add", "fd00:77::2/64", "dev", "veth0", "nodad");
        here.ip("neigh", "add", "10.77.0.99", "lladdr", "02:00:00:00:00:99", "dev", "veth0");
        peer = JvmConformance.startPeer(Jdk.newest(), List.of(), there::inside);
        peer.awaitLine("peer ready", Duration.ofSeconds(90));
        final List<String> environment = List.of(
                "CONF_ADDR=10.77.0.1",
                "CONF_ADDR6=fd00:77::1",
                "CONF_PEERS=jvm=10.77.0.2",
                "CONF_PEERS6=fd00:77::2",
                "CONF_SILENT=10.77.0.99",
                "CONF_UNREACHABLE=198.51.100.1");
        runs = Jdk.all().stream()
                .map(jdk -> JvmConformance.start(jdk, environment, List.of(), here::inside, Map.of()))
                .toList();
    }

    @AfterAll
    static void shouldLeaveNothing() {
        runs.forEach(JvmConformance::close);
        peer.close();
        here.close();
        there.close();
    }

    @TestFactory
    Stream<DynamicContainer> shouldPassOnTheKernel() {
        return runs.stream().map(JvmConformance::tests);
    }
}
