package io.virtuoso.integration;

import java.time.Duration;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;

/** The same binary as on the kernel, as a guest of a running host stack. */
class PreloadConformanceTest {
    private static final Duration SOON = Duration.ofSeconds(40);
    private static final String SILENT = "CONF_SILENT=10.88.200.200"; // an address of nobody

    private static HostStack host;
    private static Guest one;
    private static Guest other;
    private static Child otherPeer;
    private static Child kernelPeer;

    @BeforeAll
    static void shouldHaveTwoGuestsAndTheKernel() {
        host = HostStack.startWithIpv6();
        one = host.guest("one");
        other = host.guest("other");
        otherPeer = other.start(Repository.program("conformance"), "--peer");
        kernelPeer = host.startInKernel(Repository.program("conformance"), "--peer");
        otherPeer.awaitLine("peer ready", SOON);
        kernelPeer.awaitLine("peer ready", SOON);
    }

    @AfterAll
    static void shouldLeaveNothing() {
        otherPeer.close();
        kernelPeer.close();
        host.close();
    }

    /** Connections of a guest with itself, and with another guest: the local path. */
    @TestFactory
    Stream<DynamicTest> shouldPassBetweenGuests() {
        return Conformance.tests(
                "",
                List.of(
                        "CONF_ADDR=" + one.address(),
                        "CONF_ADDR6=" + HostStack.ipv6(one.address()),
                        "CONF_PEER=" + other.address(),
                        "CONF_PEER6=" + HostStack.ipv6(other.address()),
                        SILENT),
                one::commandLine);
    }

    /** Through the TAP, our TCP opens. */
    @TestFactory
    Stream<DynamicTest> shouldPassFromGuestToKernel() {
        return Conformance.tests(
                "cross.",
                List.of(
                        "CONF_ADDR=" + one.address(),
                        "CONF_PEER=" + Machine.KERNEL_ADDRESS,
                        "CONF_PEER6=" + HostStack.ipv6(Machine.KERNEL_ADDRESS)),
                one::commandLine);
    }

    /** Through the TAP, Linux opens. */
    @TestFactory
    Stream<DynamicTest> shouldPassFromKernelToGuest() {
        return Conformance.tests(
                "cross.",
                List.of(
                        "CONF_ADDR=" + Machine.KERNEL_ADDRESS,
                        "CONF_PEER=" + other.address(),
                        "CONF_PEER6=" + HostStack.ipv6(other.address())),
                host::inKernel);
    }
}
