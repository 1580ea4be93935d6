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

    /** @return what is there now; nothing also at the end */
    byte[] readBytes() {
        final int received = Libc.read(fd, buffer.address(), (int) buffer.byteSize());
        return buffer.asSlice(0, Math.max(received, 0)).toArray(ValueLayout.JAVA_BYTE);
    }

    /** @return 1 if a byte was there, 0 at the end, or minus errno */
    int readByte() {
        return Libc.read(fd, buffer.address(), 1);
    }

    @Override
    public void close() {
        Libc.close(fd);
        arena.close();
    }
}
