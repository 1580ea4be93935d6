package io.virtuoso.host.tcp;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/**
 * Goodput and fairness over a simulated bottleneck of 40 Mbit/s with a queue of 20 ms, as a table that is kept. A change
 * that changes it must say so: {@code -Dsnapshot.approve=true} writes it anew, and the difference is part of the commit.
 */
class BottleneckTest {
    private static final Path TABLE = Path.of("src/test/resources/tcp-bottleneck.txt");
    private static final long BANDWIDTH = 5_000_000;
    private static final double LEAST_FAIRNESS = 0.9;
    private static final List<CongestionAlgorithm> WITHOUT_ECN = Arrays.stream(CongestionAlgorithm.values())
            .filter(algorithm -> !algorithm.needsEcn())
            .toList();
    /** From this length on the queue marks, in {@link #marks}. */
    private static final long MARK_NS = TimeUnit.MILLISECONDS.toNanos(3);

    private static final long WARM_UP_NS = TimeUnit.SECONDS.toNanos(4);
    private static final long MEASURED_NS = TimeUnit.SECONDS.toNanos(10);

    private final List<String> lines = new ArrayList<>();

    @Test
    void shouldBeAsApproved() throws IOException {
        goodputs();
        fairness();
        queues();
        besideCubic();
        marks();
        receiveTuning();
        String table = String.join("\n", lines) + "\n";
        if (Boolean.getBoolean("snapshot.approve")) {
            Files.writeString(TABLE, table);
        }
        assertEquals(Files.readString(TABLE), table, "approve with -Dsnapshot.approve=true, and say why");
    }

    private void goodputs() {
        lines.add("One flow: Mbit/s of 40 by loss and round-trip time");
        lines.add("congestion options      RTT ms    0%   0.1%     1%     3%  bursts");
        for (CongestionAlgorithm algorithm : WITHOUT_ECN) {
            for (boolean sack : new boolean[] {true, false}) {
                if (algorithm.acting(false, sack) != algorithm) {
                    continue;
                }
                for (int rttMs : new int[] {2, 20, 100}) {
                    goodputLine(algorithm, sack, rttMs);
                }
            }
        }
    }

    private void goodputLine(CongestionAlgorithm algorithm, boolean sack, int rttMs) {
        StringBuilder line = new StringBuilder(
                String.format(Locale.ROOT, "%-10s %-12s %6d", algorithm.linuxName(), sack ? "sack" : "no sack", rttMs));
        for (double loss : new double[] {0, 0.001, 0.01, 0.03}) {
            line.append(String.format(Locale.ROOT, " %6.1f", goodput(algorithm, sack, rttMs, loss, 0)));
        }
        lines.add(line + String.format(Locale.ROOT, " %6.1f", goodput(algorithm, sack, rttMs, 0, 0.001)));
    }

    private static double goodput(CongestionAlgorithm algorithm, boolean sack, int rttMs, double loss, double bursts) {
        TcpConfig config = TcpConfig.DEFAULTS.withOptions(true, sack).withCongestion(algorithm);
        SimulatedNetwork network = bottleneck(config, rttMs);
        network.loss = loss;
        network.burstStart = bursts;
        begin(network, network.client, 0);
        return megabits(measure(network, List.of(network.client)).getFirst());
    }

    private void receiveTuning() {
        lines.add("");
        lines.add(
                "One flow, queue of a round trip: Mbit/s by receive buffer: 64 KiB at first and tuned, 4 MiB, 64 KiB");
        lines.add("path of      RTT ms  tuned   wide  fixed");
        for (int megabits : new int[] {10, 100}) {
            for (int rttMs : new int[] {20, 100}) {
                lines.add(String.format(
                        Locale.ROOT,
                        "%4d Mbit/s  %6d %6.1f %6.1f %6.1f",
                        megabits,
                        rttMs,
                        withBuffer(megabits, rttMs, 64 << 10, 4 << 20),
                        withBuffer(megabits, rttMs, 4 << 20, 0),
                        withBuffer(megabits, rttMs, 64 << 10, 0)));
            }
        }
    }

    private static double withBuffer(int megabits, int rttMs, int capacity, int limit) {
        SimulatedNetwork network = bottleneck(TcpConfig.DEFAULTS, rttMs);
        network.queueNs = 2 * network.delayNs;
        network.bandwidth = megabits * 125_000L;
        begin(network, network.client, 0);
        network.client.sendCapacity = 4 << 20;
        network.server.receiveCapacity = capacity;
        network.server.receiveLimit = limit;
        return megabits(measure(network, List.of(network.client)).getFirst());
    }

    private void fairness() {
        lines.add("");
        lines.add("Flows that share it, RTT 20 ms: Jain's index, Mbit/s in all");
        for (int flows : new int[] {2, 8}) {
            for (CongestionAlgorithm algorithm : WITHOUT_ECN) {
                fairnessLine(flows + " " + algorithm.linuxName(), flows, algorithm, algorithm);
            }
            fairnessLine(flows + " mixed", flows, CongestionAlgorithm.CUBIC, CongestionAlgorithm.RENO);
        }
    }

    private void fairnessLine(String name, int flows, CongestionAlgorithm even, CongestionAlgorithm odd) {
        SimulatedNetwork network = bottleneck(TcpConfig.DEFAULTS.withCongestion(even), 20);
        List<Endpoint> clients = new ArrayList<>(List.of(network.client));
        for (int i = 1; i < flows; i++) {
            clients.add(network.addPair(TcpConfig.DEFAULTS.withCongestion(i % 2 == 0 ? even : odd)));
        }
        for (int i = 0; i < flows; i++) {
            begin(network, clients.get(i), TimeUnit.MILLISECONDS.toNanos(97L * i));
        }
        List<Long> bytes = measure(network, clients);
        double index = jain(bytes);
        long sum = bytes.stream().mapToLong(Long::longValue).sum();
        lines.add(String.format(Locale.ROOT, "%-10s %6.3f %6.1f", name, index, megabits(sum)));
        assertTrue(even != odd || index >= LEAST_FAIRNESS, name + ": " + index);
    }

    private void queues() {
        lines.add("");
        lines.add("One flow, RTT 20 ms, by length of the queue: Mbit/s, mean wait in ms, % sent again");
        lines.add("congestion pacing |    4 ms             |   20 ms             |  200 ms");
        for (CongestionAlgorithm algorithm : WITHOUT_ECN) {
            queueLine(algorithm, false);
            if (algorithm != CongestionAlgorithm.BBR) {
                queueLine(algorithm, true);
            }
        }
    }

    private void queueLine(CongestionAlgorithm algorithm, boolean pacing) {
        TcpConfig config = TcpConfig.DEFAULTS.withCongestion(algorithm).withPacing(pacing);
        boolean paced = pacing || algorithm == CongestionAlgorithm.BBR;
        StringBuilder line = new StringBuilder(
                String.format(Locale.ROOT, "%-10s %-6s", algorithm.linuxName(), paced ? "on" : "off"));
        for (int queueMs : new int[] {4, 20, 200}) {
            SimulatedNetwork network = bottleneck(config, 20);
            network.queueNs = TimeUnit.MILLISECONDS.toNanos(queueMs);
            begin(network, network.client, 0);
            network.client.sendCapacity = 4 << 20;
            network.server.receiveCapacity = 4 << 20;
            double megabits = megabits(measure(network, List.of(network.client)).getFirst());
            TcpInfo info = network.client.connection.info();
            line.append(String.format(
                    Locale.ROOT,
                    " | %5.1f %6.2f %6.2f",
                    megabits,
                    network.meanWaitNs() / TimeUnit.MILLISECONDS.toNanos(1),
                    100.0 * info.bytesRetransmitted() / info.bytesSent()));
        }
        lines.add(line.toString());
    }

    private void besideCubic() {
        lines.add("");
        lines.add("Flows of bbr and as many of cubic, RTT 20 ms, by length of the queue: Mbit/s of bbr, of cubic");
        lines.add("flows  |  4 ms       | 20 ms       | 100 ms");
        for (int flows : new int[] {2, 8}) {
            StringBuilder line = new StringBuilder(String.format(Locale.ROOT, "%5d ", flows));
            for (int queueMs : new int[] {4, 20, 100}) {
                line.append(besideCubic(flows, queueMs));
            }
            lines.add(line.toString());
        }
    }

    private static String besideCubic(int flows, int queueMs) {
        SimulatedNetwork network = bottleneck(TcpConfig.DEFAULTS.withCongestion(CongestionAlgorithm.BBR), 20);
        network.queueNs = TimeUnit.MILLISECONDS.toNanos(queueMs);
        List<Endpoint> clients = new ArrayList<>(List.of(network.client));
        for (int i = 1; i < flows; i++) {
            CongestionAlgorithm algorithm = i % 2 == 0 ? CongestionAlgorithm.BBR : CongestionAlgorithm.CUBIC;
            clients.add(network.addPair(TcpConfig.DEFAULTS.withCongestion(algorithm)));
        }
        for (int i = 0; i < flows; i++) {
            begin(network, clients.get(i), TimeUnit.MILLISECONDS.toNanos(97L * i));
        }
        List<Long> bytes = measure(network, clients);
        long[] sums = new long[2];
        for (int i = 0; i < flows; i++) {
            sums[i % 2] += bytes.get(i);
        }
        return String.format(Locale.ROOT, " | %5.1f %5.1f", megabits(sums[0]), megabits(sums[1]));
    }

    private void marks() {
        lines.add("");
        lines.add("With ECN, the queue marks from 3 ms on: Mbit/s in all, mean wait in ms, Jain's index");
        lines.add("flows congestion RTT ms        wait  index");
        for (int flows : new int[] {1, 8}) {
            for (int rttMs : new int[] {2, 20}) {
                for (CongestionAlgorithm algorithm : CongestionAlgorithm.values()) {
                    if (algorithm != CongestionAlgorithm.BBR) {
                        marksLine(flows, rttMs, algorithm);
                    }
                }
            }
        }
    }

    private void marksLine(int flows, int rttMs, CongestionAlgorithm algorithm) {
        TcpConfig config = TcpConfig.DEFAULTS.withCongestion(algorithm).withEcn(EcnMode.ON);
        SimulatedNetwork network = bottleneck(config, rttMs);
        network.markNs = MARK_NS;
        List<Endpoint> clients = new ArrayList<>(List.of(network.client));
        for (int i = 1; i < flows; i++) {
            clients.add(network.addPair(config));
        }
        for (int i = 0; i < flows; i++) {
            begin(network, clients.get(i), TimeUnit.MILLISECONDS.toNanos(97L * i));
        }
        List<Long> bytes = measure(network, clients);
        long sum = bytes.stream().mapToLong(Long::longValue).sum();
        double wait = network.meanWaitNs() / TimeUnit.MILLISECONDS.toNanos(1);
        lines.add(String.format(
                Locale.ROOT,
                "%5d %-10s %6d %5.1f %5.2f %6.3f",
                flows,
                algorithm.linuxName(),
                rttMs,
                megabits(sum),
                wait,
                jain(bytes)));
    }

    private static double jain(List<Long> shares) {
        double sum = 0;
        double squares = 0;
        for (long share : shares) {
            sum += share;
            squares += (double) share * share;
        }
        return sum * sum / (shares.size() * squares);
    }

    private static SimulatedNetwork bottleneck(TcpConfig config, int rttMs) {
        SimulatedNetwork network = new SimulatedNetwork(7, config);
        network.bandwidth = BANDWIDTH;
        network.delayNs = TimeUnit.MILLISECONDS.toNanos(rttMs) / 2;
        return network;
    }

    private static void begin(SimulatedNetwork network, Endpoint client, long afterNs) {
        client.sendCapacity = 1 << 20;
        client.peer.receiveCapacity = 1 << 20;
        client.toWrite = Long.MAX_VALUE;
        network.after(afterNs, client::connect);
    }

    /** What arrived at the servers of these clients in the time measured. */
    private static List<Long> measure(SimulatedNetwork network, List<Endpoint> clients) {
        network.run(WARM_UP_NS);
        network.forgetWaits();
        List<Long> before = clients.stream().map(BottleneckTest::arrived).toList();
        network.run(MEASURED_NS);
        List<Long> during = new ArrayList<>();
        for (int i = 0; i < clients.size(); i++) {
            during.add(arrived(clients.get(i)) - before.get(i));
        }
        return during;
    }

    private static long arrived(Endpoint client) {
        return client.peer.receiveBuffer == null ? 0 : client.peer.receiveBuffer.committed();
    }

    private static double megabits(long bytes) {
        return bytes * 8e-6 / TimeUnit.NANOSECONDS.toSeconds(MEASURED_NS);
    }
}
