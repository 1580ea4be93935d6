package io.virtuoso.host.config;

import io.virtuoso.host.account.GuestLimits;
import io.virtuoso.host.tcp.CongestionAlgorithm;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;

/**
 * A guest as configured.
 *
 * @param name    unique; see {@link Names#isGuestName}
 * @param network name of its virtual network
 * @param address its IPv4 address, host order
 * @param weight  share of CPU time relative to other guests, 1 to {@link #MAX_WEIGHT}
 * @param congestion the congestion control of its connections, unless a socket chooses another
 * @param published ports of the uplink's address that are this guest's
 * @param labels  what policies may know it by; a label without a value has an empty one
 * @param limits  what it may use of a fast-path core
 * @param quotas  how much it may have at once
 * @param mac     Ethernet address of its network card, if it is a virtual machine that has one
 */
public record GuestConfig(
        String name,
        String network,
        int address,
        int weight,
        CongestionAlgorithm congestion,
        List<PublishConfig> published,
        Map<String, String> labels,
        GuestLimits limits,
        GuestQuotas quotas,
        OptionalLong mac) {
    /** Weight of a guest that names none. */
    public static final int DEFAULT_WEIGHT = 1;
    /** Largest weight. */
    public static final int MAX_WEIGHT = 1000;
}
