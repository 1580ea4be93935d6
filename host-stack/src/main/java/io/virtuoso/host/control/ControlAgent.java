package io.virtuoso.host.control;

import io.virtuoso.host.config.HostConfig;
import io.virtuoso.host.ffm.Linux;
import io.virtuoso.host.guest.Attachment;
import io.virtuoso.host.guest.EndReason;
import io.virtuoso.host.guest.Guest;
import io.virtuoso.host.guest.GuestRegistry;
import io.virtuoso.host.guest.MachineMemory;
import io.virtuoso.host.guest.RegionFactory;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.IntConsumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Attaches guests and answers questions: everything that happens over Unix sockets. Runs on a thread of its own and
 * sleeps when nothing happens.
 */
public final class ControlAgent implements Runnable {
    private static final Logger LOG = LoggerFactory.getLogger(ControlAgent.class);
    private static final String GUEST_SOCKET_MODE = "rw-rw-rw-";
    /** With so many events at each look, as many processes can have ended as a machine has. */
    private static final int MOST_LOOKS = 256;

    private static final String CONTROL_SOCKET_MODE = "rw-------";

    private final RunDirectory directory;
    private final ControlMailbox mailbox;
    private final Watcher watcher;
    private final ShareTable shares;
    private final AttachDesk attachments;
    private final ConfigDesk config;
    private final QueryDesk queries;
    private final MachineHost machines;
    private final Map<Guest, Door> guestDoors = new HashMap<>();
    private final Map<Guest, Door> machineDoors = new HashMap<>();
    private final Map<Guest, Door> doorbellDoors = new HashMap<>();
    private final List<Runnable> afterEnds = new ArrayList<>();
    private final Door controlDoor;
    private boolean running = true;

    /**
     * Opens the sockets of the configured guests and the control socket.
     *
     * @param configFile where the configuration came from, if from a file
     * @param wake    rung by whoever posts to the mailbox
     * @param machines serves virtual machines
     * @param epoch   identifies this run of the host stack
     * @throws IOException if a socket cannot be made; nothing is left open that matters to a process that now ends
     */
    public ControlAgent(
            final HostConfig config,
            final Optional<Path> configFile,
            final RunDirectory directory,
            final WakeFd wake,
            final ControlMailbox mailbox,
            final StackMailboxes stack,
            final MachineHost machines,
            final long epoch)
            throws IOException {
        this.directory = directory;
        this.machines = machines;
        this.mailbox = mailbox;
        this.watcher = new Watcher();
        this.shares = new ShareTable(watcher, stack);
        final RegionFactory regions = new RegionFactory(config.limits(), epoch);
        final GuestRegistry registry = new GuestRegistry(config);
        this.attachments = new AttachDesk(
                watcher, stack, shares, regions, registry, config.limits().attachments());
        directory.restoreGuests(registry);
        this.config = new ConfigDesk(config, configFile, registry, attachments, stack, new GuestDoors());
        final CaptureDesk captures = new CaptureDesk(
                watcher,
                stack,
                mailbox,
                name -> registry.all().stream()
                        .anyMatch(guest -> guest.mac().isEmpty() && guest.name().equals(name)));
        this.queries = new QueryDesk(
                registry, attachments, stack, machines, guest -> doorOf(guest, registry), this.config, captures);
        watcher.add(wake.fd(), Linux.EPOLLIN | Linux.EPOLLET, new MailboxHandler());
        for (final Guest guest : registry.all()) {
            openDoor(guest);
        }
        stack.know(registry.all());
        this.controlDoor = Door.open(
                watcher,
                directory.controlSocket(),
                Linux.SOCK_STREAM,
                CONTROL_SOCKET_MODE,
                fd -> new QueryConnection(watcher, fd, queries::onRequest).open());
    }

    private Path doorOf(final Guest guest, final GuestRegistry registry) throws IOException {
        if (guest.mac().isPresent()) {
            throw new IOException("guest '" + guest.name()
                    + "' is a virtual machine with a network card; no program attaches as that guest");
        }
        if (!guestDoors.containsKey(guest)) {
            openDoor(guest);
            attachments.stack().know(List.of(guest));
            directory.saveGuests(registry.onDemand());
        }
        return guestDoors.get(guest).path();
    }

    private void openDoor(final Guest guest) throws IOException {
        if (guest.mac().isEmpty()) {
            openAttachDoor(guest);
            final Path doorbell = directory.doorbellSocket(guest.name());
            doorbellDoors.put(guest, openMachineDoor(doorbell, fd -> machines.welcomeDoorbell(guest, fd)));
        }
        final Path machine = directory.machineSocket(guest.name());
        machineDoors.put(guest, openMachineDoor(machine, fd -> machines.welcome(guest, fd)));
    }

    private Door openMachineDoor(final Path path, final IntConsumer visitor) throws IOException {
        return Door.open(watcher, path, Linux.SOCK_STREAM, GUEST_SOCKET_MODE, visitor);
    }

    private void openAttachDoor(final Guest guest) throws IOException {
        final Path path = directory.guestSocket(guest.name());
        guestDoors.put(
                guest,
                Door.open(
                        watcher,
                        path,
                        Linux.SOCK_SEQPACKET,
                        GUEST_SOCKET_MODE,
                        fd -> attachments.welcome(guest, fd, Optional.empty())));
    }

    /** Serves until {@link #stop}. */
    @Override
    public void run() {
        while (running) {
            watcher.await(-1);
            noticeEnds();
        }
        watcher.close();
    }

    /**
     * Serves what there is to serve now, without sleeping.
     *
     * @return how much it was
     */
    int poll() {
        final int served = watcher.await(0);
        noticeEnds();
        return served;
    }

    /** When all that is ready was served, whoever has ended before is known to have; more may be asked meanwhile. */
    private void noticeEnds() {
        while (running && !afterEnds.isEmpty()) {
            final List<Runnable> known = List.copyOf(afterEnds);
            afterEnds.clear();
            for (int looks = 0; looks < MOST_LOOKS && watcher.await(0) == Watcher.EVENTS_PER_WAIT; looks++) {
                Thread.onSpinWait();
            }
            known.forEach(Runnable::run);
        }
    }

    /**
     * Ends {@link #run}: guests are told that the host stack stops, sockets are removed. Memory stays mapped, because
     * the stack thread may still be at work. Any thread.
     */
    public void stop() {
        mailbox.post(ControlEvents::stop);
    }

    /** Has the configuration read again and put in force; the log tells what came of it. Any thread. */
    public void reload() {
        mailbox.post(ControlEvents::reload);
    }

    private void closeAll() {
        controlDoor.close();
        guestDoors.values().forEach(Door::close);
        machineDoors.values().forEach(Door::close);
        doorbellDoors.values().forEach(Door::close);
        List.copyOf(attachments.connections()).forEach(connection -> connection.end(EndReason.HOST_STOPPED));
        running = false;
    }

    /** The guests' sockets, as they come and go with the configuration. */
    private final class GuestDoors implements ConfigDesk.Doors {
        @Override
        public void open(final Guest guest) throws IOException {
            openDoor(guest);
        }

        @Override
        public void close(final Guest guest) {
            close(guestDoors.remove(guest));
            close(machineDoors.remove(guest));
            close(doorbellDoors.remove(guest));
        }

        @Override
        public void remember(final List<Guest> onDemand) {
            try {
                directory.saveGuests(onDemand);
            } catch (final IOException e) {
                LOG.warn("guests made on demand are not known after a restart: {}", e.toString());
            }
        }

        private void close(final Door door) {
            if (door != null) {
                door.close();
            }
        }
    }

    /** What the stack thread reports. */
    private final class MailboxHandler implements Watcher.Handler, ControlEvents {
        @Override
        public void ready(final int events) {
            mailbox.drain(this);
        }

        @Override
        public void failed() {
            // The message that failed is gone; those behind it are still to be served.
            mailbox.drain(this);
        }

        @Override
        public void attached(final Attachment attachment) {
            attachments.connection(attachment).ifPresent(AttachConnection::onAttached);
        }

        @Override
        public void contextOpened(final Attachment attachment, final int index) {
            attachments.connection(attachment).ifPresent(connection -> connection.onContextOpened(index));
        }

        @Override
        public void contextClosed(final Attachment attachment, final int index) {
            attachments.connection(attachment).ifPresent(AttachConnection::onContextClosed);
        }

        @Override
        public void shared(final Attachment attachment, final long shareId, final int errno) {
            shares.onShared(shareId, errno);
            attachments.connection(attachment).ifPresent(connection -> connection.onShared(errno));
        }

        @Override
        public void adopted(final Attachment attachment, final Adoption adoption) {
            attachments.connection(attachment).ifPresent(connection -> connection.onAdopted(adoption));
        }

        @Override
        public void ended(final Attachment attachment) {
            attachments.connection(attachment).ifPresent(AttachConnection::onEnded);
        }

        @Override
        public void finished(final Attachment attachment) {
            attachments.stack().barrier(attachment);
        }

        @Override
        public void released(final Attachment attachment) {
            attachments.connection(attachment).ifPresent(AttachConnection::onReleased);
        }

        @Override
        public void machineAttaches(final Guest guest, final int socket, final MachineMemory memory) {
            attachments.welcome(guest, socket, Optional.of(memory));
        }

        @Override
        public void afterEnds(final Attachment asker, final Runnable then) {
            afterEnds.add(() -> attachments.stack().run(asker, then));
        }

        @Override
        public void reload() {
            config.reload();
        }

        @Override
        public void stop() {
            closeAll();
        }
    }
}
