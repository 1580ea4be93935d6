package io.virtuoso.host.vm;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.virtuoso.host.account.GuestLimits;
import io.virtuoso.host.config.GuestQuotas;
import io.virtuoso.host.config.HostConfig;
import io.virtuoso.host.control.ControlMailbox;
import io.virtuoso.host.ffm.Libc;
import io.virtuoso.host.guest.Guest;
import io.virtuoso.host.ivshmem.DoorbellDevice;
import io.virtuoso.host.ivshmem.TestIvshmemDevice;
import io.virtuoso.host.tcp.CongestionAlgorithm;
import java.io.IOException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** ivshmem devices of machines, turn by turn of the VM thread. */
class DoorbellConnectionTest {
    private static final int MOST = 8;
    private static final int MESSAGES = 3 + 2 * DoorbellDevice.VECTORS;

    private final Guest web = guest("web", 2);
    private final VmAgent agent =
            new VmAgent(Map.of(), 1 << 20, (network, action) -> action.run(), new ControlMailbox(() -> {}));
    private final List<TestIvshmemDevice> devices = new ArrayList<>();

    /** Counts what it is told. */
    private static final class Counting implements DoorbellConnection.Listener {
        int rings;
        int losses;

        @Override
        public void rung() {
            rings++;
        }

        @Override
        public void lost() {
            losses++;
        }
    }

    DoorbellConnectionTest() throws IOException {}

    @AfterEach
    void close() {
        agent.stop();
        agent.run();
        devices.forEach(TestIvshmemDevice::close);
    }

    private static Guest guest(final String name, final int number) {
        return new Guest(
                name,
                HostConfig.embeddedDefault().defaultNetwork(),
                10 << 24 | number,
                1,
                CongestionAlgorithm.CUBIC,
                Map.of(),
                GuestLimits.NONE,
                GuestQuotas.NONE);
    }

    private TestIvshmemDevice connect(final Guest guest) {
        final TestIvshmemDevice device = new TestIvshmemDevice();
        devices.add(device);
        agent.welcomeDoorbell(guest, device.serverSocket);
        poll();
        return device;
    }

    private TestIvshmemDevice connected(final Guest guest) {
        final TestIvshmemDevice device = connect(guest);
        assertEquals(MESSAGES, device.takeAll());
        return device;
    }

    private void poll() {
        agent.poll(0);
        agent.poll(0);
    }

    private long cutOff() {
        final Map<String, Long> counters = new HashMap<>();
        agent.counters(counters::put);
        return counters.get("vms.ended.ivshmem");
    }

    @Test
    void shouldRingBothWays() {
        final TestIvshmemDevice device = connected(web);
        final DoorbellConnection connection = agent.doorbell(web, device.memory).orElseThrow();
        final Counting five = new Counting();
        final Counting six = new Counting();
        connection.listen(5, five);
        connection.listen(6, six);
        for (int i = 1; i <= 3; i++) {
            Libc.ringEventFd(device.hostVectors.get(5));
            poll();
            assertEquals(i, five.rings);
        }
        assertEquals(0, six.rings);
        connection.ring(6);
        assertEquals(1, TestIvshmemDevice.take(device.machineVectors.get(6)));
        assertEquals(0, TestIvshmemDevice.take(device.machineVectors.get(5)));
    }

    /** The former program's end is heard of after the next one has its vector. */
    @Test
    void shouldTellTheLatestListener() {
        final TestIvshmemDevice device = connected(web);
        final DoorbellConnection connection = agent.doorbell(web, device.memory).orElseThrow();
        final Counting former = new Counting();
        final Counting latest = new Counting();
        connection.listen(0, former);
        connection.listen(0, latest);
        connection.ignore(0, former);
        Libc.ringEventFd(device.hostVectors.get(0));
        poll();
        assertEquals(1, latest.rings);
        connection.ignore(0, latest);
        Libc.ringEventFd(device.hostVectors.get(0));
        poll();
        assertEquals(1, latest.rings);
        assertEquals(0, former.rings);
    }

    /** A machine is known by its memory, which no other one has. */
    @Test
    void shouldKeepMachinesApart() {
        final TestIvshmemDevice one = connected(web);
        final TestIvshmemDevice other = connected(web);
        final Optional<DoorbellConnection> first = agent.doorbell(web, one.memory);
        assertTrue(first.isPresent());
        assertFalse(first.equals(agent.doorbell(web, other.memory)));
        assertTrue(agent.doorbell(guest("db", 3), one.memory).isEmpty());
        first.get().ring(1);
        assertEquals(0, TestIvshmemDevice.take(other.machineVectors.get(1)));
    }

    @Test
    void shouldTellListenersThatTheDeviceIsGone() {
        final TestIvshmemDevice device = connected(web);
        final DoorbellConnection connection = agent.doorbell(web, device.memory).orElseThrow();
        final Counting listener = new Counting();
        connection.listen(63, listener);
        device.hangUp();
        poll();
        assertEquals(1, listener.losses);
        assertTrue(agent.doorbell(web, device.memory).isEmpty());
        connection.ring(63);
        connection.ignore(63, listener);
        assertEquals(0, cutOff());
        connected(web);
    }

    @Test
    void shouldCutOffWhoSpeaksAndServeOthers() {
        final TestIvshmemDevice good = connected(web);
        final TestIvshmemDevice bad = connected(web);
        bad.say(new byte[] {0, 0, 0, 0, 0, 0, 0, 1}, good.memory);
        poll();
        assertTrue(bad.isCutOff());
        assertEquals(1, cutOff());
        agent.doorbell(web, good.memory).orElseThrow().ring(2);
        assertEquals(1, TestIvshmemDevice.take(good.machineVectors.get(2)));
    }

    @Test
    void shouldTurnAwayWhatIsTooMuch() {
        for (int i = 0; i < MOST; i++) {
            connected(web);
        }
        assertTrue(connect(web).isCutOff());
        connected(guest("db", 3));
        devices.getFirst().hangUp();
        poll();
        connected(web);
    }
}
