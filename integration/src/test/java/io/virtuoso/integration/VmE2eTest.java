package io.virtuoso.integration;

import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Linux in QEMU reaches the host stack over virtio-vsock, whose back end the host stack is. */
@Tag("slow")
class VmE2eTest {
    private static final int MIB = 1 << 20;

    private final HostStack host = HostStack.start();

    @BeforeEach
    void shouldServeBefore() {
        assertTrue(host.isAlive());
    }

    @AfterEach
    void shouldServeAfterwards() {
        assertTrue(host.isAlive(), () -> host.log());
        host.close();
    }

    private VirtualMachine machine(final String guest, final String options) {
        return VirtualMachine.start(host.machineSocket(guest), host.folder("vm"), options);
    }

    private static void echo(final VirtualMachine machine, final int bytes, final int connections, final int times) {
        final String expected = "echoed " + bytes + " bytes on " + connections + " of " + connections + " connections";
        machine.say("echo " + bytes + " " + connections, "echoed " + bytes + " bytes on", times);
        machine.awaitSaid(expected, times);
    }

    @ParameterizedTest
    @ValueSource(strings = {"", ",packed=on", ",event_idx=off", ",indirect_desc=off"})
    void shouldCarryBytesBothWaysWithoutAMistake(final String options) {
        try (VirtualMachine machine = machine("guest", options)) {
            echo(machine, MIB, 1, 1);
            echo(machine, MIB / 4, 8, 1);
            machine.say("refused 8", "port 8: Connection reset by peer", 1);
        }
    }

    @Test
    void shouldForgetAMachineThatIsKilledAndServeOthers() {
        try (VirtualMachine one = machine("one", "");
                VirtualMachine other = machine("other", "")) {
            one.say("hold", "held: open", 1);
            one.kill();
            host.awaitCounter("vms.gone", 1);
            echo(other, MIB, 1, 1);
        }
        try (VirtualMachine again = machine("one", "")) {
            echo(again, MIB, 1, 1);
        }
    }

    @Test
    void shouldServeAMachineThatWasRebooted() {
        try (VirtualMachine machine = machine("guest", "")) {
            machine.say("hold", "held: open", 1);
            machine.reboot();
            echo(machine, MIB, 1, 1);
        }
    }

    /** QEMU itself refuses: it keeps no state of its device. */
    @Test
    void shouldGoOnAfterASnapshotWasRefused() {
        try (VirtualMachine machine = machine("guest", "")) {
            machine.say("hold", "held: open", 1);
            machine.tell("stop");
            final String answer = machine.tell("migrate \"exec:cat >/dev/null\"");
            assertTrue(answer.contains("non-migratable device"), answer);
            machine.tell("cont");
            echo(machine, MIB, 1, 1);
        }
    }

    /** QEMU does not reconnect this device by itself: it is taken out and put in again. */
    @Test
    void shouldServeAMachineAfterItWasRestartedItself() {
        try (VirtualMachine machine = machine("guest", "")) {
            echo(machine, MIB, 1, 1);
            host.kill();
            host.up();
            machine.replug(host.machineSocket("guest"));
            machine.say("await", "host stack is there", 1);
            echo(machine, MIB, 1, 2);
        }
    }
}
