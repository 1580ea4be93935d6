package io.virtuoso.host.fastpath;

import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

/** Islands that wake each other by what they put into rings. */
class IslandBellTest {
    private static final long SHORT_NS = 10_000;

    private final FastPathCore[] cores = new FastPathCore[1];
    private long nowNs = 1_000_000_000;

    private long look() {
        nowNs += 40;
        return nowNs;
    }

    private void untilAsleep() {
        int passes = 0;
        while (cores[0].doWork() > 0 || !cores[0].lieDown()) {
            nowNs += 1_000;
            assertTrue(passes++ < 100_000, "never sleeps");
        }
    }

    @Test
    void shouldServeAnIslandOfTheSameCoreAsSoonAsItIsRungFor() throws IOException {
        cores[0] = new FastPathCore(0, cores, new CoreTable(1), 1, this::look, () -> nowNs, 20_000, () -> {});
        try (Carrier carrier = new Carrier(1, this::look);
                Tenant tenant = carrier.tenant(0, new SplittableRandom(1))) {
            cores[0].begin(tenant.island);
            cores[0].begin(carrier.island);
            cores[0].doWork();
            tenant.begin();
            untilAsleep();
            tenant.connect();
            assertTrue(cores[0].bed().look());
            cores[0].getUp();
            assertTrue(tenant.island.isAwake());
            assertFalse(carrier.island.isAwake());
            final long beginNs = nowNs;
            cores[0].doWork();
            cores[0].doWork();
            assertTrue(carrier.island.isAwake());
            assertTrue(nowNs - beginNs < SHORT_NS, "only looked because it was time");
        }
        cores[0].close();
    }
}
