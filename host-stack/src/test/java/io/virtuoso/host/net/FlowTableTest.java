package io.virtuoso.host.net;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

class FlowTableTest {
    private record Names(int localAddress, int localPort, int remoteAddress, int remotePort) {}

    private static final class TestFlow extends Flow {
        TestFlow(final Names names) {
            super(names.localAddress, names.localPort, names.remoteAddress, names.remotePort);
        }

        @Override
        long deadlineNanos() {
            return NEVER;
        }

        @Override
        void onDeadline(final long now) {}
    }

    private final FlowTable<TestFlow> table = new FlowTable<>(0x1234_5678_9abc_def0L);

    private TestFlow get(final Names names) {
        return table.get(names.localAddress, names.localPort, names.remoteAddress, names.remotePort);
    }

    @Test
    void shouldTellConnectionsApartByEachOfTheirNames() {
        final List<TestFlow> flows = new ArrayList<>();
        for (int bits = 0; bits < 16; bits++) {
            final TestFlow flow = new TestFlow(new Names(bits & 1, bits & 2, bits & 4, bits & 8));
            flows.add(flow);
            assertTrue(table.put(flow));
        }
        for (final TestFlow flow : flows) {
            assertSame(flow, table.get(flow.localAddress, flow.localPort, flow.remoteAddress, flow.remotePort));
        }
    }

    @Test
    void shouldRefuseTheSameNamesTwice() {
        final Names names = new Names(1, 2, 3, 4);
        assertTrue(table.put(new TestFlow(names)));
        assertFalse(table.put(new TestFlow(names)));
        assertEquals(1, table.size());
    }

    @Test
    void shouldAgreeWithAMapWhateverComesAndGoes() {
        final SplittableRandom random = new SplittableRandom(7);
        final Map<Names, TestFlow> model = new HashMap<>();
        for (int step = 0; step < 200_000; step++) {
            final Names names = new Names(
                    0x0a58_0002 + random.nextInt(2), 1 + random.nextInt(4), 0x0a58_0001, 1 + random.nextInt(200));
            if (random.nextInt(3) == 0) {
                final TestFlow flow = model.remove(names);
                assertEquals(flow != null, flow != null && table.remove(flow));
                assertNull(get(names));
            } else if (!model.containsKey(names)) {
                final TestFlow flow = new TestFlow(names);
                model.put(names, flow);
                assertTrue(table.put(flow));
            }
            assertSame(model.get(names), get(names));
            assertEquals(model.size(), table.size());
        }
        model.forEach((names, flow) -> assertSame(flow, get(names)));
    }
}
