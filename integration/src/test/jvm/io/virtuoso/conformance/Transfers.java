package io.virtuoso.conformance;

import static io.virtuoso.conformance.Support.check;
import static io.virtuoso.conformance.Support.fails;
import static io.virtuoso.conformance.Support.job;
import static io.virtuoso.conformance.Support.keep;
import static io.virtuoso.conformance.Support.same;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.FileChannel;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Arrays;

/** Files sent and received through channels: transferTo and transferFrom. */
final class Transfers {
    private static final int SIZE = 3_000_000;

    private Transfers() {}

    private static byte[] pattern(final int size) {
        final byte[] bytes = new byte[size];
        Bytes.fill(bytes, size, 31, 0);
        return bytes;
    }

    /** A file with so many bytes of a pattern; gone when it is closed. */
    private static FileChannel file(final int size) throws IOException {
        final Path path = Files.createTempFile("vj", ".bin");
        Files.write(path, pattern(size));
        return keep(FileChannel.open(
                path, StandardOpenOption.READ, StandardOpenOption.WRITE, StandardOpenOption.DELETE_ON_CLOSE));
    }

    private static Job expecting(final SocketChannel channel, final byte[] expected) {
        return job(() ->
                check(Arrays.equals(Bytes.read(new ChannelWire(channel), expected.length), expected), "bytes"));
    }

    @Case
    static void fileToSocketLeavesThePosition() throws Exception {
        final SocketChannel[] pair = Channels.pair();
        final FileChannel file = file(1000);
        file.position(7);
        same(file.transferTo(10, 500, pair[0]), 500L);
        same(file.position(), 7L);
        same(file.transferTo(900, 500, pair[0]), 100L);
        same(file.transferTo(2000, 500, pair[0]), 0L);
        same(file.transferTo(0, 0, pair[0]), 0L);
        final byte[] all = pattern(1000);
        expecting(pair[1], Arrays.copyOfRange(all, 10, 510)).join();
        expecting(pair[1], Arrays.copyOfRange(all, 900, 1000)).join();
    }

    @Case
    static void largeFileToSocket() throws Exception {
        final SocketChannel[] pair = Channels.pair();
        final FileChannel file = file(SIZE);
        final Job reader = expecting(pair[1], pattern(SIZE));
        for (long sent = 0; sent < SIZE; ) {
            sent += file.transferTo(sent, SIZE - sent, pair[0]);
        }
        reader.join();
    }

    @Case
    static void largeFileToNonblockingSocket() throws Exception {
        final SocketChannel[] pair = Channels.pair();
        final FileChannel file = file(SIZE);
        pair[0].configureBlocking(false);
        final Selector selector = keep(Selector.open());
        pair[0].register(selector, SelectionKey.OP_WRITE);
        Job reader = null;
        for (long sent = 0; sent < SIZE; ) {
            final long now = file.transferTo(sent, SIZE - sent, pair[0]);
            sent += now;
            if (sent < SIZE && reader == null) {
                reader = expecting(pair[1], pattern(SIZE)); // it is full: now somebody reads
            }
            selector.select(Support.SOON);
            selector.selectedKeys().clear();
        }
        (reader == null ? expecting(pair[1], pattern(SIZE)) : reader).join();
    }

    @Case
    static void socketToFile() throws Exception {
        final SocketChannel[] pair = Channels.pair();
        final FileChannel file = file(0);
        final byte[] bytes = pattern(SIZE);
        final Job writer = job(() -> {
            new ChannelWire(pair[0]).write(bytes);
            pair[0].shutdownOutput();
        });
        long got = 0;
        for (long now = 1; now > 0; got += now) {
            now = file.transferFrom(pair[1], got, SIZE);
        }
        same(got, (long) SIZE);
        writer.join();
        final ByteBuffer back = ByteBuffer.allocate(SIZE);
        while (back.hasRemaining()) {
            file.read(back, back.position());
        }
        check(Arrays.equals(back.array(), bytes), "bytes");
    }

    @Case
    static void nonblockingSocketToFile() throws Exception {
        final SocketChannel[] pair = Channels.pair();
        final FileChannel file = file(0);
        pair[1].configureBlocking(false);
        same(file.transferFrom(pair[1], 0, 100), 0L);
        pair[0].write(ByteBuffer.wrap(pattern(50)));
        Support.eventually("50 bytes", () -> file.transferFrom(pair[1], 0, 100) == 50);
        same(file.size(), 50L);
    }

    @Case
    static void mistakes() throws Exception {
        final SocketChannel[] pair = Channels.pair();
        final FileChannel file = file(100);
        fails(IllegalArgumentException.class, () -> file.transferTo(-1, 5, pair[0]));
        fails(IllegalArgumentException.class, () -> file.transferTo(0, -5, pair[0]));
        pair[0].close();
        fails(ClosedChannelException.class, null, () -> file.transferTo(0, 5, pair[0]));
        fails(ClosedChannelException.class, null, () -> file.transferFrom(pair[0], 0, 5));
    }

    @Case
    static void socketToSocket() throws Exception {
        final SocketChannel[] in = Channels.pair();
        final SocketChannel[] out = Channels.pair();
        final Job sender = Bytes.sending(new ChannelWire(in[0]), 13, SIZE);
        final Job receiver = Bytes.receiving(new ChannelWire(out[1]), 13, SIZE);
        final ByteBuffer buffer = ByteBuffer.allocateDirect(50_000);
        while (in[1].read(buffer) >= 0) {
            buffer.flip();
            out[0].write(buffer);
            buffer.compact();
        }
        buffer.flip();
        while (buffer.hasRemaining()) {
            out[0].write(buffer);
        }
        out[0].shutdownOutput();
        sender.join();
        receiver.join();
    }

    @Case
    static void streamOfAFileToASocket() throws Exception {
        final Wire.Pair pair = Kind.SOCKET.pair();
        final Job receiver = Bytes.receiving(pair.server, 31, SIZE);
        final long sent = java.nio.channels.Channels.newInputStream(file(SIZE))
                .transferTo(((SocketWire) pair.client).socket.getOutputStream());
        same(sent, (long) SIZE);
        pair.client.endOutput();
        receiver.join();
    }
}
