package io.virtuoso.host.control;

import io.virtuoso.host.ffm.FdPassing;
import io.virtuoso.host.ffm.Libc;
import io.virtuoso.host.ffm.PeerCredentials;
import io.virtuoso.host.guest.Attachment;
import io.virtuoso.host.guest.EndReason;
import io.virtuoso.host.guest.Guest;
import io.virtuoso.host.guest.GuestRegistry;
import io.virtuoso.host.guest.MachineMemory;
import io.virtuoso.host.guest.RegionFactory;
import io.virtuoso.protocol.AttachMessage;
import java.io.IOException;
import java.util.Collection;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** What all attach connections share, and the book of attachments. Control thread only. */
final class AttachDesk {
    private static final Logger LOG = LoggerFactory.getLogger(AttachDesk.class);

    /** Connections of a guest that have not said HELLO yet: each holds a descriptor that others may need. */
    private static final int MAX_SILENT = 64;

    private final Watcher watcher;
    private final StackMailboxes stack;
    private final ShareTable shares;
    private final RegionFactory regions;
    private final GuestRegistry guests;
    private final int attachmentsPerGuest;
    private final FdPassing incoming = new FdPassing();
    private final FdPassing outgoing = new FdPassing();
    private final Map<Attachment, AttachConnection> connections = new LinkedHashMap<>();
    private final Map<Guest, Integer> perGuest = new HashMap<>();
    private final Map<Guest, Integer> silent = new HashMap<>();
    private final EnumMap<EndReason, Long> ended = new EnumMap<>(EndReason.class);
    private int nextId = 1;
    private long attachedTotal;
    private long refusedTotal;

    AttachDesk(
            final Watcher watcher,
            final StackMailboxes stack,
            final ShareTable shares,
            final RegionFactory regions,
            final GuestRegistry guests,
            final int attachmentsPerGuest) {
        this.watcher = watcher;
        this.stack = stack;
        this.shares = shares;
        this.regions = regions;
        this.guests = guests;
        this.attachmentsPerGuest = attachmentsPerGuest;
    }

    StackMailboxes stack() {
        return stack;
    }

    ShareTable shares() {
        return shares;
    }

    FdPassing incoming() {
        return incoming;
    }

    /**
     * Finds a guest by name, or by address if there is no name.
     *
     * @param asker only guests of its network are found, itself included
     * @param low6  last eight bytes of an IPv6 address; 0: the address is the IPv4 one
     */
    Optional<Guest> neighbour(final Guest asker, final String name, final int address, final long low6) {
        if (!name.isEmpty()) {
            return guests.findIgnoringCase(name)
                    .filter(guest ->
                            guest.network().name().equals(asker.network().name()));
        }
        return low6 != 0 ? guests.find6(asker.network(), low6) : guests.find(asker.network(), address);
    }

    /** @return the guest as it is configured now; empty if it is no more */
    Optional<Guest> current(final Guest guest) {
        return guests.find(guest.name());
    }

    /** Ends all attachments of a guest that is no more. */
    void remove(final Guest guest) {
        List.copyOf(connections.values()).stream()
                .filter(connection -> connection
                        .attachment()
                        .map(attachment -> attachment.guest().equals(guest))
                        .orElse(false))
                .forEach(connection -> connection.end(EndReason.GUEST_REMOVED));
    }

    /**
     * Serves a connection that a guest has just made.
     *
     * @param machine the memory of the virtual machine that it came from; empty: a process of this machine's
     */
    void welcome(final Guest guest, final int socket, final Optional<MachineMemory> machine) {
        if (silent.getOrDefault(guest, 0) >= MAX_SILENT) {
            refusedTotal++;
            Libc.close(socket);
            return;
        }
        final AttachChannel channel = new AttachChannel(watcher, socket, outgoing);
        final AttachConnection connection = new AttachConnection(this, guest, channel, machine);
        if (channel.watch(connection)) {
            silent.merge(guest, 1, Integer::sum);
        } else {
            channel.close();
        }
    }

    /** A connection has said HELLO, or is gone. */
    void notSilent(final Guest guest) {
        decrement(silent, guest);
    }

    private static void decrement(final Map<Guest, Integer> counts, final Guest guest) {
        counts.computeIfPresent(guest, (key, count) -> count > 1 ? count - 1 : null);
    }

    /** @return true if the guest has as many attachments as it may have */
    boolean isFull(final Guest guest) {
        return perGuest.getOrDefault(guest, 0) >= attachmentsPerGuest;
    }

    int attachmentsPerGuest() {
        return attachmentsPerGuest;
    }

    void countRefusal() {
        refusedTotal++;
    }

    /**
     * Makes memory and doorbell of an attachment, and the attachment.
     *
     * @param hello its first message
     * @param most what the process can map, in bytes; 0: whatever is wanted; of no account in a virtual machine
     * @throws IOException naming the errno
     */
    Attachment open(
            final AttachConnection connection,
            final Guest guest,
            final PeerCredentials peer,
            final String program,
            final AttachMessage hello,
            final long most)
            throws IOException {
        final Optional<MachineMemory> machine = connection.machine();
        final RegionFactory.Mapped memory =
                machine.isPresent() ? regions.create(guest, machine.get()) : regions.create(guest, most);
        final int doorbell = Libc.eventFd();
        if (doorbell < 0) {
            memory.close();
            throw new IOException("no descriptor is left for a doorbell");
        }
        final Attachment attachment = new Attachment(
                nextId++, guest, peer.pid(), peer.uid(), program, hello.abiMinor(), memory.region(), doorbell);
        connection.own(new AttachmentResources(memory, doorbell));
        connections.put(attachment, connection);
        perGuest.merge(guest, 1, Integer::sum);
        attachedTotal++;
        return attachment;
    }

    /** Notes that an attachment has ended; it is forgotten when {@link #released}. */
    void noteEnd(final Attachment attachment) {
        final EndReason reason = attachment.endReason().orElse(EndReason.GUEST_CLOSED);
        ended.merge(reason, 1L, Long::sum);
        if (reason.isFault()) {
            LOG.warn("attachment {} of guest {} ended: {}", attachment, attachment.guest(), reason.text());
        } else {
            LOG.debug("attachment {} ended: {}", attachment, reason.text());
        }
    }

    /** @return the connection of an attachment that is not released yet */
    Optional<AttachConnection> connection(final Attachment attachment) {
        return Optional.ofNullable(connections.get(attachment));
    }

    /** Forgets an attachment whose resources are gone. */
    void released(final Attachment attachment) {
        connections.remove(attachment);
        decrement(perGuest, attachment.guest());
    }

    /** @return the connections of all attachments not released yet */
    Collection<AttachConnection> connections() {
        return connections.values();
    }

    /** Reports what the control thread counts. */
    void counters(final StackCommands.CounterSink sink) {
        sink.counter("attachments", connections.size());
        sink.counter("attachments.total", attachedTotal);
        sink.counter("attachments.refused", refusedTotal);
        for (final EndReason reason : EndReason.values()) {
            final String name = reason.name().toLowerCase(Locale.ROOT);
            sink.counter("attachments.ended." + name, ended.getOrDefault(reason, 0L));
        }
        sink.counter("placeholders", shares.size());
        sink.counter("control.watches", watcher.size());
    }
}
