package io.virtuoso.host.wire;

/** Why a packet was dropped: each has a counter, and a sentence for people. */
public enum DropReason {
    FRAME_TRUNCATED("Frame shorter than its link-layer header."),
    FRAME_DESTINATION("Frame for another station."),
    FRAME_TYPE("Frame of a protocol that is not served; IPv6 is one in a network without an IPv6 subnet."),
    VIRTIO_HEADER("Frame with an offload header that asks for something not offered."),
    ARP_TRUNCATED("ARP packet shorter than 28 bytes."),
    ARP_MALFORMED("ARP packet not for IPv4 over Ethernet, or of an unknown operation."),
    IP_TRUNCATED("IP packet longer than its frame, or shorter than its header."),
    IP_VERSION("IP frame with another version in it."),
    IP_HEADER_LENGTH("IPv4 header length or total length impossible."),
    IP_CHECKSUM("IPv4 header checksum wrong."),
    IP_FRAGMENT("Fragment that fits no packet, or overlaps with another: its packet is given up."),
    IP_OPTION("IPv4 option that is malformed: answered by ICMP; or one that a reply could hold a part of only."),
    IP_SOURCE_ROUTE("IPv4 packet that is to take a route that its sender has set."),
    IP_SOURCE("IP source address that no station can have, or one of our own."),
    IP_NOT_OURS("IP packet for an address that no guest has: packets are not forwarded."),
    GUEST_QUEUE_FULL("IP packet for a guest that is over its budget or its limits, with too many waiting already."),
    IP_PROTOCOL("IP packet of a protocol that guests do not receive from the wire."),
    IP_EXTENSION("IPv6 extension header that is malformed, one too many, or not to be passed over."),
    ND_MALFORMED("Neighbour Discovery message that is malformed, or came from beyond the link."),
    ICMP_TRUNCATED("ICMP message shorter than its header."),
    ICMP_CHECKSUM("ICMP checksum wrong."),
    ICMP_TYPE("ICMP message of a kind that is not acted on."),
    ICMP_NO_FLOW("ICMP error about no connection of ours."),
    TCP_TRUNCATED("TCP segment shorter than its header."),
    TCP_HEADER_LENGTH("TCP data offset impossible."),
    TCP_PORT_ZERO("TCP segment from or to port 0."),
    TCP_CHECKSUM("TCP checksum wrong."),
    TCP_NO_FLOW("TCP segment for no connection and no listener: answered by RST unless it was one."),
    TCP_LISTEN_OVERFLOW("SYN to a listener whose backlog is full, or what follows the answer to a SYN cookie there."),
    UDP_TRUNCATED("UDP datagram shorter than its header."),
    UDP_LENGTH("UDP length impossible."),
    UDP_PORT_ZERO("UDP datagram to port 0."),
    UDP_CHECKSUM("UDP checksum wrong."),
    UDP_NO_SOCKET("UDP datagram to a port that no socket is bound to: answered by ICMP."),
    TUNNEL_MALFORMED("Tunnelled packet whose VXLAN or GRE header, or the frame in it, is cut short or not understood."),
    TUNNEL_NETWORK("Tunnelled frame with a VNI or key that no network here has."),
    TUNNEL_PEER("Tunnelled frame from a station that is not among the network's peers, where peers are not learned."),
    TUNNEL_VLAN("Tunnelled frame with a VLAN tag."),
    TUNNEL_SOURCE("Tunnelled frame whose inner sender is a group, or the network's own station."),
    TUNNEL_CONGESTION("Tunnelled packet marked on its way though its sender does not know congestion marks."),
    TUNNEL_TOO_LARGE("Outgoing frame larger than the way of its tunnel carries; its sender is told by ICMP."),
    TUNNEL_NO_PEER("Outgoing frame to a station of a tunnel that is not known, where there are no peers to ask."),
    POLICY_REFUSED("Packet that the network's policy refuses: answered by RST or ICMP, but for echo requests."),
    POLICY_DROPPED("Packet that the network's policy drops in silence."),
    MACHINE_MAC("Frame of a virtual machine with another Ethernet source address than it has."),
    MACHINE_ADDRESS("Frame of a virtual machine that claims an address, or a neighbour's place, that is not its own."),
    MACHINE_GROUP("Broadcast or multicast of a virtual machine that is no question for a neighbour."),
    MACHINE_OFFLOAD(
            "Frame of a virtual machine longer than the network's packets, or whose offload header does not fit it."),
    MACHINE_NO_WAY("Frame of a virtual machine to a station that is not known, in a network without a port."),
    MACHINE_AWAY("Frame for a virtual machine that is not there."),
    MACHINE_NO_BUFFER("Frame for a virtual machine that has no receive buffers left for it."),
    SEND_PORT_FULL("Outgoing frame that the port had no room for; TCP sends it again."),
    SEND_TENTATIVE("Packet from an IPv6 address that another station has, or may have."),
    SEND_NO_ROUTE("Outgoing packet to an address beyond the network, which has no gateway."),
    SEND_PENDING_FULL("Outgoing packet to a neighbour whose queue of waiting packets is full."),
    SEND_NO_NEIGHBOUR("Outgoing packet to a neighbour that does not answer ARP or Neighbour Discovery.");

    private static final DropReason[] ALL = values();

    private final String sentence;

    DropReason(final String sentence) {
        this.sentence = sentence;
    }

    /** @return what happened, for people */
    public String sentence() {
        return sentence;
    }

    /** @return number of reasons; ids are the ordinals below it */
    public static int count() {
        return ALL.length;
    }

    /** @return the reason with this id */
    public static DropReason of(final int id) {
        return ALL[id];
    }
}
