package io.virtuoso.host.port;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.virtuoso.host.wire.EthernetHeader;
import io.virtuoso.host.wire.VirtioNetHeader;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class PcapPortTest {
    @TempDir
    Path directory;

    @Test
    void shouldWriteWhatPassesInBothDirections() throws IOException {
        final Path file = directory.resolve("a.pcap");
        final WirePort near = WirePort.create(new WirePort.Traits(1500, 0, 4, true), () -> 0);
        final Frame frame = new Frame();
        try (PcapPort port = new PcapPort(near, file, () -> 1_700_000_000_000_000_123L, 40)) {
            VirtioNetHeader.writeNone(frame.buffer(), Frame.VIRTIO_AT);
            EthernetHeader.write(frame.buffer(), Frame.ETHERNET_AT, 1, 2, EthernetHeader.TYPE_IPV4);
            frame.length(60);
            port.transmit(frame);
            frame.length(20);
            near.peer().transmit(frame);
            port.receive(frame);
            port.receive(frame);
        }

        final ByteBuffer bytes = ByteBuffer.wrap(Files.readAllBytes(file)).order(ByteOrder.LITTLE_ENDIAN);
        assertEquals(24 + 16 + 40 + 16 + 20, bytes.capacity());
        assertEquals(0xa1b2_3c4d, bytes.getInt(0));
        assertEquals(1, bytes.getInt(20));
        assertEquals(1_700_000_000, bytes.getInt(24));
        assertEquals(123, bytes.getInt(28));
        assertEquals(40, bytes.getInt(32));
        assertEquals(60, bytes.getInt(36));
        assertEquals(20, bytes.getInt(24 + 16 + 40 + 8));
        assertEquals(0x08, bytes.get(24 + 16 + 12));
    }
}
