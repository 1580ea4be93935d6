package io.virtuoso.host.tunnel;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;

class MacTableTest {
    private static final long FIRST = 0x0200_0000_0001L;

    private final MacTable table = new MacTable(3);

    @Test
    void shouldFindWhereAStationWasHeardLast() {
        assertEquals(MacTable.NONE, table.find(FIRST, 0));
        table.learn(FIRST, 7, 0);
        assertEquals(7, table.find(FIRST, 1));
        table.learn(FIRST, 8, 2);
        assertEquals(8, table.find(FIRST, 3));
        assertEquals(1, table.size());
        assertEquals(MacTable.NONE, table.find(0, 0));
        assertTrue(table.hasRemote(8));
        assertFalse(table.hasRemote(7));
    }

    @Test
    void shouldForgetWhoWasNotHeardOf() {
        table.learn(FIRST, 7, 0);
        assertEquals(7, table.find(FIRST, MacTable.AGE_NANOS - 1));
        assertEquals(MacTable.NONE, table.find(FIRST, MacTable.AGE_NANOS));
        table.learn(FIRST, 7, MacTable.AGE_NANOS);
        assertEquals(7, table.find(FIRST, MacTable.AGE_NANOS + 1));
    }

    @Test
    void shouldHoldSoManyAndTakeOthersOnceSomeAreForgotten() {
        for (int i = 0; i < MacTable.MAX; i++) {
            assertTrue(table.learn(FIRST + i, i + 1, i < 100 ? 0 : 1_000));
        }
        assertFalse(table.learn(FIRST + MacTable.MAX, 9, 2_000));
        for (int i = 0; i < MacTable.MAX; i++) {
            assertEquals(i + 1, table.find(FIRST + i, 2_000));
        }
        final long later = MacTable.AGE_NANOS + 500;
        assertTrue(table.learn(FIRST + MacTable.MAX, 9, later));
        assertEquals(MacTable.MAX - 99, table.size());
        assertEquals(9, table.find(FIRST + MacTable.MAX, later));
        assertEquals(MacTable.NONE, table.find(FIRST + 99, later));
        assertEquals(101, table.find(FIRST + 100, later));
    }
}
