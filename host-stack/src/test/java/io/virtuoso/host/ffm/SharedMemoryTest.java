package io.virtuoso.host.ffm;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.virtuoso.protocol.Errno;
import java.io.IOException;
import java.nio.ByteOrder;
import org.junit.jupiter.api.Test;

class SharedMemoryTest {
    private static final int BYTES = 64 * 1024;

    @Test
    void shouldShowOneMappingWhatAnotherWrites() throws IOException {
        int fd = SharedMemory.create("test", BYTES);
        try (MappedRegion one = MappedRegion.map(fd, BYTES);
                MappedRegion other = MappedRegion.map(fd, BYTES)) {
            assertEquals(ByteOrder.LITTLE_ENDIAN, one.buffer().order());
            assertEquals(BYTES, one.buffer().limit());
            one.buffer().putLong(8192, 0x1122334455667788L);
            assertEquals(0x1122334455667788L, other.buffer().getLong(8192));
        }
        Libc.close(fd);
    }

    @Test
    void shouldNotLetTheSizeBeChanged() {
        int fd = SharedMemory.create("test", BYTES);
        assertEquals(-Errno.EPERM, SharedMemory.truncate(fd, 0));
        assertEquals(-Errno.EPERM, SharedMemory.truncate(fd, 2L * BYTES));
        int wanted = Linux.F_SEAL_SHRINK | Linux.F_SEAL_GROW | Linux.F_SEAL_SEAL;
        assertEquals(wanted, SharedMemory.seals(fd) & wanted);
        Libc.close(fd);
    }

    @Test
    void shouldGiveMemoryBackAsZeroes() throws IOException {
        int fd = SharedMemory.create("test", BYTES);
        try (MappedRegion region = MappedRegion.map(fd, BYTES)) {
            region.buffer().putInt(4096, 5).putInt(0, 6);
            assertEquals(0, SharedMemory.punchHole(fd, 4096, 4096));
            assertEquals(0, region.buffer().getInt(4096));
            assertEquals(6, region.buffer().getInt(0));
        }
        Libc.close(fd);
    }

    @Test
    void shouldThrowInsteadOfCrashingAfterTheEnd() throws IOException {
        int fd = SharedMemory.create("test", BYTES);
        MappedRegion region = MappedRegion.map(fd, BYTES);
        Libc.close(fd);
        region.buffer().put(0, (byte) 1);
        region.close();
        assertThrows(IllegalStateException.class, () -> region.buffer().get(0));
    }

    @Test
    void shouldSayWhyItCannotMap() {
        IOException failure = assertThrows(IOException.class, () -> MappedRegion.map(-1, BYTES));
        assertTrue(failure.getMessage().contains("EBADF"));
    }
}
