package io.virtuoso.host.port;

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
 *   0        6               18                32
 *   | unused | virtio header | Ethernet header | IP packet or ARP, up to 65,535 bytes
 *                            |&lt;-- length ---------------------------------------------&gt;|
 * </pre>
 */
public final class Frame {
    public static final int VIRTIO_AT = 6;
    public static final int ETHERNET_AT = VIRTIO_AT + VirtioNetHeader.BYTES;
    public static final int NETWORK_AT = ETHERNET_AT + EthernetHeader.BYTES;
    /** Where TCP or ICMP begins in the IPv4 frames that the host stack makes. */
    public static final int TRANSPORT_AT = NETWORK_AT + Ipv4Header.BYTES;
    /** Where TCP or ICMPv6 begins in the IPv6 frames that the host stack makes. */
    public static final int TRANSPORT_AT_IPV6 = NETWORK_AT + Ipv6Header.BYTES;
    /** Longest Ethernet frame, without the virtio header, in bytes. */
    public static final int MAX_LENGTH = EthernetHeader.BYTES + Ipv4Header.MAX_PACKET;

    private final ByteBuffer buffer;
    private final long address;
    private int length;

    /** Makes a frame that holds anything a port may receive. */
    public Frame() {
        this(MAX_LENGTH);
    }

    /** Makes a frame of at most so many bytes, Ethernet header included. */
    public Frame(final int maxLength) {
        buffer = ByteBuffer.allocateDirect((ETHERNET_AT + maxLength + 63) & -64);
        address = MemorySegment.ofBuffer(buffer).address();
    }

    /** @return the memory, to be read and written at absolute positions */
    public ByteBuffer buffer() {
        return buffer;
    }

    /** @return where the memory lies, for system calls; valid as long as this frame is reachable */
    public long address() {
        return address;
    }

    /** @return bytes of the Ethernet frame, from {@link #ETHERNET_AT} */
    public int length() {
        return length;
    }

    public void length(final int newLength) {
        length = newLength;
    }

    /** @return position behind the frame's last byte */
    public int end() {
        return ETHERNET_AT + length;
    }

    /** Takes over another frame, virtio header included. */
    public void copyFrom(final Frame source) {
        buffer.put(VIRTIO_AT, source.buffer, VIRTIO_AT, VirtioNetHeader.BYTES + source.length);
        length = source.length;
    }
}
