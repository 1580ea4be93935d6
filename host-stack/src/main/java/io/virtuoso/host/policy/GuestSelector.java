package io.virtuoso.host.policy;

import io.virtuoso.host.guest.Guest;
import java.util.List;
import java.util.stream.Collectors;

/**
 * Which guests a rule is about: all that have the name, if one is given, and all of the labels.
 *
 * @param name   empty: any
 * @param labels empty: any
 */
public record GuestSelector(String name, List<Label> labels) {
    /** Selects every guest. */
    public static final GuestSelector ANY = new GuestSelector("", List.of());

    /**
     * A label that is asked for.
     *
     * @param value empty: whatever the value
     */
    public record Label(String key, String value) {}

    /** Copies the list. */
    public GuestSelector {
        labels = List.copyOf(labels);
    }

    /** @return true if it selects every guest */
    boolean isAny() {
        return name.isEmpty() && labels.isEmpty();
    }

    boolean selects(final Guest guest) {
        if (!name.isEmpty() && !name.equals(guest.name())) {
            return false;
        }
        for (int i = 0; i < labels.size(); i++) {
            final Label label = labels.get(i);
            final String value = guest.labels().get(label.key());
            if (value == null || !label.value().isEmpty() && !label.value().equals(value)) {
                return false;
            }
        }
        return true;
    }

    @Override
    public String toString() {
        final String wanted = labels.stream()
                .map(label -> label.value().isEmpty() ? label.key() : label.key() + "=" + label.value())
                .collect(Collectors.joining(","));
        return isAny() ? "any" : name + (name.isEmpty() || wanted.isEmpty() ? "" : ",") + wanted;
    }
}
