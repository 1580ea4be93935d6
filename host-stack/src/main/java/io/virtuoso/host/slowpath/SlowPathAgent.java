package io.virtuoso.host.slowpath;

import io.virtuoso.host.account.Ledger;
import io.virtuoso.host.guest.EndReason;
import io.virtuoso.host.socket.GuestSocket;
import io.virtuoso.host.socket.IdleRings;
import io.virtuoso.host.socket.SocketSpace;
import io.virtuoso.protocol.Command;
import org.agrona.concurrent.Agent;
import org.agrona.concurrent.NanoClock;

/**
 * Everything that happens once in a connection's life: bind, listen, connect, accept, options, shutdown and close.
 * Composed onto the stack thread; commands are obeyed within their guest's turn.
 */
public final class SlowPathAgent implements Agent {
    private static final long TICK_NS = 250_000_000L;

    private final ControlInbox inbox;
    private final ConnectionSetup setup;
    private final AcceptStage acceptStage;
    private final DatagramStage datagrams;
    private final Teardown teardown;
    private final LateBinds lateBinds;
    private final OptionStage options;
    private final WaitingConnects waitingConnects;
    private final IdleRings idleRings;
    private final NanoClock clock;
    private final Ledger ledger;
    private long nextTickNs;

    SlowPathAgent(
            ControlInbox inbox,
            ConnectionSetup setup,
            AcceptStage acceptStage,
            DatagramStage datagrams,
            OptionStage options,
            Teardown teardown,
            WaitingConnects waitingConnects,
            LateBinds lateBinds,
            NanoClock clock,
            Ledger ledger) {
        this.inbox = inbox;
        this.lateBinds = lateBinds;
        this.setup = setup;
        this.acceptStage = acceptStage;
        this.datagrams = datagrams;
        this.options = options;
        this.teardown = teardown;
        this.waitingConnects = waitingConnects;
        this.idleRings = new IdleRings(clock, ledger);
        this.clock = clock;
        this.ledger = ledger;
    }

    /** Says who knows which processes have ended: who finds a port of theirs taken asks first. */
    public void ends(LateBinds.Ends known) {
        lateBinds.connectTo(known, this::dispatch);
    }

    @Override
    public String roleName() {
        return "slow-path";
    }

    @Override
    public int doWork() {
        return obey() + acceptTimers() + idleRings.onTimers() + tick();
    }

    /** Does what the fast path has handed over. @return commands */
    public int obey() {
        int work = 0;
        ControlCommand command;
        while ((command = inbox.poll()) != null) {
            dispatch(command);
            work++;
        }
        return work;
    }

    private int acceptTimers() {
        final long now = clock.nanoTime();
        final long deadline = acceptStage.nextDeadlineNs();
        if (deadline == Long.MAX_VALUE || deadline - now > 0) {
            return 0;
        }
        ledger.charge(ledger.system());
        return acceptStage.onTimers(now);
    }

    private void dispatch(ControlCommand command) {
        final SocketSpace space = command.context.space();
        if (space.isGuestGone()) {
            return;
        }
        ledger.charge(space.node().account());
        switch (command.type) {
            case Command.BIND -> setup.onBind(command);
            case Command.LISTEN -> setup.onListen(command);
            case Command.CONNECT -> setup.onConnect(command);
            case Command.SHUTDOWN -> teardown.onShutdown(command);
            case Command.CLOSE -> teardown.onClose(command);
            case Command.OPTION -> options.onOption(command);
            case Command.INFO -> options.onInfo(command);
            case Command.ARM -> setup.onArm(command, true);
            case Command.DISARM -> setup.onArm(command, false);
            case Command.TX -> onTransmit(command);
            case Command.DATAGRAM -> datagrams.onOpen(command);
            case Command.DATAGRAM_CONNECT -> datagrams.onConnect(command);
            case Command.DATAGRAM_ERROR -> datagrams.onError(command);
            case Command.RX_ROOM -> onAccepted(command);
            case Command.ACCEPT -> setup.onAccept(command);
            default -> space.fault(EndReason.BAD_COMMAND);
        }
    }

    private void onTransmit(ControlCommand command) {
        final GuestSocket socket = command.context.space().find(command.slot, command.generation);
        if (socket != null && socket.role() == GuestSocket.Role.STREAM) {
            socket.onDataToSend(command.arg0);
        } else if (socket != null && socket.role() == GuestSocket.Role.DATAGRAM) {
            datagrams.onDataToSend(socket, command.arg0);
        }
    }

    /** A guest accepted from a listener whose backlog was full. */
    private void onAccepted(ControlCommand command) {
        final GuestSocket socket = command.context.space().find(command.slot, command.generation);
        if (socket != null && socket.listener() != null) {
            acceptStage.advance(socket.listener().listener());
        }
    }

    private int tick() {
        final long now = clock.nanoTime();
        if (now - nextTickNs < 0) {
            return 0;
        }
        nextTickNs = now + TICK_NS;
        if (waitingConnects.isEmpty()) {
            return 0;
        }
        ledger.charge(ledger.system());
        return waitingConnects.expire(now);
    }

    /** @return when {@link #doWork} has something to do even if nothing happens; Long.MAX_VALUE if never */
    public long nextDeadlineNs() {
        final long timers = Math.min(acceptStage.nextDeadlineNs(), idleRings.nextDeadlineNs());
        return Math.min(timers, waitingConnects.isEmpty() ? Long.MAX_VALUE : nextTickNs);
    }

    /** A socket's rings have grown: they are taken back when nothing passes through them. */
    public void ringsGrew(GuestSocket socket) {
        idleRings.watch(socket);
    }

    /** A socket that was noted is released. */
    public void ringsFreed(GuestSocket socket) {
        idleRings.forget(socket);
    }

    /** Ends a socket whose guest is gone, or was thrown out. */
    public void close(GuestSocket socket, boolean abort) {
        teardown.close(socket, abort);
    }

    /** Ends a socket that has lingered long enough. */
    public void abandon(GuestSocket socket) {
        teardown.abandon(socket);
    }
}
