package io.virtuoso.host.ffm;

/**
 * Constants and structure layouts of virtio and vhost, named as in the system's headers (linux/virtio_config.h,
 * virtio_ring.h, virtio_net.h, virtio_vsock.h, vhost_types.h).
 *
 * <p>KernelAbiProbeTest compiles a C program from the names in this class and compares every number.
 */
public final class Virtio {
    public static final int VRING_DESC_F_NEXT = 1;
    public static final int VRING_DESC_F_WRITE = 2;
    public static final int VRING_DESC_F_INDIRECT = 4;
    public static final int VRING_USED_F_NO_NOTIFY = 1;
    public static final int VRING_AVAIL_F_NO_INTERRUPT = 1;
    /** Bit numbers in a packed descriptor's flags. */
    public static final int VRING_PACKED_DESC_F_AVAIL = 7;

    public static final int VRING_PACKED_DESC_F_USED = 15;
    public static final int VRING_PACKED_EVENT_FLAG_ENABLE = 0;
    public static final int VRING_PACKED_EVENT_FLAG_DISABLE = 1;
    public static final int VRING_PACKED_EVENT_FLAG_DESC = 2;
    /** Bit number in a packed ring's off_wrap. */
    public static final int VRING_PACKED_EVENT_F_WRAP_CTR = 15;

    /** Numbers of feature bits. */
    public static final int VIRTIO_RING_F_INDIRECT_DESC = 28;

    public static final int VIRTIO_RING_F_EVENT_IDX = 29;
    public static final int VIRTIO_F_VERSION_1 = 32;
    public static final int VIRTIO_F_RING_PACKED = 34;
    public static final int VIRTIO_F_IN_ORDER = 35;

    /** The same, of network cards. */
    public static final int VIRTIO_NET_F_CSUM = 0;

    public static final int VIRTIO_NET_F_GUEST_CSUM = 1;
    public static final int VIRTIO_NET_F_GUEST_TSO4 = 7;
    public static final int VIRTIO_NET_F_GUEST_TSO6 = 8;
    public static final int VIRTIO_NET_F_GUEST_ECN = 9;
    public static final int VIRTIO_NET_F_HOST_TSO4 = 11;
    public static final int VIRTIO_NET_F_HOST_TSO6 = 12;
    public static final int VIRTIO_NET_F_HOST_ECN = 13;
    public static final int VIRTIO_NET_F_MRG_RXBUF = 15;

    /** Bit number of a ring's flags. */
    public static final int VHOST_VRING_F_LOG = 0;

    public static final int VIRTIO_VSOCK_TYPE_STREAM = 1;
    public static final int VIRTIO_VSOCK_OP_REQUEST = 1;
    public static final int VIRTIO_VSOCK_OP_RESPONSE = 2;
    public static final int VIRTIO_VSOCK_OP_RST = 3;
    public static final int VIRTIO_VSOCK_OP_SHUTDOWN = 4;
    public static final int VIRTIO_VSOCK_OP_RW = 5;
    public static final int VIRTIO_VSOCK_OP_CREDIT_UPDATE = 6;
    public static final int VIRTIO_VSOCK_OP_CREDIT_REQUEST = 7;
    public static final int VIRTIO_VSOCK_SHUTDOWN_RCV = 1;
    public static final int VIRTIO_VSOCK_SHUTDOWN_SEND = 2;

    private Virtio() {}

    /** {@code struct vring_desc}. */
    public static final class VringDesc {
        public static final int ADDR = 0;
        public static final int LEN = 8;
        public static final int FLAGS = 12;
        public static final int NEXT = 14;
        public static final int BYTES = 16;

        private VringDesc() {}
    }

    /** {@code struct vring_avail}; the ring is followed by used_event. */
    public static final class VringAvail {
        public static final int FLAGS = 0;
        public static final int IDX = 2;
        public static final int RING = 4;

        private VringAvail() {}
    }

    /** {@code struct vring_used}; the ring is followed by avail_event. */
    public static final class VringUsed {
        public static final int FLAGS = 0;
        public static final int IDX = 2;
        public static final int RING = 4;

        private VringUsed() {}
    }

    /** {@code struct vring_used_elem}. */
    public static final class VringUsedElem {
        public static final int ID = 0;
        public static final int LEN = 4;
        public static final int BYTES = 8;

        private VringUsedElem() {}
    }

    /** {@code struct vring_packed_desc}. */
    public static final class VringPackedDesc {
        public static final int ADDR = 0;
        public static final int LEN = 8;
        public static final int ID = 12;
        public static final int FLAGS = 14;
        public static final int BYTES = 16;

        private VringPackedDesc() {}
    }

    /** {@code struct vring_packed_desc_event}. */
    public static final class VringPackedDescEvent {
        public static final int OFF_WRAP = 0;
        public static final int FLAGS = 2;
        public static final int BYTES = 4;

        private VringPackedDescEvent() {}
    }

    /** {@code struct vhost_vring_state}. */
    public static final class VhostVringState {
        public static final int INDEX = 0;
        public static final int NUM = 4;
        public static final int BYTES = 8;

        private VhostVringState() {}
    }

    /** {@code struct vhost_vring_addr}. */
    public static final class VhostVringAddr {
        public static final int INDEX = 0;
        public static final int FLAGS = 4;
        public static final int DESC_USER_ADDR = 8;
        public static final int USED_USER_ADDR = 16;
        public static final int AVAIL_USER_ADDR = 24;
        public static final int LOG_GUEST_ADDR = 32;
        public static final int BYTES = 40;

        private VhostVringAddr() {}
    }

    /** {@code struct vhost_memory_region}; vhost-user has the offset in the file in place of the padding. */
    public static final class VhostMemoryRegion {
        public static final int GUEST_PHYS_ADDR = 0;
        public static final int MEMORY_SIZE = 8;
        public static final int USERSPACE_ADDR = 16;
        public static final int FLAGS_PADDING = 24;
        public static final int BYTES = 32;

        private VhostMemoryRegion() {}
    }

    /** {@code struct virtio_vsock_hdr}. */
    public static final class VirtioVsockHdr {
        public static final int SRC_CID = 0;
        public static final int DST_CID = 8;
        public static final int SRC_PORT = 16;
        public static final int DST_PORT = 20;
        public static final int LEN = 24;
        public static final int TYPE = 28;
        public static final int OP = 30;
        public static final int FLAGS = 32;
        public static final int BUF_ALLOC = 36;
        public static final int FWD_CNT = 40;
        public static final int BYTES = 44;

        private VirtioVsockHdr() {}
    }

    /** {@code struct virtio_vsock_config}. */
    public static final class VirtioVsockConfig {
        public static final int GUEST_CID = 0;
        public static final int BYTES = 8;

        private VirtioVsockConfig() {}
    }
}
