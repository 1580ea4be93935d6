package io.virtuoso.integration;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** The same programs on the kernel: each guest a network namespace on one bridge. */
final class KernelMachine implements Machine {
    private final Netns middle = Netns.create();
    private final Map<String, Guest> guests = new LinkedHashMap<>();
    private final Path folder;

    private KernelMachine(final Path folder) {
        this.folder = folder;
    }

    static KernelMachine start() {
        try {
            final KernelMachine machine = new KernelMachine(Files.createTempDirectory("vt"));
            machine.middle.ip("link", "add", "br0", "type", "bridge");
            machine.middle.ip("addr", "add", KERNEL_ADDRESS + "/16", "dev", "br0");
            machine.middle.ip("link", "set", "br0", "up");
            return machine;
        } catch (final IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Override
    public Guest guest(final String name) {
        return guests.computeIfAbsent(name, key -> {
            final int number = guests.size() + 2;
            final String address = "10.88." + number / 256 + "." + number % 256;
            final Netns home = Netns.create();
            Netns.connect(home, "veth0", middle, "port" + number);
            home.ip("addr", "add", address + "/16", "dev", "veth0");
            middle.ip("link", "set", "port" + number, "master", "br0");
            return new Guest(name, "", address, home);
        });
    }

    @Override
    public List<String> inKernel(final List<String> command) {
        return middle.inside(command);
    }

    @Override
    public Path folder(final String name) {
        return Machine.createFolder(folder.resolve(name));
    }

    @Override
    public void close() {
        guests.values().forEach(guest -> guest.home().close());
        middle.close();
        Machine.deleteFolder(folder);
    }
}
