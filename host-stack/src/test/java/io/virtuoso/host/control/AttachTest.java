package io.virtuoso.host.control;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.virtuoso.host.config.Ipv4;
import io.virtuoso.host.ffm.Libc;
import io.virtuoso.host.ffm.MappedRegion;
import io.virtuoso.host.guest.Attachment;
import io.virtuoso.host.guest.EndReason;
import io.virtuoso.protocol.Addresses;
import io.virtuoso.protocol.AttachMessage;
import io.virtuoso.protocol.Congestion;
import io.virtuoso.protocol.Errno;
import io.virtuoso.protocol.GuestKind;
import io.virtuoso.protocol.MessageType;
import io.virtuoso.protocol.RegionHeader;
import io.virtuoso.protocol.RegionSettings;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class AttachTest {
    @TempDir
    private Path directory;

    private ControlHarness host;

    @BeforeEach
    void open() throws Exception {
        host = new ControlHarness(directory);
    }

    @AfterEach
    void close() throws IOException {
        host.close();
    }

    @Test
    void shouldWelcomeAGuestWithItsRegionAndADoorbell() throws IOException {
        try (TestGuest guest = host.connect().attach()) {
            final Attachment attachment = host.stack.last();
            final int memory = guest.takeFd(0);
            final int doorbell = guest.takeFd(1);
            try (MappedRegion region =
                    MappedRegion.map(memory, attachment.layout().regionBytes())) {
                assertNull(RegionHeader.check(region.buffer()));
                final RegionSettings settings = RegionHeader.settings(region.buffer());
                assertEquals("web", settings.guestName());
                assertEquals(77, settings.epoch());
                assertEquals(Congestion.RENO, settings.congestion());
                assertEquals("10.88.0.2", Ipv4.format(Addresses.ipv4(settings.addressLow())));
            }
            assertEquals(Long.BYTES, Libc.ringEventFd(doorbell));
            assertEquals(ProcessHandle.current().pid(), attachment.pid());
            assertEquals("test", attachment.program());
            Libc.close(memory);
            Libc.close(doorbell);
        }
    }

    @Test
    void shouldRefuseAProcessWithoutRoomForARegion() {
        try (TestGuest guest = host.connect()) {
            guest.begin(MessageType.HELLO).kind(GuestKind.NATIVE).pid(1).value(1 << 20);
            assertEquals(AttachMessage.BYTES, guest.call());
            assertEquals(MessageType.REFUSED, guest.answer().type());
            assertEquals(Errno.ENOMEM, guest.answer().error());
        }
    }

    @Test
    void shouldSealTheRegionsSize() throws IOException {
        try (TestGuest guest = host.connect().attach()) {
            final int memory = guest.takeFd(0);
            try (FileChannel file = FileChannel.open(Path.of("/proc/self/fd/" + memory), StandardOpenOption.WRITE)) {
                assertThrows(IOException.class, () -> file.truncate(0));
            }
            Libc.close(memory);
        }
    }

    @Test
    void shouldRefuseAnotherMajorVersionNamingBoth() {
        try (TestGuest guest = host.connect()) {
            guest.begin(MessageType.HELLO);
            guest.majorVersion(9);
            assertEquals(AttachMessage.BYTES, guest.call());
            assertEquals(MessageType.REFUSED, guest.answer().type());
            assertEquals(Errno.EPROTO, guest.answer().error());
            assertEquals(
                    "ABI version 9 offered, the host stack speaks 2",
                    guest.answer().text());
            assertEquals(TestGuest.END, guest.receive());
        }
    }

    @Test
    void shouldRefuseAFirstMessageThatIsNoHello() {
        try (TestGuest guest = host.connect()) {
            guest.begin(MessageType.ADOPT);
            guest.call();
            assertEquals(MessageType.REFUSED, guest.answer().type());
            assertEquals(
                    "the first message must be HELLO, not ADOPT", guest.answer().text());
        }
    }

    @Test
    void shouldLimitTheAttachmentsOfAGuest() throws Exception {
        host.close();
        host = new ControlHarness(directory, 1);
        try (TestGuest first = host.connect().attach();
                TestGuest second = host.connect()) {
            second.begin(MessageType.HELLO);
            second.call();
            assertEquals(MessageType.REFUSED, second.answer().type());
            assertEquals(Errno.EAGAIN, second.answer().error());
            assertEquals(
                    "guest has 1 attachments, the most it may have",
                    second.answer().text());
            assertEquals(1, host.stack.attached.size());
            first.begin(MessageType.OPEN_CONTEXT).value(0);
            assertEquals(AttachMessage.BYTES, first.call());
        }
    }

    @Test
    void shouldTurnAwayTheManyConnectionsOfAGuestThatSaysNothing() {
        final List<TestGuest> silent = Stream.generate(host::connect)
                .limit(64)
                .peek(guest -> host.settle())
                .toList();
        try (TestGuest next = host.connect()) {
            host.settle();
            assertEquals(TestGuest.END, next.receive());
        }
        silent.getFirst().attach();
        host.connect().attach().close();
        silent.forEach(TestGuest::close);
    }

    @Test
    void shouldTellTheStackOnceWhenAGuestIsGone() {
        final TestGuest guest = host.connect().attach();
        guest.close();
        assertEquals(host.stack.attached, host.stack.gone);
        assertEquals(EndReason.GUEST_CLOSED, host.stack.last().endReason().orElseThrow());
    }

    @Test
    void shouldKeepTheRegionUntilTheStackIsFinished() throws IOException {
        final long before = ControlHarness.mappedRegions();
        host.connect().attach().close();
        assertEquals(before + 1, ControlHarness.mappedRegions());
        host.finish(host.stack.last());
        assertEquals(before, ControlHarness.mappedRegions());
    }

    @Test
    void shouldEndOnlyTheAttachmentThatSendsGarbage() {
        try (TestGuest good = host.connect().attach();
                TestGuest bad = host.connect().attach()) {
            final Attachment attachment = host.stack.last();
            bad.begin(999);
            assertEquals(TestGuest.END, bad.call());
            assertEquals(EndReason.BAD_MESSAGE, attachment.endReason().orElseThrow());
            assertEquals(1, host.stack.gone.size());
            Libc.close(good.openContext(0));
            assertTrue(host.ask("stats").matches("(?s).*attachments.ended.bad_message +1\n.*"));
        }
    }

    @Test
    void shouldShowTheReasonInTheRegionWhenTheStackEndsAnAttachment() {
        try (TestGuest guest = host.connect().attach()) {
            final Attachment attachment = host.stack.last();
            final int doorbell = guest.openContext(0);
            host.control.ended(attachment, EndReason.BAD_CURSOR);
            host.settle();
            assertEquals(RegionHeader.ENDED, RegionHeader.state(attachment.region()));
            assertEquals(EndReason.BAD_CURSOR.code(), RegionHeader.endReason(attachment.region()));
            assertEquals(1, TestGuest.drain(doorbell), "sleeping threads of the guest are woken");
            assertEquals(TestGuest.END, guest.receive());
            host.finish(attachment);
            Libc.close(doorbell);
        }
    }

    @Test
    void shouldDropMessagesAboutAFinishedAttachment() {
        try (TestGuest guest = host.connect().attach()) {
            final Attachment attachment = host.stack.last();
            host.control.ended(attachment, EndReason.BAD_COMMAND);
            host.control.finished(attachment);
            guest.begin(MessageType.OPEN_CONTEXT).value(0);
            guest.call();
            assertTrue(host.stack.log.isEmpty());
            assertTrue(host.stack.gone.isEmpty());
        }
    }

    @Test
    void shouldLeakNothingOverAHundredAttachments() throws IOException {
        attachAndLeave();
        final int descriptors = ControlHarness.openDescriptors();
        final long regions = ControlHarness.mappedRegions();
        for (int i = 0; i < 100; i++) {
            attachAndLeave();
        }
        assertEquals(descriptors, ControlHarness.openDescriptors());
        assertEquals(regions, ControlHarness.mappedRegions());
    }

    private void attachAndLeave() {
        try (TestGuest guest = host.connect().attach()) {
            Libc.close(guest.openContext(1));
            Libc.close(guest.openContext(2));
            guest.begin(MessageType.CLOSE_CONTEXT).value(1);
            guest.call();
        }
        host.finish(host.stack.last());
    }

    @Test
    void shouldTellGuestsThatTheHostStackStops() {
        try (TestGuest guest = host.connect().attach()) {
            final Attachment attachment = host.stack.last();
            host.stop();
            assertEquals(EndReason.HOST_STOPPED, attachment.endReason().orElseThrow());
            assertEquals(TestGuest.END, guest.receive());
            assertEquals(false, directory.resolve("control.sock").toFile().exists());
            assertEquals(false, directory.resolve("guests/web.sock").toFile().exists());
        }
    }

    /** What is asked is looked at before the end is that was there already. */
    @Test
    void shouldTellOfEndsBeforeItDoesWhatIsToBeDoneAfterThem() {
        try (TestGuest asker = host.connect().attach()) {
            final Attachment attachment = host.stack.last();
            final TestGuest other = host.connect().attach();
            final List<Integer> gone = new ArrayList<>();
            host.control.afterEnds(attachment, () -> gone.add(host.stack.gone.size()));
            other.close();
            assertEquals(List.of(1), gone);
            Libc.close(asker.openContext(0));
        }
    }
}
