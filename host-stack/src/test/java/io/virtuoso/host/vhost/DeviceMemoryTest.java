package io.virtuoso.host.vhost;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.virtuoso.host.ffm.Libc;
import io.virtuoso.host.ffm.SharedMemory;
import io.virtuoso.host.ffm.Virtio;
import io.virtuoso.host.virtio.GuestRam;
import io.virtuoso.host.virtio.TestDriver;
import io.virtuoso.host.virtio.VmFault;
import io.virtuoso.host.vsock.VsockDevice;
import java.io.IOException;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Which of a machine's memory is no RAM, so that regions may lie in it. */
class DeviceMemoryTest {
    private final FrontEnd front = new FrontEnd();
    private final VhostBackend backend =
            new VhostBackend(new VsockDevice(3, (port, connection) -> Optional.empty()), (ring, fd) -> {});
    private final VhostSocket socket = new VhostSocket(front.backEndSocket, backend);

    DeviceMemoryTest() throws IOException {}

    @AfterEach
    void close() {
        socket.close();
        backend.close();
        front.close();
    }

    private void serve() throws VmFault {
        assertTrue(socket.serve());
    }

    /** The machine's RAM, and another file at an address. */
    private void twoFiles(final long address, final long bytes, final int file) {
        front.send(
                VhostUser.SET_MEM_TABLE,
                VhostUser.VERSION,
                72,
                payload -> {
                    payload.putInt(0, 2);
                    FrontEnd.region(payload, 0, GuestRam.GUEST, FrontEnd.RAM_BYTES, GuestRam.USER, 0);
                    FrontEnd.region(payload, 1, address, bytes, 0x7000_0000_0000L, 0);
                },
                front.ramFd,
                file);
    }

    private void runRing() throws VmFault {
        front.features(1L << Virtio.VIRTIO_F_VERSION_1);
        front.ring(0, TestDriver.of(false, front.ram, 16, false));
        front.enable(0, true);
        serve();
    }

    @Test
    void shouldTellTheMemoryOfADeviceFromRam() throws VmFault {
        final int file = SharedMemory.create("device", 1 << 16);
        twoFiles(1L << 32, 1 << 16, file);
        serve();
        assertTrue(backend.deviceMemory().isEmpty(), "before any ring tells what is RAM");
        runRing();
        final DeviceMemory found = backend.deviceMemory().orElseThrow();
        assertEquals(1L << 32, found.address());
        assertEquals(1 << 16, found.bytes());
        Libc.close(file);
    }

    /** Nothing but a whole file at a multiple of its size, a power of two, is a device's. */
    @ParameterizedTest
    @CsvSource({"0x100008000,65536,65536", "0x100000000,32768,65536", "0x100000000,49152,49152"})
    void shouldTakeNothingElseForTheMemoryOfADevice(final String address, final long bytes, final int fileBytes)
            throws VmFault {
        final int file = SharedMemory.create("device", fileBytes);
        twoFiles(Long.decode(address), bytes, file);
        runRing();
        assertTrue(backend.deviceMemory().isEmpty());
        Libc.close(file);
    }

    @Test
    void shouldNotTakeRamForTheMemoryOfADevice() throws VmFault {
        front.memory(0);
        runRing();
        assertTrue(backend.deviceMemory().isEmpty());
        front.send(
                VhostUser.SET_MEM_TABLE,
                VhostUser.VERSION,
                72,
                payload -> {
                    payload.putInt(0, 2);
                    FrontEnd.region(payload, 0, GuestRam.GUEST, FrontEnd.RAM_BYTES, GuestRam.USER, 0);
                    FrontEnd.region(payload, 1, 1L << 32, FrontEnd.RAM_BYTES, 0x7000_0000_0000L, 0);
                },
                front.ramFd,
                front.ramFd);
        serve();
        assertTrue(backend.deviceMemory().isEmpty(), "the same file once more");
    }
}
