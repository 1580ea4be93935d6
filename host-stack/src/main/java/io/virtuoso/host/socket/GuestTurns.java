package io.virtuoso.host.socket;

import io.virtuoso.host.account.Ledger;
import io.virtuoso.host.account.Scheduler;
import io.virtuoso.host.guest.Guest;

/** The guests of one fast-path core, as its scheduler and its ledger know them. Stack thread only. */
public final class GuestTurns {
    private final Ledger ledger;
    private final Scheduler scheduler;
    private Server server;

    /** Does what guests' turns are for. */
    public interface Server {
        /**
         * Takes commands of a context, and does all that follows.
         *
         * @param limit about so many
         * @return about how many; more than 0 if there was one
         */
        int serve(ContextPort context, int limit);

        /** @return true if a context has commands that may be taken */
        boolean hasCommands(ContextPort context);

        /** Goes on with what a socket's guest has written. */
        void resume(GuestSocket socket);
    }

    /** @param ledger where guests get their accounts */
    public GuestTurns(Ledger ledger) {
        this.ledger = ledger;
        this.scheduler = new Scheduler(ledger);
    }

    /** Says who serves; before the first guest comes. */
    public void server(Server newServer) {
        server = newServer;
    }

    Server server() {
        return server;
    }

    /** @return who says when a guest is served */
    public Scheduler scheduler() {
        return scheduler;
    }

    /** @return who pays */
    public Ledger ledger() {
        return ledger;
    }

    /** Makes what a guest needs to be served. */
    public GuestTurn open(Guest guest) {
        return new GuestTurn(ledger.open(guest.name(), guest.weight()), guest.limits(), this);
    }
}
