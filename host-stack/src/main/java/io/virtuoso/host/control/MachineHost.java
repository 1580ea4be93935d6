package io.virtuoso.host.control;

import io.virtuoso.host.guest.Guest;

/** Serves virtual machines, on a thread of its own. */
public interface MachineHost {
    /**
     * A virtual machine's monitor has connected to a guest's socket for machines.
     *
     * @param socket owned by the callee from now on
     */
    void welcome(Guest guest, int socket);

    /**
     * A virtual machine's monitor has connected to a guest's socket for ivshmem devices.
     *
     * @param socket owned by the callee from now on
     */
    void welcomeDoorbell(Guest guest, int socket);

    /** Reports what it counts, for {@code stats}. Any thread. */
    void counters(StackCommands.CounterSink sink);
}
