package io.virtuoso.host.control;

import static org.junit.jupiter.api.Assertions.assertEquals;

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
                """, MetricsReport.print(counters));
    }

    @Test
    void shouldEndWithoutCounters() {
        assertEquals("# EOF\n", MetricsReport.print(Map.of()));
    }
}
