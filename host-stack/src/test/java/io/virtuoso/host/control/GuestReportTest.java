package io.virtuoso.host.control;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.virtuoso.host.config.ConfigException;
import io.virtuoso.host.config.ConfigReader;
import io.virtuoso.host.guest.GuestRegistry;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class GuestReportTest {
    @Test
    void shouldKeepColumnsBelowEachOtherHoweverLongAddressesAre() throws ConfigException {
        final GuestRegistry guests = new GuestRegistry(ConfigReader.parse("c.yaml", """
                networks:
                  - {name: old, vni: 1, subnet: 10.1.0.0/24}
                  - {name: dual, vni: 2, subnet: 10.2.0.0/24, subnet6: 'fd00:1234:5678:9abc::/64'}
                guests:
                  - {name: one, network: old, address: 10.1.0.2}
                  - {name: other, network: dual, address: 10.2.0.2}
                """));
        final List<String> rows =
                GuestReport.print(guests.all(), Map.of()).lines().toList();
        assertEquals(3, rows.size());
        final int column = rows.getFirst().indexOf(" Congestion") + 1;
        for (final String row : rows.subList(1, 3)) {
            assertEquals("cubic", row.substring(column, column + 5), row);
        }
    }
}
