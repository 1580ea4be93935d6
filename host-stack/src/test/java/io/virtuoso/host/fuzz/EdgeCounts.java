package io.virtuoso.host.fuzz;

import java.util.Arrays;

/** How often each instrumented edge was taken since {@link #clear}. One for all, because instrumented code calls it. */
public final class EdgeCounts {
    private static final int MOST = 1 << 17;
    /** A run takes some thousands; one that takes more than this will not end. */
    private static final int MOST_IN_A_RUN = 50_000_000;

    private static final int[] COUNTS = new int[MOST];
    private static int edges;
    private static int left = MOST_IN_A_RUN;

    private EdgeCounts() {}

    /** @return the number of a new edge */
    static int newEdge() {
        if (edges == MOST) {
            throw new IllegalStateException("more than " + MOST + " edges");
        }
        return edges++;
    }

    /** Called by instrumented code. */
    public static void hit(int edge) {
        COUNTS[edge]++;
        if (--left < 0) {
            left = MOST_IN_A_RUN;
            throw new AssertionError("endless loop");
        }
    }

    static void clear() {
        Arrays.fill(COUNTS, 0, edges, 0);
        left = MOST_IN_A_RUN;
    }

    /** @return edges taken since {@link #clear}, each as often as it was taken */
    static int taken() {
        return MOST_IN_A_RUN - left;
    }

    static int edges() {
        return edges;
    }

    /**
     * Adds to {@code seen} what was taken since {@link #clear}: for each edge a bit for each range of counts.
     *
     * @return whether anything of it is new
     */
    static boolean addTo(byte[] seen) {
        boolean news = false;
        for (int edge = 0; edge < edges; edge++) {
            int count = COUNTS[edge];
            if (count != 0) {
                int bit = 1 << range(count);
                news |= (seen[edge] & bit) == 0;
                seen[edge] |= (byte) bit;
            }
        }
        return news;
    }

    /** 1, 2, 3, 4 to 7, 8 to 15, 16 to 31, 32 to 127, more. */
    private static int range(int count) {
        if (count <= 3) {
            return count - 1;
        }
        int log = Integer.SIZE - 1 - Integer.numberOfLeadingZeros(count);
        return log < 5 ? log + 1 : log < 7 ? 6 : 7;
    }

    static byte[] newSeen() {
        return new byte[MOST];
    }

    static int countSeen(byte[] seen) {
        int sum = 0;
        for (int edge = 0; edge < edges; edge++) {
            sum += seen[edge] != 0 ? 1 : 0;
        }
        return sum;
    }
}
