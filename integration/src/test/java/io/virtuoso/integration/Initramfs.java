package io.virtuoso.integration;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.stream.Stream;

/** What a virtual machine begins with: one program, and the kernel modules that it needs, as a cpio archive. */
final class Initramfs {
    private static final List<String> MODULES = List.of("virtio_pci", "vmw_vsock_virtio_transport");
    private static final int DIRECTORY = 0040755;
    private static final int CONSOLE = 0020600;
    private static final int PROGRAM = 0100755;

    private final ByteArrayOutputStream archive = new ByteArrayOutputStream();
    private int files;

    private Initramfs() {}

    /** @return the newest of Debian's kernels for virtual machines */
    static Path kernel() {
        try (Stream<Path> found = Files.list(Path.of("/boot"))) {
            return found.filter(file -> file.getFileName().toString().matches("vmlinuz-.*-cloud-amd64"))
                    .max(Path::compareTo)
                    .orElseThrow(() -> new IllegalStateException("install linux-image-cloud-amd64"));
        } catch (final IOException e) {
            throw new java.io.UncheckedIOException(e);
        }
    }

    /**
     * @param program started as the first and only one
     * @param target  where the archive goes
     */
    static void write(final Path program, final Path target) {
        final Initramfs made = new Initramfs();
        try {
            made.add("dev", DIRECTORY, 0, new byte[0]);
            made.add("dev/console", CONSOLE, 5 << 8 | 1, new byte[0]);
            made.add("modules", DIRECTORY, 0, new byte[0]);
            int number = 0;
            for (final Path module : modules()) {
                made.add("modules/%02d.ko".formatted(number++), PROGRAM, 0, Files.readAllBytes(module));
            }
            made.add("init", PROGRAM, 0, Files.readAllBytes(program));
            made.add("TRAILER!!!", 0, 0, new byte[0]);
            Files.write(target, made.archive.toByteArray());
        } catch (final IOException e) {
            throw new java.io.UncheckedIOException(e);
        }
    }

    /** The modules with all that they need, in the order in which they can be loaded. */
    private static Set<Path> modules() throws IOException {
        final Path folder =
                Path.of("/lib/modules", kernel().getFileName().toString().substring("vmlinuz-".length()));
        final List<String> lines = Files.readAllLines(folder.resolve("modules.dep"));
        final Set<Path> found = new LinkedHashSet<>();
        for (final String name : MODULES) {
            for (final String line : lines) {
                if (line.matches(".*/" + name + "\\.ko:.*")) {
                    final List<String> needed = new ArrayList<>(
                            List.of(line.replace(":", "").strip().split(" +", -1)));
                    needed.reversed().forEach(module -> found.add(folder.resolve(module)));
                }
            }
        }
        return found;
    }

    /** One file, with the header that cpio calls newc. */
    private void add(final String name, final int mode, final int device, final byte[] content) {
        final byte[] path = (name + "\0").getBytes(StandardCharsets.US_ASCII);
        final int[] fields = {
            ++files, mode, 0, 0, 1, 0, content.length, 0, 0, device >> 8, device & 0xff, path.length, 0
        };
        final StringBuilder header = new StringBuilder("070701");
        for (final int field : fields) {
            header.append(String.format(Locale.ROOT, "%08X", field));
        }
        append(header.toString().getBytes(StandardCharsets.US_ASCII));
        append(path);
        pad();
        append(content);
        pad();
    }

    private void append(final byte[] bytes) {
        archive.write(bytes, 0, bytes.length);
    }

    private void pad() {
        while (archive.size() % 4 != 0) {
            archive.write(0);
        }
    }
}
