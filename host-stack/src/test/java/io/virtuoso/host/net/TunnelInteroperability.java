package io.virtuoso.host.net;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.virtuoso.host.port.ForwardingPort;
import io.virtuoso.host.port.Frame;
import io.virtuoso.host.port.Port;
import io.virtuoso.host.tunnel.TunnelKind;
import io.virtuoso.host.tunnel.TunnelPort;
import io.virtuoso.host.tunnel.TunnelSettings;
import io.virtuoso.host.tunnel.Underlay;
import io.virtuoso.host.wire.DropReason;
import io.virtuoso.host.wire.VxlanHeader;
import java.util.random.RandomGenerator;

/** The wire path in a VXLAN network whose other station is the kernel's VXLAN device. */
abstract class TunnelInteroperability extends KernelInteroperability {
    private static final DropReason[] WRONG = {
        DropReason.UDP_CHECKSUM,
        DropReason.TUNNEL_MALFORMED,
        DropReason.TUNNEL_NETWORK,
        DropReason.TUNNEL_SOURCE,
        DropReason.TUNNEL_CONGESTION,
        DropReason.TUNNEL_TOO_LARGE,
        DropReason.SEND_PORT_FULL
    };

    static final int VNI = 0x00ab_cdef;
    static final int OUR_OUTER = 0xc000_0202;
    static final int KERNEL_OUTER = 0xc000_0201;
    static final long HIGH6 = 0x2001_0db8_0000_0000L;

    Underlay underlay;

    /** Makes the kernel's side and opens the port that the tunnel goes over. */
    abstract Port openUnderlay() throws Exception;

    boolean outer6() {
        return false;
    }

    @Override
    final Port openPort() throws Exception {
        final Ipv6Numbers numbers = new Ipv6Numbers(1);
        final NetworkSettings settings = outer6()
                ? NetworkSettings.ofIpv6(new NetworkSettings.Ipv6(HIGH6, 0, 64, 0, 0))
                : new NetworkSettings(OUR_OUTER & -1 << 8, 24, 0);
        final int address = outer6() ? numbers.takeForEver(HIGH6, 2) : OUR_OUTER;
        underlay = new Underlay(openUnderlay(), settings, address, numbers, RandomGenerator.getDefault());
        final TunnelPort tunnel =
                underlay.open(new TunnelSettings(TunnelKind.VXLAN, VNI, VxlanHeader.DEFAULT_PORT, 1500, true));
        tunnel.addPeer(outer6() ? underlay.number(HIGH6, 1) : KERNEL_OUTER);
        assertEquals(outer6() ? 1430 : 1450, tunnel.mtu());
        return new Polled(tunnel, underlay);
    }

    /** The underlay has its turn when the wire path has. */
    private static final class Polled extends ForwardingPort {
        private final Underlay underlay;

        Polled(final Port tunnel, final Underlay underlay) {
            super(tunnel);
            this.underlay = underlay;
        }

        @Override
        public int receive(final Frame frame) {
            final long now = System.nanoTime();
            underlay.poll(now, 64);
            underlay.onTimers(now);
            return port.receive(frame);
        }

        @Override
        public void flush() {
            underlay.flush();
        }

        @Override
        public void close() {
            underlay.close();
        }
    }

    @Override
    void checkEcho(final StackCounters counters, final long bytes) {
        assertTrue(counters.get(StackCounter.SEGMENTS_OUT) > bytes / 1450, "segments are cut here");
        for (final DropReason reason : WRONG) {
            assertEquals(0, underlay.counters().dropped(reason), reason.sentence());
        }
    }
}
