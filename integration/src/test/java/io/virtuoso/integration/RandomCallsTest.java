package io.virtuoso.integration;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Random sequences of socket calls, from seeds: what comes of each call in a guest is what comes of it on the kernel.
 * Of a seed that differs, calls are left out as long as it still does.
 */
class RandomCallsTest {
    private static final int FIRST = Integer.getInteger("calls.first", 1);
    private static final int SEEDS = Integer.getInteger("calls.seeds", 150);
    private static final int STEPS = 60;
    private static final Duration LIMIT = Duration.ofSeconds(300L + SEEDS * 5L);

    private static Netns kernel;
    private static HostStack host;
    private static Guest guest;

    @TempDir
    private Path folder;

    @BeforeAll
    static void shouldHaveAKernelAndAGuest() {
        kernel = newKernel();
        host = HostStack.startWithIpv6();
        guest = host.guest("one");
    }

    @AfterAll
    static void shouldLeaveNothing() {
        host.close();
        kernel.close();
    }

    private static Netns newKernel() {
        final Netns machine = Netns.create();
        Netns.connect(machine, "veth0", machine, "veth1");
        machine.ip("addr", "add", "10.77.0.1/24", "dev", "veth0");
        machine.ip("addr", "add", "fd00:77::1/64", "dev", "veth0", "nodad");
        return machine;
    }

    /** Otherwise they would say nothing about guests. */
    @Test
    void shouldBeTheSameOnTheKernelEachTime() throws IOException {
        final int few = Math.min(SEEDS, 50);
        final Path one = Files.createDirectory(folder.resolve("one"));
        final Path other = Files.createDirectory(folder.resolve("other"));
        try (Netns fresh = newKernel()) {
            Shell.check(LIMIT, inKernel(kernel, "--play-all", number(FIRST), number(few), one.toString()));
            Shell.check(LIMIT, inKernel(fresh, "--play-all", number(FIRST), number(few), other.toString()));
        }
        for (int seed = FIRST; seed < FIRST + few; seed++) {
            assertEquals(
                    Files.readString(one.resolve(number(seed))),
                    Files.readString(other.resolve(number(seed))),
                    "seed " + seed);
        }
    }

    @Test
    void shouldBeTheSameInAGuest() throws IOException {
        try (Netns fresh = newKernel()) {
            Shell.check(LIMIT, inKernel(fresh, "--play-all", number(FIRST), number(SEEDS), folder.toString()));
        }
        final Shell.Result result =
                Shell.run(LIMIT, asGuest("--compare-all", number(FIRST), number(SEEDS), folder.toString()));
        if (result.status() != 0) {
            throw new AssertionError(result.output() + reduced(result.output()));
        }
    }

    /** @return the shortest way to the first difference that leaving out calls leads to */
    private String reduced(final String output) throws IOException {
        final List<String> differing = output.lines()
                .filter(line -> line.endsWith(" differs"))
                .map(line -> line.split(" ", -1)[1])
                .toList();
        if (differing.isEmpty()) {
            return "";
        }
        final String seed = differing.getFirst();
        final List<Integer> left = new ArrayList<>();
        for (int step = STEPS - 1; step >= 0; step--) {
            left.add(step);
            if (difference(seed, left).isEmpty()) {
                left.removeLast();
            }
        }
        final String difference = difference(seed, left);
        return "seed " + seed + ", left out " + left + ":\n" + Files.readString(folder.resolve("reduced")) + difference;
    }

    /** @return what is different when calls are left out, empty if nothing is */
    private String difference(final String seed, final List<Integer> left) {
        final String list = String.join(",", left.stream().map(String::valueOf).toList());
        final String path = folder.resolve("reduced").toString();
        try (Netns fresh = newKernel()) {
            if (Shell.run(LIMIT, shortly(inKernel(fresh, "--play", seed, path, list)))
                            .status()
                    != 0) {
                return "";
            }
        }
        final Shell.Result result = Shell.run(LIMIT, shortly(asGuest("--compare", seed, path, list)));
        return result.status() == 0 ? "" : result.output();
    }

    private static String number(final int number) {
        return Integer.toString(number);
    }

    private static List<String> inKernel(final Netns machine, final String... words) {
        return machine.inside(command("10.77.0.1", "fd00:77::1", words));
    }

    private static List<String> asGuest(final String... words) {
        return guest.commandLine(command(guest.address(), HostStack.ipv6(guest.address()), words));
    }

    /** Waits shortly for what may not come: this only looks for a shorter way. */
    private static List<String> shortly(final List<String> command) {
        final List<String> all = new ArrayList<>(List.of("env", "CALLS_LIMIT_MS=3000"));
        all.addAll(command);
        return all;
    }

    private static List<String> command(final String address, final String address6, final String... words) {
        final List<String> command = new ArrayList<>(List.of("env", "CONF_ADDR=" + address, "CONF_ADDR6=" + address6));
        command.addAll(List.of(Repository.program("calls"), words[0]));
        command.addAll(List.of(words).subList(1, words.length));
        return command;
    }
}
