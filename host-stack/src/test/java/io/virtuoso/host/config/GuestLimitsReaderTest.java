package io.virtuoso.host.config;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.virtuoso.host.account.GuestLimits;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class GuestLimitsReaderTest {
    private static final String NETWORK = "networks: [{name: a, vni: 1, subnet: 10.1.0.0/24}]\nguests:\n";

    private static HostConfig parse(final String... guests) throws ConfigException {
        final StringBuilder text = new StringBuilder(NETWORK);
        for (int i = 0; i < guests.length; i++) {
            text.append("  - {name: g%d, network: a, address: 10.1.0.1%d, %s}\n".formatted(i, i, guests[i]));
        }
        return ConfigReader.parse("c.yaml", text.toString());
    }

    @Test
    void shouldReadSharesAndRates() throws ConfigException {
        final HostConfig config = parse(
                "cpu: {reserved: 10%, max: 50%}, rate: {in: 1Gbit, out: 2.5Mbit, packets: 100000}",
                "cpu: {max: 0.5%}", "weight: 3");
        assertEquals(
                new GuestLimits(0.1, 0.5, 125_000_000, 312_500, 100_000),
                config.guests().get(0).limits());
        assertEquals(new GuestLimits(0, 0.005, 0, 0, 0), config.guests().get(1).limits());
        assertEquals(GuestLimits.NONE, config.guests().get(2).limits());
    }

    @Test
    void shouldReadHowMuchAGuestMayHave() throws ConfigException {
        final HostConfig config = parse("max_connections: 1000, syn_backlog: 64, pool_mib: 32", "pool_mib: 16");
        assertEquals(new GuestQuotas(1000, 64, 32), config.guests().get(0).quotas());
        assertEquals(new GuestQuotas(0, 0, 16), config.guests().get(1).quotas());
        final LimitsConfig regions = config.limits();
        assertEquals(32 << 20, regions.regionLayout(32).poolBytes());
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '"',
            value = {
                "cpu: {max: 0%} | 'max' is 0%; give a part of a core's time from 0.01% to 100%, such as 25%",
                "cpu: {max: 120%} | 'max' is 120%; give a part of a core's time from 0.01% to 100%, such as 25%",
                "cpu: {max: 20} | 'max' is 20; give a part of a core's time from 0.01% to 100%, such as 25%",
                "cpu: {reserved: 20%, max: 10%} | max is less than reserved; give a max of at least 20%",
                "cpu: {reserved: 95%} | guests have reserved 95%; give at most 90% to all guests together",
                "cpu: {most: 5%} | unknown key 'most' in a guest's cpu; known keys: reserved, max",
                "max_connections: 0 | 'max_connections' is 0; give a whole number from 1 to 10000000",
                "pool_mib: 4000 | 'pool_mib' is 4000; give a whole number from 16 to 1536",
                "rate: {in: 5} | 'in' is 5; give bits per second from 100kbit to 1000Gbit, such as 1Gbit or 250Mbit",
                "rate: {in: 1kbit} | 'in' is 1kbit; give bits per second from 100kbit to 1000Gbit, such as 1Gbit or 250Mbit",
                "rate: {packets: 5} | 'packets' is 5; give a whole number from 100 to 100000000",
            })
    void shouldSayWhatIsWrong(final String guest, final String message) {
        assertEquals(
                "c.yaml:3: " + message,
                assertThrows(ConfigException.class, () -> parse(guest)).getMessage());
    }

    @Test
    void shouldAddUpWhatIsReserved() {
        final ConfigException refused =
                assertThrows(ConfigException.class, () -> parse("cpu: {reserved: 60%}", "cpu: {reserved: 40%}"));
        assertEquals(
                "c.yaml:4: guests have reserved 100%; give at most 90% to all guests together", refused.getMessage());
    }
}
