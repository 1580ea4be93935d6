package io.virtuoso.host.control;

import io.virtuoso.host.config.Ipv6;
import io.virtuoso.host.ffm.FdPassing;
import io.virtuoso.host.ffm.Linux;
import io.virtuoso.host.ffm.PeerCredentials;
import io.virtuoso.host.ffm.UnixSocket;
import io.virtuoso.host.guest.Attachment;
import io.virtuoso.host.guest.EndReason;
import io.virtuoso.host.guest.Guest;
import io.virtuoso.host.guest.MachineMemory;
import io.virtuoso.protocol.AttachMessage;
import io.virtuoso.protocol.Errno;
import io.virtuoso.protocol.MessageType;
import java.io.IOException;
import java.util.Optional;

/**
 * One process of a guest at the attach socket, from HELLO to its end, which is the end of the connection. A process in a
 * virtual machine is one whose messages the VM thread brings.
 *
 * <p>Control thread only. What a guest asks for is answered when the stack has done it; refusals are answered at once.
 */
final class AttachConnection implements Watcher.Handler {
    private static final int MESSAGES_PER_WAKE = 64;

    private final AttachDesk desk;
    private final Guest guest;
    private final AttachChannel channel;
    private final Optional<MachineMemory> machine;
    private final AttachMessage message = new AttachMessage();
    private Phase phase = Phase.NEW;
    private Attachment attachment;
    private AttachmentResources resources;

    private enum Phase {
        /** HELLO has not come yet. */
        NEW,
        /** The stack is being told. */
        STARTING,
        /** Welcomed. */
        OPEN,
        /** The connection is closed; the stack may still be at work. */
        ENDED
    }

    AttachConnection(
            final AttachDesk desk,
            final Guest guest,
            final AttachChannel channel,
            final Optional<MachineMemory> machine) {
        this.desk = desk;
        this.guest = guest;
        this.channel = channel;
        this.machine = machine;
    }

    /** @return the memory of the virtual machine that it is in */
    Optional<MachineMemory> machine() {
        return machine;
    }

    void own(final AttachmentResources owned) {
        resources = owned;
    }

    /** @return the attachment; empty before a good HELLO */
    Optional<Attachment> attachment() {
        return Optional.ofNullable(attachment);
    }

    AttachmentResources resources() {
        return resources;
    }

    @Override
    public void ready(final int events) {
        if ((events & Linux.EPOLLOUT) != 0) {
            channel.flush();
        }
        final FdPassing incoming = desk.incoming();
        for (int i = 0; i < MESSAGES_PER_WAKE && phase != Phase.ENDED && !channel.isCongested(); i++) {
            final int received = incoming.receive(channel.socket());
            if (received == -Errno.EAGAIN || received == -Errno.EINTR) {
                break;
            }
            if (received == -Errno.EMSGSIZE) {
                end(EndReason.BAD_MESSAGE);
            } else if (received <= 0) {
                end(EndReason.GUEST_CLOSED);
            } else {
                onMessage(incoming, received);
            }
        }
        incoming.closeFds();
    }

    @Override
    public void failed() {
        end(EndReason.HOST_FAULT);
    }

    private void enter(final Phase next) {
        if (phase == Phase.NEW) {
            desk.notSilent(guest);
        }
        phase = next;
    }

    private void onMessage(final FdPassing incoming, final int received) {
        message.wrap(incoming.message());
        final String wrong = message.check(received);
        if (phase == Phase.NEW) {
            onFirst(wrong);
        } else if (wrong != null || phase != Phase.OPEN) {
            end(EndReason.BAD_MESSAGE);
        } else {
            dispatch(incoming);
        }
    }

    private void dispatch(final FdPassing incoming) {
        switch (message.type()) {
            case MessageType.OPEN_CONTEXT -> onOpenContext(message.value());
            case MessageType.CLOSE_CONTEXT -> onCloseContext(message.value());
            case MessageType.SHARE -> onShare(incoming);
            case MessageType.ADOPT -> onAdopt(message.value());
            case MessageType.RESOLVE -> onResolve(message.text(), message.value(), message.features());
            default -> end(EndReason.BAD_MESSAGE);
        }
    }

    // ---- HELLO

    private void onFirst(final String wrong) {
        if (wrong != null) {
            refuse(Errno.EPROTO, wrong);
        } else if (message.type() != MessageType.HELLO) {
            refuse(Errno.EPROTO, "the first message must be HELLO, not " + MessageType.name(message.type()));
        } else if (desk.isFull(guest)) {
            refuse(Errno.EAGAIN, "guest has " + desk.attachmentsPerGuest() + " attachments, the most it may have");
        } else {
            onHello();
        }
    }

    private void onHello() {
        final Optional<PeerCredentials> peer = peer();
        if (peer.isEmpty()) {
            refuse(Errno.EACCES, "the kernel does not say who you are (SO_PEERCRED)");
            return;
        }
        final Optional<Guest> current = desk.current(guest);
        if (current.isEmpty()) {
            refuse(Errno.ENOENT, EndReason.GUEST_REMOVED.text());
            return;
        }
        try {
            attachment = desk.open(this, current.get(), peer.get(), printable(message.text()), message, most());
            enter(Phase.STARTING);
            desk.stack().attached(attachment);
        } catch (final IOException e) {
            refuse(Errno.ENOMEM, "host stack: " + e.getMessage());
        }
    }

    /** How large a region the process can map, in bytes; 0, as for what is no size: whatever is wanted. */
    private long most() {
        return Math.clamp(message.value(), 0, Long.MAX_VALUE);
    }

    /** A process of a virtual machine is numbered there, and only its own word for it can be had. */
    private Optional<PeerCredentials> peer() {
        final Optional<PeerCredentials> peer = UnixSocket.peer(channel.socket());
        return machine.isEmpty()
                ? peer
                : peer.map(monitor -> new PeerCredentials(message.pid(), monitor.uid(), monitor.gid()));
    }

    /** The program's name goes to terminals and logs: nothing but plain characters of it. */
    private static String printable(final String text) {
        final String plain = text.replaceAll("[^\\x21-\\x7e]", "?");
        return plain.isEmpty() ? "?" : plain.substring(0, Math.min(plain.length(), 32));
    }

    private void refuse(final int errno, final String reason) {
        desk.countRefusal();
        channel.send(MessageType.REFUSED, answer -> answer.error(errno).text(reason));
        enter(Phase.ENDED);
        channel.close();
    }

    /** The stack knows the attachment: the guest may begin. */
    void onAttached() {
        if (phase != Phase.STARTING) {
            return;
        }
        phase = Phase.OPEN;
        final int memory = resources.memory().region().memoryFd();
        channel.sendShared(MessageType.WELCOME, memory, resources.hostDoorbell(), answer -> {
            if (machine.isPresent()) {
                answer.place(
                        resources.memory().place(),
                        resources.memory().region().layout().regionBytes());
            }
        });
    }

    // ---- contexts

    private void onOpenContext(final long value) {
        if (!resources.isContext(value) || resources.isOpen((int) value)) {
            final int errno = resources.isContext(value) ? Errno.EBUSY : Errno.EINVAL;
            channel.send(MessageType.CONTEXT, answer -> answer.value(value).error(errno));
            return;
        }
        final int index = (int) value;
        final int errno = resources.openContext(index);
        if (errno != 0) {
            channel.send(MessageType.CONTEXT, answer -> answer.value(value).error(errno));
            return;
        }
        desk.stack().contextOpened(attachment, index, resources.doorbell(index));
    }

    void onContextOpened(final int index) {
        final int guestEnd = resources.takeGuestEnd();
        channel.sendOwned(MessageType.CONTEXT, guestEnd, answer -> answer.value(index));
    }

    private void onCloseContext(final long value) {
        if (!resources.isContext(value) || !resources.isOpen((int) value)) {
            end(EndReason.BAD_MESSAGE);
            return;
        }
        resources.beginClose((int) value);
        desk.stack().contextClosed(attachment, (int) value);
    }

    void onContextClosed() {
        resources.endClose();
    }

    // ---- sockets of several processes

    private void onShare(final FdPassing incoming) {
        final int slot = message.slot();
        final int generation = message.generation();
        if (incoming.fdCount() != 1) {
            end(EndReason.BAD_MESSAGE);
            return;
        }
        final int errno = desk.shares().begin(attachment, slot, generation, message.text(), incoming.takeFd(0));
        if (errno != 0) {
            onShared(errno);
        }
    }

    void onShared(final int errno) {
        channel.send(MessageType.SHARED, answer -> answer.error(errno));
    }

    private void onAdopt(final long token) {
        final int errno = desk.shares().beginAdoption(attachment, token);
        if (errno != 0) {
            onAdopted(Adoption.refused(errno));
        }
    }

    void onAdopted(final Adoption adoption) {
        channel.send(
                MessageType.ADOPTED,
                answer -> answer.slotAndGeneration(adoption.slot(), adoption.generation())
                        .error(adoption.errno()));
    }

    // ---- names

    private void onResolve(final String name, final long address, final long word6) {
        final Optional<Guest> found = desk.neighbour(guest, name, (int) address, Long.reverseBytes(word6));
        channel.send(MessageType.RESOLVED, answer -> {
            if (found.isEmpty()) {
                answer.error(Errno.ENOENT);
            } else {
                answer.value(Integer.toUnsignedLong(found.get().address()))
                        .features(Long.reverseBytes(
                                found.get().address6().map(Ipv6::low).orElse(0L)))
                        .text(found.get().name());
            }
        });
    }

    // ---- the end

    /** The connection ended, or must end; the stack is told and finishes when it likes. */
    void end(final EndReason reason) {
        if (phase == Phase.ENDED) {
            return;
        }
        final boolean known = phase != Phase.NEW;
        enter(Phase.ENDED);
        if (known && attachment.end(reason)) {
            desk.noteEnd(attachment);
            if (reason != EndReason.GUEST_CLOSED) {
                resources.ringAll();
            }
        }
        channel.close();
        if (known) {
            desk.stack().guestGone(attachment);
        }
    }

    /** The stack has ended the attachment. */
    void onEnded() {
        desk.noteEnd(attachment);
        phase = Phase.ENDED;
        resources.ringAll();
        channel.close();
    }

    /** Nobody uses the attachment any more. */
    void onReleased() {
        channel.close();
        phase = Phase.ENDED;
        desk.shares().forgetPending(attachment);
        resources.free();
        desk.released(attachment);
    }
}
