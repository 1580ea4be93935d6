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
    private static final List<String> VSOCK_MODULES = List.of("virtio_pci", "vmw_vsock_virtio_transport");
    private static final List<String> NET_MODULES = List.of("virtio_pci", "virtio_net");
    /** What the machine does: it brings up its card, and is then a shell that obeys the console. */
    private static final String SHELL = """
            #!/bin/busybox sh
            /bin/busybox --install -s /bin
            export PATH=/bin
            mount -t proc proc /proc
            mount -t sysfs sys /sys
            mount -t devtmpfs dev /dev
            for module in /modules/*.ko; do insmod $module; done
            ip link set lo up
            ip link set eth0 up
            ip addr add $ADDRESS/16 dev eth0
            ip -6 addr add $ADDRESS6/64 dev eth0 nodad
            reboot() { busybox reboot -f; }
            echo "machine ready"
            while read line; do eval "$line"; done
            """;

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
            made.add("init", PROGRAM, 0, Files.readAllBytes(program));
            made.finish(VSOCK_MODULES, target);
        } catch (final IOException e) {
            throw new java.io.UncheckedIOException(e);
        }
    }

    /** Writes one whose machine has busybox and a network card, with its addresses in the environment. */
    static void writeWithCard(final Path target) {
        final Initramfs made = new Initramfs();
        try {
            made.add("init", PROGRAM, 0, SHELL.getBytes(StandardCharsets.US_ASCII));
            for (final String folder : List.of("bin", "proc", "sys", "tmp")) {
                made.add(folder, DIRECTORY, 0, new byte[0]);
            }
            made.add("bin/busybox", PROGRAM, 0, Files.readAllBytes(Path.of("/bin/busybox")));
            made.finish(NET_MODULES, target);
        } catch (final IOException e) {
            throw new java.io.UncheckedIOException(e);
        }
    }

    private void finish(final List<String> modules, final Path target) throws IOException {
        add("dev", DIRECTORY, 0, new byte[0]);
        add("dev/console", CONSOLE, 5 << 8 | 1, new byte[0]);
        add("modules", DIRECTORY, 0, new byte[0]);
        int number = 0;
        for (final Path module : withAllTheyNeed(modules)) {
            add("modules/%02d.ko".formatted(number++), PROGRAM, 0, Files.readAllBytes(module));
        }
        add("TRAILER!!!", 0, 0, new byte[0]);
        Files.write(target, archive.toByteArray());
    }

    /** The modules with all that they need, in the order in which they can be loaded. */
    private static Set<Path> withAllTheyNeed(final List<String> names) throws IOException {
        final Path folder =
                Path.of("/lib/modules", kernel().getFileName().toString().substring("vmlinuz-".length()));
        final List<String> lines = Files.readAllLines(folder.resolve("modules.dep"));
        final Set<Path> found = new LinkedHashSet<>();
        for (final String name : names) {
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
