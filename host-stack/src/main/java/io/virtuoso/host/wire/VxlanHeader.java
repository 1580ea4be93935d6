package io.virtuoso.host.wire;

import java.nio.ByteBuffer;

/**
 * VXLAN header (RFC 7348 section 5), between UDP and an Ethernet frame. The caller has checked that {@link #BYTES} are
 * there.
 *
 * <pre>
 *   0       1          4     7          8
 *   | flags | reserved | VNI | reserved | Ethernet frame
 * </pre>
 */
public final class VxlanHeader {
    public static final int BYTES = 8;
    /** The UDP port that IANA gave to it. */
    public static final int DEFAULT_PORT = 4789;
    /** First of the source ports: the dynamic range. */
    public static final int FIRST_SOURCE_PORT = 49_152;

    private static final int VALID_VNI = 0x08;
    private static final int VNI = 4;

    private VxlanHeader() {}

    /** @return true if the header says which network the frame belongs to; reserved bits are ignored, as they must be */
    public static boolean hasVni(final ByteBuffer buffer, final int at) {
        return (Wire.u8(buffer, at) & VALID_VNI) != 0;
    }

    /** @return the virtual network identifier, 24 bits */
    public static int vni(final ByteBuffer buffer, final int at) {
        return Wire.i32(buffer, at + VNI) >>> Byte.SIZE;
    }

    /** Writes the whole header. */
    public static void write(final ByteBuffer buffer, final int at, final int vni) {
        Wire.put32(buffer, at, VALID_VNI << 24);
        Wire.put32(buffer, at + VNI, vni << Byte.SIZE);
    }
}
