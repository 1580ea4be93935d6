package io.virtuoso.integration;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;

/**
 * A machine with guests. The tests of real programs run on {@link HostStack}; with
 * {@code -Dvirtuoso.test.machine=kernel} they run on {@link KernelMachine}, to tell a wrong test from a wrong host
 * stack.
 */
interface Machine extends AutoCloseable {
    /** The machine's own address, as guests see it. */
    String KERNEL_ADDRESS = "10.88.0.1";

    static Machine start() {
        return "kernel".equals(System.getProperty("virtuoso.test.machine")) ? KernelMachine.start() : HostStack.start();
    }

    /** @return the guest of a name, made if there is none */
    Guest guest(String name);

    /** @return a command line that runs on the machine's own kernel stack */
    List<String> inKernel(List<String> command);

    /** @return a folder for files of the test, gone with the machine */
    Path folder(String name);

    @Override
    void close();

    /** Starts a command on the machine's own kernel stack. */
    default Child startInKernel(final String... command) {
        return Child.start("kernel-" + Path.of(command[0]).getFileName(), inKernel(List.of(command)));
    }

    /** Runs a command on the machine's own kernel stack; it must succeed. @return its output */
    default String checkInKernel(final Duration limit, final String... command) {
        return Shell.check(limit, inKernel(List.of(command)));
    }

    /** Waits until a guest serves on a port, seen from the machine's kernel. */
    default void awaitPort(final Guest guest, final int port) {
        awaitPort(guest.address(), port);
    }

    /** Waits until somebody serves on a port, seen from the machine's kernel. */
    default void awaitPort(final String address, final int port) {
        checkInKernel(
                Duration.ofSeconds(60),
                "bash",
                "-c",
                "until (echo > /dev/tcp/" + address + "/" + port + ") 2>/dev/null; do sleep 0.02; done");
    }

    static void deleteFolder(final Path folder) {
        try (Stream<Path> files = Files.walk(folder)) {
            for (final Path file : (Iterable<Path>) files.sorted(Comparator.reverseOrder())::iterator) {
                Files.deleteIfExists(file);
            }
        } catch (final IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    static Path createFolder(final Path folder) {
        try {
            return Files.createDirectories(folder);
        } catch (final IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
