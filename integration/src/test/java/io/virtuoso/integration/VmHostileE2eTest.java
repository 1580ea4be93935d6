package io.virtuoso.integration;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.time.Duration;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Programs, drivers and monitors of virtual machines that do harm are cut off with a reason, and nobody else notices. */
@Tag("slow")
class VmHostileE2eTest {
    private static final Duration LIMIT = Duration.ofSeconds(90);
    private static final String PORT = "7200";
    private static final String CARD = "guests: [{name: card, network: test, address: 10.88.1.1, vm: net}]\n";
    private static final List<String> KINDS = List.of("commands", "words", "cursors", "messages");
    private static final int SEEDS = 3;

    private static HostStack host;
    private static Child echo;
    private static Child near;
    private static Child far;
    private static GuestMachine machine;

    @BeforeAll
    static void shouldHaveTrafficOfOthers() {
        host = HostStack.start(CARD);
        final Guest server = host.guest("server");
        final String pump = Repository.program("pump");
        echo = server.start(Repository.program("connections"), "serve", PORT);
        echo.awaitLine("serving", LIMIT);
        near = host.guest("client").start(pump, server.address(), PORT, "3000");
        far = host.startInKernel(pump, server.address(), PORT, "3000");
        machine = GuestMachine.start(
                host, "victim", List.of("--add", pump), String.join(" ", pump, server.address(), PORT, "3000"));
        Stream.of(near, far).forEach(one -> one.awaitLine("connected", LIMIT));
        machine.awaitSaid("connected");
    }

    @AfterAll
    static void shouldStop() {
        machine.close();
        Stream.of(near, far, echo).forEach(Child::close);
        host.close();
    }

    @AfterEach
    void shouldNotDisturbOthers() {
        assertTrue(host.isAlive(), host::log);
        Stream.of(near, far).forEach(one -> assertTrue(one.isAlive(), one::output));
        machine.assertRuns();
    }

    /** Its machine is served on: the last of its programs is a guest as any other. */
    @Test
    void shouldEndAttachmentsOfAMachineWithAReason() {
        final String hostile = Repository.program("hostile");
        final String pump = Repository.program("pump");
        final StringBuilder script = new StringBuilder("export LD_PRELOAD=; ");
        for (int seed = 1; seed <= SEEDS; seed++) {
            for (final String kind : KINDS) {
                script.append(hostile + " vm " + seed + " " + kind + "; ");
            }
            script.append(hostile + " vm " + seed + " strangers; ");
        }
        script.append("export LD_PRELOAD=/virtuoso/libvirtuoso.so; exec " + pump + " "
                + host.guest("server").address() + " " + PORT + " 1");
        final List<String> options = List.of("--add", hostile, "--add", pump);
        try (GuestMachine evil = GuestMachine.start(host, "evil", options, script.toString())) {
            evil.awaitSuccess();
            final String[] said = evil.said();
            assertEquals(
                    SEEDS * (long) KINDS.size(),
                    Stream.of(said)
                            .filter(line -> line.matches("ended: reason [3-7]"))
                            .count(),
                    () -> String.join("\n", said));
        }
    }

    @ParameterizedTest
    @CsvSource({
        "overlap, memory_table",
        "unsealed, memory_table",
        "beyond, memory_table",
        "outside, ring",
        "ahead, available_index",
        "loop, descriptor_loop",
        "address, descriptor_address",
        "length, descriptor_length",
        "order, descriptor_order",
        "indirect, indirect_length",
        "message, message"
    })
    void shouldCutOffAMonitorOrDriverWithAReason(final String kind, final String reason) {
        final String counter = "vms.ended." + reason;
        final long before = count(counter);
        assertEquals("cut off", attack(host.machineSocket("evil").toString(), kind, 1));
        assertEquals("cut off", attack(host.cardSocket("card").toString(), kind, 1));
        host.awaitCounter(counter, before + 2);
    }

    @ParameterizedTest
    @CsvSource({"1", "2", "3", "4", "5"})
    void shouldCutOffADriverThatWritesGarbage(final int seed) {
        assertEquals("cut off", attack(host.machineSocket("evil").toString(), "garbage", seed));
        assertEquals("cut off", attack(host.cardSocket("card").toString(), "garbage", seed));
    }

    private static String attack(final String socket, final String kind, final int seed) {
        return Shell.run(LIMIT, List.of(Repository.program("monitor"), socket, kind, "" + seed))
                .output()
                .strip();
    }

    private static long count(final String counter) {
        return host.ask("stats")
                .lines()
                .map(line -> line.strip().split("\\s+", -1))
                .filter(words -> words.length == 2 && words[0].equals(counter))
                .mapToLong(words -> Long.parseLong(words[1]))
                .findFirst()
                .orElseThrow();
    }
}
