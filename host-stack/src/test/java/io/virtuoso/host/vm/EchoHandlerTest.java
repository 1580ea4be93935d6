package io.virtuoso.host.vm;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import io.virtuoso.host.ffm.Virtio;
import io.virtuoso.host.virtio.VmFault;
import io.virtuoso.host.vsock.TestMachine;
import io.virtuoso.host.vsock.TestMachine.Packet;
import java.io.ByteArrayOutputStream;
import java.util.Arrays;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

class EchoHandlerTest {
    private final TestMachine machine =
            new TestMachine(false, (port, connection) -> Optional.of(new EchoHandler(connection)));
    private final ByteArrayOutputStream echoed = new ByteArrayOutputStream();

    EchoHandlerTest() throws VmFault {}

    private void takePackets() throws VmFault {
        Packet packet = machine.next().orElse(null);
        while (packet != null) {
            echoed.writeBytes(packet.bytes());
            machine.offer(1);
            machine.serve();
            packet = machine.next().orElse(null);
        }
    }

    /** More than both buffers hold together is on its way when the machine begins to read. */
    @Test
    void shouldEchoWhatItCouldNotSendAtOnce() throws VmFault {
        machine.offer(16);
        machine.send(Virtio.VIRTIO_VSOCK_OP_REQUEST, HostPorts.ECHO);
        machine.room = 0;
        final byte[] bytes = new byte[120_000];
        new Random(1).nextBytes(bytes);
        for (int at = 0; at < bytes.length; at += 10_000) {
            machine.send(Virtio.VIRTIO_VSOCK_OP_RW, HostPorts.ECHO, 0, Arrays.copyOfRange(bytes, at, at + 10_000));
        }
        takePackets();
        assertEquals(0, echoed.size());

        for (int i = 0; i < 100 && echoed.size() < bytes.length; i++) {
            machine.room = 7_000;
            machine.forwarded = echoed.size();
            machine.send(Virtio.VIRTIO_VSOCK_OP_CREDIT_UPDATE, HostPorts.ECHO);
            takePackets();
        }
        assertArrayEquals(bytes, echoed.toByteArray());
    }

    @Test
    void shouldEndWhenTheMachineHasEnded() throws VmFault {
        machine.offer(4);
        machine.send(Virtio.VIRTIO_VSOCK_OP_REQUEST, HostPorts.ECHO);
        machine.send(Virtio.VIRTIO_VSOCK_OP_SHUTDOWN, HostPorts.ECHO, Virtio.VIRTIO_VSOCK_SHUTDOWN_SEND, new byte[0]);
        assertEquals(
                Virtio.VIRTIO_VSOCK_OP_RESPONSE, machine.next().orElseThrow().operation());
        assertEquals(
                Virtio.VIRTIO_VSOCK_OP_SHUTDOWN, machine.next().orElseThrow().operation());
    }

    /** One connection's buffers are small, so that the last one's memory is used up while it echoes. */
    @Test
    @Timeout(60)
    void shouldEndIfItsMachineHasNoMemoryForTheAnswer() throws VmFault {
        final TestMachine greedy =
                new TestMachine(false, (port, connection) -> Optional.of(new EchoHandler(connection)));
        greedy.room = 0;
        int port = 0;
        while (greedy.connections() == port) {
            port++;
            greedy.offer(2);
            greedy.send(Virtio.VIRTIO_VSOCK_OP_REQUEST, port);
            greedy.send(Virtio.VIRTIO_VSOCK_OP_RW, port, 0, new byte[port == 1 ? 100 : 60_000]);
            while (greedy.next().isPresent()) {
                // Responses, and in the end a reset.
            }
        }
        assertEquals(129, port);
    }
}
