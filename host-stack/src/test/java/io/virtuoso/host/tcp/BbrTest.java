package io.virtuoso.host.tcp;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/** BBR on a path of 40 Mbit/s and 20 ms with a long queue: its states, and what each does to the queue. */
class BbrTest {
    private static final long BANDWIDTH = 5_000_000;
    private static final long RTT_NS = TimeUnit.MILLISECONDS.toNanos(20);
    private static final long SECOND_NS = TimeUnit.SECONDS.toNanos(1);

    private final SimulatedNetwork network =
            new SimulatedNetwork(7, TcpConfig.DEFAULTS.withCongestion(CongestionAlgorithm.BBR));
    private final Endpoint client = network.client;
    private final List<Bbr.State> states = new ArrayList<>();
    private final List<Long> since = new ArrayList<>();

    BbrTest() {
        network.bandwidth = BANDWIDTH;
        network.delayNs = RTT_NS / 2;
        network.queueNs = 5 * RTT_NS;
        client.sendCapacity = 4 << 20;
        client.peer.receiveCapacity = 4 << 20;
        network.observer = this::note;
    }

    private Bbr bbr() {
        return (Bbr) client.connection.congestion();
    }

    private void note() {
        if (client.saw("established") && (states.isEmpty() || states.getLast() != bbr().state())) {
            states.add(bbr().state());
            since.add(network.nowNs());
        }
    }

    private void begin() {
        client.toWrite = Long.MAX_VALUE;
        client.connect();
    }

    /** Bytes per second that arrive in so many seconds. */
    private double rateOver(int seconds) {
        long before = client.peer.receiveBuffer.committed();
        network.run(seconds * SECOND_NS);
        return (double) (client.peer.receiveBuffer.committed() - before) / seconds;
    }

    private long lasted(int index) {
        return since.get(index + 1) - since.get(index);
    }

    @Test
    void shouldFindTheBandwidthAndDrainItsQueue() {
        begin();
        network.run(SECOND_NS);
        assertEquals(List.of(Bbr.State.STARTUP, Bbr.State.DRAIN), states.subList(0, 2));
        assertTrue(states.get(2).isProbeBw());
        assertTrue(since.get(1) - since.get(0) < 15 * RTT_NS, "out of Startup after " + lasted(0));
        assertEquals(0.95 * BANDWIDTH, bbr().pacingRate(), 0.1 * BANDWIDTH);
        network.forgetWaits();
        assertEquals(BANDWIDTH * 1460.0 / 1526, rateOver(3), 0.06 * BANDWIDTH);
        assertTrue(network.meanWaitNs() < 0.3 * RTT_NS, "waited " + network.meanWaitNs());
    }

    @Test
    void shouldProbeForMoreNowAndThen() {
        begin();
        network.run(20 * SECOND_NS);
        List<Bbr.State> cycle = List.of(
                Bbr.State.PROBE_BW_DOWN,
                Bbr.State.PROBE_BW_CRUISE,
                Bbr.State.PROBE_BW_REFILL,
                Bbr.State.PROBE_BW_UP,
                Bbr.State.PROBE_BW_DOWN);
        List<Bbr.State> probing =
                states.stream().filter(state -> state != Bbr.State.PROBE_RTT).toList();
        assertTrue(Collections.indexOfSubList(probing, cycle) > 0, states.toString());
    }

    @Test
    void shouldLookForTheShortestRoundTripEveryFiveSeconds() {
        begin();
        network.run(30 * SECOND_NS);
        List<Long> visits = new ArrayList<>();
        for (int i = 0; i < states.size() - 1; i++) {
            if (states.get(i) == Bbr.State.PROBE_RTT) {
                visits.add(since.get(i));
                assertTrue(lasted(i) > TimeUnit.MILLISECONDS.toNanos(200), "lasted " + lasted(i));
                assertTrue(lasted(i) < TimeUnit.MILLISECONDS.toNanos(350), "lasted " + lasted(i));
            }
        }
        assertTrue(visits.size() >= 3 && visits.size() <= 6, visits.size() + " visits");
        assertEquals(RTT_NS, client.connection.info().minRttNs(), 0.05 * RTT_NS);
    }

    @Test
    void shouldUseTenTimesTheBandwidthSoon() {
        begin();
        network.run(5 * SECOND_NS);
        network.bandwidth = 10 * BANDWIDTH;
        network.run(8 * SECOND_NS);
        assertTrue(rateOver(5) > 0.85 * network.bandwidth);
    }

    @Test
    void shouldFallToATenthOfTheBandwidth() {
        begin();
        network.run(5 * SECOND_NS);
        network.bandwidth = BANDWIDTH / 10;
        network.run(10 * SECOND_NS);
        network.forgetWaits();
        assertTrue(rateOver(5) > 0.85 * network.bandwidth);
        assertTrue(network.meanWaitNs() < 2 * RTT_NS, "waited " + network.meanWaitNs());
    }

    @Test
    void shouldNotMindLossThatIsNotItsOwn() {
        network.loss = 0.01;
        begin();
        network.run(3 * SECOND_NS);
        assertTrue(rateOver(10) > 0.8 * BANDWIDTH);
    }

    @Test
    void shouldStayInStartupWhileTheApplicationSendsLittle() {
        begin();
        client.toWrite = 0;
        for (int i = 0; i < 100; i++) {
            network.runMillis(20);
            client.toWrite += 10_000;
            client.runApplication();
        }
        assertEquals(List.of(Bbr.State.STARTUP), states);
        assertTrue(bbr().cwnd() >= 10_000);
    }

    @Test
    void shouldResumeAtItsRateAfterIdleness() {
        begin();
        network.run(3 * SECOND_NS);
        client.toWrite = 0;
        network.run(4 * SECOND_NS);
        long rate = bbr().pacingRate();
        assertEquals(BANDWIDTH, rate, 0.3 * BANDWIDTH);
        client.toWrite = 400_000;
        long before = client.peer.receiveBuffer.committed();
        client.runApplication();
        network.runMillis(150);
        assertEquals(400_000, client.peer.receiveBuffer.committed() - before);
    }

    @Test
    void shouldKeepTheQueueShortInAShortBuffer() {
        network.queueNs = RTT_NS / 5;
        begin();
        network.run(3 * SECOND_NS);
        assertTrue(rateOver(10) > 0.8 * BANDWIDTH);
        TcpInfo info = client.connection.info();
        assertTrue(info.bytesRetransmitted() < 0.03 * info.bytesSent(), info.toString());
    }

    @Test
    void shouldNotBeMarked() {
        client.config = client.config.withEcn(EcnMode.ON);
        network.markNs = 1;
        List<Integer> codepoints = new ArrayList<>();
        network.filter = segment -> {
            codepoints.add(segment.ecn());
            return false;
        };
        begin();
        network.run(SECOND_NS);
        assertTrue(client.connection.info().ecn());
        assertTrue(codepoints.stream().allMatch(codepoint -> codepoint == 0));
    }

    @Test
    void shouldActAsCubicWithoutSack() {
        client.config = client.config.withOptions(true, false);
        network.observer = () -> {};
        begin();
        network.run(SECOND_NS);
        assertEquals(CongestionAlgorithm.CUBIC, client.connection.info().congestion());
        assertEquals(Long.MAX_VALUE, client.connection.info().pacingRate());
        assertFalse(client.connection.congestion().wantsSamples());
    }

    @Test
    void shouldGoOnWhereAnotherControlWas() {
        client.config = client.config.withCongestion(CongestionAlgorithm.RENO);
        network.observer = () -> {};
        begin();
        network.run(SECOND_NS);
        client.connection.setCongestion(CongestionAlgorithm.BBR);
        network.run(2 * SECOND_NS);
        assertTrue(rateOver(3) > 0.85 * BANDWIDTH);
        assertTrue(client.connection.info().deliveryRate() > BANDWIDTH / 2);
        client.connection.setCongestion(CongestionAlgorithm.RENO);
        assertTrue(rateOver(3) > 0.85 * BANDWIDTH);
        assertEquals(0, client.connection.info().deliveryRate());
    }
}
