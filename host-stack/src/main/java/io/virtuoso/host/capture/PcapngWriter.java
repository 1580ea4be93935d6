package io.virtuoso.host.capture;

import io.virtuoso.host.wire.DropReason;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.Locale;
import java.util.Map;
import org.agrona.DirectBuffer;

/**
 * Records of a {@link CaptureRing} as pcapng (draft-ietf-opsawg-pcapng), which Wireshark and tcpdump read. Each network is
 * an interface, and what its guests copy to each other another, of frames that there would have been. Comments tell whose a
 * packet is, what it cost and what became of it. One thread only.
 */
public final class PcapngWriter {
    private static final int SECTION_HEADER = 0x0A0D_0D0A;
    private static final int INTERFACE_DESCRIPTION = 1;
    private static final int INTERFACE_STATISTICS = 5;
    private static final int ENHANCED_PACKET = 6;
    private static final int BYTE_ORDER_MAGIC = 0x1A2B_3C4D;
    private static final int VERSION = 1;
    private static final int LINKTYPE_ETHERNET = 1;
    private static final int OPTION_COMMENT = 1;
    private static final int OPTION_APPLICATION = 4;
    private static final int OPTION_NAME = 2;
    private static final int OPTION_RESOLUTION = 9;
    private static final int OPTION_FLAGS = 2;
    private static final int OPTION_DROPPED = 5;
    private static final byte NANOSECONDS = 9;

    /** Most bytes that one record takes besides what is kept of the packet, with an interface that it begins. */
    private static final int OVERHEAD = 1024;

    private final int snapLength;
    private final long epochNs;
    private final Map<String, Integer> interfaces = new HashMap<>();
    private final ByteBuffer out;
    private int blockAt;
    private long packets;

    /**
     * Writes the section's header, and an interface that stands for all: tcpdump wants one also where nothing comes.
     *
     * @param out     what is written to, from its position on; its byte order is set
     * @param epochNs what to add to records' times to get nanoseconds since 1970
     */
    public PcapngWriter(final ByteBuffer out, final CaptureFilter filter, final long epochNs) {
        this.out = out.order(ByteOrder.LITTLE_ENDIAN);
        this.snapLength = filter.snapLength();
        this.epochNs = epochNs;
        begin(SECTION_HEADER);
        out.putInt(BYTE_ORDER_MAGIC)
                .putShort((short) VERSION)
                .putShort((short) 0)
                .putLong(-1);
        option(OPTION_APPLICATION, "virtuoso capture");
        end();
        addInterface("host stack");
    }

    /** @return how many records there is certainly room for */
    public int room() {
        return out.remaining() / (snapLength + OVERHEAD);
    }

    /** @return packets written */
    public long packets() {
        return packets;
    }

    /** Writes a record; as a handler of {@link CaptureRing#read}. */
    public void onRecord(final int type, final DirectBuffer record, final int at, final int length) {
        final int direction = record.getInt(at + CaptureRecord.DIRECTION);
        final int kept = record.getInt(at + CaptureRecord.KEPT_BYTES);
        final long time = record.getLong(at + CaptureRecord.TIME) + epochNs;
        final int id = interfaceOf(name(record, at + CaptureRecord.NETWORK), direction);
        begin(ENHANCED_PACKET);
        out.putInt(id).putInt((int) (time >>> 32)).putInt((int) time);
        out.putInt(kept).putInt(record.getInt(at + CaptureRecord.PACKET_BYTES));
        record.getBytes(at + CaptureRecord.DATA, out, kept);
        pad(kept);
        option(OPTION_COMMENT, comment(record, at, direction));
        if (direction != CaptureRecord.LOCAL) {
            option(OPTION_FLAGS, Integer.BYTES).putInt(direction);
        }
        end();
        packets++;
    }

    private static String comment(final DirectBuffer record, final int at, final int direction) {
        final StringBuilder text = new StringBuilder(name(record, at + CaptureRecord.PAYER));
        if (direction == CaptureRecord.LOCAL) {
            return text.append(" to ")
                    .append(name(record, at + CaptureRecord.PEER))
                    .append(", one copy")
                    .toString();
        }
        append(text, "CPU", record.getLong(at + CaptureRecord.SPENT));
        final long waited = record.getLong(at + CaptureRecord.WAITED);
        append(text, "waited", waited == 0 ? CaptureRecord.UNKNOWN : waited);
        final int reason = record.getInt(at + CaptureRecord.DROP_REASON);
        if (reason != CaptureRecord.NOT_DROPPED) {
            final String drop = DropReason.of(reason).name().toLowerCase(Locale.ROOT);
            text.append("; dropped: ").append(drop);
        }
        return text.toString();
    }

    private static void append(final StringBuilder text, final String what, final long ns) {
        if (ns != CaptureRecord.UNKNOWN) {
            text.append(String.format(Locale.ROOT, "; %s %.1f us", what, ns / 1e3));
        }
    }

    private static String name(final DirectBuffer record, final int at) {
        return record.getStringWithoutLengthAscii(at + Integer.BYTES, record.getInt(at));
    }

    private int interfaceOf(final String network, final int direction) {
        final boolean local = direction == CaptureRecord.LOCAL;
        final String name = local ? network + " (guest to guest)" : network;
        final Integer known = interfaces.get(name);
        if (known != null) {
            return known;
        }
        return addInterface(name);
    }

    private int addInterface(final String name) {
        final int id = interfaces.size();
        interfaces.put(name, id);
        begin(INTERFACE_DESCRIPTION);
        out.putShort((short) LINKTYPE_ETHERNET).putShort((short) 0);
        out.putInt(snapLength);
        option(OPTION_NAME, name);
        option(OPTION_RESOLUTION, 1).put(NANOSECONDS);
        pad(1);
        end();
        return id;
    }

    /** Writes how many packets were lost on their way here, of all interfaces. */
    public void finish(final long nowNs, final long lost) {
        final long time = nowNs + epochNs;
        begin(INTERFACE_STATISTICS);
        out.putInt(0).putInt((int) (time >>> 32)).putInt((int) time);
        option(OPTION_DROPPED, Long.BYTES).putLong(lost);
        end();
    }

    private void begin(final int type) {
        blockAt = out.position();
        out.putInt(type).putInt(0);
    }

    private void end() {
        out.putInt(0); // no more options
        final int length = out.position() + Integer.BYTES - blockAt;
        out.putInt(length).putInt(blockAt + Integer.BYTES, length);
    }

    private void option(final int code, final String text) {
        final byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
        option(code, bytes.length).put(bytes);
        pad(bytes.length);
    }

    private ByteBuffer option(final int code, final int length) {
        return out.putShort((short) code).putShort((short) length);
    }

    private void pad(final int length) {
        for (int i = length; i % Integer.BYTES != 0; i++) {
            out.put((byte) 0);
        }
    }
}
