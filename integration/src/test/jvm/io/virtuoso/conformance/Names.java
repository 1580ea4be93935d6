package io.virtuoso.conformance;

import static io.virtuoso.conformance.Support.address;
import static io.virtuoso.conformance.Support.failsWith;
import static io.virtuoso.conformance.Support.same;

import java.net.InetAddress;
import java.net.UnknownHostException;

/** Names of guests, which only guests know: CONF_NAMES has them. */
final class Names {
    private Names() {}

    private static String[] known() {
        final String names = Support.variable("CONF_NAMES", "");
        if (names.isEmpty()) {
            Support.skip("CONF_NAMES is not set");
        }
        return names.split(" ", -1);
    }

    @Case
    static void guestsAreFoundByName() throws Exception {
        for (final String word : known()) {
            final String[] parts = word.split("=", -1);
            final InetAddress found = InetAddress.getByName(parts[0]);
            same(found.getHostAddress(), parts[1]);
            same(found.getHostName(), parts[0]);
            same(InetAddress.getAllByName(parts[0].toUpperCase(java.util.Locale.ROOT)).length, 1);
        }
    }

    @Case
    static void guestsAreFoundByAddress() throws Exception {
        for (final String word : known()) {
            final String[] parts = word.split("=", -1);
            same(address(parts[1]).getHostName(), parts[0]);
            same(address(parts[1]).getCanonicalHostName(), parts[0]);
        }
    }

    @Case
    static void otherNamesAreThePlatforms() throws Exception {
        failsWith(UnknownHostException.class, () -> InetAddress.getByName("nobody.invalid"));
        same(InetAddress.getByName("localhost").isLoopbackAddress(), true);
        same(address("127.0.0.1").getHostAddress(), "127.0.0.1");
    }
}
