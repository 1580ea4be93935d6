package io.virtuoso.host.port;

import io.virtuoso.host.ffm.IoVector;
import io.virtuoso.host.ffm.NativeMemory;
import io.virtuoso.host.wire.EthernetHeader;
import io.virtuoso.host.wire.Ipv4Header;
import io.virtuoso.host.wire.Ipv6Header;
import io.virtuoso.host.wire.VirtioNetHeader;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;

/**
 * One frame in native memory, made once and used again and again. The IP header is 8-byte aligned.
 *
 * <pre>
 *   0          78              90                104
 *   | headroom | virtio header | Ethernet header | IP packet or ARP, up to 65,535 bytes
 *                              |&lt;-- length ---------------------------------------------&gt;|
 * </pre>
 *
 * <p>The headroom is for tunnels: with outer headers in front ({@link #prepend}) the frame begins earlier, at
 * {@link #ethernetAt}, its virtio header lies before that, and what is inside stays where it is. Only ports and what is
 * below them meet such frames; everywhere else a frame begins at {@link #ETHERNET_AT}.
 */
public final class Frame {
    /** Most bytes of outer headers: Ethernet, IPv6, UDP and VXLAN, rounded up. */
    public static final int HEADROOM = 72;

    public static final int VIRTIO_AT = 6 + HEADROOM;
    public static final int ETHERNET_AT = VIRTIO_AT + VirtioNetHeader.BYTES;
    public static final int NETWORK_AT = ETHERNET_AT + EthernetHeader.BYTES;
    /** Where TCP or ICMP begins in the IPv4 frames that the host stack makes. */
    public static final int TRANSPORT_AT = NETWORK_AT + Ipv4Header.BYTES;
    /** Where TCP or ICMPv6 begins in the IPv6 frames that the host stack makes. */
    public static final int TRANSPORT_AT_IPV6 = NETWORK_AT + Ipv6Header.BYTES;
    /** Longest Ethernet frame, without the virtio header, in bytes. */
    public static final int MAX_LENGTH = EthernetHeader.BYTES + Ipv4Header.MAX_PACKET;
    /** The same for the longest packet of IPv6, which no port carries in one frame. */
    public static final int MAX_LENGTH_IPV6 = MAX_LENGTH + Ipv6Header.BYTES;

    /** Headers of an IPv4 segment with timestamps. */
    private static final int HEADER_BYTES = 66;

    private static final int MAX_PIECES = 2;
    /** Room that {@link #pieces(IoVector, int)} needs. */
    static final int VECTOR_PIECES = MAX_PIECES + 2;

    private final ByteBuffer buffer;
    private final MemorySegment memory;
    private final long address;
    private final long[] pieceAddresses = new long[MAX_PIECES];
    private final int[] pieceBytes = new int[MAX_PIECES];
    private int pieces;
    private int length;
    private int outer;

    /** Makes a frame that holds anything a port may receive. */
    public Frame() {
        this(MAX_LENGTH);
    }

    /** Makes a frame of at most so many bytes, Ethernet header included. */
    public Frame(final int maxLength) {
        buffer = ByteBuffer.allocateDirect((ETHERNET_AT + maxLength + 63) & -64);
        memory = MemorySegment.ofBuffer(buffer);
        address = memory.address();
    }

    /** @return the memory, to be read and written at absolute positions */
    public ByteBuffer buffer() {
        return buffer;
    }

    /** @return the same memory, for copies from and to other memory */
    public MemorySegment memory() {
        return memory;
    }

    /** @return where the memory lies, for system calls; valid as long as this frame is reachable */
    public long address() {
        return address;
    }

    /** @return where the frame begins: {@link #ETHERNET_AT}, or earlier by the outer headers in front */
    public int ethernetAt() {
        return ETHERNET_AT - outer;
    }

    /** @return where the frame's virtio header is: right before {@link #ethernetAt} */
    public int virtioAt() {
        return VIRTIO_AT - outer;
    }

    /** Lets the frame begin earlier, by the bytes of an outer header, which is written after this. */
    public void prepend(final int bytes) {
        outer += bytes;
        length += bytes;
    }

    /** Takes bytes off the front. */
    public void strip(final int bytes) {
        outer -= bytes;
        length -= bytes;
    }

    /** Lets the frame be received with so many bytes, at most {@link #HEADROOM}, in front of {@link #ETHERNET_AT}. */
    public void expectOuter(final int bytes) {
        outer = bytes;
        length = 0;
    }

    /** @return bytes of the Ethernet frame, from {@link #ethernetAt}, and of its pieces elsewhere */
    public int length() {
        return length;
    }

    /** @return IP packets that the frame stands for, as its virtio header says */
    public int packets() {
        final int size = VirtioNetHeader.gsoSize(buffer, VIRTIO_AT);
        if (size == 0 || VirtioNetHeader.gsoType(buffer, VIRTIO_AT) == VirtioNetHeader.GSO_NONE) {
            return 1;
        }
        return Math.max(1, (length - HEADER_BYTES + size - 1) / size);
    }

    /** Says how long the frame is, with all of it here. */
    public void length(final int newLength) {
        length = newLength;
        pieces = 0;
    }

    /**
     * Lets the frame go on with bytes that lie elsewhere: at most two pieces, valid until the frame is transmitted. Only
     * for ports that gather, and for nothing but that: whoever reads this frame does not see them.
     */
    public void append(final long pieceAddress, final int bytes) {
        pieceAddresses[pieces] = pieceAddress;
        pieceBytes[pieces++] = bytes;
        length += bytes;
    }

    /** @return true if a part of the frame lies elsewhere */
    boolean isScattered() {
        return pieces > 0;
    }

    /**
     * Writes down where the frame lies, pieces included, from a place of a vector on.
     *
     * @return the vector's next free place
     */
    int pieces(final IoVector vector, final int from) {
        int here = length;
        for (int i = 0; i < pieces; i++) {
            vector.set(from + 1 + i, pieceAddresses[i], pieceBytes[i]);
            here -= pieceBytes[i];
        }
        vector.set(from, address + ethernetAt(), here);
        return from + 1 + pieces;
    }

    /** @return position behind the frame's last byte */
    public int end() {
        return ethernetAt() + length;
    }

    /** Takes over another frame, virtio header included, to where this one begins. */
    public void copyFrom(final Frame source) {
        buffer.put(virtioAt(), source.buffer, source.virtioAt(), VirtioNetHeader.BYTES + source.length);
        length = source.length;
    }

    /** The same with what of the other frame lies elsewhere, so that all of it is here. */
    void gatherFrom(final Frame source) {
        int elsewhere = 0;
        for (int i = 0; i < source.pieces; i++) {
            elsewhere += source.pieceBytes[i];
        }
        final int here = source.length - elsewhere;
        buffer.put(virtioAt(), source.buffer, source.virtioAt(), VirtioNetHeader.BYTES + here);
        length(source.length);
        int at = ethernetAt() + here;
        for (int i = 0; i < source.pieces; i++) {
            NativeMemory.copy(source.pieceAddresses[i], source.pieceBytes[i], memory, at);
            at += source.pieceBytes[i];
        }
    }
}
