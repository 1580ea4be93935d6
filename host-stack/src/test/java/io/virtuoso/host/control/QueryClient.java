package io.virtuoso.host.control;

import io.virtuoso.host.ffm.Libc;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.charset.StandardCharsets;

/** Writes to and reads from a stream socket, without waiting. */
final class QueryClient implements AutoCloseable {
    private final int fd;
    private final Arena arena = Arena.ofConfined();
    private final MemorySegment buffer = arena.allocate(65_536);

    QueryClient(int fd) {
        this.fd = fd;
    }

    void write(String text) {
        final byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
        MemorySegment.copy(bytes, 0, buffer, ValueLayout.JAVA_BYTE, 0, bytes.length);
        Libc.write(fd, buffer.address(), bytes.length);
    }

    String readAll() {
        final StringBuilder text = new StringBuilder();
        int received;
        while ((received = Libc.read(fd, buffer.address(), (int) buffer.byteSize())) > 0) {
            text.append(new String(buffer.asSlice(0, received).toArray(ValueLayout.JAVA_BYTE), StandardCharsets.UTF_8));
        }
        return text.toString();
    }

    @Override
    public void close() {
        Libc.close(fd);
        arena.close();
    }
}
