package io.virtuoso.host.config;

import io.virtuoso.host.account.GuestLimits;
import java.math.BigDecimal;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Reads what guests may use and have. */
final class GuestLimitsReader {
    /** The host stack's own work needs some. */
    private static final int MOST_RESERVED = 90;

    private static final List<String> CPU_KEYS = List.of("reserved", "max");
    private static final List<String> RATE_KEYS = List.of("in", "out", "packets");
    private static final Pattern PERCENT = Pattern.compile("([0-9]{1,2}(?:\\.[0-9]{1,2})?|100)%");
    private static final Pattern BIT_RATE = Pattern.compile("([0-9]{1,6}(?:\\.[0-9]{1,3})?)(kbit|Mbit|Gbit)");
    private static final Map<String, BigDecimal> BYTES = Map.of(
            "kbit",
            BigDecimal.valueOf(125),
            "Mbit",
            BigDecimal.valueOf(125_000),
            "Gbit",
            BigDecimal.valueOf(125_000_000));
    private static final long LEAST_RATE = 12_500;
    private static final long MOST_RATE = 125_000_000_000L;
    private static final int LEAST_PACKETS = 100;
    private static final int MOST_PACKETS = 100_000_000;

    private static final int MOST_CONNECTIONS = 10_000_000;
    private static final int MOST_HANDSHAKES = 4096;

    private BigDecimal reserved = BigDecimal.ZERO;

    GuestLimits read(final YamlView guest) throws ConfigException {
        final Optional<YamlView> cpu = guest.child("cpu", "a guest's cpu", CPU_KEYS);
        final Optional<YamlView> rate = guest.child("rate", "a guest's rate", RATE_KEYS);
        BigDecimal least = BigDecimal.ZERO;
        BigDecimal most = BigDecimal.ZERO;
        if (cpu.isPresent()) {
            least = percent(cpu.get(), "reserved");
            most = percent(cpu.get(), "max");
            if (most.signum() > 0 && least.compareTo(most) > 0) {
                throw cpu.get().error("max", "max is less than reserved", "give a max of at least " + least + "%");
            }
            reserve(cpu.get(), least);
        }
        return new GuestLimits(
                least.doubleValue() / 100,
                most.doubleValue() / 100,
                rate.isPresent() ? bytes(rate.get(), "in") : 0,
                rate.isPresent() ? bytes(rate.get(), "out") : 0,
                rate.isPresent() ? rate.get().number("packets", LEAST_PACKETS, MOST_PACKETS, 0) : 0);
    }

    static GuestQuotas quotas(final YamlView guest, final LimitsConfig regions) throws ConfigException {
        final GuestQuotas quotas = new GuestQuotas(
                guest.number("max_connections", 1, MOST_CONNECTIONS, 0),
                guest.number("syn_backlog", 1, MOST_HANDSHAKES, 0),
                guest.number("pool_mib", LimitsConfig.MIN_MIB, LimitsReader.MAX_POOL_MIB, 0));
        try {
            regions.regionLayout(quotas.poolMiB() == 0 ? regions.poolMiB() : quotas.poolMiB());
        } catch (final IllegalArgumentException e) {
            throw guest.error("pool_mib", "pool_mib cannot be met: " + e.getMessage(), "lower it, or limits' slots");
        }
        return quotas;
    }

    private void reserve(final YamlView cpu, final BigDecimal part) throws ConfigException {
        reserved = reserved.add(part);
        if (reserved.compareTo(BigDecimal.valueOf(MOST_RESERVED)) > 0) {
            throw cpu.error(
                    "reserved",
                    "guests have reserved " + reserved.toPlainString() + "%",
                    "give at most " + MOST_RESERVED + "% to all guests together");
        }
    }

    private static BigDecimal percent(final YamlView view, final String key) throws ConfigException {
        if (!view.has(key)) {
            return BigDecimal.ZERO;
        }
        final String right = "give a part of a core's time from 0.01% to 100%, such as 25%";
        final String text = view.text(key, right);
        final Matcher matcher = PERCENT.matcher(text);
        final BigDecimal value = matcher.matches() ? new BigDecimal(matcher.group(1)) : BigDecimal.ZERO;
        if (value.signum() == 0) {
            throw view.error(key, "'" + key + "' is " + text, right);
        }
        return value;
    }

    private static long bytes(final YamlView view, final String key) throws ConfigException {
        if (!view.has(key)) {
            return 0;
        }
        final String right = "give bits per second from 100kbit to 1000Gbit, such as 1Gbit or 250Mbit";
        final String text = view.text(key, right);
        final Matcher matcher = BIT_RATE.matcher(text);
        if (matcher.matches()) {
            final long rate = new BigDecimal(matcher.group(1))
                    .multiply(BYTES.get(matcher.group(2)))
                    .longValue();
            if (rate >= LEAST_RATE && rate <= MOST_RATE) {
                return rate;
            }
        }
        throw view.error(key, "'" + key + "' is " + text, right);
    }
}
