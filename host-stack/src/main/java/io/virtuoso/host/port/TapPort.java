package io.virtuoso.host.port;

import io.virtuoso.host.ffm.IoVector;
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
    /** As long as the kernel would look for duplicates, if it could not be told not to. */
    private static final int MAX_ADDRESS_WAIT_MILLIS = 2000;

    private static final int SCOPE = 3;
    private static final int FLAGS = 4;
    private static final String GLOBAL = "00";
    /** IFA_F_TENTATIVE of linux/if_addr.h. */
    private static final int TENTATIVE = 0x40;

    private final TapDevice device;
    private final int fd;
    private final int mtu;
    private final long mac;
    private final IoVector pieces = new IoVector(Frame.VECTOR_PIECES);
    private long refused;

    private TapPort(final TapDevice device, final int mtu) {
        this.device = device;
        this.fd = device.fd();
        this.mtu = mtu;
        this.mac = macOf(device.name());
    }

    /**
     * Creates a TAP device, gives the kernel's end its addresses, and takes it up.
     *
     * @throws IOException saying which step failed: the name is taken, this process may not make devices, ...
     */
    public static TapPort open(final TapSettings settings) throws IOException {
        final TapDevice device = TapDevice.open(settings.name());
        try {
            final String name = device.name();
            if (settings.ipv6() == null) {
                setIpv6(name, "disable_ipv6", "1");
            } else {
                // Nobody else is on the link: no routers, no duplicates.
                setIpv6(name, "accept_ra", "0");
                setIpv6(name, "router_solicitations", "0");
                setIpv6(name, "accept_dad", "0");
            }
            NetworkInterfaces.setMtu(name, settings.mtu());
            NetworkInterfaces.setTransmitQueue(name, TRANSMIT_QUEUE_FRAMES);
            if (settings.address() != 0) {
                NetworkInterfaces.setAddress(name, settings.address(), settings.prefixLength());
            }
            NetworkInterfaces.setUp(name);
            if (settings.ipv6() != null) {
                final TapSettings.Ipv6 ipv6 = settings.ipv6();
                NetworkInterfaces.setAddress(name, ipv6.high(), ipv6.low(), ipv6.prefixLength());
                awaitIpv6(name);
            }
            return new TapPort(device, settings.mtu());
        } catch (final IOException e) {
            device.close();
            throw e;
        }
    }

    /** The kernel makes an address usable a moment after it has taken it: its end must work once this has opened. */
    private static void awaitIpv6(final String name) throws IOException {
        for (int attempt = 0; attempt < MAX_ADDRESS_WAIT_MILLIS && isTentative(name); attempt++) {
            try {
                Thread.sleep(1);
            } catch (final InterruptedException e) {
                Thread.currentThread().interrupt();
                return;
            }
        }
    }

    /** Fields of a line: address, index, prefix length, scope, flags, name. */
    private static boolean isTentative(final String name) throws IOException {
        return Files.readAllLines(Path.of("/proc/thread-self/net/if_inet6")).stream()
                .map(line -> line.split(" +", -1))
                .anyMatch(fields -> fields[fields.length - 1].equals(name)
                        && fields[SCOPE].equals(GLOBAL)
                        && (Integer.parseInt(fields[FLAGS], 16) & TENTATIVE) != 0);
    }

    /**
     * Without these settings the kernel's router solicitations and multicast reports wake an idle host stack. Where
     * /proc/sys is read-only they merely cost counted drops.
     */
    private static void setIpv6(final String name, final String key, final String value) {
        final Path file = Path.of("/proc/sys/net/ipv6/conf", name, key);
        try {
            if (Files.isWritable(file)) {
                Files.writeString(file, value);
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
        final int read = Libc.read(fd, frame.address() + frame.virtioAt(), VirtioNetHeader.BYTES + Frame.MAX_LENGTH);
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
        if (write(frame) < 0) {
            refused++;
            return false;
        }
        return true;
    }

    private int write(final Frame frame) {
        if (!frame.isScattered()) {
            return Libc.write(fd, frame.address() + frame.virtioAt(), VirtioNetHeader.BYTES + frame.length());
        }
        pieces.set(0, frame.address() + frame.virtioAt(), VirtioNetHeader.BYTES);
        return Libc.writev(fd, pieces, frame.pieces(pieces, 1));
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

    /** An operator may have put the kernel's end into a bridge. */
    @Override
    public boolean wantsGroupReports() {
        return true;
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
    public boolean gathers() {
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
