package io.virtuoso.integration;

import static org.junit.jupiter.api.Assertions.assertTrue;

import java.time.Duration;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Debian's iperf3, unmodified, in both directions, between guests and through the TAP. */
@Tag("slow")
class IperfE2eTest {
    private static final Duration LIMIT = Duration.ofSeconds(60);
    /** More than buffers hold, so that the receiver has had some however slow the machine is. */
    static final String BYTES = "50M";

    private static final Pattern RATE = Pattern.compile("([0-9.]+) ([GMK])bits/sec.*receiver");

    private static Machine machine;

    @BeforeAll
    static void shouldStart() {
        machine = Machine.start();
    }

    @AfterAll
    static void shouldStop() {
        machine.close();
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "-R", "-P 4", "-P 4 -R"})
    void shouldRunBetweenGuests(final String options) {
        final Guest server = machine.guest("server");
        try (Child process = server.start("iperf3", "-s", "--forceflush")) {
            process.awaitLine("Server listening", LIMIT);
            judge("guest to guest " + options, machine.guest("client").check(LIMIT, client(server.address(), options)));
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "-R", "-P 4", "-P 4 -R"})
    void shouldRunFromTheKernel(final String options) {
        final Guest server = machine.guest("server");
        try (Child process = server.start("iperf3", "-s", "--forceflush")) {
            process.awaitLine("Server listening", LIMIT);
            judge("kernel to guest " + options, machine.checkInKernel(LIMIT, client(server.address(), options)));
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "-R"})
    void shouldRunToTheKernel(final String options) {
        try (Child process = machine.startInKernel("iperf3", "-s", "--forceflush")) {
            process.awaitLine("Server listening", LIMIT);
            judge(
                    "guest to kernel " + options,
                    machine.guest("client").check(LIMIT, client(Machine.KERNEL_ADDRESS, options)));
        }
    }

    private static String[] client(final String address, final String options) {
        return ("iperf3 -n " + BYTES + " -c " + address + " " + options).strip().split(" ", -1);
    }

    /** What an iperf3 client said at last; intervals may be without a byte, the whole time may not. */
    static void judge(final String what, final String said) {
        final Matcher rate = RATE.matcher(said);
        String last = "";
        while (rate.find()) {
            last = rate.group(1) + " " + rate.group(2) + "bit/s";
        }
        assertTrue(!last.isEmpty() && !last.startsWith("0.00"), said);
        System.out.println("iperf3 " + what + ": " + last);
    }
}
