package io.virtuoso.bench.run;

import io.virtuoso.bench.side.BenchException;
import io.virtuoso.bench.side.KernelSide;
import io.virtuoso.bench.side.MachineSide;
import io.virtuoso.bench.side.PortSide;
import io.virtuoso.bench.side.Side;
import io.virtuoso.bench.side.TenantHost;
import io.virtuoso.bench.side.TenantSide;
import io.virtuoso.bench.side.TwoMachinesSide;
import io.virtuoso.bench.side.WanSide;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Optional;

/** What lies between client and server on both sides of a benchmark. */
public enum Rig {
    /** Kernel: two namespaces on a bridge. Virtuoso: two guests of one host stack. */
    LOCAL(""),
    /** Kernel: as before. Virtuoso: such a client, and a guest behind a TAP on the bridge. */
    TAP("a TAP"),
    /** Kernel: as before. Virtuoso: such a client, and a guest behind a packet socket on the server's interface. */
    PACKET("a packet port"),
    /** Kernel: as before. Virtuoso: such a client, and a guest behind AF_XDP on the server's interface. */
    XDP("an xdp port"),
    /** Both: as {@link #LOCAL}, for many tenants. */
    TENANTS(""),
    /** As {@link #TENANTS}, and a third side: guests of the same host stack that have budgets. */
    ISOLATION(""),
    /** One host stack with many tenants on both sides: first without budgets, then with them. */
    BUDGETS(""),
    /** Virtuoso on two machines, on both sides: first as it is, then through a tunnel. */
    TUNNEL(""),
    /** A server in a virtual machine. Kernel: by virtio-net on a bridge. Virtuoso: a guest without a network card. */
    VM(""),
    /** Both: a long, narrow, lossy wire. Kernel: a kernel at each end. Virtuoso: a guest at one. */
    WAN("");

    private static final char KERNEL = 'k';
    private static final char SECOND_KERNEL = 'l';
    private static final char HOST_STACK = 'v';
    private static final char PLAIN = 'm';
    private static final char TUNNELLED = 't';

    private final String port;

    Rig(final String port) {
        this.port = port;
    }

    /** @return the rig whose server is a guest behind a port of that kind: {@code tap}, {@code packet}, {@code xdp} */
    public static Optional<Rig> ofPort(final String kind) {
        for (final Rig rig : values()) {
            if (!rig.port.isEmpty() && rig.label().equals(kind)) {
                return Optional.of(rig);
            }
        }
        return Optional.empty();
    }

    /** @return the name in lower case, as reports have it */
    public String label() {
        return name().toLowerCase(Locale.ROOT);
    }

    /** @return what it adds to a benchmark's heading; empty for the usual rig of that benchmark */
    public String heading() {
        return port.isEmpty() ? "" : ", from a kernel's client through " + port;
    }

    /** @return what it adds to the name of a benchmark's files; empty for the usual rig of that benchmark */
    public String suffix() {
        return port.isEmpty() ? "" : "-" + label();
    }

    /** @return the first side's name in reports */
    public String baseline() {
        return this == BUDGETS || this == TUNNEL ? "plain" : "kernel";
    }

    /** @return the second side's name in reports */
    public String subject() {
        return switch (this) {
            case BUDGETS -> "budgets";
            case TUNNEL -> "vxlan";
            default -> "virtuoso";
        };
    }

    /** @return whether there is a third side: guests with budgets */
    boolean third() {
        return this == ISOLATION;
    }

    /** The first side. */
    Side kernel(final Options options, final TenantHost host, final Path dir) throws BenchException {
        return switch (this) {
            case BUDGETS -> host.side(baseline(), false, dir);
            case TUNNEL -> TwoMachinesSide.create(PLAIN, false, options.home(), dir);
            default -> kernelSide(baseline(), KERNEL, options, dir);
        };
    }

    Side secondKernel(final Options options, final Path dir) throws BenchException {
        return kernelSide("kernel-2", SECOND_KERNEL, options, dir);
    }

    private Side kernelSide(final String name, final char mark, final Options options, final Path dir)
            throws BenchException {
        return switch (this) {
            case WAN -> WanSide.ofKernels(name, mark, options.tools(), dir);
            case VM -> MachineSide.withCard(name, mark, options.home(), dir);
            default -> KernelSide.create(name, mark);
        };
    }

    /** The second side. */
    Side virtuoso(final Options options, final TenantHost host, final Path dir) throws BenchException {
        return switch (this) {
            case LOCAL, TENANTS, ISOLATION -> host.side(subject(), false, dir);
            case BUDGETS -> host.side(subject(), true, dir);
            case TUNNEL -> TwoMachinesSide.create(TUNNELLED, true, options.home(), dir);
            case TAP -> PortSide.create(PortSide.Kind.TAP, options.home(), dir);
            case PACKET -> PortSide.create(PortSide.Kind.PACKET, options.home(), dir);
            case XDP -> PortSide.create(PortSide.Kind.XDP, options.home(), dir);
            case VM -> MachineSide.withoutCard(subject(), options.home(), dir);
            case WAN -> WanSide.withHostStack(HOST_STACK, options.home(), options.tools(), dir);
        };
    }

    /** @return most tenants of a side */
    int tenants() {
        return this == LOCAL ? 1 : TenantSide.MOST_TENANTS;
    }
}
