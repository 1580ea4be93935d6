package io.virtuoso.host.tcp;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Accurate ECN feedback (RFC 9768): its counts; packet by packet: tcp-scripts/rfc9768. */
class AccurateEcnTest {
    private static final int MSS = 1_000;
    private static final int ACE_MASK = 7;

    private final AccurateEcn sender = new AccurateEcn();
    private final AccurateEcn receiver = new AccurateEcn();
    private final TcpSegment segment = new TcpSegment();
    private final OutgoingSegment outgoing = new OutgoingSegment();

    private void receive(int codepoint, int length) {
        segment.clear();
        segment.ecn = codepoint;
        segment.payloadLength = length;
        receiver.onReceived(segment, MSS);
    }

    /** The receiver acknowledges so many bytes. @return bytes that the sender takes as marked */
    private long acknowledge(long bytes, boolean withOption) {
        outgoing.clear();
        outgoing.flags = receiver.takeFlags();
        receiver.addOption(outgoing, withOption ? 40 : 0);
        segment.clear();
        segment.flags = outgoing.flags | TcpFlags.ACK;
        segment.hasEcnCounters = outgoing.ecnCounterCount > 0;
        for (int i = 0; i < segment.ecnCounters.length; i++) {
            segment.ecnCounters[i] = i < outgoing.ecnCounterCount ? outgoing.ecnCounters[i] : -1;
        }
        return sender.markedBytes(bytes, MSS, segment);
    }

    @Test
    void shouldTellEveryMarkWhileAcksAreClose() {
        for (int round = 0; round < 1_000; round++) {
            int marks = round % 8;
            for (int packet = 0; packet < 7; packet++) {
                receive(packet < marks ? Ecn.CE : Ecn.ECT_0, MSS);
            }
            assertEquals(Math.min(marks, 7L) * MSS, acknowledge(7 * MSS, round % 3 == 0));
            assertEquals(receiver.received(), sender.delivered());
        }
    }

    @Test
    void shouldTellHowOftenTheCountHasWrappedByTheBytes() {
        acknowledge(MSS, true);
        for (int marks = 0; marks <= 45; marks++) {
            for (int packet = 0; packet < 45; packet++) {
                receive(packet < marks ? Ecn.CE : Ecn.ECT_0, MSS);
            }
            assertEquals((long) marks * MSS, acknowledge(45 * MSS, true));
            assertEquals(receiver.received(), sender.delivered());
        }
    }

    @Test
    void shouldTellBytesBeyondWhatTheCountersHold() {
        long sum = 0;
        for (int round = 0; round < 40; round++) {
            for (int packet = 0; packet < 1_000; packet++) {
                receive(Ecn.CE, MSS);
            }
            sum += acknowledge(1_000L * MSS, true);
        }
        assertEquals(40_000L * MSS, sum);
        assertTrue(sum > 1 << 24);
        assertEquals(40_000, sender.delivered());
    }

    @Test
    void shouldGoByWhatWasSeenLatelyWithoutTheOption() {
        for (int round = 0; round < 100; round++) {
            for (int packet = 0; packet < 7; packet++) {
                receive(Ecn.CE, MSS);
            }
            acknowledge(7 * MSS, false);
        }
        for (int packet = 0; packet < 40; packet++) {
            receive(Ecn.CE, MSS);
        }
        assertEquals(40 * MSS, acknowledge(40 * MSS, false));
        assertEquals(receiver.received(), sender.delivered());
    }

    @Test
    void shouldNotUseAnOptionThatThePathChanged() {
        segment.clear();
        segment.hasEcnCounters = true;
        segment.flags = 6 * TcpFlags.ECE;
        assertEquals(MSS, sender.markedBytes(5 * MSS, MSS, segment), "counters of zero are none");
        segment.ecnCounters[0] = 1;
        segment.ecnCounters[1] = 5 * MSS;
        segment.ecnCounters[2] = 1;
        segment.flags = 7 * TcpFlags.ECE;
        assertEquals(MSS, sender.markedBytes(5 * MSS, MSS, segment));
    }

    @Test
    void shouldCountSegmentsThatStandForSeveral() {
        receive(Ecn.CE, 10 * MSS + 1);
        assertEquals(11, receiver.received());
        receive(Ecn.CE, 0);
        assertEquals(12, receiver.received());
        assertEquals((12 + 5 & ACE_MASK) * TcpFlags.ECE, receiver.takeFlags());
    }

    @ParameterizedTest
    @CsvSource({"CUBIC, 0.0", "DCTCP, 0.0", "RENO, 0.0", "CUBIC, 0.2", "DCTCP, 0.2"})
    void shouldAgreeOnWhatWasMarkedOverABottleneck(CongestionAlgorithm congestion, double loss) {
        TcpConfig config = TcpConfig.DEFAULTS.withEcn(EcnMode.ACCURATE).withCongestion(congestion);
        SimulatedNetwork network = new SimulatedNetwork(9, config);
        network.bandwidth = 12_500_000;
        network.delayNs = TimeUnit.MILLISECONDS.toNanos(5);
        network.queueNs = TimeUnit.MILLISECONDS.toNanos(40);
        network.markNs = TimeUnit.MILLISECONDS.toNanos(5);
        network.client.sendCapacity = 1 << 20;
        network.server.receiveCapacity = 1 << 20;
        network.connected();
        network.runMillis(100);
        network.filter = segment -> segment.length() == 0 && Math.floorMod(segment.ack() * 31, 100) < 100 * loss;
        long startNs = network.nowNs();
        network.client.toWrite = 12_000_000;
        network.client.runApplication();
        assertTrue(network.runUntil(
                () -> network.server.receiveBuffer.committed() == 12_000_000, TimeUnit.SECONDS.toNanos(3)));
        network.filter = segment -> false;
        network.client.toWrite = 1;
        network.client.runApplication();
        network.runMillis(1_000);
        TcpInfo info = network.client.connection.info();
        assertTrue(info.accurateEcn());
        assertTrue(info.marksDelivered() > 0, "nothing was marked");
        assertEquals(network.server.connection.info().marksReceived(), info.marksDelivered());
        assertEquals(0, info.totalRetransmits());
        assertTrue(network.nowNs() - startNs < TimeUnit.MILLISECONDS.toNanos(2_400));
    }
}
