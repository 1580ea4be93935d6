package io.virtuoso.host.net;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.virtuoso.host.wire.IcmpMessage;
import org.junit.jupiter.api.Test;

/** What ICMP's codes mean to a socket: as Linux has it (icmp_err_convert in net/ipv4/icmp.c; see ip(7)). */
class IcmpErrorTest {
    /** By code: errno. ENETUNREACH 101, EHOSTUNREACH 113, ENOPROTOOPT 92, ECONNREFUSED 111, EMSGSIZE 90, ... */
    private static final int[] ERRNO = {101, 113, 92, 111, 90, 95, 101, 112, 64, 101, 113, 101, 113, 113, 113, 113};

    /** By code: y, a connected UDP socket is told at once. */
    private static final String HARD = "nnyynnyyyyynnyyy";

    @Test
    void shouldMeanWhatLinuxMakesOfEachCode() {
        for (int code = 0; code < ERRNO.length; code++) {
            final IcmpError error = new IcmpError().set(IcmpMessage.UNREACHABLE, code, 0, 0x0a00_0001);
            assertEquals(ERRNO[code], error.errno(), "code " + code);
            assertEquals(HARD.charAt(code) == 'y', error.isHard(), "code " + code);
        }
    }
}
