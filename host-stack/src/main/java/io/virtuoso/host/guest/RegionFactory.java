package io.virtuoso.host.guest;

import io.virtuoso.host.config.Ipv6;
import io.virtuoso.host.config.LimitsConfig;
import io.virtuoso.host.config.NetworkConfig;
import io.virtuoso.host.config.ReachConfig;
import io.virtuoso.host.config.Route6Config;
import io.virtuoso.host.config.RouteConfig;
import io.virtuoso.host.config.Subnet6;
import io.virtuoso.host.ffm.Libc;
import io.virtuoso.host.ffm.MappedRegion;
import io.virtuoso.host.ffm.SharedMemory;
import io.virtuoso.protocol.Addresses;
import io.virtuoso.protocol.Errno;
import io.virtuoso.protocol.GuestRoute;
import io.virtuoso.protocol.RegionHeader;
import io.virtuoso.protocol.RegionLayout;
import io.virtuoso.protocol.RegionSettings;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;

/** Makes the sealed shared memory of attachments. */
public final class RegionFactory {
    private final LimitsConfig limits;
    private final long epoch;

    /**
     * @param limits geometry of every region
     * @param epoch  identifies this run of the host stack
     */
    public RegionFactory(final LimitsConfig limits, final long epoch) {
        this.limits = limits;
        this.epoch = epoch;
    }

    /**
     * A region with its mapping, the holder's to give back.
     *
     * @param place   where it begins in the memory of a virtual machine, bytes; 0: it has a file of its own
     * @param release gives back what is behind it
     */
    public record Mapped(Region region, MappedRegion mapping, long place, Runnable release) implements AutoCloseable {
        @Override
        public void close() {
            mapping.close();
            release.run();
        }
    }

    /**
     * Makes a region with a filled-in header. Its size is sealed: a guest cannot cut it short under the host.
     *
     * @param most what the process can map, in bytes; 0: whatever is wanted
     * @throws IOException naming the errno, such as EMFILE or ENOMEM
     */
    public Mapped create(final Guest guest, final long most) throws IOException {
        final RegionLayout layout = layout(most, guest.quotas().poolMiB());
        final int fd = SharedMemory.create("virtuoso-" + guest.name(), layout.regionBytes());
        if (fd < 0) {
            throw new IOException("no shared memory: " + Errno.describe(-fd));
        }
        try {
            return layOut(guest, fd, layout, 0, () -> Libc.close(fd));
        } catch (final IOException e) {
            Libc.close(fd);
            throw e;
        }
    }

    /**
     * Makes a region in memory of a virtual machine, which sees it there; what was in it is thrown away.
     *
     * @throws IOException if no part of the memory is free, or it cannot be mapped or emptied
     */
    public Mapped create(final Guest guest, final MachineMemory machine) throws IOException {
        final long bytes = limits.machineBytes();
        final long place = machine.take(bytes)
                .orElseThrow(() -> new IOException(machine.bytes() / bytes + " attachments fill the machine's memory"));
        try {
            final int emptied = SharedMemory.punchHole(machine.fd(), place, bytes);
            if (emptied < 0) {
                throw new IOException("the machine's memory cannot be emptied: " + Errno.describe(-emptied));
            }
            final RegionLayout layout = limits.machineLayout(guest.quotas().poolMiB());
            return layOut(guest, machine.fd(), layout, place, () -> machine.give(place));
        } catch (final IOException e) {
            machine.give(place);
            throw e;
        }
    }

    private RegionLayout layout(final long most, final int pool) throws IOException {
        try {
            return limits.layoutWithin(most, pool);
        } catch (final IllegalArgumentException e) {
            throw new IOException(e.getMessage(), e);
        }
    }

    private Mapped layOut(
            final Guest guest, final int fd, final RegionLayout wanted, final long place, final Runnable release)
            throws IOException {
        final MappedRegion mapping = MappedRegion.map(fd, wanted.regionBytes(), place);
        GuestRoute.write(mapping.buffer(), routes(guest.network().reach()));
        RegionHeader.initialise(mapping.buffer(), wanted, settings(guest));
        final Region region = new Region(mapping.buffer(), fd, wanted, limits.maxSendBytes(), limits.maxReceiveBytes());
        return new Mapped(region, mapping, place, release);
    }

    /** @return what the guest's sockets cannot know: what of the world beyond the subnet is theirs */
    public static List<GuestRoute> routes(final ReachConfig reach) {
        final List<GuestRoute> routes = new ArrayList<>();
        for (final RouteConfig route : reach.routes()) {
            routes.add(GuestRoute.ipv4(route.address(), route.prefixLength(), GuestRoute.STACK));
        }
        for (final Route6Config route : reach.routes6()) {
            routes.add(new GuestRoute(
                    Long.reverseBytes(route.address().high()),
                    Long.reverseBytes(route.address().low()),
                    route.prefixLength(),
                    GuestRoute.STACK));
        }
        final boolean closed = reach.outside() == ReachConfig.Outside.NONE;
        if (!reach.routes6().isEmpty() && reach.routes().stream().noneMatch(route -> route.prefixLength() == 0)) {
            // IPv4 addresses are mapped into those of IPv6, but no route of IPv6 is meant for them.
            routes.add(GuestRoute.ipv4(0, 0, closed ? GuestRoute.NONE : GuestRoute.UNKNOWN));
        }
        if (closed) {
            routes.add(GuestRoute.everything(GuestRoute.NONE));
        }
        return routes;
    }

    private RegionSettings settings(final Guest guest) {
        final Ipv6 address6 = guest.address6().orElse(new Ipv6(0, 0));
        return new RegionSettings(
                0,
                epoch,
                limits.maxSendBytes(),
                limits.maxReceiveBytes(),
                NetworkConfig.MTU,
                Addresses.IPV4_HIGH,
                Addresses.ipv4Low(guest.address()),
                Addresses.IPV4_HIGH,
                Addresses.ipv4Low(guest.network().gateway()),
                guest.network().subnet().prefixLength(),
                guest.congestion().abiNumber(),
                guest.network().subnet6().map(Subnet6::prefixLength).orElse(0),
                Long.reverseBytes(address6.high()),
                Long.reverseBytes(address6.low()),
                guest.name());
    }
}
