package io.virtuoso.host.port;

import io.virtuoso.host.ffm.Libc;
import io.virtuoso.host.ffm.NetworkInterfaces;
import io.virtuoso.host.ffm.TapDevice;
import io.virtuoso.host.wire.EthernetHeader;
import io.virtuoso.host.wire.VirtioNetHeader;
import io.virtuoso.protocol.Errno;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * A TAP device: the host stack at one end, this machine's kernel at the other. Checksums and TCP segmentation are left
 * undone in both directions (Linux: Documentation/networking/tuntap, virtio 1.2 section 5.1.6), so a 64 KiB TCP frame
 * costs one system call.
 */
public final class TapPort implements Port {
    private static final int TRANSMIT_QUEUE_FRAMES = 1000;

    private final TapDevice device;
    private final int fd;
    private final int mtu;
    private final long mac;
    private long refused;

    private TapPort(final TapDevice device, final int mtu) {
        this.device = device;
        this.fd = device.fd();
        this.mtu = mtu;
        this.mac = macOf(device.name());
    }

    /**
     * Creates a TAP device, gives the kernel's end its address, and takes it up.
     *
     * @throws IOException saying which step failed: the name is taken, this process may not make devices, ...
     */
    public static TapPort open(final TapSettings settings) throws IOException {
        final TapDevice device = TapDevice.open(settings.name());
        try {
            final String name = device.name();
            disableIpv6(name);
            NetworkInterfaces.setMtu(name, settings.mtu());
            NetworkInterfaces.setTransmitQueue(name, TRANSMIT_QUEUE_FRAMES);
            NetworkInterfaces.setAddress(name, settings.address(), settings.prefixLength());
            NetworkInterfaces.setUp(name);
            return new TapPort(device, settings.mtu());
        } catch (final IOException e) {
            device.close();
            throw e;
        }
    }

    /**
     * The network is IPv4 only; without this the kernel's router solicitations and multicast reports wake an idle host
     * stack. Where /proc/sys is read-only they merely cost counted drops.
     */
    private static void disableIpv6(final String name) {
        final Path file = Path.of("/proc/sys/net/ipv6/conf", name, "disable_ipv6");
        try {
            if (Files.isWritable(file)) {
                Files.writeString(file, "1");
            }
        } catch (final IOException e) {
            return;
        }
    }

    /** A locally administered address that stays the same for a name, so neighbours survive a restart. */
    private static long macOf(final String name) {
        return 0x0276_0000_0000L | name.hashCode() & 0xffff_ffffL;
    }

    @Override
    public int receive(final Frame frame) {
        final int read = Libc.read(fd, frame.address() + Frame.VIRTIO_AT, VirtioNetHeader.BYTES + Frame.MAX_LENGTH);
        if (read < 0) {
            return read == -Errno.EAGAIN ? NONE : read;
        }
        if (read < VirtioNetHeader.BYTES + EthernetHeader.BYTES) {
            return -Errno.EIO;
        }
        frame.length(read - VirtioNetHeader.BYTES);
        return RECEIVED;
    }

    @Override
    public boolean transmit(final Frame frame) {
        final int bytes = VirtioNetHeader.BYTES + frame.length();
        if (Libc.write(fd, frame.address() + Frame.VIRTIO_AT, bytes) < 0) {
            refused++;
            return false;
        }
        return true;
    }

    @Override
    public void flush() {
        // Nothing waits: each frame is written at once.
    }

    /** @return interface name */
    public String name() {
        return device.name();
    }

    /** @return frames that the kernel did not take */
    public long refused() {
        return refused;
    }

    @Override
    public int fd() {
        return fd;
    }

    @Override
    public int mtu() {
        return mtu;
    }

    @Override
    public long mac() {
        return mac;
    }

    @Override
    public boolean checksumOffload() {
        return true;
    }

    @Override
    public boolean segmentationOffload() {
        return true;
    }

    @Override
    public long missed() {
        return 0;
    }

    @Override
    public void close() {
        device.close();
    }
}
