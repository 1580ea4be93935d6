package io.virtuoso.conformance;

import static io.virtuoso.conformance.Support.address;
import static io.virtuoso.conformance.Support.failsWith;
import static io.virtuoso.conformance.Support.same;

import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** Names of guests, which only guests know: CONF_NAMES has them. */
final class Names {
    private Names() {}

    /** Each a name, its IPv4 address and perhaps its IPv6 address. */
    private static List<String[]> known() {
        final List<String[]> known = knownOrNone();
        if (known.isEmpty()) {
            Support.skip("CONF_NAMES is not set");
        }
        return known;
    }

    static List<String[]> knownOrNone() {
        final String names = Support.variable("CONF_NAMES", "");
        return names.isEmpty()
                ? List.of()
                : Stream.of(names.split(" ", -1))
                        .map(word -> word.split("[=,]", -1))
                        .collect(Collectors.toList());
    }

    @Case
    static void guestsAreFoundByName() throws Exception {
        for (final String[] parts : known()) {
            final InetAddress found = InetAddress.getByName(parts[0]);
            same(found.getHostAddress(), parts[1]);
            same(found.getHostName(), parts[0]);
            final InetAddress[] all = InetAddress.getAllByName(parts[0].toUpperCase(Locale.ROOT));
            same(all.length, parts.length - 1);
            for (int i = 0; i < all.length; i++) {
                same(all[i], address(parts[i + 1]));
            }
        }
    }

    @Case
    static void guestsAreFoundByAddress() throws Exception {
        for (final String[] parts : known()) {
            for (int i = 1; i < parts.length; i++) {
                same(address(parts[i]).getHostName(), parts[0]);
                same(address(parts[i]).getCanonicalHostName(), parts[0]);
            }
        }
    }

    @Case
    static void otherNamesAreThePlatforms() throws Exception {
        failsWith(UnknownHostException.class, () -> InetAddress.getByName("nobody.invalid"));
        same(InetAddress.getByName("localhost").isLoopbackAddress(), true);
        same(address("127.0.0.1").getHostAddress(), "127.0.0.1");
    }
}
