package io.virtuoso.host.capture;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/** What a capture says, read block by block as the draft has it. */
public final class PcapngFile {
    private static final int SECTION_HEADER = 0x0A0D_0D0A;
    private static final int BYTE_ORDER_MAGIC = 0x1A2B_3C4D;

    /** A network, or what its guests copy to each other. */
    public record Interface(String name, int linkType) {}

    /** @param direction 1: in, 2: out, 0: neither */
    public record Packet(Interface on, long time, int length, ByteBuffer data, String comment, int direction) {}

    private final List<Interface> interfaces = new ArrayList<>();
    private final List<Packet> packets = new ArrayList<>();
    private long lost = -1;

    /** @param file whole blocks, from its position to its limit */
    public PcapngFile(final ByteBuffer file) {
        file.order(ByteOrder.LITTLE_ENDIAN);
        boolean first = true;
        while (file.hasRemaining()) {
            final int at = file.position();
            final int type = file.getInt(at);
            final int length = file.getInt(at + 4);
            check(length % 4 == 0 && length >= 12 && file.getInt(at + length - 4) == length, "block length");
            check(first == (type == SECTION_HEADER), "one section");
            first = false;
            final ByteBuffer body = file.slice(at + 8, length - 12).order(ByteOrder.LITTLE_ENDIAN);
            switch (type) {
                case SECTION_HEADER -> check(body.getInt() == BYTE_ORDER_MAGIC, "byte order");
                case 1 -> onInterface(body);
                case 5 -> lost = body.getLong(16);
                case 6 -> onPacket(body);
                default -> check(false, "block type");
            }
            file.position(at + length);
        }
    }

    /** Writes what is in a ring, and reads it again. The epoch is added to records' times. */
    public static PcapngFile of(final CaptureRing ring, final CaptureFilter filter, final long epochNs) {
        final ByteBuffer out = ByteBuffer.allocateDirect(2 * CaptureRing.BYTES);
        final PcapngWriter writer = new PcapngWriter(out, filter, epochNs);
        while (ring.read(writer::onRecord, writer.room()) > 0) {
            check(writer.room() > 0, "room");
        }
        writer.finish(0, ring.lost());
        final PcapngFile file = new PcapngFile(out.flip());
        check(file.packets.size() == writer.packets(), "number of packets");
        check(file.lost == ring.lost(), "lost packets");
        return file;
    }

    private static void check(final boolean holds, final String what) {
        if (!holds) {
            throw new AssertionError(what);
        }
    }

    private void onInterface(final ByteBuffer body) {
        final int linkType = body.getShort();
        body.position(8);
        final Options options = new Options(body);
        check(options.resolution == 9, "nanoseconds");
        interfaces.add(new Interface(options.texts.getFirst(), linkType));
    }

    private void onPacket(final ByteBuffer body) {
        final Interface on = interfaces.get(body.getInt());
        final long time = (long) body.getInt() << 32 | body.getInt() & 0xffff_ffffL;
        final byte[] data = new byte[body.getInt()];
        final int length = body.getInt();
        body.get(data);
        body.position(body.position() + 3 & -4);
        final Options options = new Options(body);
        packets.add(new Packet(on, time, length, ByteBuffer.wrap(data), options.texts.getFirst(), options.flags));
    }

    /** Options of a block: comments and names (both are texts), flags, resolution. */
    private static final class Options {
        private final List<String> texts = new ArrayList<>();
        private int flags;
        private int resolution;

        Options(final ByteBuffer body) {
            int code;
            while ((code = body.getShort()) != 0) {
                final byte[] value = new byte[body.getShort()];
                body.get(value);
                body.position(body.position() + 3 & -4);
                if (code == 9) {
                    resolution = value[0];
                } else if (code == 2 && value.length == 4 && value[1] == 0) {
                    flags = value[0];
                } else {
                    texts.add(new String(value, StandardCharsets.UTF_8));
                }
            }
            check(body.getShort() == 0 && !body.hasRemaining(), "end of options");
        }
    }

    public List<Packet> packets() {
        return packets;
    }

    /** @return packets lost; -1 if the file does not say */
    public long lost() {
        return lost;
    }
}
