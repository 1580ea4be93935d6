package io.virtuoso.host.control;

import io.virtuoso.host.capture.CaptureFilter;
import io.virtuoso.host.port.Frame;
import java.util.function.Predicate;

/**
 * Answers {@code capture [guest=NAME] [snap=BYTES] [count=PACKETS]}: {@code ok} and a newline, then pcapng until so many
 * packets are written, or the asker has closed its writing side, or everything. One capture at a time. Control thread only.
 */
final class CaptureDesk {
    private final Watcher watcher;
    private final StackMailboxes stack;
    private final ControlMailbox mailbox;
    private final Predicate<String> isGuest;
    private CaptureConnection running;

    CaptureDesk(
            final Watcher watcher,
            final StackMailboxes stack,
            final ControlMailbox mailbox,
            final Predicate<String> isGuest) {
        this.watcher = watcher;
        this.stack = stack;
        this.mailbox = mailbox;
        this.isGuest = isGuest;
    }

    /** @param words what stands behind {@code capture} */
    void onRequest(final String words, final QueryConnection asker) {
        String guest = null;
        int snapLength = Frame.MAX_LENGTH;
        long count = Long.MAX_VALUE;
        try {
            for (final String word : words.strip().split(" +", -1)) {
                if (word.isEmpty()) {
                    continue;
                }
                final String value = word.substring(word.indexOf('=') + 1);
                switch (word.substring(0, word.length() - value.length())) {
                    case "guest=" -> guest = value;
                    case "snap=" -> snapLength = (int) Math.min(number(value), Integer.MAX_VALUE);
                    case "count=" -> count = positive(value);
                    default -> throw new IllegalArgumentException("unknown word '" + word + "'");
                }
            }
            if (guest != null && !isGuest.test(guest)) {
                throw new IllegalArgumentException("there is no guest '" + guest + "'");
            }
            begin(new CaptureFilter(guest, snapLength), count, asker);
        } catch (final IllegalArgumentException e) {
            asker.error("capture: " + e.getMessage());
        }
    }

    private static long number(final String value) {
        if (!value.matches("[0-9]{1,18}")) {
            throw new IllegalArgumentException("'" + value + "' is not a number");
        }
        return Long.parseLong(value);
    }

    private static long positive(final String value) {
        final long number = number(value);
        if (number == 0) {
            throw new IllegalArgumentException("count is at least 1");
        }
        return number;
    }

    private void begin(final CaptureFilter filter, final long count, final QueryConnection asker) {
        if (running != null) {
            throw new IllegalArgumentException("another capture is running");
        }
        running = new CaptureConnection(filter, count, stack, mailbox, () -> running = null);
        running.open(watcher, asker.handOver());
    }
}
