package io.virtuoso.host.virtio;

/** Something that a virtual machine, or its monitor, must not do: its connection ends with this reason. */
public final class VmFault extends Exception {
    private static final long serialVersionUID = 1L;

    private final Reason reason;

    /** What was wrong; counted under its name. */
    public enum Reason {
        /** More buffers were offered than the ring has room for. */
        AVAILABLE_INDEX("the available index is ahead by more than the ring's size"),
        /** A chain begins behind the end of the descriptor table. */
        DESCRIPTOR_HEAD("a chain begins outside the descriptor table"),
        /** A chain goes on behind the end of its table. */
        DESCRIPTOR_NEXT("a chain leaves its descriptor table"),
        /** A chain has more descriptors than the ring, so that it must come back to itself. */
        DESCRIPTOR_LOOP("a descriptor chain is longer than the ring"),
        /** A descriptor of no bytes, or of more than 2 GiB with those before it. */
        DESCRIPTOR_LENGTH("a descriptor's length makes no sense"),
        /** A descriptor names memory that is not the machine's. */
        DESCRIPTOR_ADDRESS("a descriptor names memory outside the machine's"),
        /** A buffer for the machine to write lies behind one for the device to write. */
        DESCRIPTOR_ORDER("a readable descriptor follows a writable one"),
        /** A buffer of a packed ring has a number that it cannot have. */
        DESCRIPTOR_ID("a buffer's number is outside the ring"),
        /** An indirect table in an indirect table, without its feature, or with more descriptors behind it. */
        INDIRECT("an indirect descriptor where none may be"),
        /** An indirect table whose length is not that of some descriptors. */
        INDIRECT_LENGTH("an indirect table's length makes no sense"),
        /** A ring that does not lie, aligned, within the machine's memory, or has an impossible size. */
        RING("a ring does not lie in the machine's memory, or has a bad size"),
        /** A memory table that overlaps itself or its files, or whose files could be cut short. */
        MEMORY_TABLE("the memory table makes no sense"),
        /** A vhost-user message that makes no sense. */
        MESSAGE("a vhost-user message made no sense"),
        /** Features that were not offered. */
        FEATURES("features were accepted that had not been offered"),
        /** A packet whose header does not fit its buffer. */
        PACKET("a packet's header does not fit its buffers"),
        /** An ivshmem device said something; it has nothing to say. */
        IVSHMEM("an ivshmem device spoke, which has only to listen"),
        /** A fault of the host stack's own, met while it served this machine. */
        HOST_FAULT("the host stack failed while serving it");

        private final String text;

        Reason(final String text) {
            this.text = text;
        }

        /** @return a clause for people */
        public String text() {
            return text;
        }
    }

    /** A fault that needs no more words. */
    public VmFault(final Reason reason) {
        this(reason, reason.text());
    }

    /** @param detail a clause for people */
    public VmFault(final Reason reason, final String detail) {
        super(detail, null, false, false);
        this.reason = reason;
    }

    public Reason reason() {
        return reason;
    }
}
