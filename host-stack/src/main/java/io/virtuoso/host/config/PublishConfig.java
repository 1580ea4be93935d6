package io.virtuoso.host.config;

import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A port of the uplink's address that is a guest's.
 *
 * @param port      on the uplink, 1 to 65535
 * @param guestPort where the guest listens, 1 to 65535
 * @param datagrams UDP rather than TCP
 */
public record PublishConfig(int port, int guestPort, boolean datagrams) {
    private static final Pattern FORM = Pattern.compile("([1-9][0-9]{0,4}):([1-9][0-9]{0,4})(/tcp|/udp)?");
    private static final int LAST_PORT = 0xffff;

    /** @return what is written as {@code 8080:80} or {@code 5353:53/udp}, or empty if the text is anything else */
    static Optional<PublishConfig> parse(final String text) {
        final Matcher matcher = FORM.matcher(text);
        if (!matcher.matches()) {
            return Optional.empty();
        }
        final int port = Integer.parseInt(matcher.group(1));
        final int guestPort = Integer.parseInt(matcher.group(2));
        return port > LAST_PORT || guestPort > LAST_PORT
                ? Optional.empty()
                : Optional.of(new PublishConfig(port, guestPort, "/udp".equals(matcher.group(3))));
    }

    /** @return the port on the uplink, such as {@code 8080/tcp} */
    String claim() {
        return port + (datagrams ? "/udp" : "/tcp");
    }
}
