package io.virtuoso.host.vm;

import io.virtuoso.host.control.ControlMailbox;
import io.virtuoso.host.control.MachineHost;
import io.virtuoso.host.control.StackCommands.CounterSink;
import io.virtuoso.host.control.WakeFd;
import io.virtuoso.host.control.Watcher;
import io.virtuoso.host.ffm.Libc;
import io.virtuoso.host.ffm.Linux;
import io.virtuoso.host.guest.Guest;
import io.virtuoso.host.virtio.VmFault;
import io.virtuoso.host.vswitch.MachinePort;
import java.io.IOException;
import java.util.ArrayDeque;
import java.util.LinkedHashSet;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicLongArray;
import java.util.concurrent.atomic.LongAdder;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Serves virtual machines. Runs on a thread of its own and sleeps when nothing happens, so that a machine that keeps it
 * busy delays other machines at most, and those in turn.
 */
public final class VmAgent implements Runnable, MachineHost {
    private static final Logger LOG = LoggerFactory.getLogger(VmAgent.class);
    /** Each has some 130 descriptors. */
    private static final int MAX_DOORBELLS = 8;

    private final ControlMailbox control;
    private final WakeFd wake;
    private final Watcher watcher;
    private final ConcurrentLinkedQueue<Runnable> inbox = new ConcurrentLinkedQueue<>();
    private final Set<VmConnection> machines = new LinkedHashSet<>();
    private final Set<NetConnection> cards = new LinkedHashSet<>();
    private final Set<DoorbellConnection> doorbells = new LinkedHashSet<>();
    private final long doorbellBytes;
    private final Map<String, MachinePort> ports;
    private final StackThreadCalls stack;
    private final ArrayDeque<VmConnection> unfinished = new ArrayDeque<>();
    private final AtomicLongArray faults = new AtomicLongArray(VmFault.Reason.values().length);
    private final LongAdder connected = new LongAdder();
    private final LongAdder gone = new LongAdder();
    private final LongAdder doorbellsConnected = new LongAdder();
    private final LongAdder doorbellsGone = new LongAdder();
    private final LongAdder vectorsToHost = new LongAdder();
    private final LongAdder vectorsToMachines = new LongAdder();
    private boolean running = true;

    /**
     * @param ports of machines with network cards, by guest
     * @param doorbellBytes memory of an ivshmem-doorbell device, a power of two
     * @param control told of programs that attach
     * @throws IOException naming the errno, such as EMFILE
     */
    public VmAgent(
            final Map<String, MachinePort> ports,
            final long doorbellBytes,
            final StackThreadCalls stack,
            final ControlMailbox control)
            throws IOException {
        this.doorbellBytes = doorbellBytes;
        this.ports = Map.copyOf(ports);
        this.stack = stack;
        this.control = control;
        wake = WakeFd.create();
        watcher = new Watcher();
        watcher.add(wake.fd(), Linux.EPOLLIN | Linux.EPOLLET, new InboxHandler());
    }

    /** Any thread. */
    @Override
    public void welcome(final Guest guest, final int socket) {
        post(() -> begin(guest, socket));
    }

    /** Any thread. */
    @Override
    public void welcomeDoorbell(final Guest guest, final int socket) {
        post(() -> beginDoorbell(guest, socket));
    }

    /** Ends {@link #run}. Any thread. */
    public void stop() {
        post(() -> running = false);
    }

    void post(final Runnable message) {
        inbox.add(message);
        wake.ring();
    }

    /** Serves until {@link #stop}. */
    @Override
    public void run() {
        while (running) {
            poll(unfinished.isEmpty() ? -1 : 0);
        }
        poll(0); // what programs are to hear at the end
        Set.copyOf(machines).forEach(VmConnection::close);
        Set.copyOf(cards).forEach(NetConnection::close);
        Set.copyOf(doorbells).forEach(DoorbellConnection::close);
        watcher.close();
    }

    /** Serves what there is; machines that have more to do than fits into one turn get their next turn. */
    void poll(final long timeoutNs) {
        watcher.await(timeoutNs);
        for (int turns = unfinished.size(); turns > 0; turns--) {
            final VmConnection machine = unfinished.poll();
            if (machine != null) {
                machine.turn();
            }
        }
    }

    private void begin(final Guest guest, final int socket) {
        if (guest.mac().isPresent()) {
            beginCard(guest, socket);
            return;
        }
        final VmConnection machine = new VmConnection(this, guest, socket);
        if (machine.watch(MonitorConnection.LISTENS)) {
            machines.add(machine);
            connected.increment();
            LOG.info("a virtual machine of guest {} is connected", guest);
        } else {
            Libc.close(socket);
        }
    }

    ControlMailbox control() {
        return control;
    }

    /** A card has one monitor: the latest, since another one's end may not have been heard of yet. */
    private void beginCard(final Guest guest, final int socket) {
        cards.stream().filter(card -> card.isOf(guest)).toList().forEach(NetConnection::close);
        final String network = guest.network().name();
        final NetConnection card =
                new NetConnection(this, guest, socket, ports.get(guest.name()), action -> stack.call(network, action));
        if (card.open()) {
            cards.add(card);
            connected.increment();
            LOG.info("the network card of guest {} is connected", guest);
        } else {
            Libc.close(socket);
        }
    }

    private void beginDoorbell(final Guest guest, final int socket) {
        if (doorbells.stream().filter(doorbell -> doorbell.isOf(guest)).count() >= MAX_DOORBELLS) {
            LOG.warn("guest {} has {} ivshmem devices, the most it may have", guest, MAX_DOORBELLS);
            Libc.close(socket);
            return;
        }
        try {
            doorbells.add(DoorbellConnection.open(this, guest, socket, doorbellBytes));
            doorbellsConnected.increment();
            LOG.info("an ivshmem device of guest {} is connected", guest);
        } catch (final IOException e) {
            LOG.warn("an ivshmem device of guest {} is turned away: {}", guest, e.getMessage());
            Libc.close(socket);
        }
    }

    /** @return the guest's device with this memory */
    Optional<DoorbellConnection> doorbell(final Guest guest, final int memoryFd) {
        return doorbells.stream()
                .filter(doorbell -> doorbell.isOf(guest) && doorbell.isMemory(memoryFd))
                .findFirst();
    }

    /** Drivers are to be told of used buffers. Any thread; allocates nothing. */
    void callsDue() {
        wake.ring();
    }

    Watcher watcher() {
        return watcher;
    }

    /** A machine has more to do. */
    void again(final VmConnection machine) {
        unfinished.add(machine);
    }

    void ended(final VmConnection machine) {
        machines.remove(machine);
        unfinished.remove(machine);
        gone.increment();
    }

    void ended(final NetConnection card) {
        cards.remove(card);
        gone.increment();
    }

    void ended(final DoorbellConnection doorbell) {
        doorbells.remove(doorbell);
        doorbellsGone.increment();
    }

    void countVector(final boolean toHost) {
        (toHost ? vectorsToHost : vectorsToMachines).increment();
    }

    void countFault(final VmFault.Reason reason) {
        faults.incrementAndGet(reason.ordinal());
    }

    @Override
    public void counters(final CounterSink sink) {
        sink.counter("vms.connected", connected.sum());
        sink.counter("vms.gone", gone.sum());
        sink.counter("vms.doorbells.connected", doorbellsConnected.sum());
        sink.counter("vms.doorbells.gone", doorbellsGone.sum());
        sink.counter("vms.doorbells.to_host", vectorsToHost.sum());
        sink.counter("vms.doorbells.to_machines", vectorsToMachines.sum());
        for (final VmFault.Reason reason : VmFault.Reason.values()) {
            final String name = reason.name().toLowerCase(Locale.ROOT);
            sink.counter("vms.ended." + name, faults.get(reason.ordinal()));
        }
    }

    private final class InboxHandler implements Watcher.Handler {
        @Override
        public void ready(final int events) {
            Runnable message;
            while ((message = inbox.poll()) != null) {
                message.run();
            }
            cards.forEach(NetConnection::callDriver);
        }

        @Override
        public void failed() {
            // The message that failed is gone; those behind it are still to be served.
            ready(0);
        }
    }
}
