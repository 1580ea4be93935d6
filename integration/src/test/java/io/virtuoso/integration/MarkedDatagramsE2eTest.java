package io.virtuoso.integration;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What guests ask for in the IP header of their datagrams, as the machine's kernel receives it. */
class MarkedDatagramsE2eTest {
    private static final Duration LIMIT = Duration.ofSeconds(60);
    private static final String PORT = "7300";
    private static final String PLAIN = "class 0x00 hops 64";

    private static HostStack host;
    private static Guest sender;

    @BeforeAll
    static void shouldHaveASender() {
        host = HostStack.startWithIpv6();
        sender = host.guest("sender");
    }

    @AfterAll
    static void shouldLeaveNothing() {
        host.close();
    }

    private static Child hear(final String address) {
        final Child child = host.startInKernel(Repository.program("marks"), "hear", address, PORT);
        child.awaitLine("hearing", LIMIT);
        return child;
    }

    private static String kernel(final int family) {
        return family == 4 ? Machine.KERNEL_ADDRESS : HostStack.ipv6(Machine.KERNEL_ADDRESS);
    }

    private static void assertHeard(final List<String> expected, final Child child) {
        child.awaitLine("class", expected.size(), LIMIT);
        assertEquals(
                expected,
                child.output().lines().filter(line -> line.startsWith("class")).toList());
    }

    @ParameterizedTest
    @ValueSource(ints = {4, 6})
    void shouldCarryWhatANativeProgramAsksFor(final int family) {
        try (Child child = hear(kernel(family))) {
            sender.check(LIMIT, Repository.program("marks"), "send", kernel(family), PORT, "0x2b", "9");
            assertHeard(List.of(PLAIN, "class 0x2b hops 9"), child);
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {4, 6})
    void shouldCarryWhatAJavaProgramAsksFor(final int family) {
        for (final Jdk jdk : Jdk.all()) {
            try (Child child = hear(kernel(family))) {
                new JavaProgram(jdk, "Marks").check(sender, LIMIT, kernel(family), PORT, "43");
                final String marked = "class 0x2b hops 64";
                assertHeard(List.of(PLAIN, marked, PLAIN, marked, marked), child);
            }
        }
    }
}
