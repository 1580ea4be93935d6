package io.virtuoso.host.ffm;

import static io.virtuoso.host.ffm.Ebpf.R0;
import static io.virtuoso.host.ffm.Ebpf.R1;
import static io.virtuoso.host.ffm.Ebpf.R2;
import static io.virtuoso.host.ffm.Ebpf.R3;
import static io.virtuoso.host.ffm.Ebpf.R4;
import static io.virtuoso.host.ffm.Ebpf.R5;
import static io.virtuoso.host.ffm.Ebpf.R6;

import io.virtuoso.protocol.Errno;
import java.io.IOException;
import java.util.List;

/**
 * An XDP program on an interface that gives AF_XDP sockets what belongs to the host stack and leaves the rest to the
 * kernel. It is gone when this is closed, or when the process ends in whatever way.
 */
public final class XdpRedirect implements AutoCloseable {
    private static final int TYPE_AT = 12;
    private static final int ETHERNET_BYTES = 14;
    private static final int IPV4_BYTES = 20;
    private static final int IPV4_DESTINATION_AT = ETHERNET_BYTES + 16;
    private static final int ARP_BYTES = 28;
    private static final int ARP_TARGET_AT = ETHERNET_BYTES + 24;
    /** As loads from a packet see them on a little-endian machine. */
    private static final int IPV4 = 0x0008;

    private static final int ARP = 0x0608;
    private static final int IPV6 = 0xdd86;
    private static final int IPV6_BYTES = 40;
    private static final int NEXT_HEADER_AT = ETHERNET_BYTES + 6;
    private static final int ICMPV6_AT = ETHERNET_BYTES + IPV6_BYTES;
    private static final int TARGET_AT = ICMPV6_AT + 8;
    private static final int TARGET_END = TARGET_AT + 16;
    /** Groups of IPv6 (RFC 2464 section 7). */
    private static final int GROUP = 0x3333;

    /** ICMPv6 with the hop limit of 255 of what comes from the link; type 135 or 136 and code 0. */
    private static final int ICMPV6_OF_THE_LINK = 0xff3a;

    private static final int SOLICITATION = 0x0087;
    private static final int ADVERTISEMENT = 0x0088;

    private final int map;
    private final int link;

    private XdpRedirect(int map, int link) {
        this.map = map;
        this.link = link;
    }

    /**
     * What belongs to the host stack: IPv4 frames to its Ethernet address with a destination in the subnet; ARP packets to
     * its Ethernet address; other ARP packets that ask for an address of the subnet; and of IPv6 what {@link Ipv6Match} says.
     *
     * @param mac lower 48 bits
     * @param subnet network address, host order
     * @param mask of the subnet
     * @param kernelAddress the kernel's own address on the interface, for which ARP is left to it; 0: it has none
     * @param ipv6 null: IPv6 is the kernel's
     */
    public record Match(long mac, int subnet, int mask, int kernelAddress, Ipv6Match ipv6) {}

    /**
     * What belongs to the host stack of IPv6: frames to its Ethernet address; solicitations and advertisements of neighbours
     * to groups, if they are about an address of the subnet or its own link-local one, but for the kernel's.
     *
     * @param own its link-local address
     * @param kernelAddresses the kernel's own addresses on the interface
     */
    public record Ipv6Match(Ipv6Prefix subnet, Ipv6Prefix own, List<Ipv6Prefix> kernelAddresses) {
        /** @param name of the interface, whose addresses are the kernel's */
        public static Ipv6Match on(String name, Ipv6Prefix subnet, Ipv6Prefix own) throws IOException {
            return new Ipv6Match(subnet, own, NetworkInterfaces.ipv6Addresses(name));
        }
    }

    /**
     * Attaches the program in the interface's driver.
     *
     * @param sockets one for each receive queue of the interface, by the queue's number
     * @throws IOException saying which step failed, for instance that the driver knows no XDP
     */
    public static XdpRedirect attach(String name, Match match, List<XdpSocket> sockets) throws IOException {
        int map = require(Bpf.createSocketMap(sockets.size()), name, "map of sockets");
        try {
            for (int queue = 0; queue < sockets.size(); queue++) {
                require(Bpf.putSocket(map, queue, sockets.get(queue).fd()), name, "map of sockets");
            }
            int program = require(Bpf.load(program(match, map)), name, "XDP program");
            try {
                int link = Bpf.attach(program, NetworkInterfaces.index(name));
                return new XdpRedirect(map, require(link, name, "attaching an XDP program"));
            } finally {
                Libc.close(program);
            }
        } catch (IOException failed) {
            Libc.close(map);
            throw failed;
        }
    }

    @Override
    public void close() {
        Libc.close(link);
        Libc.close(map);
    }

    /** R2 is the packet's begin, R3 its end, R6 the context. */
    private static Ebpf program(Match match, int map) {
        Ebpf code = new Ebpf();
        Ebpf.Label arp = new Ebpf.Label();
        Ebpf.Label ipv6 = new Ebpf.Label();
        Ebpf.Label redirect = new Ebpf.Label();
        Ebpf.Label pass = new Ebpf.Label();
        code.move(R6, R1);
        code.load32(R2, R1, Linux.XdpMd.DATA);
        code.load32(R3, R1, Linux.XdpMd.DATA_END);
        passIfShorter(code, ETHERNET_BYTES + IPV4_BYTES, pass);
        code.load16(R5, R2, TYPE_AT);
        code.jumpIfEqual(R5, ARP, arp);
        if (match.ipv6() != null) {
            code.jumpIfEqual(R5, IPV6, ipv6);
        }
        code.jumpUnlessEqual(R5, IPV4, pass);
        jumpUnlessFor(code, match.mac(), pass);
        code.load32(R5, R2, IPV4_DESTINATION_AT);
        jumpUnlessInSubnet(code, match, pass);
        code.jump(redirect);
        if (match.ipv6() != null) {
            code.here(ipv6);
            ipv6(code, match.mac(), match.ipv6(), redirect, pass);
        }
        code.here(arp);
        arp(code, match, redirect, pass);
        code.here(redirect);
        code.loadMap(R1, map);
        code.load32(R2, R6, Linux.XdpMd.RX_QUEUE_INDEX);
        code.set(R3, Linux.XDP_PASS); // what becomes of it if the queue has no socket
        code.call(Linux.BPF_FUNC_redirect_map);
        code.exit();
        code.here(pass);
        code.set(R0, Linux.XDP_PASS);
        code.exit();
        return code;
    }

    /** Goes to a label or runs on into the redirection. */
    private static void arp(Ebpf code, Match match, Ebpf.Label redirect, Ebpf.Label pass) {
        Ebpf.Label toOthers = new Ebpf.Label();
        passIfShorter(code, ETHERNET_BYTES + ARP_BYTES, pass);
        jumpUnlessFor(code, match.mac(), toOthers);
        code.jump(redirect);
        code.here(toOthers);
        code.load32(R5, R2, ARP_TARGET_AT);
        code.jumpIfEqual(R5, Integer.reverseBytes(match.kernelAddress()), pass);
        jumpUnlessInSubnet(code, match, pass);
    }

    /** Always goes to a label. */
    private static void ipv6(Ebpf code, long mac, Ipv6Match match, Ebpf.Label redirect, Ebpf.Label pass) {
        Ebpf.Label toOthers = new Ebpf.Label();
        Ebpf.Label discovery = new Ebpf.Label();
        jumpUnlessFor(code, mac, toOthers);
        code.jump(redirect);
        code.here(toOthers);
        passIfShorter(code, TARGET_END, pass);
        code.load16(R5, R2, 0);
        code.jumpUnlessEqual(R5, GROUP, pass);
        code.load16(R5, R2, NEXT_HEADER_AT);
        code.jumpUnlessEqual(R5, ICMPV6_OF_THE_LINK, pass);
        code.load16(R5, R2, ICMPV6_AT);
        code.jumpIfEqual(R5, SOLICITATION, discovery);
        code.jumpUnlessEqual(R5, ADVERTISEMENT, pass);
        code.here(discovery);
        for (Ipv6Prefix kernels : match.kernelAddresses()) {
            jumpIfAbout(code, kernels, pass);
        }
        jumpIfAbout(code, match.own(), redirect);
        jumpIfAbout(code, match.subnet(), redirect);
        code.jump(pass);
    }

    private static void jumpIfAbout(Ebpf code, Ipv6Prefix prefix, Ebpf.Label to) {
        Ebpf.Label another = new Ebpf.Label();
        for (int i = 0; i < prefix.words(); i++) {
            code.load32(R5, R2, TARGET_AT + i * Integer.BYTES);
            code.and32(R5, Integer.reverseBytes(prefix.mask(i)));
            code.jumpUnlessEqual(R5, Integer.reverseBytes(prefix.word(i)), another);
        }
        code.jump(to);
        code.here(another);
    }

    private static void passIfShorter(Ebpf code, int bytes, Ebpf.Label pass) {
        code.move(R4, R2);
        code.add(R4, bytes);
        code.jumpIfGreater(R4, R3, pass);
    }

    private static void jumpUnlessFor(Ebpf code, long mac, Ebpf.Label other) {
        code.load32(R5, R2, 0);
        code.jumpUnlessEqual(R5, Integer.reverseBytes((int) (mac >>> Short.SIZE)), other);
        code.load16(R5, R2, Integer.BYTES);
        code.jumpUnlessEqual(R5, Short.reverseBytes((short) mac) & 0xffff, other);
    }

    private static void jumpUnlessInSubnet(Ebpf code, Match match, Ebpf.Label other) {
        code.and32(R5, Integer.reverseBytes(match.mask()));
        code.jumpUnlessEqual(R5, Integer.reverseBytes(match.subnet()), other);
    }

    private static int require(int result, String name, String what) throws IOException {
        if (result < 0) {
            String hint = switch (-result) {
                case Errno.EPERM -> "; CAP_BPF and CAP_NET_ADMIN are needed";
                case Errno.EOPNOTSUPP -> "; its driver knows no XDP, use a port of kind packet";
                case Errno.EBUSY -> "; there is an XDP program already";
                default -> "";
            };
            throw new IOException("interface " + name + ": " + what + ": " + Errno.describe(-result) + hint);
        }
        return result;
    }
}
