package io.virtuoso.integration;

import static org.junit.jupiter.api.Assertions.assertTrue;

/** What the host stack has carried since a moment, to show that nothing went another way. */
final class Traffic {
    private final Machine machine;
    private final long localBefore;
    private final long kernelBefore;

    private Traffic(final Machine machine) {
        this.machine = machine;
        this.localBefore = local();
        this.kernelBefore = kernel();
    }

    static Traffic since(final Machine machine) {
        return new Traffic(machine);
    }

    /** At least so many bytes must have gone from guest to guest. */
    void assertLocal(final long bytes) {
        final long moved = local() - localBefore;
        assertTrue(onKernel() || moved >= bytes, moved + " bytes between guests, not " + bytes);
    }

    /** Waits until so many bytes have gone from guest to guest. */
    void awaitLocal(final long bytes) {
        for (int i = 0; i < 6_000 && local() - localBefore < bytes; i++) {
            Child.pause(10);
        }
        assertLocal(bytes);
    }

    /** At least so many bytes must have gone between guests and the machine's kernel. */
    void assertKernel(final long bytes) {
        final long moved = kernel() - kernelBefore;
        assertTrue(onKernel() || moved >= bytes, moved + " bytes through the TAP, not " + bytes);
    }

    private boolean onKernel() {
        return !(machine instanceof HostStack);
    }

    private long local() {
        return statistic("local.bytes");
    }

    private long kernel() {
        return statistic("bytes_in") + statistic("bytes_out");
    }

    private long statistic(final String name) {
        if (!(machine instanceof final HostStack host)) {
            return 0;
        }
        return host.ask("stats")
                .lines()
                .map(line -> line.strip().split("\\s+", -1))
                .filter(words -> words.length == 2 && words[0].equals(name))
                .mapToLong(words -> Long.parseLong(words[1]))
                .findFirst()
                .orElseThrow();
    }
}
