package io.virtuoso.host.ffm;

/**
 * Constants and structure layouts of the kernel's interface, named as in the C headers.
 *
 * <p>KernelAbiProbeTest compiles a C program from the names in this class and compares every number.
 */
public final class Linux {
    static final int MADV_REMOVE = 9;
    public static final int EPOLLIN = 0x001;
    public static final int EPOLLOUT = 0x004;
    public static final int EPOLLERR = 0x008;
    public static final int EPOLLHUP = 0x010;
    public static final int EPOLLRDHUP = 0x2000;
    public static final int EPOLLET = 0x8000_0000;
    static final int EPOLL_CTL_ADD = 1;
    static final int EPOLL_CTL_DEL = 2;
    static final int EPOLL_CTL_MOD = 3;
    static final int EPOLL_CLOEXEC = 0x80000;

    public static final int O_RDONLY = 0;
    public static final int O_WRONLY = 1;
    public static final int O_RDWR = 2;
    public static final int O_NONBLOCK = 0x800;
    public static final int O_CLOEXEC = 0x80000;
    static final int F_GETFD = 1;
    static final int F_GETFL = 3;
    static final int F_SETFL = 4;
    static final int F_ADD_SEALS = 1033;
    static final int F_GET_SEALS = 1034;
    static final int F_SETPIPE_SZ = 1031;
    static final int F_DUPFD_CLOEXEC = 1030;
    static final int F_SEAL_SEAL = 1;
    static final int F_SEAL_SHRINK = 2;
    static final int F_SEAL_GROW = 4;

    static final int MFD_CLOEXEC = 1;
    static final int MFD_ALLOW_SEALING = 2;
    static final int PROT_READ = 1;
    static final int PROT_WRITE = 2;
    static final int MAP_SHARED = 1;
    static final int FALLOC_FL_KEEP_SIZE = 1;
    static final int FALLOC_FL_PUNCH_HOLE = 2;

    static final int SEEK_END = 2;
    static final int EFD_NONBLOCK = 0x800;
    static final int EFD_CLOEXEC = 0x80000;

    public static final int SOCK_STREAM = 1;
    public static final int SOCK_SEQPACKET = 5;
    static final int SOCK_NONBLOCK = 0x800;
    static final int SOCK_CLOEXEC = 0x80000;
    static final int AF_UNIX = 1;
    static final int AF_INET = 2;
    static final int AF_INET6 = 10;
    static final int SOCK_DGRAM = 2;
    static final int SOL_SOCKET = 1;
    static final int SO_PEERCRED = 17;
    static final int SCM_RIGHTS = 1;
    static final int MSG_DONTWAIT = 0x40;
    static final int MSG_CTRUNC = 0x8;
    static final int MSG_TRUNC = 0x20;
    static final int MSG_NOSIGNAL = 0x4000;
    static final int MSG_CMSG_CLOEXEC = 0x4000_0000;
    static final int MSG_PEEK = 0x2;

    static final int TUNSETIFF = 0x400454ca;
    static final int TUNSETOFFLOAD = 0x400454d0;
    static final int TUNSETVNETHDRSZ = 0x400454d8;
    static final int IFF_TAP = 0x0002;
    static final int IFF_NO_PI = 0x1000;
    static final int IFF_VNET_HDR = 0x4000;
    public static final int TUN_F_CSUM = 0x01;
    public static final int TUN_F_TSO4 = 0x02;
    public static final int TUN_F_TSO6 = 0x04;
    public static final int TUN_F_TSO_ECN = 0x08;

    static final int SIOCGIFFLAGS = 0x8913;
    static final int SIOCSIFFLAGS = 0x8914;
    static final int SIOCGIFADDR = 0x8915;
    static final int SIOCSIFADDR = 0x8916;
    static final int SIOCGIFNETMASK = 0x891b;
    static final int SIOCSIFNETMASK = 0x891c;
    static final int SIOCGIFMTU = 0x8921;
    static final int SIOCSIFMTU = 0x8922;
    static final int SIOCSIFHWADDR = 0x8924;
    static final int SIOCGIFHWADDR = 0x8927;
    static final int SIOCGIFINDEX = 0x8933;
    static final int SIOCSIFTXQLEN = 0x8943;
    static final int IFF_UP = 0x1;
    static final int IFNAMSIZ = 16;
    static final int ARPHRD_ETHER = 1;

    static final int AF_PACKET = 17;
    static final int SOCK_RAW = 3;
    static final int ETH_P_ALL = 3;
    static final int SO_ERROR = 4;
    static final int SO_SNDBUF = 7;
    static final int SO_ATTACH_FILTER = 26;
    static final int SO_SNDBUFFORCE = 32;
    static final int SOL_PACKET = 263;
    static final int PACKET_ADD_MEMBERSHIP = 1;
    static final int PACKET_RX_RING = 5;
    static final int PACKET_STATISTICS = 6;
    static final int PACKET_VERSION = 10;
    static final int PACKET_VNET_HDR = 15;
    static final int PACKET_IGNORE_OUTGOING = 23;
    static final int PACKET_MR_MULTICAST = 0;
    static final int PACKET_MR_UNICAST = 3;
    static final int TPACKET_V2 = 1;
    public static final int TP_STATUS_KERNEL = 0;
    public static final int TP_STATUS_USER = 1;
    static final int SKF_AD_OFF = -0x1000;
    static final int SKF_AD_VLAN_TAG_PRESENT = 48;

    static final int AF_XDP = 44;
    static final int SOL_XDP = 283;
    static final int XDP_MMAP_OFFSETS = 1;
    static final int XDP_RX_RING = 2;
    static final int XDP_TX_RING = 3;
    static final int XDP_UMEM_REG = 4;
    static final int XDP_UMEM_FILL_RING = 5;
    static final int XDP_UMEM_COMPLETION_RING = 6;
    static final int XDP_STATISTICS = 7;
    static final int XDP_OPTIONS = 8;
    static final int XDP_OPTIONS_ZEROCOPY = 1;
    static final int XDP_USE_NEED_WAKEUP = 8;
    public static final int XDP_RING_NEED_WAKEUP = 1;
    static final long XDP_PGOFF_RX_RING = 0;
    static final long XDP_PGOFF_TX_RING = 0x8000_0000L;
    static final long XDP_UMEM_PGOFF_FILL_RING = 0x1_0000_0000L;
    static final long XDP_UMEM_PGOFF_COMPLETION_RING = 0x1_8000_0000L;

    static final int __NR_bpf = 321;
    static final int BPF_MAP_CREATE = 0;
    static final int BPF_MAP_UPDATE_ELEM = 2;
    static final int BPF_PROG_LOAD = 5;
    static final int BPF_LINK_CREATE = 28;
    static final int BPF_MAP_TYPE_XSKMAP = 17;
    static final int BPF_PROG_TYPE_XDP = 6;
    static final int BPF_XDP = 37;
    static final int BPF_PSEUDO_MAP_FD = 1;
    static final int BPF_FUNC_redirect_map = 51;
    static final int XDP_FLAGS_DRV_MODE = 4;
    static final int XDP_PASS = 2;

    static final int SIOCETHTOOL = 0x8946;
    static final int ETHTOOL_GDRVINFO = 0x3;
    static final int ETHTOOL_GCHANNELS = 0x3c;

    static final int CLOCK_MONOTONIC = 1;
    static final int CLOCK_PROCESS_CPUTIME_ID = 2;
    static final int CLOCK_THREAD_CPUTIME_ID = 3;

    public static final int VIRTIO_NET_HDR_F_NEEDS_CSUM = 1;
    public static final int VIRTIO_NET_HDR_F_DATA_VALID = 2;
    public static final int VIRTIO_NET_HDR_GSO_NONE = 0;
    public static final int VIRTIO_NET_HDR_GSO_TCPV4 = 1;
    public static final int VIRTIO_NET_HDR_GSO_TCPV6 = 4;
    public static final int VIRTIO_NET_HDR_GSO_ECN = 0x80;

    private Linux() {}

    /** {@code struct epoll_event}: packed on x86-64 only. */
    static final class EpollEvent {
        private static final boolean PACKED = System.getProperty("os.arch").equals("amd64");
        static final int EVENTS = 0;
        static final int DATA = PACKED ? 4 : 8;
        static final int BYTES = PACKED ? 12 : 16;

        private EpollEvent() {}
    }

    /** {@code struct iovec}. */
    static final class Iovec {
        static final int IOV_BASE = 0;
        static final int IOV_LEN = 8;
        static final int BYTES = 16;

        private Iovec() {}
    }

    /** {@code struct msghdr}. */
    static final class Msghdr {
        static final int MSG_NAME = 0;
        static final int MSG_NAMELEN = 8;
        static final int MSG_IOV = 16;
        static final int MSG_IOVLEN = 24;
        static final int MSG_CONTROL = 32;
        static final int MSG_CONTROLLEN = 40;
        static final int MSG_FLAGS = 48;
        static final int BYTES = 56;

        private Msghdr() {}
    }

    /** {@code struct cmsghdr}; its data follow at once, the next header is 8-byte aligned. */
    static final class Cmsghdr {
        static final int CMSG_LEN = 0;
        static final int CMSG_LEVEL = 8;
        static final int CMSG_TYPE = 12;
        static final int BYTES = 16;

        private Cmsghdr() {}
    }

    /** {@code struct ucred}. */
    static final class Ucred {
        static final int PID = 0;
        static final int UID = 4;
        static final int GID = 8;
        static final int BYTES = 12;

        private Ucred() {}
    }

    /** {@code struct sockaddr_un}. */
    static final class SockaddrUn {
        static final int SUN_FAMILY = 0;
        static final int SUN_PATH = 2;
        static final int BYTES = 110;

        private SockaddrUn() {}
    }

    /** {@code struct sockaddr_in}. */
    static final class SockaddrIn {
        static final int SIN_FAMILY = 0;
        static final int SIN_PORT = 2;
        static final int SIN_ADDR = 4;
        static final int BYTES = 16;

        private SockaddrIn() {}
    }

    /** {@code struct in6_ifreq}. */
    static final class In6Ifreq {
        static final int IFR6_ADDR = 0;
        static final int IFR6_PREFIXLEN = 16;
        static final int IFR6_IFINDEX = 20;
        static final int BYTES = 24;

        private In6Ifreq() {}
    }

    /** {@code struct ifreq}: a name and a union, all of whose members begin at the same place. */
    static final class Ifreq {
        static final int IFR_NAME = 0;
        static final int IFR_FLAGS = 16;
        static final int IFR_ADDR = 16;
        static final int IFR_HWADDR = 16;
        static final int IFR_MTU = 16;
        static final int IFR_IFINDEX = 16;
        static final int IFR_DATA = 16;
        static final int BYTES = 40;

        private Ifreq() {}
    }

    /** {@code struct sockaddr_ll}: an interface, and a protocol in network order. */
    static final class SockaddrLl {
        static final int SLL_FAMILY = 0;
        static final int SLL_PROTOCOL = 2;
        static final int SLL_IFINDEX = 4;
        static final int BYTES = 20;

        private SockaddrLl() {}
    }

    /** {@code struct packet_mreq}. */
    static final class PacketMreq {
        static final int MR_IFINDEX = 0;
        static final int MR_TYPE = 4;
        static final int MR_ALEN = 6;
        static final int MR_ADDRESS = 8;
        static final int BYTES = 16;

        private PacketMreq() {}
    }

    /** {@code struct tpacket_req}: the geometry of a ring. */
    static final class TpacketReq {
        static final int TP_BLOCK_SIZE = 0;
        static final int TP_BLOCK_NR = 4;
        static final int TP_FRAME_SIZE = 8;
        static final int TP_FRAME_NR = 12;
        static final int BYTES = 16;

        private TpacketReq() {}
    }

    /** {@code struct tpacket_stats}. */
    static final class TpacketStats {
        static final int TP_DROPS = 4;
        static final int BYTES = 8;

        private TpacketStats() {}
    }

    /** {@code struct tpacket2_hdr}, in front of each frame of a ring. */
    public static final class Tpacket2Hdr {
        public static final int TP_STATUS = 0;
        public static final int TP_LEN = 4;
        public static final int TP_SNAPLEN = 8;
        public static final int TP_MAC = 12;
        public static final int BYTES = 32;

        private Tpacket2Hdr() {}
    }

    /** {@code struct sockaddr_xdp}. */
    static final class SockaddrXdp {
        static final int SXDP_FAMILY = 0;
        static final int SXDP_FLAGS = 2;
        static final int SXDP_IFINDEX = 4;
        static final int SXDP_QUEUE_ID = 8;
        static final int BYTES = 16;

        private SockaddrXdp() {}
    }

    /** {@code struct xdp_umem_reg}. */
    static final class XdpUmemReg {
        static final int ADDR = 0;
        static final int LEN = 8;
        static final int CHUNK_SIZE = 16;
        static final int BYTES = 32;

        private XdpUmemReg() {}
    }

    /** {@code struct xdp_mmap_offsets}: one {@link XdpRingOffset} for each ring. */
    static final class XdpMmapOffsets {
        static final int RX = 0;
        static final int TX = 32;
        static final int FR = 64;
        static final int CR = 96;
        static final int BYTES = 128;

        private XdpMmapOffsets() {}
    }

    /** {@code struct xdp_ring_offset}. */
    static final class XdpRingOffset {
        static final int PRODUCER = 0;
        static final int CONSUMER = 8;
        static final int DESC = 16;
        static final int FLAGS = 24;
        static final int BYTES = 32;

        private XdpRingOffset() {}
    }

    /** {@code struct xdp_statistics}. */
    static final class XdpStatistics {
        static final int RX_DROPPED = 0;
        static final int RX_RING_FULL = 24;
        static final int RX_FILL_RING_EMPTY_DESCS = 32;
        static final int BYTES = 48;

        private XdpStatistics() {}
    }

    /** {@code struct xdp_desc}. */
    public static final class XdpDesc {
        public static final int ADDR = 0;
        public static final int LEN = 8;
        public static final int OPTIONS = 12;
        public static final int BYTES = 16;

        private XdpDesc() {}
    }

    /** {@code struct xdp_md}: what an XDP program is given. */
    static final class XdpMd {
        static final int DATA = 0;
        static final int DATA_END = 4;
        static final int RX_QUEUE_INDEX = 16;

        private XdpMd() {}
    }

    /** {@code union bpf_attr}; two underscores stand for a member of a member. */
    static final class BpfAttr {
        static final int MAP_TYPE = 0;
        static final int KEY_SIZE = 4;
        static final int VALUE_SIZE = 8;
        static final int MAX_ENTRIES = 12;
        static final int MAP_FD = 0;
        static final int KEY = 8;
        static final int VALUE = 16;
        static final int PROG_TYPE = 0;
        static final int INSN_CNT = 4;
        static final int INSNS = 8;
        static final int LICENSE = 16;
        static final int LINK_CREATE__PROG_FD = 0;
        static final int LINK_CREATE__TARGET_IFINDEX = 4;
        static final int LINK_CREATE__ATTACH_TYPE = 8;
        static final int LINK_CREATE__FLAGS = 12;

        private BpfAttr() {}
    }

    /** {@code struct ethtool_drvinfo}. */
    static final class EthtoolDrvinfo {
        static final int DRIVER = 4;
        static final int BYTES = 196;

        private EthtoolDrvinfo() {}
    }

    /** {@code struct ethtool_channels}. */
    static final class EthtoolChannels {
        static final int RX_COUNT = 20;
        static final int COMBINED_COUNT = 32;
        static final int BYTES = 36;

        private EthtoolChannels() {}
    }

    /** {@code struct sock_filter}: one instruction of a classic BPF program. */
    static final class SockFilter {
        static final int CODE = 0;
        static final int JT = 2;
        static final int JF = 3;
        static final int K = 4;
        static final int BYTES = 8;

        private SockFilter() {}
    }

    /** {@code struct sock_fprog}. */
    static final class SockFprog {
        static final int LEN = 0;
        static final int FILTER = 8;
        static final int BYTES = 16;

        private SockFprog() {}
    }

    /** {@code struct timespec}. */
    static final class Timespec {
        static final int TV_SEC = 0;
        static final int TV_NSEC = 8;
        static final int BYTES = 16;

        private Timespec() {}
    }

    /** {@code struct virtio_net_hdr_mrg_rxbuf}, the 12-byte header in front of each TAP frame. */
    public static final class VirtioNetHdr {
        public static final int FLAGS = 0;
        public static final int GSO_TYPE = 1;
        public static final int HDR_LEN = 2;
        public static final int GSO_SIZE = 4;
        public static final int CSUM_START = 6;
        public static final int CSUM_OFFSET = 8;

        /** Of the older header without num_buffers. */
        public static final int BYTES = 10;

        private VirtioNetHdr() {}
    }
}
