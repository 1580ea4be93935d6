package io.virtuoso.host.tcp;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;

class SendHistoryTest {
    private final SendHistory history = new SendHistory();

    private int place(long nowNs, long spacingNs) {
        int place = history.place(nowNs, spacingNs);
        history.set(place, nowNs - 2, nowNs - 1, nowNs, 3);
        return place;
    }

    @Test
    void shouldFindNothingWhereNothingIs() {
        assertEquals(SendHistory.NOWHERE, history.find(5));
        assertEquals(SendHistory.NOWHERE, history.latest());
        place(10, 1);
        assertEquals(SendHistory.NOWHERE, history.find(9), "older than all");
        history.clear();
        assertEquals(SendHistory.NOWHERE, history.find(10));
    }

    @Test
    void shouldFindHowThingsStood() {
        place(10, 1);
        int second = place(20, 1);
        history.setInflight(second, 77);
        history.setAppLimited(second);
        int found = history.find(25);
        assertEquals(18, history.firstSentNs(found));
        assertEquals(19, history.deliveredNs(found));
        assertEquals(20, history.delivered(found));
        assertEquals(3, history.lost(found));
        assertEquals(77, history.inflight(found));
        assertTrue(history.isAppLimited(found));
        assertEquals(10, history.delivered(history.find(19)));
        assertFalse(history.isAppLimited(history.find(19)));
    }

    @Test
    void shouldShareAPlaceForWhatIsSentAtAboutTheSameTime() {
        int first = place(10, 5);
        assertEquals(first, history.place(14, 5));
        assertTrue(first != history.place(15, 5));
    }

    @Test
    void shouldGrowAndThenForgetTheOldest() {
        int most = SendHistory.MOST;
        for (int i = 1; i <= most + 100; i++) {
            place(10L * i, 1);
            int oldest = Math.max(1, i - most + 1);
            assertEquals(10L * oldest, history.delivered(history.find(10L * oldest)));
            assertEquals(10L * i, history.delivered(history.find(10L * i + 3)));
            int middle = (oldest + i) / 2;
            assertEquals(10L * middle, history.delivered(history.find(10L * middle + 9)));
        }
        assertEquals(SendHistory.NOWHERE, history.find(1000));
    }
}
