package io.virtuoso.host.slowpath;

import io.virtuoso.host.net.StackCounter;
import io.virtuoso.host.tunnel.Underlay;
import io.virtuoso.host.wire.DropReason;
import java.util.List;
import java.util.Locale;
import java.util.function.ObjLongConsumer;
import java.util.stream.IntStream;
import org.agrona.concurrent.NanoClock;

/** The ports that carry tunnels, looked after by {@link WireServices}. Stack thread only. */
final class Underlays {
    private final List<Underlay> all;
    private final NanoClock clock;

    /** @param all closed with this object */
    Underlays(List<Underlay> all, NanoClock clock) {
        this.all = List.copyOf(all);
        this.clock = clock;
    }

    /** @return descriptors that become readable when frames arrive; -1 where there is none */
    IntStream fds() {
        return all.stream().mapToInt(Underlay::fd);
    }

    /** Brings frames to the networks. @return how many */
    int poll(int limit) {
        int work = 0;
        for (int i = 0; i < all.size(); i++) {
            work += all.get(i).poll(clock.nanoTime(), limit);
        }
        return work;
    }

    boolean fallAsleep() {
        boolean asleep = true;
        for (int i = 0; i < all.size() && asleep; i++) {
            asleep = all.get(i).fallAsleep();
        }
        return asleep;
    }

    void wokeUp() {
        for (int i = 0; i < all.size(); i++) {
            all.get(i).wokeUp();
        }
    }

    void onTimers() {
        for (int i = 0; i < all.size(); i++) {
            all.get(i).onTimers(clock.nanoTime());
        }
    }

    void flush() {
        for (int i = 0; i < all.size(); i++) {
            all.get(i).flush();
        }
    }

    long nextDeadlineNs() {
        long deadline = Long.MAX_VALUE;
        for (int i = 0; i < all.size(); i++) {
            deadline = Math.min(deadline, all.get(i).nextDeadlineNs());
        }
        return deadline;
    }

    void counters(ObjLongConsumer<String> sink) {
        for (Underlay underlay : all) {
            for (StackCounter counter : StackCounter.values()) {
                sink.accept("underlay." + lower(counter), underlay.counters().get(counter));
            }
            sink.accept("underlay.drop.port_missed", underlay.missed());
            for (DropReason reason : DropReason.values()) {
                sink.accept(
                        "underlay.drop." + lower(reason), underlay.counters().dropped(reason));
            }
        }
    }

    private static String lower(Enum<?> constant) {
        return constant.name().toLowerCase(Locale.ROOT);
    }

    void close() {
        all.forEach(Underlay::close);
    }
}
