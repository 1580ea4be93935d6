package io.virtuoso.host.ffm;

/**
 * Constants and structure layouts of io_uring, named as in the C headers (linux/io_uring.h).
 *
 * <p>KernelAbiProbeTest compares every number, as with {@link Linux}.
 */
final class Uring {
    static final int SYS_io_uring_setup = 425;
    static final int SYS_io_uring_enter = 426;
    static final int IORING_FEAT_SINGLE_MMAP = 1;
    static final int IORING_FEAT_CQE_SKIP = 1 << 11;
    static final int IORING_OFF_SQ_RING = 0;
    static final int IORING_OFF_SQES = 0x1000_0000;
    static final int IORING_OP_WRITE = 23;
    static final int IOSQE_CQE_SKIP_SUCCESS = 1 << 6;
    static final int RWF_NOWAIT = 8;

    private Uring() {}

    /** {@code struct io_uring_params}: what was made, and where things are in the mapping of the rings. */
    static final class IoUringParams {
        static final int SQ_ENTRIES = 0;
        static final int CQ_ENTRIES = 4;
        static final int FEATURES = 20;
        static final int SQ_OFF__HEAD = 40;
        static final int SQ_OFF__TAIL = 44;
        static final int SQ_OFF__ARRAY = 64;
        static final int CQ_OFF__HEAD = 80;
        static final int CQ_OFF__TAIL = 84;
        static final int CQ_OFF__CQES = 100;
        static final int BYTES = 120;

        private IoUringParams() {}
    }

    /** {@code struct io_uring_sqe}: something to be done. */
    static final class IoUringSqe {
        static final int OPCODE = 0;
        static final int FLAGS = 1;
        static final int FD = 4;
        static final int ADDR = 16;
        static final int LEN = 24;
        static final int RW_FLAGS = 28;
        static final int USER_DATA = 32;
        static final int BYTES = 64;

        private IoUringSqe() {}
    }

    /** {@code struct io_uring_cqe}: what became of it. */
    static final class IoUringCqe {
        static final int USER_DATA = 0;
        static final int BYTES = 16;

        private IoUringCqe() {}
    }
}
