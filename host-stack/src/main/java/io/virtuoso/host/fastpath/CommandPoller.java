package io.virtuoso.host.fastpath;

import io.virtuoso.host.account.Account;
import io.virtuoso.host.account.Ledger;
import io.virtuoso.host.guest.EndReason;
import io.virtuoso.host.slowpath.ControlInbox;
import io.virtuoso.host.socket.ContextPort;
import io.virtuoso.host.socket.DatagramPath;
import io.virtuoso.host.socket.GuestSocket;
import io.virtuoso.protocol.Command;
import io.virtuoso.protocol.EntryQueueConsumer;

/**
 * Takes guests' commands: notices about data are served at once, everything else goes to the slow path. Stack thread
 * only.
 */
final class CommandPoller {
    /** A command for the slow path takes about as long as so many notices about data. */
    private static final int PUNT_COST = 8;

    /** So many bytes that a command moves take about as long as one that moves few. */
    private static final int BYTES_PER_COST = 4096;

    private final ControlInbox slowPath;
    private final DatagramPath datagrams;
    private final Ledger ledger;
    private long commands;
    private int cost;

    CommandPoller(ControlInbox slowPath, DatagramPath datagrams, Ledger ledger) {
        this.slowPath = slowPath;
        this.datagrams = datagrams;
        this.ledger = ledger;
    }

    /** @return commands taken since the start */
    long commands() {
        return commands;
    }

    /** @return about how many short commands took as long as those of the last {@link #poll} */
    int cost() {
        return cost;
    }

    /**
     * Takes commands of one context.
     *
     * @param limit at most so many, or fewer if they take longer
     * @return how many were taken, more than 0 if there was one and the inbox had room
     */
    int poll(ContextPort context, int limit) {
        final EntryQueueConsumer queue = context.commands();
        final Account account = context.space().node().account();
        int taken = 0;
        int weight = 0;
        final long before = account.bytesIn() + account.bytesOut();
        for (cost = 0; cost < limit && !slowPath.isFull(); cost = weight + cost(account, before)) {
            final int type = queue.poll();
            if (type == EntryQueueConsumer.EMPTY) {
                break;
            }
            ledger.charge(account); // within the batch, too: what a peer had to pay for is over
            weight++;
            if (taken++ == 0) {
                account.delayed(ledger.sinceNs() - context.lookedNs());
            }
            switch (type) {
                case EntryQueueConsumer.CORRUPT -> {
                    context.space().fault(EndReason.BAD_CONTEXT);
                    return taken;
                }
                case Command.TX -> onTransmit(context, queue);
                case Command.RX_ROOM -> onRoomMade(context, queue);
                default -> {
                    punt(context, type, queue);
                    weight += PUNT_COST - 1;
                }
            }
        }
        if (taken > 0) {
            queue.publish();
            commands += taken;
            account.commands(taken);
        }
        return taken;
    }

    private static int cost(Account account, long before) {
        return (int) ((account.bytesIn() + account.bytesOut() - before) / BYTES_PER_COST);
    }

    private void onTransmit(ContextPort context, EntryQueueConsumer command) {
        if (!slowPath.isEmpty()) {
            punt(context, Command.TX, command); // behind what was commanded before it: TCP_CORK, or a socket's close
            return;
        }
        final GuestSocket socket = context.space().find(command.slot(), command.generation());
        if (socket != null && socket.role() == GuestSocket.Role.STREAM) {
            socket.onDataToSend(command.arg0());
        } else if (socket != null && socket.role() == GuestSocket.Role.DATAGRAM) {
            datagrams.onDataToSend(socket, command.arg0());
        }
    }

    private void onRoomMade(ContextPort context, EntryQueueConsumer command) {
        final GuestSocket socket = context.space().find(command.slot(), command.generation());
        if (socket == null) {
            return;
        }
        if (socket.role() == GuestSocket.Role.STREAM) {
            socket.transport().onRoomMade(socket);
        } else {
            punt(context, Command.RX_ROOM, command);
        }
    }

    private void punt(ContextPort context, int type, EntryQueueConsumer command) {
        slowPath.claim()
                .set(
                        context,
                        type,
                        command.slot(),
                        command.generation(),
                        command.request(),
                        command.arg0(),
                        command.arg1(),
                        command.arg2(),
                        command.arg3(),
                        command.arg4());
    }
}
