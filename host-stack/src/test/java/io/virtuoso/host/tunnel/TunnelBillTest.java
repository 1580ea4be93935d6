package io.virtuoso.host.tunnel;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;

import io.virtuoso.host.account.Account;
import io.virtuoso.host.account.Ledger;
import io.virtuoso.host.port.Frame;
import io.virtuoso.host.wire.Wire;
import org.junit.jupiter.api.Test;

/** Who pays for what comes over an underlay. */
class TunnelBillTest {
    private static final long INNER = 0x0200_0000_bbbbL;
    private static final int VNI = 7;
    private static final int STEP_NS = 10;

    private final UnderlayLink link = new UnderlayLink(false);
    private long nowNs;
    private final Ledger ledger = new Ledger(() -> nowNs += STEP_NS, () -> nowNs);
    private final Account red = ledger.open("red", 1);
    private final Account blue = ledger.open("blue", 1);

    TunnelBillTest() {
        link.underlay.ledger(ledger);
        final TunnelPort tunnel = link.tunnel(TunnelKind.VXLAN, VNI, true);
        tunnel.deliverTo((inner, when) -> ledger.charge(Wire.u8(inner.buffer(), Frame.TRANSPORT_AT) == 1 ? red : blue));
        link.introduce();
        ledger.begin(nowNs);
    }

    private void put(final int vni, final int whose) {
        link.inner(link.near.mac(), INNER, 40);
        Wire.put8(link.buffer, Frame.TRANSPORT_AT, whose);
        link.wrapVxlan(vni, 4789, UnderlayLink.PEER);
        link.far.transmit(link.frame);
        link.frame.expectOuter(0);
    }

    @Test
    void shouldLetTheGuestOfTheInnerFramePay() {
        put(VNI, 1);
        link.poll();
        assertSame(red, ledger.payer());
    }

    @Test
    void shouldLetTheHostStackPayForWhatIsNobodys() {
        put(VNI, 1);
        link.poll();
        put(VNI + 1, 1);
        link.poll();
        assertSame(ledger.system(), ledger.payer());
    }

    @Test
    void shouldLetEachPayForReceivingItsFramesWhereSeveralShareATunnel() {
        for (int i = 0; i < 200; i++) {
            put(VNI, 1 + i % 2);
            if (i % 20 == 19) {
                link.poll();
            }
        }
        ledger.begin(nowNs);
        ledger.correct();
        assertEquals(red.elapsedNs(), blue.elapsedNs(), 4 * STEP_NS);
    }
}
