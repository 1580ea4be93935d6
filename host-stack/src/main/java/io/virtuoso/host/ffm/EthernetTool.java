package io.virtuoso.host.ffm;

import io.virtuoso.host.ffm.Linux.EthtoolChannels;
import io.virtuoso.host.ffm.Linux.EthtoolDrvinfo;
import io.virtuoso.protocol.Errno;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/** What an interface's driver tells, as ethtool(8) asks it; for the control path. */
public final class EthernetTool {
    private EthernetTool() {}

    /** The name of an interface's driver, for instance "veth"; empty if it tells none. */
    public static String driver(String name) throws IOException {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment answer = arena.allocate(EthtoolDrvinfo.BYTES, Long.BYTES);
            return ask(arena, name, Linux.ETHTOOL_GDRVINFO, answer) ? answer.getString(EthtoolDrvinfo.DRIVER) : "";
        }
    }

    /** How many receive queues an interface uses; 1 if the driver does not tell. */
    public static int receiveQueues(String name) throws IOException {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment answer = arena.allocate(EthtoolChannels.BYTES, Long.BYTES);
            if (!ask(arena, name, Linux.ETHTOOL_GCHANNELS, answer)) {
                return 1;
            }
            int combined = answer.get(ValueLayout.JAVA_INT, EthtoolChannels.COMBINED_COUNT);
            return Math.max(1, combined + answer.get(ValueLayout.JAVA_INT, EthtoolChannels.RX_COUNT));
        }
    }

    /** @return false if the driver does not know the question */
    private static boolean ask(Arena arena, String name, int question, MemorySegment answer) throws IOException {
        answer.set(ValueLayout.JAVA_INT, 0, question);
        MemorySegment request = NetworkInterfaces.request(arena, name);
        request.set(ValueLayout.JAVA_LONG, Linux.Ifreq.IFR_DATA, answer.address());
        int result = NetworkInterfaces.call(request, Linux.SIOCETHTOOL);
        if (result < 0 && result != -Errno.EOPNOTSUPP) {
            throw new IOException("interface " + name + ": driver: " + Errno.describe(-result));
        }
        return result >= 0;
    }
}
