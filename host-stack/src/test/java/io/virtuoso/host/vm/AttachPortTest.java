package io.virtuoso.host.vm;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.virtuoso.host.control.ControlMailbox;
import io.virtuoso.host.control.Watcher;
import io.virtuoso.host.ffm.Virtio;
import io.virtuoso.host.guest.Guest;
import io.virtuoso.host.guest.MachineMemory;
import io.virtuoso.host.virtio.VmFault;
import io.virtuoso.host.vsock.TestMachine;
import io.virtuoso.host.vsock.TestMachine.Packet;
import io.virtuoso.protocol.AttachMessage;
import io.virtuoso.protocol.Errno;
import io.virtuoso.protocol.MessageType;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.Optional;
import java.util.SplittableRandom;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What programs of a machine say that has no memory for regions, or that make no sense. */
class AttachPortTest implements AttachPort.Machine {
    private final Watcher watcher = new Watcher();
    private final AttachPort port = new AttachPort(this);
    private final TestMachine machine =
            new TestMachine(false, (number, connection) -> Optional.of(port.accept(connection)));

    AttachPortTest() throws VmFault, IOException {}

    @AfterEach
    void close() {
        watcher.close();
    }

    @Override
    public Guest guest() {
        throw new AssertionError("nobody attaches");
    }

    @Override
    public ControlMailbox control() {
        throw new AssertionError("nobody attaches");
    }

    @Override
    public Watcher watcher() {
        return watcher;
    }

    @Override
    public Optional<MachineMemory> memory(final long address) {
        assertEquals(0x1_0000_0000L, address);
        return Optional.empty();
    }

    @Override
    public Optional<DoorbellConnection> doorbells() {
        return Optional.empty();
    }

    @Override
    public void wake() {
        // The test has turns taken.
    }

    private void connect() throws VmFault {
        machine.offer(8);
        machine.send(Virtio.VIRTIO_VSOCK_OP_REQUEST, AttachMessage.VSOCK_PORT);
        assertEquals(Virtio.VIRTIO_VSOCK_OP_RESPONSE, next().operation());
    }

    private Packet next() throws VmFault {
        machine.serve();
        return machine.next().orElseThrow();
    }

    private static byte[] message(final int type) {
        final ByteBuffer bytes = ByteBuffer.allocate(AttachMessage.BYTES);
        new AttachMessage().wrap(bytes).begin(type).value(0x1_0000_0000L).key(5);
        return bytes.array();
    }

    private void write(final byte[] bytes) throws VmFault {
        machine.send(Virtio.VIRTIO_VSOCK_OP_RW, AttachMessage.VSOCK_PORT, 0, bytes);
    }

    @Test
    void shouldRefuseInWordsWithoutMemory() throws VmFault {
        connect();
        final byte[] hello = message(MessageType.HELLO);
        write(Arrays.copyOf(hello, 50));
        write(Arrays.copyOfRange(hello, 50, hello.length));
        final Packet packet = next();
        final AttachMessage answer = new AttachMessage().wrap(ByteBuffer.wrap(packet.bytes()));
        assertEquals(MessageType.REFUSED, answer.type());
        assertEquals(Errno.ENXIO, answer.error());
        assertTrue(answer.text().contains("ivshmem-plain"), answer.text());
        assertEquals(Virtio.VIRTIO_VSOCK_OP_SHUTDOWN, next().operation());
    }

    /** Of a number that no process has, or of a kind that begins no connection. */
    @ParameterizedTest
    @ValueSource(ints = {0, 2, 4, 7, 9, 11, 13, 15, 16, 65_535})
    void shouldResetWhatBelongsToNobody(final int type) throws VmFault {
        connect();
        write(message(type));
        assertEquals(Virtio.VIRTIO_VSOCK_OP_RST, next().operation());
        assertEquals(0, machine.connections());
    }

    @Test
    void shouldResetWhatIsNoMessage() throws VmFault {
        final SplittableRandom random = new SplittableRandom(7);
        for (int i = 0; i < 200; i++) {
            connect();
            final byte[] noise = new byte[AttachMessage.BYTES];
            random.nextBytes(noise);
            noise[AttachMessage.TYPE_OFFSET] = 9;
            write(noise);
            assertEquals(Virtio.VIRTIO_VSOCK_OP_RST, next().operation());
        }
    }
}
