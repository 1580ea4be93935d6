package io.virtuoso.host.net;

/** What the tables of this package keep about a connection: its four names and its deadline. */
abstract class Flow {
    static final long NEVER = Long.MAX_VALUE;

    final int localAddress;
    final int localPort;
    final int remoteAddress;
    final int remotePort;

    /** Place in the timers' heap; -1: in none. */
    int timerIndex = -1;
    /** When the heap will look at this flow; may be earlier than {@link #deadlineNanos}. */
    long scheduledNanos = NEVER;
    /** Run when nobody has these names any more, not even in TIME_WAIT; null: nobody asks. */
    Runnable whenFree;

    Flow(final int localAddress, final int localPort, final int remoteAddress, final int remotePort) {
        this.localAddress = localAddress;
        this.localPort = localPort;
        this.remoteAddress = remoteAddress;
        this.remotePort = remotePort;
    }

    /** @return when this flow next needs a call, or {@link #NEVER} */
    abstract long deadlineNanos();

    /** The deadline has come. */
    abstract void onDeadline(long now);
}
