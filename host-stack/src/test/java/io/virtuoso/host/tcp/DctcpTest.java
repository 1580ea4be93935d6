package io.virtuoso.host.tcp;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/** How marks and losses move the window of DCTCP (RFC 8257), driven by hand: one ACK for a whole window a round trip. */
class DctcpTest {
    private static final int MSS = 1_000;

    private final Dctcp dctcp = new Dctcp();
    private long nowNs = TimeUnit.SECONDS.toNanos(5);

    DctcpTest() {
        dctcp.onEstablished(MSS, false);
        dctcp.onRound(0, nowNs); // of the handshake, without data
    }

    @Test
    void shouldTakeTheFirstMarkForALoss() {
        growTo(100 * MSS);
        Dctcp fresh = new Dctcp();
        fresh.takeOver(dctcp, MSS);
        fresh.onEcnFeedback(MSS, true);
        fresh.onMarked(fresh.cwnd());
        assertEquals(dctcp.cwnd() / 2, fresh.cwnd());
        assertEquals(fresh.cwnd(), fresh.ssthresh());
    }

    @Test
    void shouldTakeARareMarkLightly() {
        growTo(100 * MSS);
        for (int round = 0; round < 50; round++) {
            round(0);
        }
        long before = dctcp.cwnd();
        dctcp.onMarked(before);
        double alpha = Math.pow(15.0 / 16, 50);
        assertTrue(dctcp.cwnd() > before * (1 - alpha), before + " then " + dctcp.cwnd());
        assertTrue(dctcp.cwnd() < before, "but not for nothing");
    }

    @Test
    void shouldFallByHalfOfTheShareThatIsMarked() {
        growTo(100 * MSS);
        for (int round = 0; round < 200; round++) {
            round(0.25);
        }
        long before = dctcp.cwnd();
        dctcp.onMarked(before);
        assertEquals(before * 0.875, dctcp.cwnd(), before * 0.001);
    }

    @Test
    void shouldHalveAfterALossWhateverWasMarked() {
        growTo(100 * MSS);
        for (int round = 0; round < 50; round++) {
            round(0);
        }
        long before = dctcp.cwnd();
        dctcp.onFastRetransmit(before);
        assertEquals(before / 2 / MSS * MSS, dctcp.cwnd());
        dctcp.onTimeout(before / 2, true, false);
        assertEquals(MSS, dctcp.cwnd());
    }

    @Test
    void shouldKeepTwoSegments() {
        for (int i = 0; i < 20; i++) {
            dctcp.onMarked(dctcp.cwnd());
        }
        assertEquals(2 * MSS, dctcp.cwnd());
    }

    @Test
    void shouldBeNewRenoWithoutEcn() {
        NewReno reno = new NewReno();
        reno.onEstablished(MSS, false);
        for (CongestionControl control : new CongestionControl[] {reno, dctcp}) {
            for (int round = 0; round < 200; round++) {
                control.onRound(control.cwnd(), nowNs);
                control.onAck(control.cwnd(), control.cwnd(), false, round);
                if (round % 50 == 49) {
                    control.onFastRetransmit(control.cwnd());
                }
            }
        }
        assertEquals(reno.cwnd(), dctcp.cwnd());
        assertEquals(reno.ssthresh(), dctcp.ssthresh());
    }

    @Test
    void shouldFillABottleneckThatMarksEarlyAndKeepItsQueueShort() {
        TcpConfig config = TcpConfig.DEFAULTS.withCongestion(CongestionAlgorithm.DCTCP);
        SimulatedNetwork network = new SimulatedNetwork(9, config);
        network.bandwidth = 125_000_000;
        network.delayNs = TimeUnit.MICROSECONDS.toNanos(250);
        network.markNs = TimeUnit.MICROSECONDS.toNanos(200);
        network.client.sendCapacity = 1 << 20;
        network.server.receiveCapacity = 1 << 20;
        network.client.toWrite = Long.MAX_VALUE;
        network.client.connect();
        network.runMillis(100);
        assertTrue(network.client.connection.info().ecn());
        assertEquals(CongestionAlgorithm.DCTCP, network.client.connection.info().congestion());
        long before = network.server.receiveBuffer.committed();
        long mostFlight = 0;
        for (int tick = 0; tick < 400; tick++) {
            network.run(TimeUnit.MICROSECONDS.toNanos(500));
            mostFlight = Math.max(mostFlight, network.client.connection.info().unacked());
        }
        long megabits = (network.server.receiveBuffer.committed() - before) * 8 / 200_000;
        assertTrue(megabits > 900, megabits + " Mbit/s of 1000");
        assertEquals(0, network.client.connection.info().totalRetransmits());
        long twiceTheMark = 125_000_000L / 1_000_000 * (500 + 2 * 200);
        assertTrue(mostFlight < twiceTheMark, mostFlight + " bytes in flight");
    }

    private void growTo(long window) {
        while (dctcp.cwnd() < window) {
            round(0);
        }
    }

    /** A round trip in which so much of the window was marked; marks are counted only. */
    private void round(double marked) {
        nowNs += TimeUnit.MILLISECONDS.toNanos(1);
        long window = dctcp.cwnd();
        long markedBytes = (long) (window * marked);
        dctcp.onEcnFeedback(markedBytes, true);
        dctcp.onEcnFeedback(window - markedBytes, false);
        dctcp.onRound(window, nowNs);
        dctcp.onAck(window, window, false, nowNs);
    }
}
