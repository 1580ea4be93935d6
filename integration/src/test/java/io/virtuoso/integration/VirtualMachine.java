package io.virtuoso.integration;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/** A virtual machine in QEMU, without KVM and without a network card, whose program obeys lines on its console. */
final class VirtualMachine implements AutoCloseable {
    private static final Duration BOOT = Duration.ofMinutes(5);
    private static final Duration ANSWER = Duration.ofMinutes(4);

    private final Child qemu;
    private final Path monitor;
    private int boots = 1;
    private String plugged = "plug0";

    private VirtualMachine(final Child qemu, final Path monitor) {
        this.qemu = qemu;
        this.monitor = monitor;
    }

    /**
     * Starts one and waits until it obeys.
     *
     * @param socket the host stack's, for machines of a guest
     * @param folder for what it begins with
     * @param options more for the device, such as {@code ,packed=on}
     */
    static VirtualMachine start(final Path socket, final Path folder, final String options) {
        final Path monitor = folder.resolve("monitor-" + Repository.unique());
        final Path initramfs = folder.resolve("initramfs-" + Repository.unique());
        Initramfs.write(Path.of(Repository.program("vminit")), initramfs);
        final List<String> command = new ArrayList<>(List.of("qemu-system-x86_64", "-nodefaults", "-no-user-config"));
        command.addAll(List.of("-machine", "pc,accel=tcg,memory-backend=memory", "-m", "256M"));
        command.addAll(List.of("-smp", "1,maxcpus=2")); // else QEMU without KVM leaves out memory barriers
        command.addAll(List.of("-object", "memory-backend-memfd,id=memory,size=256M,share=on"));
        command.addAll(List.of("-chardev", "socket,id=virtuoso,path=" + socket + ""));
        command.addAll(List.of("-device", "vhost-user-vsock-pci,id=plug0,chardev=virtuoso" + options));
        command.addAll(List.of("-display", "none", "-serial", "stdio"));
        command.addAll(List.of("-monitor", "unix:" + monitor + ",server=on,wait=off"));
        command.addAll(List.of("-kernel", Initramfs.kernel().toString(), "-initrd", initramfs.toString()));
        command.addAll(List.of("-append", "console=ttyS0 quiet panic=-1"));
        final VirtualMachine machine = new VirtualMachine(Child.start("vm", command), monitor);
        machine.awaitBoot();
        return machine;
    }

    /**
     * Starts one with a network card on the host stack's switch, whose console is a shell.
     *
     * @param socket  the host stack's, for the card of a guest
     * @param address the guest's, of 10.88.0.0/16
     * @param options more for the device, such as {@code ,packed=on}
     */
    static VirtualMachine startWithCard(
            final Path socket, final Path folder, final String address, final String options) {
        final Path monitor = folder.resolve("monitor-" + Repository.unique());
        final Path initramfs = folder.resolve("initramfs-" + Repository.unique());
        Initramfs.writeWithCard(initramfs);
        final String[] parts = address.split("\\.", -1);
        final String mac = "02:56:0a:58:%02x:%02x".formatted(Integer.parseInt(parts[2]), Integer.parseInt(parts[3]));
        final List<String> command = new ArrayList<>(List.of("qemu-system-x86_64", "-nodefaults", "-no-user-config"));
        command.addAll(List.of("-machine", "pc,accel=tcg,memory-backend=memory", "-m", "256M"));
        command.addAll(List.of("-smp", "1,maxcpus=2")); // else QEMU without KVM leaves out memory barriers
        command.addAll(List.of("-object", "memory-backend-memfd,id=memory,size=256M,share=on"));
        command.addAll(List.of("-chardev", "socket,id=virtuoso,reconnect=1,path=" + socket));
        command.addAll(List.of("-netdev", "vhost-user,id=net,chardev=virtuoso"));
        command.addAll(List.of(
                "-device", "virtio-net-pci,netdev=net,romfile=,vectors=0,rx_queue_size=1024,mac=" + mac + options));
        command.addAll(List.of("-display", "none", "-serial", "stdio"));
        command.addAll(List.of("-monitor", "unix:" + monitor + ",server=on,wait=off"));
        command.addAll(List.of("-kernel", Initramfs.kernel().toString(), "-initrd", initramfs.toString()));
        final String ipv6 = HostStack.ipv6(address);
        command.addAll(List.of("-append", "console=ttyS0 quiet panic=-1 ADDRESS=" + address + " ADDRESS6=" + ipv6));
        final VirtualMachine machine = new VirtualMachine(Child.start("vm", command), monitor);
        machine.awaitBoot();
        return machine;
    }

    private void awaitBoot() {
        qemu.awaitLine("machine ready", boots, BOOT);
    }

    /** Says a line and waits until the console shows a text so many times, counted from the machine's start. */
    String say(final String line, final String answer, final int times) {
        qemu.say(line);
        return qemu.awaitLine(answer, times, ANSWER);
    }

    /** Waits until the console has shown a text so many times. */
    void awaitSaid(final String text, final int times) {
        qemu.awaitLine(text, times, ANSWER);
    }

    /** Takes another machine's device out and puts one in that is connected to the host stack of now. */
    static void replug(final Path monitor, final String device, final Path socket) {
        takeOut(monitor, device);
        final String next = device + "-again";
        tell(monitor, "chardev-add socket,id=for-" + next + ",path=" + socket);
        tell(monitor, "device_add vhost-user-vsock-pci,id=" + next + ",chardev=for-" + next);
    }

    /** Takes the device out and puts one in that is connected to the host stack of now. */
    void replug(final Path socket) {
        replug(monitor, plugged, socket);
        plugged += "-again";
    }

    /**
     * Takes a device out and waits until the machine has let go of it: its kernel drives one vsock device only, and would
     * refuse a second one for good.
     */
    private static void takeOut(final Path monitor, final String device) {
        tell(monitor, "device_del " + device);
        final long end = System.nanoTime() + ANSWER.toNanos();
        while (tell(monitor, "info qtree").contains("id \"" + device + "\"")) {
            if (System.nanoTime() > end) {
                throw new AssertionError("the machine keeps " + device);
            }
            Child.pause(50);
        }
    }

    /** Says a line to QEMU's monitor, and waits until it is obeyed. @return what the monitor has said */
    String tell(final String line) {
        return tell(monitor, line);
    }

    /** @return what the monitor has said to a line, after its greeting */
    static String tell(final Path monitor, final String line) {
        try (SocketChannel channel = SocketChannel.open(UnixDomainSocketAddress.of(monitor))) {
            channel.write(StandardCharsets.US_ASCII.encode(line + "\n"));
            final ByteBuffer answer = ByteBuffer.allocate(1 << 16);
            String text = "";
            while (text.split("\\(qemu\\) ", -1).length < 3 && channel.read(answer) >= 0) {
                text = StandardCharsets.ISO_8859_1
                        .decode(answer.duplicate().flip())
                        .toString();
            }
            return text;
        } catch (final IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    void reboot() {
        boots++;
        qemu.say("reboot");
        awaitBoot();
    }

    /** As when the monitor crashes. */
    void kill() {
        qemu.kill();
    }

    @Override
    public void close() {
        qemu.close();
    }
}
