package io.virtuoso.host.account;

/**
 * Who pays for receiving frames from one port: whose frame it was, which is known only then. The clock is read for that
 * only where the last burst, or this one, is for several guests. Stack thread only.
 */
public final class Arrivals {
    private final Ledger ledger;
    private Account first;
    private boolean several;
    private boolean mixed;

    public Arrivals(final Ledger ledger) {
        this.ledger = ledger;
    }

    /** A burst may come. */
    public void begin() {
        first = null;
        several = false;
    }

    /** The port is about to be asked for a frame. */
    public void beforeFrame() {
        if (mixed || several) {
            ledger.leaveOpen();
        }
    }

    /** A frame was received, and all was done that follows from it. */
    public void afterFrame() {
        final Account payer = ledger.payer();
        first = first == null ? payer : first;
        several |= payer != first;
    }

    /** There is no more. */
    public void end() {
        mixed = first == null ? mixed : several;
    }
}
