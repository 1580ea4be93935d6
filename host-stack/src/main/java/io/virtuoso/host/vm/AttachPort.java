package io.virtuoso.host.vm;

import io.virtuoso.host.control.ControlMailbox;
import io.virtuoso.host.control.Watcher;
import io.virtuoso.host.ffm.FdPassing;
import io.virtuoso.host.guest.Guest;
import io.virtuoso.host.guest.MachineMemory;
import io.virtuoso.host.vsock.VsockConnection;
import io.virtuoso.host.vsock.VsockHandler;
import io.virtuoso.protocol.AttachMessage;
import java.lang.foreign.MemorySegment;
import java.security.SecureRandom;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;

/**
 * Where programs of one virtual machine attach: the host's vsock port of that name. What they say goes to the control
 * thread by socket pairs, as if they had reached the guest's Unix socket; what descriptors are there are connections here.
 * VM thread only.
 */
final class AttachPort {
    private static final SecureRandom RANDOM = new SecureRandom();

    private final Machine machine;
    private final FdPassing passing = new FdPassing();
    private final MemorySegment bytes = MemorySegment.ofBuffer(passing.message());
    private final AttachMessage message = new AttachMessage().wrap(passing.message());
    private final Map<Integer, MachineProcess> processes = new HashMap<>();

    /** What attaching needs of the machine. */
    interface Machine {
        Guest guest();

        /** Where attachments are made. */
        ControlMailbox control();

        Watcher watcher();

        /** @return the memory for regions that the machine's programs see at an address; empty if there is none there */
        Optional<MachineMemory> memory(long address);

        /** @return the device that shows that memory, if it is one that the host stack serves */
        Optional<DoorbellConnection> doorbells();

        /** Something was written on a connection outside the device's turn. */
        void wake();
    }

    AttachPort(final Machine machine) {
        this.machine = machine;
    }

    VsockHandler accept(final VsockConnection connection) {
        return new AttachStream(this, connection);
    }

    Machine machine() {
        return machine;
    }

    /** The one message that is read or written at a time, with its descriptors. */
    FdPassing passing() {
        return passing;
    }

    /** The same message. */
    AttachMessage message() {
        return message;
    }

    /** Reads a message. @return false if not all of it is there */
    boolean read(final VsockConnection connection) {
        if (connection.readable() < AttachMessage.BYTES) {
            return false;
        }
        connection.read(bytes, 0, AttachMessage.BYTES);
        return true;
    }

    /** Writes the message; a program that does not read its answers loses the connection. */
    void write(final VsockConnection connection) {
        if (connection.writable() < AttachMessage.BYTES) {
            connection.reset();
        } else {
            connection.write(bytes, 0, AttachMessage.BYTES);
        }
    }

    /** Gives a process its number, which others do not guess. */
    int enter(final MachineProcess process) {
        int key;
        do {
            key = RANDOM.nextInt();
        } while (key == 0 || processes.putIfAbsent(key, process) != null);
        return key;
    }

    void leave(final int key) {
        processes.remove(key);
    }

    /** @return who has a number */
    Optional<MachineProcess> process(final int key) {
        return Optional.ofNullable(processes.get(key));
    }
}
