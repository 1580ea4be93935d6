package io.virtuoso.host.config;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.virtuoso.protocol.RegionLayout;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class LimitsConfigTest {
    private final LimitsConfig limits = LimitsConfig.DEFAULT;

    @Test
    void shouldLayOutWhatIsConfiguredWhereItFits() {
        final RegionLayout wanted = limits.regionLayout();
        assertEquals(wanted, limits.layoutWithin(0, 0));
        assertEquals(wanted, limits.layoutWithin(wanted.regionBytes(), 0));
        assertEquals(64 << 20, limits.layoutWithin(200 << 20, 64).poolBytes());
        assertEquals(limits.slots(), limits.layoutWithin(200 << 20, 64).slotCount());
    }

    @ParameterizedTest
    @ValueSource(longs = {16, 27, 64, 512})
    void shouldLeaveMostOfLittleAddressSpaceToThePool(final long mib) {
        final RegionLayout layout = limits.layoutWithin(mib << 20, 0);
        assertTrue(layout.regionBytes() <= mib << 20, layout + "");
        assertTrue(layout.poolBytes() > mib << 19, layout + "");
    }

    @Test
    void shouldRefuseTooLittleAddressSpace() {
        assertThrows(IllegalArgumentException.class, () -> limits.layoutWithin((16 << 20) - 1, 0));
    }
}
