package io.virtuoso.host.control;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.virtuoso.host.ffm.Libc;
import io.virtuoso.host.guest.Attachment;
import io.virtuoso.host.guest.EndReason;
import io.virtuoso.protocol.ContextBlock;
import io.virtuoso.protocol.Errno;
import io.virtuoso.protocol.MessageType;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ContextTest {
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

    @Test
    void shouldGiveTheGuestANonBlockingDoorbellThatTheStackRings() {
        final int doorbell = guest.openContext(3);
        assertEquals(-Errno.EAGAIN, TestGuest.drain(doorbell));
        Libc.ringPipe(host.stack.doorbells.get(3));
        Libc.ringPipe(host.stack.doorbells.get(3));
        assertEquals(2, TestGuest.drain(doorbell));
        Libc.close(doorbell);
    }

    @Test
    void shouldHangUpTheDoorbellWhenTheStackIsFinished() {
        final int doorbell = guest.openContext(0);
        final Attachment attachment = host.stack.last();
        guest.close();
        assertEquals(-Errno.EAGAIN, TestGuest.drain(doorbell));
        host.finish(attachment);
        assertEquals(0, TestGuest.drain(doorbell));
        Libc.close(doorbell);
    }

    @Test
    void shouldRefuseContextsThatAreOpenOrDoNotExist() {
        Libc.close(guest.openContext(0));
        assertEquals(Errno.EBUSY, refusal(0));
        assertEquals(Errno.EINVAL, refusal(ControlHarness.CONTEXTS));
        assertEquals(Errno.EINVAL, refusal(-1));
        assertEquals(List.of("open 0"), host.stack.log);
    }

    private int refusal(long index) {
        guest.begin(MessageType.OPEN_CONTEXT).value(index);
        guest.call();
        assertEquals(MessageType.CONTEXT, guest.answer().type());
        assertEquals(index, guest.answer().value());
        return guest.answer().error();
    }

    @Test
    void shouldOpenAClosedContextAgainWithEmptyQueues() {
        Libc.close(guest.openContext(2));
        final Attachment attachment = host.stack.last();
        final int queue = attachment.layout().commandQueueOffset(2);
        attachment.region().putLong(queue, 1L << 8 | 5);
        ContextBlock.hostSleeping(attachment.region(), attachment.layout().contextOffset(2), 1);
        guest.begin(MessageType.CLOSE_CONTEXT).value(2);
        assertEquals(-Errno.EAGAIN, guest.call());
        Libc.close(guest.openContext(2));
        assertEquals(List.of("open 2", "close 2", "open 2"), host.stack.log);
        assertEquals(0, attachment.region().getLong(queue));
    }

    @Test
    void shouldEndAnAttachmentThatClosesWhatIsNotOpen() {
        guest.begin(MessageType.CLOSE_CONTEXT).value(1);
        assertEquals(TestGuest.END, guest.call());
        assertEquals(EndReason.BAD_MESSAGE, host.stack.last().endReason().orElseThrow());
    }
}
