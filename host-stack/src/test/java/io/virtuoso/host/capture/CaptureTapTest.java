package io.virtuoso.host.capture;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.virtuoso.host.account.Account;
import io.virtuoso.host.account.Ledger;
import io.virtuoso.host.port.Frame;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class CaptureTapTest {
    private final CaptureRing ring = new CaptureRing(new CaptureFilter(null, CaptureFilter.MIN_SNAP), () -> {});
    private final CaptureTap tap = new CaptureTap(ring, () -> 0);
    private final Account payer = new Ledger(() -> 0).system();
    private final Frame frame = new Frame();

    private void arrives(final int bytes) {
        frame.length(bytes);
        tap.arrived(frame);
    }

    private List<Integer> noted() {
        final List<Integer> lengths = new ArrayList<>();
        tap.flush();
        ring.read(
                (type, buffer, at, length) -> lengths.add(buffer.getInt(at + CaptureRecord.PACKET_BYTES)),
                Integer.MAX_VALUE);
        return lengths;
    }

    @Test
    void shouldNoteWhatWasJudged() {
        arrives(60);
        tap.judged("net", payer, 0, null);
        assertEquals(List.of(60), noted());
    }

    /** An exception has kept a packet from being judged: those behind it are read all the same. */
    @Test
    void shouldForgetWhatIsNeverJudged() {
        arrives(60);
        arrives(61);
        tap.judged("net", payer, 0, null);
        assertEquals(List.of(61), noted());
    }
}
