package io.virtuoso.host.vhost;

/** Numbers of the vhost-user protocol. It has no system header; names are those of its specification. */
final class VhostUser {
    static final int GET_FEATURES = 1;
    static final int SET_FEATURES = 2;
    static final int SET_OWNER = 3;
    static final int RESET_OWNER = 4;
    static final int SET_MEM_TABLE = 5;
    static final int SET_VRING_NUM = 8;
    static final int SET_VRING_ADDR = 9;
    static final int SET_VRING_BASE = 10;
    static final int GET_VRING_BASE = 11;
    static final int SET_VRING_KICK = 12;
    static final int SET_VRING_CALL = 13;
    static final int SET_VRING_ERR = 14;
    static final int GET_PROTOCOL_FEATURES = 15;
    static final int SET_PROTOCOL_FEATURES = 16;
    static final int GET_QUEUE_NUM = 17;
    static final int SET_VRING_ENABLE = 18;
    static final int GET_CONFIG = 24;
    static final int SET_CONFIG = 25;
    static final int RESET_DEVICE = 34;

    /** Of the device's features: protocol features are known. */
    static final long F_PROTOCOL_FEATURES = 1L << 30;

    static final long PROTOCOL_F_MQ = 1L << 0;
    static final long PROTOCOL_F_REPLY_ACK = 1L << 3;
    static final long PROTOCOL_F_CONFIG = 1L << 9;
    static final long PROTOCOL_F_RESET_DEVICE = 1L << 13;

    /** Header: request, flags, length of the payload; four bytes each. */
    static final int REQUEST = 0;

    static final int FLAGS = 4;
    static final int SIZE = 8;
    static final int PAYLOAD = 12;

    static final int VERSION_MASK = 3;
    static final int VERSION = 1;
    static final int REPLY = 4;
    static final int NEED_REPLY = 8;

    /** Longest payload that makes sense: a memory table, or a configuration space. */
    static final int MAX_PAYLOAD = 1024 - PAYLOAD;

    /** In the number that goes with a descriptor: which ring, and that there is no descriptor. */
    static final long RING_MASK = 0xff;

    static final long NO_FD = 0x100;

    /** Configuration space: offset, size, flags, then bytes. */
    static final int CONFIG_OFFSET = 0;

    static final int CONFIG_SIZE = 4;
    static final int CONFIG_FLAGS = 8;
    static final int CONFIG_BYTES = 12;

    private VhostUser() {}
}
