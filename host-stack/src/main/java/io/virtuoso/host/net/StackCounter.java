package io.virtuoso.host.net;

/** What the IP layer of a virtual network counts, besides drops by reason. */
public enum StackCounter {
    FRAMES_IN("Frames received from the port; one of up to 64 KiB counts once."),
    BYTES_IN("Bytes of frames received from the port, with Ethernet headers."),
    FRAMES_OUT("Frames given to the port; one of up to 64 KiB counts once."),
    BYTES_OUT("Bytes of frames given to the port, with Ethernet headers."),
    PORT_ERRORS("Receive calls on the port that failed, and groups that it does not receive for."),
    ARP_IN("ARP packets received."),
    ARP_OUT("ARP packets sent."),
    ARP_FAILURES("Neighbours that did not answer ARP or Neighbour Discovery."),
    ND_IN("Neighbour Discovery messages, and queries of multicast listeners, acted on."),
    ND_OUT("Neighbour Discovery messages sent."),
    GROUP_REPORTS_OUT("Multicast listener reports sent."),
    DUPLICATE_ADDRESSES("IPv6 addresses not used, because another station on the port has them."),
    ECHO_REPLIES("ICMP echo requests answered."),
    ICMP_ERRORS_IN("ICMP errors about a connection of ours."),
    SEGMENTS_IN("TCP frames received for a connection or listener."),
    SEGMENTS_OUT("TCP frames sent; one that the port cuts into segments counts once."),
    SEGMENTS_RETRANSMITTED("TCP frames sent again."),
    RESETS_OUT("RST segments sent for segments that belong to no connection."),
    SYN_COOKIES_SENT("SYNs answered by a cookie, because there were too many unfinished handshakes."),
    SYN_COOKIES_ACCEPTED("Connections made by the answer to a cookie."),
    SYN_COOKIES_FAILED("ACKs for listeners, while cookies were in use, that answered none: too old, or forged."),
    FRAGMENTS_IN("Fragments kept until the others of their packet come."),
    REASSEMBLIES_FAILED("Packets given up: not all fragments came within 30 seconds, or there were too many."),
    DATAGRAMS_IN("UDP datagrams received for a socket."),
    DATAGRAMS_OUT("UDP datagrams sent; one in fragments counts once."),
    UNREACHABLES_OUT("ICMP messages sent for datagrams to ports without a socket."),
    PARAMETER_PROBLEMS_OUT("ICMP messages sent for packets with malformed options."),
    PORTS_EXHAUSTED("Connections refused because an uplink had no port left for the guest towards that peer.");

    private final String sentence;

    StackCounter(final String sentence) {
        this.sentence = sentence;
    }

    /** @return what is counted, for people */
    public String sentence() {
        return sentence;
    }
}
