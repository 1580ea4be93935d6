package io.virtuoso.conformance;

import static io.virtuoso.conformance.Bytes.expect;
import static io.virtuoso.conformance.Bytes.expectEnd;
import static io.virtuoso.conformance.Bytes.write;
import static io.virtuoso.conformance.Channels.text;
import static io.virtuoso.conformance.Support.blocked;
import static io.virtuoso.conformance.Support.check;
import static io.virtuoso.conformance.Support.eventually;
import static io.virtuoso.conformance.Support.fails;
import static io.virtuoso.conformance.Support.pause;
import static io.virtuoso.conformance.Support.same;

import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.util.Arrays;

/** Moving bytes, in every way. */
final class Data {
    private static final int MEGABYTES = 10_000_000;

    private Data() {}

    @Case
    static void echo(final Kind kind) throws Exception {
        final Wire.Pair pair = kind.pair();
        write(pair.client, "hello");
        expect(pair.server, "hello");
        write(pair.server, "world");
        expect(pair.client, "world");
    }

    @Case
    static void readTakesWhatIsThere(final Kind kind) throws Exception {
        final Wire.Pair pair = kind.pair();
        write(pair.client, "abc");
        same(pair.server.read(new byte[64], 0, 64), 3);
    }

    @Case
    static void readsMayBeSmallerThanWrites(final Kind kind) throws Exception {
        final Wire.Pair pair = kind.pair();
        write(pair.client, "abcdef");
        expect(pair.server, "ab");
        expect(pair.server, "c");
        expect(pair.server, "def");
    }

    @Case
    static void readsGoWhereTheyAreTold(final Kind kind) throws Exception {
        final Wire.Pair pair = kind.pair();
        write(pair.client, "abc");
        final byte[] bytes = new byte[7];
        Arrays.fill(bytes, (byte) '-');
        same(pair.server.read(bytes, 2, 3), 3);
        same(new String(bytes, java.nio.charset.StandardCharsets.US_ASCII), "--abc--");
        pair.server.write(Bytes.of("xyz12"), 1, 3);
        expect(pair.client, "yz1");
    }

    @Case
    static void writesJoinIntoOneStream(final Kind kind) throws Exception {
        final Wire.Pair pair = kind.pair();
        for (int i = 0; i < 1000; i++) {
            write(pair.client, "0123456789");
        }
        final byte[] bytes = Bytes.read(pair.server, 10000);
        for (int i = 0; i < bytes.length; i++) {
            same((int) bytes[i], '0' + i % 10);
        }
    }

    @Case
    static void thousandRoundTrips(final Kind kind) throws Exception {
        final Wire.Pair pair = kind.pair();
        for (int i = 0; i < 1000; i++) {
            final byte[] number = ByteBuffer.allocate(4).putInt(i).array();
            pair.client.write(number);
            pair.server.write(Bytes.read(pair.server, 4));
            check(Arrays.equals(Bytes.read(pair.client, 4), number), "wrong bytes");
        }
    }

    @Case
    static void zeroBytesAreNoEvent(final Kind kind) throws Exception {
        final Wire.Pair pair = kind.pair();
        pair.client.write(new byte[0]);
        final Job reader = blocked(() -> expect(pair.server, "x"));
        write(pair.client, "x");
        reader.join();
        same(pair.server.read(new byte[1], 0, 0), 0);
    }

    @Case
    static void blockingWriteWaitsAndWritesAll(final Kind kind) throws Exception {
        final Wire.Pair pair = kind.pair();
        final int size = 12 << 20;
        final byte[] bytes = new byte[size];
        Bytes.fill(bytes, size, 7, 0);
        final Job writer = Support.job(() -> pair.client.write(bytes));
        pause(100);
        check(writer.isRunning(), "did not wait");
        Bytes.expectPattern(pair.server, 7, size);
        writer.join();
    }

    @Case
    static void blockingReadWaits(final Kind kind) throws Exception {
        final Wire.Pair pair = kind.pair();
        final Job reader = blocked(() -> same(pair.server.read(new byte[16], 0, 16), 4));
        write(pair.client, "late");
        reader.join();
    }

    @Case(seconds = 90)
    static void tenMegabytesOneWay(final Kind kind) throws Exception {
        final Wire.Pair pair = kind.pair();
        final Job sender = Bytes.sending(pair.client, 11, MEGABYTES);
        Bytes.receiving(pair.server, 11, MEGABYTES).join(80_000);
        sender.join();
    }

    @Case(seconds = 90)
    static void tenMegabytesBothWaysAtOnce(final Kind kind) throws Exception {
        final Wire.Pair pair = kind.pair();
        final Job[] jobs = {
            Bytes.sending(pair.client, 11, MEGABYTES),
            Bytes.receiving(pair.server, 11, MEGABYTES),
            Bytes.sending(pair.server, 12, MEGABYTES),
            Bytes.receiving(pair.client, 12, MEGABYTES)
        };
        for (final Job job : jobs) {
            job.join(80_000);
        }
    }

    @Case
    static void bytesOfASlowReaderAreKept(final Kind kind) throws Exception {
        final Wire.Pair pair = kind.pair();
        final Job sender = Bytes.sending(pair.client, 5, 6_000_000);
        pause(100);
        Bytes.expectPattern(pair.server, 5, 1_000_000);
        pause(50);
        Bytes.expectPattern(pair.server, 5, 1_000_000, 5_000_000);
        expectEnd(pair.server);
        sender.join();
    }

    @Case
    static void oneByteWritesOneByteReads(final Kind kind) throws Exception {
        final Wire.Pair pair = kind.pair();
        pair.client.set(StandardSocketOptions.TCP_NODELAY, true);
        for (int i = 0; i < 2000; i++) {
            pair.client.write(new byte[] {(byte) i});
        }
        for (int i = 0; i < 2000; i++) {
            same(Bytes.read(pair.server, 1)[0], (byte) i);
        }
    }

    @Case
    static void everySizeAroundRingEdges(final Kind kind) throws Exception {
        final Wire.Pair pair = kind.pair();
        long seed = 1;
        for (int base = 1; base <= 65536; base *= 2) {
            for (int size = Math.max(base - 2, 1); size <= base + 2; size++) {
                final byte[] out = new byte[size];
                Bytes.fill(out, size, seed, 0);
                pair.client.write(out);
                check(Arrays.equals(Bytes.read(pair.server, size), out), "wrong bytes, size " + size);
                seed++;
            }
        }
    }

    /** The pair's ends have different APIs. */
    @Case
    static void kindsMix(final Kind kind) throws Exception {
        for (final Kind other : Kind.values()) {
            if (other != Kind.VIRTUAL) {
                final Wire.Ear listener = kind.listen();
                final Wire client = other.connect(listener.local());
                final Wire server = listener.accept();
                final Job sender = Bytes.sending(client, 3, 300_000);
                Bytes.receiving(server, 3, 300_000).join();
                sender.join();
                write(server, "end");
                server.close();
                expect(client, "end");
                expectEnd(client);
            }
        }
    }

    @Case
    static void writevAndReadv() throws Exception {
        final SocketChannel[] pair = Channels.pair();
        final ByteBuffer[] out = {text("one"), text(""), text("two"), text("three")};
        same(pair[0].write(out), 11L);
        check(!out[3].hasRemaining(), "left over");
        final ByteBuffer[] in = {ByteBuffer.allocate(2), ByteBuffer.allocateDirect(7), ByteBuffer.allocate(16)};
        same(pair[1].read(in), 11L);
        same(in[0].position() + "," + in[1].position() + "," + in[2].position(), "2,7,2");
        same((char) in[1].get(0) + "" + (char) in[1].get(6), "er");
    }

    @Case
    static void vectorsWithOffsetAndLength() throws Exception {
        final SocketChannel[] pair = Channels.pair();
        final ByteBuffer[] out = {text("no"), text("yes"), text("also"), text("no")};
        same(pair[0].write(out, 1, 2), 7L);
        same(out[0].remaining() + out[3].remaining(), 4);
        Channels.expect(pair[1], "yesalso");
        fails(IndexOutOfBoundsException.class, () -> pair[0].write(out, 3, 2));
        fails(IndexOutOfBoundsException.class, () -> pair[1].read(out, -1, 1));
        same(pair[0].write(out, 0, 0), 0L);
    }

    @Case
    static void manyVectors() throws Exception {
        final SocketChannel[] pair = Channels.pair();
        final ByteBuffer[] out = new ByteBuffer[2000];
        for (int i = 0; i < out.length; i++) {
            out[i] = ByteBuffer.wrap(new byte[] {(byte) i});
        }
        int sent = 0;
        while (sent < out.length) {
            sent += (int) pair[0].write(out, sent, out.length - sent);
        }
        final ByteBuffer in = ByteBuffer.allocate(out.length);
        while (in.hasRemaining()) {
            pair[1].read(in);
        }
        for (int i = 0; i < out.length; i++) {
            same(in.get(i), (byte) i);
        }
    }

    @Case
    static void nonblockingReadOfNothing() throws Exception {
        final SocketChannel[] pair = Channels.pair();
        pair[1].configureBlocking(false);
        check(!pair[1].isBlocking(), "blocking");
        same(pair[1].read(ByteBuffer.allocate(1)), 0);
        same(pair[1].read(new ByteBuffer[] {ByteBuffer.allocate(1), ByteBuffer.allocate(1)}), 0L);
        pair[0].write(text("x"));
        eventually("a byte", () -> pair[1].read(ByteBuffer.allocate(1)) == 1);
        pair[0].close();
        eventually("the end", () -> pair[1].read(ByteBuffer.allocate(1)) == -1);
    }

    @Case
    static void nonblockingWriteStopsWhenFullAndGoesOn() throws Exception {
        final SocketChannel[] pair = Channels.pair();
        pair[0].configureBlocking(false);
        final int queued = Channels.fill(pair[0]);
        check(queued > 4096, queued + " bytes");
        final ByteBuffer in = ByteBuffer.allocate(queued);
        while (in.hasRemaining()) {
            pair[1].read(in);
        }
        eventually("room", () -> pair[0].write(text("o")) == 1);
        Channels.expect(pair[1], "o");
    }

    @Case
    static void nonblockingWriteMayBePartial() throws Exception {
        final SocketChannel[] pair = Channels.pair();
        pair[0].configureBlocking(false);
        final ByteBuffer huge = ByteBuffer.allocateDirect(64 << 20);
        final int sent = pair[0].write(huge);
        check(sent > 0 && sent < huge.capacity(), sent + " bytes");
        same(huge.position(), sent);
    }
}
