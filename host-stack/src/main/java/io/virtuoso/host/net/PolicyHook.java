package io.virtuoso.host.net;

import io.virtuoso.host.policy.Policy;
import io.virtuoso.host.policy.Protocol;

/** Says what a network's policy makes of packets from the wire that belong to no connection yet. */
public interface PolicyHook {
    /** There is no policy. */
    PolicyHook OPEN = (protocol, localAddress, localPort, remoteAddress, remotePort) -> Policy.ALLOW;

    /**
     * Is asked for a SYN, for an ACK that a listener could take for the answer to a SYN cookie, for each UDP datagram and
     * each echo request. Ports are 0 for ICMP.
     *
     * @return {@link Policy#ALLOW}, {@link Policy#DROP} or an errno
     */
    int check(Protocol protocol, int localAddress, int localPort, int remoteAddress, int remotePort);
}
