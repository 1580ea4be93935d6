package io.virtuoso.host.vsock;

import io.virtuoso.host.ffm.Virtio.VirtioVsockHdr;
import io.virtuoso.host.virtio.DescriptorChain;
import io.virtuoso.host.virtio.VmFault;
import io.virtuoso.host.virtio.VmFault.Reason;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/** The header of a packet, in this process's own memory; reusable, one thread. */
final class VsockPacket {
    private static final ValueLayout.OfInt INT = ValueLayout.JAVA_INT_UNALIGNED;
    private static final ValueLayout.OfShort SHORT = ValueLayout.JAVA_SHORT_UNALIGNED;
    private static final ValueLayout.OfLong LONG = ValueLayout.JAVA_LONG_UNALIGNED;

    private final MemorySegment header = Arena.ofAuto().allocate(VirtioVsockHdr.BYTES, Long.BYTES);

    /** Copies the header of a packet that the machine sent. @throws VmFault if it does not fit its buffer */
    void read(final DescriptorChain chain) throws VmFault {
        if (chain.readableBytes() < VirtioVsockHdr.BYTES) {
            throw new VmFault(Reason.PACKET, "a vsock packet is shorter than its header");
        }
        chain.read(0, header, 0, VirtioVsockHdr.BYTES);
        if (length() < 0 || length() > chain.readableBytes() - VirtioVsockHdr.BYTES) {
            throw new VmFault(Reason.PACKET, "a vsock packet is shorter than its header says");
        }
    }

    long sourceCid() {
        return header.get(LONG, VirtioVsockHdr.SRC_CID);
    }

    long targetCid() {
        return header.get(LONG, VirtioVsockHdr.DST_CID);
    }

    int sourcePort() {
        return header.get(INT, VirtioVsockHdr.SRC_PORT);
    }

    int targetPort() {
        return header.get(INT, VirtioVsockHdr.DST_PORT);
    }

    int length() {
        return header.get(INT, VirtioVsockHdr.LEN);
    }

    int type() {
        return header.get(SHORT, VirtioVsockHdr.TYPE) & 0xffff;
    }

    int operation() {
        return header.get(SHORT, VirtioVsockHdr.OP) & 0xffff;
    }

    int flags() {
        return header.get(INT, VirtioVsockHdr.FLAGS);
    }

    int room() {
        return header.get(INT, VirtioVsockHdr.BUF_ALLOC);
    }

    int forwarded() {
        return header.get(INT, VirtioVsockHdr.FWD_CNT);
    }

    void cids(final long source, final long target) {
        header.set(LONG, VirtioVsockHdr.SRC_CID, source);
        header.set(LONG, VirtioVsockHdr.DST_CID, target);
    }

    void ports(final int source, final int target) {
        header.set(INT, VirtioVsockHdr.SRC_PORT, source);
        header.set(INT, VirtioVsockHdr.DST_PORT, target);
    }

    void operation(final int type, final int operation, final int flags, final int length) {
        header.set(SHORT, VirtioVsockHdr.TYPE, (short) type);
        header.set(SHORT, VirtioVsockHdr.OP, (short) operation);
        header.set(INT, VirtioVsockHdr.FLAGS, flags);
        header.set(INT, VirtioVsockHdr.LEN, length);
    }

    void credit(final int room, final int forwarded) {
        header.set(INT, VirtioVsockHdr.BUF_ALLOC, room);
        header.set(INT, VirtioVsockHdr.FWD_CNT, forwarded);
    }

    /** Writes it to the beginning of a buffer of the machine's. */
    void write(final DescriptorChain chain) {
        chain.write(0, header, 0, VirtioVsockHdr.BYTES);
    }
}
