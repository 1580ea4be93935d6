package io.virtuoso.host.control;

import io.virtuoso.host.config.Ipv4;
import io.virtuoso.host.guest.Attachment;
import io.virtuoso.host.guest.Guest;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;

/** Guests as {@code virtuoso guests} shows them. */
final class GuestReport {
    private static final String ROW = "%-20s %-12s %s %6s %-10s %11s  %s%n";
    /** Of any IPv4 address. */
    private static final int LEAST_WIDTH = 15;

    private GuestReport() {}

    /** @param attachments of each guest that has any */
    static String print(final List<Guest> guests, final Map<Guest, List<Attachment>> attachments) {
        final int width =
                guests.stream().mapToInt(guest -> addresses(guest).length()).reduce(LEAST_WIDTH, Math::max);
        final StringBuilder out = new StringBuilder(
                row("Guest", "Network", pad("Address", width), "Weight", "Congestion", "Attachments", "Processes"));
        for (final Guest guest : guests) {
            final List<Attachment> present = attachments.getOrDefault(guest, List.of());
            out.append(row(
                    guest.name(),
                    guest.network().name(),
                    pad(addresses(guest), width),
                    Integer.toString(guest.weight()),
                    guest.congestion().linuxName(),
                    Integer.toString(present.size()),
                    present.stream()
                            .map(attachment -> attachment.program() + "[" + attachment.pid() + "]")
                            .collect(Collectors.joining(" "))));
        }
        return out.toString();
    }

    private static String addresses(final Guest guest) {
        return Ipv4.format(guest.address())
                + guest.address6().map(address -> " " + address).orElse("");
    }

    private static String pad(final String text, final int width) {
        return text + " ".repeat(width - text.length());
    }

    private static String row(
            final String name,
            final String network,
            final String address,
            final String weight,
            final String congestion,
            final String count,
            final String processes) {
        return String.format(Locale.ROOT, ROW, name, network, address, weight, congestion, count, processes);
    }
}
