package io.virtuoso.bench.side;

import io.virtuoso.bench.stat.DelayCounts;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Set;

/** Asks a host stack what only it knows, over its control socket; a connection for each question. */
final class ControlClient {
    private static final String OK = "ok\n";
    private static final String GUEST = "guest ";
    private static final String DELAYS = " delays ";
    private static final int READ_BYTES = 65_536;

    private final Path socket;

    /** @param runDir of the host stack */
    ControlClient(final Path runDir) {
        socket = runDir.resolve("control.sock");
    }

    /** @return how long commands and packets of some guests waited, since the host stack's start */
    DelayCounts delays(final Set<String> guests) throws BenchException {
        return delays(ask("top"), guests);
    }

    /** @param answer to {@code top}: a line for each guest, with its delays at the end */
    static DelayCounts delays(final String answer, final Set<String> guests) {
        final DelayCounts sum = new DelayCounts();
        answer.lines()
                .filter(line -> line.startsWith(GUEST) && line.contains(DELAYS))
                .filter(line -> guests.contains(line.split(" ", 3)[1]))
                .map(line -> line.substring(line.indexOf(DELAYS) + DELAYS.length()))
                .forEach(counts -> sum.add(numbers(counts)));
        return sum;
    }

    private static List<Long> numbers(final String text) {
        return Arrays.stream(text.strip().split(" +")).map(Long::valueOf).toList();
    }

    private String ask(final String request) throws BenchException {
        final ByteArrayOutputStream answer = new ByteArrayOutputStream();
        final ByteBuffer buffer = ByteBuffer.allocate(READ_BYTES);
        try (SocketChannel channel = SocketChannel.open(UnixDomainSocketAddress.of(socket))) {
            channel.write(ByteBuffer.wrap((request + "\n").getBytes(StandardCharsets.US_ASCII)));
            while (channel.read(buffer) >= 0) {
                answer.write(buffer.array(), 0, buffer.position());
                buffer.clear();
            }
        } catch (final IOException e) {
            throw new BenchException("cannot ask the host stack: " + e.getMessage(), e);
        }
        final String text = answer.toString(StandardCharsets.UTF_8);
        if (!text.startsWith(OK)) {
            throw new BenchException("the host stack answered: " + text.strip());
        }
        return text.substring(OK.length());
    }
}
