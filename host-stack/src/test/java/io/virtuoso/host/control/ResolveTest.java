package io.virtuoso.host.control;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.virtuoso.protocol.AttachMessage;
import io.virtuoso.protocol.Errno;
import io.virtuoso.protocol.MessageType;
import java.io.IOException;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Names of guests, asked for at the attach socket. */
class ResolveTest {
    @TempDir
    private Path directory;

    private ControlHarness host;
    private TestGuest guest;

    @BeforeEach
    void open() throws Exception {
        host = new ControlHarness(directory);
        guest = host.connect().attach();
    }

    @AfterEach
    void close() throws IOException {
        guest.close();
        host.close();
    }

    private AttachMessage resolve(String name, long address) {
        guest.begin(MessageType.RESOLVE).text(name).value(address);
        assertEquals(AttachMessage.BYTES, guest.call());
        assertEquals(MessageType.RESOLVED, guest.answer().type());
        return guest.answer();
    }

    @Test
    void shouldFindGuestsByNameAndByAddress() {
        final String name = host.stack.last().guest().name();
        final long address = Integer.toUnsignedLong(host.stack.last().guest().address());
        assertEquals(address, resolve(name, 0).value());
        assertEquals(name, guest.answer().text());
        assertEquals(
                address, resolve(name.toUpperCase(java.util.Locale.ROOT), 0).value());
        assertEquals(name, resolve("", address).text());
        assertEquals(0, guest.answer().error());
    }

    @Test
    void shouldSayWhenThereIsNoSuchGuest() {
        assertEquals(Errno.ENOENT, resolve("nobody.example", 0).error());
        assertEquals(Errno.ENOENT, resolve("", 0x0808_0808L).error());
    }
}
