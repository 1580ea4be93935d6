package io.virtuoso.host.fastpath;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.virtuoso.host.account.Ledger;
import io.virtuoso.host.control.ControlMailbox;
import io.virtuoso.host.control.StackMailbox;
import io.virtuoso.host.ffm.Libc;
import io.virtuoso.host.ffm.PipeRinger;
import io.virtuoso.host.net.Ipv6Numbers;
import io.virtuoso.host.net.NetworkSettings;
import io.virtuoso.host.port.FrameLink;
import io.virtuoso.host.port.Port;
import io.virtuoso.host.port.RingPort;
import io.virtuoso.host.slowpath.SlowPath;
import io.virtuoso.host.slowpath.WireServices;
import io.virtuoso.host.tunnel.TunnelKind;
import io.virtuoso.host.tunnel.TunnelPort;
import io.virtuoso.host.tunnel.TunnelSettings;
import io.virtuoso.host.tunnel.Underlay;
import io.virtuoso.host.wire.VxlanHeader;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import org.agrona.concurrent.CachedNanoClock;
import org.agrona.concurrent.NanoClock;

/** An underlay that is an island of its own, which carries the networks of {@link Tenant}s, and the machine at its far end. */
final class Carrier implements AutoCloseable {
    private static final int NEAR = 0xc000_0201;
    private static final int FAR = 0xc000_0202;
    private static final int FIRST_VNI = 100;

    final Island island;
    private final NanoClock time;
    private final BellWire wire;
    private final Underlay near;
    private final Underlay far;
    private final Ledger ledger;
    private final List<FrameLink> links = new ArrayList<>();
    private final List<Integer> bells = new ArrayList<>();

    /** @param time virtual */
    Carrier(int number, NanoClock time) throws IOException {
        this.time = time;
        wire = new BellWire(time);
        near = underlay(wire.near(), NEAR);
        far = underlay(wire.far(), FAR);
        ledger = new Ledger(time);
        final CachedNanoClock clock = new CachedNanoClock();
        final SlowPath slowPath = SlowPath.create(
                clock,
                ledger,
                parts -> new WireServices(List.of(), parts.sockets()).over(List.of(near), clock, ledger));
        final Sleeper sleeper = new Sleeper();
        sleeper.watchPort(wire.fd());
        final ControlMailbox control = new ControlMailbox(() -> {});
        final FastPathAgent agent = new FastPathAgent(
                time, clock, mailbox(bell()), control, slowPath, sleeper, PipeRinger.single(), StackHarness.LIMITS);
        island = new Island(number, time, agent, sleeper, ledger);
    }

    private static Underlay underlay(Port port, int address) {
        final NetworkSettings network = new NetworkSettings(address & -1 << 8, 24, 0);
        return new Underlay(port, network, address, new Ipv6Numbers(1), new SplittableRandom(address));
    }

    private int bell() {
        final int bell = Libc.eventFd();
        bells.add(bell);
        return bell;
    }

    /** Makes an island whose network has a tunnel over this underlay. */
    Tenant tenant(int number, SplittableRandom random) throws IOException {
        final TunnelPort tunnel = open(near, number, FAR);
        final FrameLink link = new FrameLink(ByteBuffer.allocateDirect(FrameLink.BYTES));
        links.add(link);
        near.relay(tunnel, link);
        final int bell = bell();
        final Tenant tenant = new Tenant(
                number, time, random, new Tenant.Way(new RingPort(link, tunnel), open(far, number, NEAR), bell));
        link.out().bell(StackThreads.bell(tenant.island, mailbox(bells.getFirst())));
        link.in().bell(StackThreads.bell(island, mailbox(bell)));
        return tenant;
    }

    private static StackMailbox mailbox(int bell) {
        return new StackMailbox(bell, () -> Libc.ringEventFd(bell), new ControlMailbox(() -> {}));
    }

    private static TunnelPort open(Underlay underlay, int number, int peer) {
        final TunnelPort tunnel = underlay.open(
                new TunnelSettings(TunnelKind.VXLAN, FIRST_VNI + number, VxlanHeader.DEFAULT_PORT, 1500, true));
        tunnel.addPeer(peer);
        return tunnel;
    }

    /** Lets the machine at the far end do something. */
    void step() {
        far.wokeUp();
        far.poll(time.nanoTime(), 64);
        far.onTimers(time.nanoTime());
        far.flush();
    }

    /** Checks that no frame was dropped. */
    void check() {
        wire.check();
        assertEquals(0, near.counters().dropped() + far.counters().dropped());
        links.forEach(link -> assertEquals(0, link.out().lost() + link.in().lost()));
    }

    /** @return what the guests of all tenants were billed here */
    long billedToGuestsNs() {
        return ledger.accounts().stream().mapToLong(account -> account.cpuNs()).sum();
    }

    /** @return what was billed here */
    long billedNs() {
        return billedToGuestsNs() + ledger.system().cpuNs() + ledger.waiting().cpuNs();
    }

    @Override
    public void close() {
        island.sleeper().close();
        wire.close();
        bells.forEach(Libc::close);
    }
}
