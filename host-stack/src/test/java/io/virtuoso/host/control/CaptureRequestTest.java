package io.virtuoso.host.control;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;

import io.virtuoso.host.account.Account;
import io.virtuoso.host.account.Ledger;
import io.virtuoso.host.capture.CaptureTap;
import io.virtuoso.host.capture.PcapngFile;
import io.virtuoso.host.ffm.Linux;
import io.virtuoso.host.ffm.UnixSocket;
import io.virtuoso.host.port.Frame;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Arrays;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What the control socket answers to {@code capture}. */
class CaptureRequestTest {
    private static final int FRAME_BYTES = 1000;

    @TempDir
    private Path directory;

    private final Account payer = Ledger.unread().open("web", 1);
    private final Frame frame = new Frame();
    private ControlHarness host;
    private byte[] answer = new byte[0];

    @BeforeEach
    void open() throws Exception {
        host = new ControlHarness(directory);
        frame.length(FRAME_BYTES);
    }

    @AfterEach
    void close() throws IOException {
        host.close();
    }

    private QueryClient begin(final String request) {
        final QueryClient client = new QueryClient(
                UnixSocket.connect(host.directory.controlSocket().toString(), Linux.SOCK_STREAM));
        client.write(request + "\n");
        host.settle();
        return client;
    }

    /** The stack sends so many frames, and comes to the end of a pass. */
    private void send(final int frames) {
        final CaptureTap tap = new CaptureTap(host.stack.capture, () -> 0);
        for (int i = 0; i < frames; i++) {
            tap.sent(frame, "default", payer, null);
        }
        tap.flush();
        host.settle();
    }

    private void read(final QueryClient client) {
        byte[] more;
        do {
            more = client.readBytes();
            answer = Arrays.copyOf(answer, answer.length + more.length);
            System.arraycopy(more, 0, answer, answer.length - more.length, more.length);
            host.settle();
        } while (more.length > 0);
    }

    private PcapngFile file() {
        assertEquals("ok\n", new String(answer, 0, 3, StandardCharsets.US_ASCII));
        return new PcapngFile(ByteBuffer.wrap(answer, 3, answer.length - 3).slice());
    }

    @Test
    void shouldEndWhenTheAskerHasEnough() {
        try (QueryClient client = begin("capture")) {
            send(3);
            read(client);
            assertEquals(3, file().packets().size());
            assertEquals(-1, file().lost());
            client.write("enough\n");
            host.settle();
            assertNull(host.stack.capture);
            read(client);
            assertEquals(0, file().lost());
            assertEquals(0, client.readByte());
        }
    }

    @Test
    void shouldEndAfterSoManyPackets() {
        try (QueryClient client = begin("capture guest=web snap=100 count=2")) {
            send(5);
            read(client);
            assertNull(host.stack.capture);
            assertEquals(2, file().packets().size());
            assertEquals(100, file().packets().getFirst().data().limit());
            assertEquals(FRAME_BYTES, file().packets().getFirst().length());
            assertEquals(0, client.readByte());
        }
    }

    @Test
    void shouldWaitForASlowReader() {
        try (QueryClient client = begin("capture")) {
            send(2000);
            send(2000);
            assertEquals(0, host.stack.capture.lost());
            read(client);
            assertEquals(4000, file().packets().size());
            send(1);
            read(client);
            assertEquals(4001, file().packets().size());
        }
        host.settle();
        assertNull(host.stack.capture);
    }

    @Test
    void shouldStopWhenTheAskerGoes() {
        final QueryClient client = begin("capture");
        assertNotNull(host.stack.capture);
        client.close();
        host.settle();
        assertNull(host.stack.capture);
        try (QueryClient next = begin("capture")) {
            assertNotNull(host.stack.capture);
            next.write("enough\n");
            host.settle();
        }
    }

    @Test
    void shouldServeOneAtATime() {
        try (QueryClient client = begin("capture")) {
            assertEquals("error capture: another capture is running\n", host.ask("capture"));
            send(1);
            read(client);
            assertEquals(1, file().packets().size());
        }
    }

    @Test
    void shouldRefuseWhatMakesNoSense() {
        assertEquals("error capture: there is no guest 'x'\n", host.ask("capture guest=x"));
        assertEquals("error capture: a snap length is between 96 and 65549 bytes\n", host.ask("capture snap=1"));
        assertEquals("error capture: count is at least 1\n", host.ask("capture count=0"));
        assertEquals("error capture: unknown word 'all'\n", host.ask("capture all"));
        assertEquals("error capture: unknown word 'x=y'\n", host.ask("capture x=y"));
        assertEquals("error capture: 'z' is not a number\n", host.ask("capture snap=z"));
        assertNull(host.stack.capture);
    }
}
