package io.virtuoso.host.tcp;

import java.util.Arrays;

/**
 * How things stood when data was sent, by the time of sending: the per-packet state of draft-ietf-ccwg-bbr section
 * 4.1.2.1. What was sent at about the same time shares a place. Bounded: the oldest are forgotten. Grows with use, and
 * allocates nothing once it has grown.
 */
final class SendHistory {
    static final int NOWHERE = -1;
    static final int MOST = 512;
    private static final int AT_FIRST = 16;

    private long[] sentNs = new long[AT_FIRST];
    private long[] firstSentNs = new long[AT_FIRST];
    private long[] deliveredNs = new long[AT_FIRST];
    private long[] delivered = new long[AT_FIRST];
    private long[] inflight = new long[AT_FIRST];
    private long[] lost = new long[AT_FIRST];
    private boolean[] appLimited = new boolean[AT_FIRST];
    /** Place of the oldest. */
    private int first;

    private int count;

    /** Begins a place, unless the latest is younger than {@code spacingNs}. @return the place of what is sent now */
    int place(long nowNs, long spacingNs) {
        if (count > 0 && nowNs - sentNs[last()] < spacingNs) {
            return last();
        }
        if (count == sentNs.length) {
            makeRoom();
        }
        count++;
        int place = last();
        sentNs[place] = nowNs;
        return place;
    }

    /** The latest place; {@link #NOWHERE} if there is none. */
    int latest() {
        return count == 0 ? NOWHERE : last();
    }

    private int last() {
        return first + count - 1 & sentNs.length - 1;
    }

    private void makeRoom() {
        if (count == MOST) {
            first = first + 1 & MOST - 1;
            count--;
            return;
        }
        sentNs = grown(sentNs);
        firstSentNs = grown(firstSentNs);
        deliveredNs = grown(deliveredNs);
        delivered = grown(delivered);
        inflight = grown(inflight);
        lost = grown(lost);
        boolean[] flags = new boolean[2 * count];
        System.arraycopy(appLimited, first, flags, 0, count - first);
        System.arraycopy(appLimited, 0, flags, count - first, first);
        appLimited = flags;
        first = 0;
    }

    private long[] grown(long[] full) {
        long[] longer = Arrays.copyOfRange(full, first, first + 2 * count);
        System.arraycopy(full, 0, longer, count - first, first);
        return longer;
    }

    void set(int place, long newFirstSentNs, long newDeliveredNs, long newDelivered, long newLost) {
        firstSentNs[place] = newFirstSentNs;
        deliveredNs[place] = newDeliveredNs;
        delivered[place] = newDelivered;
        lost[place] = newLost;
        appLimited[place] = false;
    }

    void setInflight(int place, long newInflight) {
        inflight[place] = newInflight;
    }

    void setAppLimited(int place) {
        appLimited[place] = true;
    }

    /** The place of what was sent at a time; {@link #NOWHERE} if it was forgotten. */
    int find(long atNs) {
        int low = 0;
        int high = count - 1;
        if (count == 0 || sentNs[first] > atNs) {
            return NOWHERE;
        }
        while (low < high) {
            int middle = low + high + 1 >>> 1;
            if (sentNs[first + middle & sentNs.length - 1] <= atNs) {
                low = middle;
            } else {
                high = middle - 1;
            }
        }
        return first + low & sentNs.length - 1;
    }

    /** P.first_send_time. */
    long firstSentNs(int place) {
        return firstSentNs[place];
    }

    /** P.delivered_time. */
    long deliveredNs(int place) {
        return deliveredNs[place];
    }

    /** P.delivered. */
    long delivered(int place) {
        return delivered[place];
    }

    /** P.tx_in_flight. */
    long inflight(int place) {
        return inflight[place];
    }

    /** P.lost. */
    long lost(int place) {
        return lost[place];
    }

    /** P.is_app_limited. */
    boolean isAppLimited(int place) {
        return appLimited[place];
    }

    void clear() {
        first = 0;
        count = 0;
    }
}
