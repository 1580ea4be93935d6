package io.virtuoso.host.vswitch;

import java.util.Arrays;

/**
 * Flows of a virtual machine that a policy has allowed: who began each, and under which version of the policy. Holds a fixed
 * number; a new one takes the place of the one of its set that was used least lately. One thread; allocates nothing once made.
 */
final class MachineFlows {
    static final int NONE = -1;

    private static final int WAYS = 4;
    private static final int SETS = 1024;

    private final long[] high = new long[SETS * WAYS];
    private final long[] low = new long[SETS * WAYS];
    /** Protocol, own port, remote port. */
    private final long[] names = new long[SETS * WAYS];

    private final long[] used = new long[SETS * WAYS];
    /** 0: empty. */
    private final int[] versions = new int[SETS * WAYS];

    private final boolean[] inward = new boolean[SETS * WAYS];
    private long clock;

    static long names(final int protocol, final int ownPort, final int remotePort) {
        return (long) protocol << Integer.SIZE | ownPort << 16 & 0xffff_0000L | remotePort;
    }

    private static int firstOf(final long remoteHigh, final long remoteLow, final long name) {
        final long mixed = (remoteHigh * 31 + remoteLow * 0x9e37_79b9_7f4a_7c15L ^ name) * 0xbf58_476d_1ce4_e5b9L;
        return (int) (mixed >>> Long.SIZE - 10) * WAYS;
    }

    /** @return the flow's place, or {@link #NONE} */
    int find(final long remoteHigh, final long remoteLow, final long name) {
        final int first = firstOf(remoteHigh, remoteLow, name);
        for (int i = first; i < first + WAYS; i++) {
            if (versions[i] != 0 && names[i] == name && low[i] == remoteLow && high[i] == remoteHigh) {
                used[i] = ++clock;
                return i;
            }
        }
        return NONE;
    }

    /** @return version of the policy that allowed it last */
    int version(final int place) {
        return versions[place];
    }

    void version(final int place, final int version) {
        versions[place] = version;
    }

    /** @return true if the other side began it */
    boolean isInward(final int place) {
        return inward[place];
    }

    /** Forgets a flow. */
    void remove(final int place) {
        versions[place] = 0;
    }

    /** Remembers a flow, or that it began anew. */
    void put(
            final long remoteHigh,
            final long remoteLow,
            final long name,
            final boolean beganOutside,
            final int version) {
        int place = find(remoteHigh, remoteLow, name);
        if (place == NONE) {
            place = leastUsed(firstOf(remoteHigh, remoteLow, name));
            high[place] = remoteHigh;
            low[place] = remoteLow;
            names[place] = name;
            used[place] = ++clock;
        }
        inward[place] = beganOutside;
        versions[place] = version;
    }

    private int leastUsed(final int first) {
        int least = first;
        for (int i = first; i < first + WAYS; i++) {
            if (versions[i] == 0) {
                return i;
            }
            least = used[i] < used[least] ? i : least;
        }
        return least;
    }

    /** Forgets all. */
    void clear() {
        Arrays.fill(versions, 0);
    }
}
