package io.virtuoso.host.slowpath;

import io.virtuoso.host.net.StackCounter;
import io.virtuoso.host.vswitch.VirtualSwitch;
import io.virtuoso.host.wire.DropReason;
import java.util.List;
import java.util.Locale;
import java.util.function.ObjLongConsumer;
import org.agrona.concurrent.NanoClock;

/** Networks' switches of virtual machines, looked after by {@link WireServices}. Stack thread only. */
final class Switches {
    private static final List<StackCounter> COUNTED =
            List.of(StackCounter.FRAMES_IN, StackCounter.BYTES_IN, StackCounter.FRAMES_OUT, StackCounter.BYTES_OUT);

    private final VirtualSwitch[] all;
    private final NanoClock clock;

    Switches(List<VirtualSwitch> all, NanoClock clock) {
        this.all = all.toArray(VirtualSwitch[]::new);
        this.clock = clock;
    }

    /** Takes what machines have sent. @return frames */
    int poll(int limit) {
        int work = 0;
        for (int i = 0; i < all.length; i++) {
            work += all[i].poll(clock.nanoTime(), limit);
        }
        return work;
    }

    /** @return now if a machine has sent something since it was looked at last, whose kick may be over; else never */
    long nextDeadlineNs() {
        boolean waiting = false;
        for (int i = 0; i < all.length; i++) {
            waiting |= all[i].isWaiting();
        }
        return waiting ? clock.nanoTime() : Long.MAX_VALUE;
    }

    void counters(ObjLongConsumer<String> sink) {
        for (VirtualSwitch one : all) {
            for (StackCounter counter : COUNTED) {
                sink.accept("switch." + lower(counter), one.counters().get(counter));
            }
            for (DropReason reason : DropReason.values()) {
                sink.accept("switch.drop." + lower(reason), one.counters().dropped(reason));
            }
        }
    }

    private static String lower(Enum<?> constant) {
        return constant.name().toLowerCase(Locale.ROOT);
    }
}
