package io.virtuoso.host.slowpath;

import java.util.function.IntPredicate;
import java.util.random.RandomGenerator;

/** Chooses ports of the uplink's address (RFC 4787 REQ-3, RFC 6056 section 3.3.2). */
final class UplinkPorts {
    static final int FIRST = 1024;
    static final int LAST = 0xffff;

    /** Ports looked at for one connection: enough where one in a hundred is free. */
    static final int ATTEMPTS = 1024;

    /** Of them with one stride: a short one may stay in a long run of ports in use, such as ephemeral ones of guests. */
    private static final int ATTEMPTS_PER_STRIDE = 64;

    /** 2^10 * 3^2 * 7. */
    static final int COUNT = LAST - FIRST + 1;

    private final RandomGenerator random;

    /** @param random ports must be hard to guess */
    UplinkPorts(RandomGenerator random) {
        this.random = random;
    }

    /**
     * Chooses a port that is free.
     *
     * @param wanted the guest's own, taken if it is in the range and free; 0: any
     * @return 0 if none is, or hardly any
     */
    int choose(int wanted, IntPredicate free) {
        if (wanted >= FIRST && free.test(wanted)) {
            return wanted;
        }
        int found = 0;
        for (int searched = 0; found == 0 && searched < ATTEMPTS; searched += ATTEMPTS_PER_STRIDE) {
            found = search(free);
        }
        return found;
    }

    private int search(IntPredicate free) {
        final int start = random.nextInt(COUNT);
        final int stride = stride();
        for (int i = 0; i < ATTEMPTS_PER_STRIDE; i++) {
            final int port = FIRST + (int) ((start + (long) i * stride) % COUNT);
            if (free.test(port)) {
                return port;
            }
        }
        return 0;
    }

    /** Another for each search, or long runs of ports in use would form; it comes by all ports. */
    private int stride() {
        while (true) {
            final int stride = 2 * random.nextInt(COUNT / 2) + 1;
            if (stride % 3 != 0 && stride % 7 != 0) {
                return stride;
            }
        }
    }
}
