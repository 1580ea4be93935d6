package io.virtuoso.host.tunnel;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.virtuoso.host.net.StackCounter;
import io.virtuoso.host.net.StackCounters;
import io.virtuoso.host.port.Frame;
import io.virtuoso.host.wire.EthernetHeader;
import io.virtuoso.host.wire.Ipv4Header;
import io.virtuoso.host.wire.VirtioNetHeader;
import io.virtuoso.host.wire.VxlanHeader;
import io.virtuoso.host.wire.Wire;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

/** Whatever comes over an underlay is brought to a network, answered, or counted as dropped; nothing is thrown. */
class TunnelFuzzTest {
    private static final int ROUNDS = 30_000;

    private final UnderlayLink link = new UnderlayLink(false);
    private final SplittableRandom random = new SplittableRandom(13);

    private long fates() {
        final StackCounters counters = link.underlay.counters();
        return link.delivered.size()
                + counters.dropped()
                + counters.get(StackCounter.ARP_IN)
                + counters.get(StackCounter.ECHO_REPLIES)
                + counters.get(StackCounter.ICMP_ERRORS_IN)
                + counters.get(StackCounter.FRAGMENTS_IN);
    }

    private void open() {
        link.tunnel(TunnelKind.VXLAN, 1, true).addPeer(UnderlayLink.PEER);
        link.tunnel(TunnelKind.GRE, 1, true).addPeer(UnderlayLink.PEER);
        link.tunnel(TunnelKind.VXLAN, 2, false).addPeer(UnderlayLink.PEER);
        link.introduce();
    }

    private void run() {
        final long before = fates();
        link.send();
        assertEquals(before + 1, fates());
        while (link.received()) {
            link.now++;
        }
    }

    private void wrap() {
        if (random.nextBoolean()) {
            link.wrapVxlan(random.nextInt(4), VxlanHeader.DEFAULT_PORT, UnderlayLink.PEER + random.nextInt(2));
        } else {
            link.wrapGre(random.nextInt(3), UnderlayLink.PEER + random.nextInt(2));
        }
    }

    @Test
    void shouldSurviveNoiseBehindGoodIpHeaders() {
        open();
        for (int round = 0; round < ROUNDS; round++) {
            final int length = random.nextInt(60);
            for (int i = 0; i < length; i++) {
                Wire.put8(link.buffer, Frame.ETHERNET_AT + i, random.nextInt(3) == 0 ? random.nextInt() : 0);
            }
            link.frame.length(length);
            link.wrapIpv4(random.nextBoolean() ? Ipv4Header.PROTOCOL_GRE : Ipv4Header.PROTOCOL_UDP, UnderlayLink.PEER);
            if (length >= 8 && random.nextBoolean()) {
                Wire.put16(link.buffer, Frame.ETHERNET_AT + 2, VxlanHeader.DEFAULT_PORT);
                Wire.put32(link.buffer, Frame.ETHERNET_AT + 4, random.nextInt(length + 4) << 16);
            }
            run();
        }
    }

    @Test
    void shouldSurviveFramesWithAFewBitsChanged() {
        open();
        for (int round = 0; round < ROUNDS; round++) {
            link.inner(
                    random.nextBoolean() ? UnderlayLink.STATION : EthernetHeader.BROADCAST, UnderlayLink.STATION, 60);
            wrap();
            for (int flips = random.nextInt(4); flips > 0; flips--) {
                final int at = link.frame.virtioAt() + random.nextInt(12 + link.frame.length());
                Wire.put8(link.buffer, at, Wire.u8(link.buffer, at) ^ 1 << random.nextInt(8));
            }
            run();
        }
        assertTrue(link.delivered.size() > 1_000);
    }

    @Test
    void shouldSurviveFramesCutAnywhere() {
        open();
        for (int kind = 0; kind < 2; kind++) {
            for (int length = EthernetHeader.BYTES; length < 130; length++) {
                link.inner(UnderlayLink.STATION, UnderlayLink.STATION, 60);
                if (kind == 0) {
                    link.wrapVxlan(1, VxlanHeader.DEFAULT_PORT, UnderlayLink.PEER);
                } else {
                    link.wrapGre(1, UnderlayLink.PEER);
                }
                link.frame.length(Math.min(length, link.frame.length()));
                run();
            }
        }
    }

    @Test
    void shouldSurviveOffloadHeadersOfNoise() {
        open();
        for (int round = 0; round < ROUNDS; round++) {
            link.inner(UnderlayLink.STATION, UnderlayLink.STATION, 60);
            wrap();
            for (int i = 0; i < VirtioNetHeader.BYTES; i++) {
                Wire.put8(link.buffer, link.frame.virtioAt() + i, random.nextInt());
            }
            run();
        }
    }
}
