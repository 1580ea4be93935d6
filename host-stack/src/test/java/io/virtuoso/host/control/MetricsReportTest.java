package io.virtuoso.host.control;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.virtuoso.host.account.DelayHistogram;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class MetricsReportTest {
    @Test
    void shouldGiveEachFamilyOneTypeAndEachGuestALabel() {
        final Map<String, Long> counters = Map.of(
                "guest.web.cpu", 1_500_000_000L,
                "guest.db.v1.cpu", 2L,
                "guest.web.bytes_in", 1L << 40,
                "guest.web.connections", 7L,
                "cpu.system", 3_000_000L,
                "drop.ip_source", 4L,
                "rings.bytes", 65_536L);
        assertEquals("""
                # TYPE virtuoso_cpu_seconds counter
                virtuoso_cpu_seconds_total{of="system"} 0.003000000
                # TYPE virtuoso_drop_ip_source unknown
                virtuoso_drop_ip_source 4
                # TYPE virtuoso_guest_cpu_seconds counter
                virtuoso_guest_cpu_seconds_total{guest="db.v1"} 0.000000002
                virtuoso_guest_cpu_seconds_total{guest="web"} 1.500000000
                # TYPE virtuoso_guest_bytes_in counter
                virtuoso_guest_bytes_in_total{guest="web"} 1099511627776
                # TYPE virtuoso_guest_connections gauge
                virtuoso_guest_connections{guest="web"} 7
                # TYPE virtuoso_rings_bytes unknown
                virtuoso_rings_bytes 65536
                # EOF
                """, MetricsReport.print(counters, List.of()));
    }

    @Test
    void shouldEndWithoutCounters() {
        assertEquals("# EOF\n", MetricsReport.print(Map.of(), List.of()));
    }

    @Test
    void shouldCountDelaysOfEachGuestUpToEachBound() {
        final DelayHistogram delays = new DelayHistogram();
        for (final long ns : new long[] {5, 1023, 1024, 1_000_000, 5_000_000_000L}) {
            delays.add(ns);
        }
        final List<String> lines = MetricsReport.print(
                        Map.of(), List.of(bill("web", delays), bill("idle", new DelayHistogram())))
                .lines()
                .toList();
        assertEquals("# TYPE virtuoso_guest_delay_seconds histogram", lines.getFirst());
        assertEquals("virtuoso_guest_delay_seconds_bucket{guest=\"web\",le=\"0.000001023\"} 2", lines.get(1));
        assertEquals("virtuoso_guest_delay_seconds_bucket{guest=\"web\",le=\"0.000002047\"} 3", lines.get(2));
        assertEquals("virtuoso_guest_delay_seconds_bucket{guest=\"web\",le=\"0.000524287\"} 3", lines.get(10));
        assertEquals("virtuoso_guest_delay_seconds_bucket{guest=\"web\",le=\"0.001048575\"} 4", lines.get(11));
        assertEquals("virtuoso_guest_delay_seconds_bucket{guest=\"web\",le=\"2.147483647\"} 4", lines.get(22));
        assertEquals("virtuoso_guest_delay_seconds_bucket{guest=\"web\",le=\"+Inf\"} 5", lines.get(23));
        assertEquals("virtuoso_guest_delay_seconds_bucket{guest=\"idle\",le=\"+Inf\"} 0", lines.get(46));
        assertEquals("# EOF", lines.getLast());
        assertEquals(48, lines.size());
    }

    private static Bills.Bill bill(final String guest, final DelayHistogram delays) {
        final Bills.Traffic none = new Bills.Traffic(0, 0);
        return new Bills.Bill(
                guest,
                1,
                0,
                0,
                none,
                none,
                0,
                new Bills.Connections(0, 0, 0),
                0,
                new Bills.Waits(0, 0, 0, 0, 0),
                delays.counts());
    }
}
