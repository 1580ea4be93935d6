package io.virtuoso.integration;

import java.time.Duration;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;

/** The kernel is the oracle: a case that it does not pass is wrong. */
class KernelConformanceTest {
    private static final String ADDRESS6 = "fd00:77::1";
    private static final String PEER6 = "fd00:77::2";

    private static Netns here;
    private static Netns there;
    private static Child peer;

    @BeforeAll
    static void shouldHaveTwoMachines() {
        here = Netns.create();
        there = Netns.create();
        Netns.connect(here, "veth0", there, "veth0");
        here.ip("addr", "add", "10.77.0.1/24", "dev", "veth0");
        there.ip("addr", "add", "10.77.0.2/24", "dev", "veth0");
        here.ip("addr", "add", ADDRESS6 + "/64", "dev", "veth0", "nodad");
        there.ip("addr", "add", PEER6 + "/64", "dev", "veth0", "nodad");
        here.ip("neigh", "add", "10.77.0.99", "lladdr", "02:00:00:00:00:99", "dev", "veth0");
        peer = Child.start("peer", there.inside(Repository.program("conformance"), "--peer"));
        peer.awaitLine("peer ready", Duration.ofSeconds(40));
    }

    @AfterAll
    static void shouldLeaveNothing() {
        peer.close();
        here.close();
        there.close();
    }

    @TestFactory
    Stream<DynamicTest> shouldPassOnTheKernel() {
        return Conformance.tests(
                "",
                List.of(
                        "CONF_ADDR=10.77.0.1",
                        "CONF_ADDR6=" + ADDRESS6,
                        "CONF_PEER=10.77.0.2",
                        "CONF_PEER6=" + PEER6,
                        "CONF_SILENT=10.77.0.99"),
                here::inside);
    }
}
