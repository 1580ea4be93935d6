package io.virtuoso.host.vsock;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.virtuoso.host.ffm.Virtio;
import io.virtuoso.host.virtio.TestDriver.Piece;
import io.virtuoso.host.virtio.VmFault;
import io.virtuoso.host.vsock.TestMachine.Packet;
import java.io.ByteArrayOutputStream;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The device against a machine's driver in the same memory. */
class VsockDeviceTest {
    private static final int PORT = 7;
    private static final int BOTH = 3;
    private static final int SEND = 2;

    private final List<Peer> peers = new ArrayList<>();
    private TestMachine machine;

    VsockDeviceTest() throws VmFault {
        machine = machine(false);
    }

    private TestMachine machine(final boolean packed) throws VmFault {
        return new TestMachine(
                packed, (port, connection) -> port == PORT ? Optional.of(peer(connection)) : Optional.empty());
    }

    private Peer peer(final VsockConnection connection) {
        peers.add(new Peer(connection));
        return peers.getLast();
    }

    /** A program of the host's that does what the test says. */
    private static final class Peer implements VsockHandler {
        final VsockConnection connection;
        final MemorySegment bytes = Arena.ofAuto().allocate(1 << 20);
        int writable;
        boolean ended;
        boolean gone;

        Peer(final VsockConnection connection) {
            this.connection = connection;
        }

        byte[] read(final int most) {
            final int length = connection.read(bytes, 0, most);
            return bytes.asSlice(0, length).toArray(ValueLayout.JAVA_BYTE);
        }

        int write(final byte[] from) {
            MemorySegment.copy(from, 0, bytes, ValueLayout.JAVA_BYTE, 0, from.length);
            return connection.write(bytes, 0, from.length);
        }

        @Override
        public void onReadable() {
            assertTrue(connection.readable() > 0);
        }

        @Override
        public void onWritable() {
            writable++;
        }

        @Override
        public void onEnd() {
            ended = true;
        }

        @Override
        public void onGone() {
            gone = true;
        }
    }

    private static byte[] pattern(final int length, final int seed) {
        final byte[] bytes = new byte[length];
        new Random(seed).nextBytes(bytes);
        return bytes;
    }

    private Peer connect() throws VmFault {
        machine.offer(8);
        machine.send(Virtio.VIRTIO_VSOCK_OP_REQUEST, PORT);
        expect(Virtio.VIRTIO_VSOCK_OP_RESPONSE);
        return peers.getLast();
    }

    private Packet expect(final int operation) {
        final Packet packet = machine.next().orElseThrow();
        assertEquals(operation, packet.operation());
        assertEquals(TestMachine.GUEST_PORT, packet.guestPort());
        return packet;
    }

    private void expectNothing() {
        assertEquals(Optional.empty(), machine.next());
    }

    // ---- connections

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void shouldCarryBytesBothWays(final boolean packed) throws VmFault {
        machine = machine(packed);
        final Peer peer = connect();
        final byte[] question = pattern(3000, 1);
        machine.send(Virtio.VIRTIO_VSOCK_OP_RW, PORT, 0, question);
        assertArrayEquals(question, peer.read(5000));

        final byte[] answer = pattern(9000, 2);
        assertEquals(9000, peer.write(answer));
        machine.serve();
        final ByteArrayOutputStream got = new ByteArrayOutputStream();
        while (got.size() < 9000) {
            got.writeBytes(expect(Virtio.VIRTIO_VSOCK_OP_RW).bytes());
        }
        assertArrayEquals(answer, got.toByteArray());
        expectNothing();
    }

    @Test
    void shouldRefuseWhereNobodyAnswers() throws VmFault {
        machine.offer(2);
        machine.send(Virtio.VIRTIO_VSOCK_OP_REQUEST, 8);
        assertEquals(8, expect(Virtio.VIRTIO_VSOCK_OP_RST).hostPort());
        machine.send(Virtio.VIRTIO_VSOCK_OP_RW, PORT, 0, new byte[5]);
        expect(Virtio.VIRTIO_VSOCK_OP_RST);
        machine.send(Virtio.VIRTIO_VSOCK_OP_RST, PORT);
        expectNothing();
    }

    @Test
    void shouldRefuseOtherKindsOfSockets() throws VmFault {
        machine.offer(2);
        machine.sendRaw(TestMachine.CID, 2, Virtio.VIRTIO_VSOCK_OP_REQUEST, PORT, 0, new byte[0], 0);
        machine.serve();
        expect(Virtio.VIRTIO_VSOCK_OP_RST);
        assertEquals(0, machine.device.connectionCount());
    }

    @Test
    void shouldIgnorePacketsOfOtherMachines() throws VmFault {
        machine.offer(2);
        machine.sendRaw(4, 1, Virtio.VIRTIO_VSOCK_OP_REQUEST, PORT, 0, new byte[0], 0);
        machine.serve();
        expectNothing();
        assertEquals(0, machine.device.connectionCount());
    }

    @Test
    void shouldResetWhatMakesNoSense() throws VmFault {
        final Peer peer = connect();
        machine.send(Virtio.VIRTIO_VSOCK_OP_REQUEST, PORT);
        expect(Virtio.VIRTIO_VSOCK_OP_RST);
        assertTrue(peer.gone);
        final Peer second = connect();
        machine.send(77, PORT);
        expect(Virtio.VIRTIO_VSOCK_OP_RST);
        assertTrue(second.gone);
        assertEquals(0, machine.device.connectionCount());
    }

    // ---- credit

    @Test
    void shouldSendNoMoreThanTheMachineHasRoomFor() throws VmFault {
        machine.room = 1000;
        final Peer peer = connect();
        peer.write(pattern(3000, 3));
        machine.serve();
        assertEquals(1000, expect(Virtio.VIRTIO_VSOCK_OP_RW).bytes().length);
        expectNothing();
        machine.forwarded = 600;
        machine.send(Virtio.VIRTIO_VSOCK_OP_CREDIT_UPDATE, PORT);
        assertEquals(600, expect(Virtio.VIRTIO_VSOCK_OP_RW).bytes().length);
        expectNothing();
        machine.forwarded = 5000;
        machine.send(Virtio.VIRTIO_VSOCK_OP_CREDIT_UPDATE, PORT);
        expectNothing();
        machine.forwarded = 1600;
        machine.room = -1;
        machine.send(Virtio.VIRTIO_VSOCK_OP_CREDIT_UPDATE, PORT);
        assertEquals(1400, expect(Virtio.VIRTIO_VSOCK_OP_RW).bytes().length);
    }

    @Test
    void shouldTellWhenHalfOfItsRoomWasTaken() throws VmFault {
        final Peer peer = connect();
        machine.send(Virtio.VIRTIO_VSOCK_OP_RW, PORT, 0, pattern(50_000, 4));
        peer.read(30_000);
        machine.serve();
        expectNothing();
        peer.read(10_000);
        machine.serve();
        assertEquals(40_000, expect(Virtio.VIRTIO_VSOCK_OP_CREDIT_UPDATE).forwarded());
        machine.send(Virtio.VIRTIO_VSOCK_OP_CREDIT_REQUEST, PORT);
        final Packet told = expect(Virtio.VIRTIO_VSOCK_OP_CREDIT_UPDATE);
        assertEquals(VsockConnection.BUFFER_BYTES, told.room());
        assertEquals(40_000, told.forwarded());
    }

    @Test
    void shouldResetAMachineThatSendsMoreThanThereIsRoomFor() throws VmFault {
        final Peer peer = connect();
        machine.send(Virtio.VIRTIO_VSOCK_OP_RW, PORT, 0, new byte[60_000]);
        machine.send(Virtio.VIRTIO_VSOCK_OP_RW, PORT, 0, new byte[6_000]);
        expect(Virtio.VIRTIO_VSOCK_OP_RST);
        assertTrue(peer.gone);
    }

    @Test
    void shouldTellWritersWhenThereIsRoomAgain() throws VmFault {
        machine.room = 0;
        final Peer peer = connect();
        assertEquals(VsockConnection.BUFFER_BYTES, peer.write(pattern(100_000, 5)));
        machine.serve();
        assertEquals(0, peer.writable);
        machine.room = 10;
        machine.send(Virtio.VIRTIO_VSOCK_OP_CREDIT_UPDATE, PORT);
        assertEquals(10, expect(Virtio.VIRTIO_VSOCK_OP_RW).bytes().length);
        assertEquals(1, peer.writable);
        assertEquals(10, peer.write(pattern(20, 6)));
    }

    // ---- the end

    @Test
    void shouldLetTheMachineCloseWhenEverythingIsRead() throws VmFault {
        final Peer peer = connect();
        machine.send(Virtio.VIRTIO_VSOCK_OP_RW, PORT, 0, pattern(100, 7));
        machine.send(Virtio.VIRTIO_VSOCK_OP_SHUTDOWN, PORT, BOTH, new byte[0]);
        assertTrue(peer.ended);
        expectNothing();
        assertArrayEquals(pattern(100, 7), peer.read(100));
        machine.serve();
        expect(Virtio.VIRTIO_VSOCK_OP_RST);
        assertTrue(peer.gone);
    }

    @Test
    void shouldAnswerAMachineThatHasShutDownSending() throws VmFault {
        final Peer peer = connect();
        machine.send(Virtio.VIRTIO_VSOCK_OP_SHUTDOWN, PORT, SEND, new byte[0]);
        assertTrue(peer.ended);
        peer.write(pattern(10, 8));
        peer.connection.close();
        machine.serve();
        assertEquals(10, expect(Virtio.VIRTIO_VSOCK_OP_RW).bytes().length);
        assertEquals(BOTH, expect(Virtio.VIRTIO_VSOCK_OP_SHUTDOWN).flags());
        machine.send(Virtio.VIRTIO_VSOCK_OP_RST, PORT);
        assertTrue(peer.gone);
        expectNothing();
    }

    @Test
    void shouldThrowAwayWhatComesAfterItClosed() throws VmFault {
        final Peer peer = connect();
        machine.send(Virtio.VIRTIO_VSOCK_OP_RW, PORT, 0, new byte[100]);
        peer.connection.close();
        machine.send(Virtio.VIRTIO_VSOCK_OP_RW, PORT, 0, new byte[60_000]);
        assertEquals(60_100, expect(Virtio.VIRTIO_VSOCK_OP_SHUTDOWN).forwarded());
        machine.send(Virtio.VIRTIO_VSOCK_OP_SHUTDOWN, PORT, BOTH, new byte[0]);
        expect(Virtio.VIRTIO_VSOCK_OP_RST);
        assertTrue(peer.gone);
        assertEquals(0, machine.device.connectionCount());
    }

    @Test
    void shouldResetAtOnceWhenAsked() throws VmFault {
        final Peer peer = connect();
        peer.connection.reset();
        machine.serve();
        expect(Virtio.VIRTIO_VSOCK_OP_RST);
        assertTrue(peer.gone);
        assertEquals(0, peer.write(new byte[5]));
    }

    @Test
    void shouldForgetEverythingWhenTheDriverBeginsAnew() throws VmFault {
        final Peer peer = connect();
        peer.write(new byte[10]);
        machine.device.reset();
        machine.serve();
        assertTrue(peer.gone);
        expectNothing();
        connect();
    }

    // ---- machines that mean harm

    @Test
    void shouldTakeNothingMoreWhileAnswersFindNoRoom() throws VmFault {
        int taken = 0;
        for (int i = 0; i < 1000 && machine.transmit.free() > 0; i++) {
            machine.sendRaw(TestMachine.CID, 1, Virtio.VIRTIO_VSOCK_OP_RW, PORT, 0, new byte[0], 0);
            machine.serve();
            taken++;
        }
        assertTrue(taken < 300, taken + " packets were taken");
        int resets = 0;
        for (int i = 0; i < 100; i++) {
            machine.offer(16);
            machine.serve();
            while (machine.next().isPresent()) {
                resets++;
            }
        }
        assertEquals(taken, resets);
    }

    /** A program that reads nothing. */
    private static final class Idle implements VsockHandler {
        final VsockConnection connection;
        boolean gone;

        Idle(final VsockConnection connection) {
            this.connection = connection;
        }

        @Override
        public void onReadable() {
            // Not now.
        }

        @Override
        public void onWritable() {
            // It wrote all that it had.
        }

        @Override
        public void onEnd() {
            // It stays.
        }

        @Override
        public void onGone() {
            gone = true;
        }
    }

    private Idle connectIdle(final int port, final List<Idle> programs) throws VmFault {
        machine.offer(2);
        machine.send(Virtio.VIRTIO_VSOCK_OP_REQUEST, port);
        while (machine.next().isPresent()) {
            // Answers to this and to what was before.
        }
        return programs.getLast();
    }

    /** Each connection holds no more than was promised; all of them together would. */
    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void shouldResetConnectionsWhenAMachineHasUsedUpItsMemory(final boolean written) throws VmFault {
        final List<Idle> programs = new ArrayList<>();
        machine = new TestMachine(false, (port, connection) -> {
            programs.add(new Idle(connection));
            return Optional.of(programs.getLast());
        });
        machine.room = 0;
        final byte[] bytes = new byte[60_000];
        final int most = BufferBudget.BYTES / VsockConnection.BUFFER_BYTES;
        for (int port = 1; port <= most + 50; port++) {
            final Idle program = connectIdle(port, programs);
            if (written) {
                final int taken = program.connection.write(MemorySegment.ofArray(bytes), 0, bytes.length);
                assertEquals(port <= most ? bytes.length : 0, taken);
            } else {
                machine.send(Virtio.VIRTIO_VSOCK_OP_RW, port, 0, bytes);
            }
            assertEquals(port > most, program.gone);
        }
        assertEquals(most, machine.connections());
        machine.send(Virtio.VIRTIO_VSOCK_OP_RST, 1);
        final Idle next = connectIdle(most + 51, programs);
        machine.send(Virtio.VIRTIO_VSOCK_OP_RW, most + 51, 0, bytes);
        assertFalse(next.gone);
        machine.device.reset();
        assertEquals(0, machine.device.budget().taken());
    }

    @Test
    void shouldCutOffMachinesWhosePacketsDoNotFitTheirBuffers() throws VmFault {
        machine.sendRaw(TestMachine.CID, 1, Virtio.VIRTIO_VSOCK_OP_RW, PORT, 0, new byte[10], 11);
        assertPacketFault();
        machine = machine(true);
        machine.sendRaw(TestMachine.CID, 1, Virtio.VIRTIO_VSOCK_OP_RW, PORT, 0, new byte[10], -1);
        assertPacketFault();
        machine = machine(false);
        machine.transmit.offer(false, List.of(new Piece(0, 43, false)));
        assertPacketFault();
        machine = machine(false);
        machine.receive.offer(false, List.of(new Piece(0, 43, true)));
        machine.sendRaw(TestMachine.CID, 1, Virtio.VIRTIO_VSOCK_OP_RW, PORT, 0, new byte[0], 0);
        assertPacketFault();
    }

    private void assertPacketFault() {
        final VmFault fault = assertThrows(VmFault.class, () -> machine.serve());
        assertEquals(VmFault.Reason.PACKET, fault.reason());
    }

    /** Any operation on any port with any credit, and programs that read, write and close as they like. */
    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void shouldStandRandomPackets(final boolean packed) throws VmFault {
        machine = machine(packed);
        final SplittableRandom random = new SplittableRandom(5);
        for (int i = 0; i < 30_000; i++) {
            machine.room = random.nextInt(3) == 0 ? random.nextInt() : 1 << 16;
            machine.forwarded = random.nextInt(3) == 0 ? random.nextInt() : machine.forwarded + 100;
            machine.offer(random.nextInt(4));
            if (machine.transmit.free() > 2) {
                machine.send(
                        random.nextInt(9), 6 + random.nextInt(3), random.nextInt(4), new byte[random.nextInt(3000)]);
            }
            machine.serve();
            while (machine.next().isPresent()) {
                // Only their headers are checked.
            }
            while (peers.size() > 3) {
                peers.removeFirst();
            }
            peers.forEach(peer -> actAtRandom(peer, random));
        }
        assertFalse(machine.device.connectionCount() > 3);
    }

    private static void actAtRandom(final Peer peer, final SplittableRandom random) {
        switch (random.nextInt(12)) {
            case 0 -> peer.connection.close();
            case 1 -> peer.connection.reset();
            case 2, 3, 4 -> peer.read(random.nextInt(5000));
            case 5, 6 -> peer.write(new byte[random.nextInt(5000)]);
            default -> {}
        }
    }
}
