package io.virtuoso.host.control;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.virtuoso.host.ffm.FdPassing;
import io.virtuoso.host.ffm.Libc;
import io.virtuoso.host.ffm.Linux;
import io.virtuoso.host.ffm.UnixSocket;
import io.virtuoso.host.guest.EndReason;
import io.virtuoso.protocol.AttachMessage;
import io.virtuoso.protocol.Errno;
import io.virtuoso.protocol.MessageType;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ShareTest {
    @TempDir
    private Path directory;

    private ControlHarness host;
    private TestGuest parent;
    private int placeholder;

    @BeforeEach
    void open() throws Exception {
        host = new ControlHarness(directory);
        parent = host.connect().attach();
        final long pair = UnixSocket.pair(Linux.SOCK_SEQPACKET);
        placeholder = Libc.first(pair);
        parent.begin(MessageType.SHARE).slotAndGeneration(5, 6);
        assertEquals(AttachMessage.BYTES, parent.call(Libc.second(pair)));
        assertEquals(MessageType.SHARED, parent.answer().type());
        Libc.close(Libc.second(pair));
    }

    @AfterEach
    void close() throws IOException {
        Libc.close(placeholder);
        parent.close();
        host.close();
    }

    /** Asks through the placeholder which socket it is. */
    private long who() {
        final FdPassing passing = new FdPassing();
        final AttachMessage message = new AttachMessage().wrap(passing.message());
        message.begin(MessageType.WHO);
        passing.send(placeholder);
        host.settle();
        assertEquals(AttachMessage.BYTES, passing.receive(placeholder));
        assertEquals(MessageType.TOKEN, message.type());
        return message.value();
    }

    @Test
    void shouldTellTheStackOfAPlaceholder() {
        assertEquals(0, parent.answer().error());
        assertEquals(List.of("share 5.6 as 1"), host.stack.log);
    }

    @Test
    void shouldLetAnotherProcessAdoptTheSocket() {
        final long token = who();
        assertEquals(token, who(), "all holders read the same");
        try (TestGuest child = host.connect().attach()) {
            child.begin(MessageType.ADOPT).value(token);
            assertEquals(AttachMessage.BYTES, child.call());
            assertEquals(MessageType.ADOPTED, child.answer().type());
            assertEquals(0, child.answer().error());
            assertEquals(7, child.answer().slot());
            assertEquals(9, child.answer().generation());
            assertEquals("adopt 1", host.stack.log.getLast());
        }
    }

    @Test
    void shouldRefuseAWrongTokenAndAnotherGuest() {
        final long token = who();
        assertTrue(host.ask("guest other").startsWith("ok "));
        try (TestGuest stranger = host.connect("other").attach()) {
            stranger.begin(MessageType.ADOPT).value(token + 1);
            stranger.call();
            assertEquals(Errno.ENOENT, stranger.answer().error());
            stranger.begin(MessageType.ADOPT).value(token);
            stranger.call();
            assertEquals(Errno.EACCES, stranger.answer().error());
        }
    }

    @Test
    void shouldReportTheLastCopysEnd() {
        parent.close();
        host.settle();
        assertEquals(List.of("share 5.6 as 1", "gone web"), host.stack.log);
        Libc.close(placeholder);
        placeholder = -1;
        host.settle();
        assertEquals(List.of("share 5.6 as 1", "gone web", "released 1"), host.stack.log);
    }

    @Test
    void shouldDropThePlaceholderIfTheStackRefuses() {
        host.stack.shareErrno = Errno.EBADF;
        final long pair = UnixSocket.pair(Linux.SOCK_SEQPACKET);
        parent.begin(MessageType.SHARE).slotAndGeneration(1, 1);
        parent.call(Libc.second(pair));
        assertEquals(Errno.EBADF, parent.answer().error());
        Libc.close(Libc.second(pair));
        assertEquals(0, TestGuest.drain(Libc.first(pair)), "hang-up");
        Libc.close(Libc.first(pair));
        assertEquals("share 1.1 as 2", host.stack.log.getLast());
    }

    @Test
    void shouldRefuseADescriptorThatIsNoUnixSocket() {
        final long pipe = Libc.pipe();
        parent.begin(MessageType.SHARE).slotAndGeneration(1, 1);
        parent.call(Libc.first(pipe));
        assertEquals(Errno.ENOTSOCK, parent.answer().error());
        Libc.close(Libc.first(pipe));
        Libc.close(Libc.second(pipe));
    }

    @Test
    void shouldGiveUpAPlaceholderThatIsNoEndOfAPair() {
        final String path = directory.resolve("trap").toString();
        final int listener = UnixSocket.listen(path, Linux.SOCK_SEQPACKET, 4);
        parent.begin(MessageType.SHARE).slotAndGeneration(1, 1);
        parent.call(listener);
        assertEquals(0, parent.answer().error());
        final int visitor = UnixSocket.connect(path, Linux.SOCK_SEQPACKET);
        host.settle();
        assertEquals("released 2", host.stack.log.getLast());
        Libc.close(visitor);
        Libc.close(listener);
    }

    @Test
    void shouldEndAnAttachmentThatSharesNothing() {
        parent.begin(MessageType.SHARE).slotAndGeneration(1, 1);
        assertEquals(TestGuest.END, parent.call());
        assertEquals(EndReason.BAD_MESSAGE, host.stack.last().endReason().orElseThrow());
    }

    @Test
    void shouldNotAnswerGarbageOnThePlaceholder() {
        final FdPassing passing = new FdPassing();
        new AttachMessage().wrap(passing.message()).begin(MessageType.HELLO);
        passing.send(placeholder);
        host.settle();
        assertEquals(-Errno.EAGAIN, passing.receive(placeholder));
        assertTrue(who() != 0);
    }
}
