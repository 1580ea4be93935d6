package io.virtuoso.host.net;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

class FlowTimersTest {
    private final FlowTimers timers = new FlowTimers();
    private final List<TestFlow> expired = new ArrayList<>();

    private final class TestFlow extends Flow {
        private long deadline;

        TestFlow(final int id, final long deadline) {
            super(0, 0, 0, id);
            this.deadline = deadline;
        }

        @Override
        long deadlineNanos() {
            return deadline;
        }

        @Override
        void onDeadline(final long now) {
            assertTrue(deadline <= now);
            deadline = NEVER;
            expired.add(this);
        }
    }

    @Test
    void shouldCallInTheOrderOfDeadlines() {
        final int[] deadlines = {50, 10, 40, 20, 30};
        for (int i = 0; i < deadlines.length; i++) {
            timers.update(new TestFlow(i, deadlines[i]));
        }
        assertEquals(10, timers.next());

        assertEquals(3, timers.expire(35, 100));

        assertEquals(
                List.of(1, 3, 4), expired.stream().map(flow -> flow.remotePort).toList());
        assertEquals(40, timers.next());
    }

    @Test
    void shouldNotCallEarlyWhenADeadlineMovedBack() {
        final TestFlow flow = new TestFlow(1, 10);
        timers.update(flow);
        flow.deadline = 100;
        timers.update(flow);

        assertEquals(0, timers.expire(50, 100));
        assertEquals(100, timers.next());
        assertEquals(1, timers.expire(100, 100));
        assertEquals(Flow.NEVER, timers.next());
    }

    @Test
    void shouldCallInTimeWhenADeadlineMovedForward() {
        final TestFlow flow = new TestFlow(1, 100);
        timers.update(flow);
        flow.deadline = 10;
        timers.update(flow);

        assertEquals(10, timers.next());
        assertEquals(1, timers.expire(10, 100));
    }

    @Test
    void shouldLookAtNoMoreThanTheLimit() {
        for (int i = 0; i < 10; i++) {
            timers.update(new TestFlow(i, i));
        }
        assertEquals(4, timers.expire(100, 4));
        assertEquals(6, timers.size());
    }

    @Test
    void shouldForgetRemovedFlowsAndKeepTheOthersInOrder() {
        final SplittableRandom random = new SplittableRandom(5);
        final List<TestFlow> flows = new ArrayList<>();
        for (int i = 0; i < 1000; i++) {
            final TestFlow flow = new TestFlow(i, random.nextInt(10_000));
            flows.add(flow);
            timers.update(flow);
        }
        for (int i = 0; i < 1000; i += 2) {
            timers.remove(flows.get(i));
        }
        for (long now = 0; now < 10_000; now += 7) {
            timers.expire(now, 1000);
        }
        timers.expire(10_000, 1000);
        assertEquals(500, expired.size());
        assertTrue(expired.stream().allMatch(flow -> (flow.remotePort & 1) == 1));
    }
}
