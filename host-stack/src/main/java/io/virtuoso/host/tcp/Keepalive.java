package io.virtuoso.host.tcp;

import java.util.concurrent.TimeUnit;

/** Probes of an idle connection (RFC 9293 section 3.8.4). Off unless asked for. */
public final class Keepalive {
    private final TcpConnection connection;
    private final Timers timers;

    private boolean enabled;
    private long idleNs = TimeUnit.HOURS.toNanos(2);
    private long intervalNs = TimeUnit.SECONDS.toNanos(75);
    private int count = 9;

    private long lastReceivedNs;
    private int probes;

    Keepalive(TcpConnection connection, Timers timers) {
        this.connection = connection;
        this.timers = timers;
    }

    void onReceived(long nowNs) {
        lastReceivedNs = nowNs;
        probes = 0;
    }

    /** SO_KEEPALIVE. */
    public void setEnabled(boolean on, long nowNs) {
        enabled = on;
        rearm(nowNs);
    }

    /** TCP_KEEPIDLE. */
    public void setIdleNs(long ns, long nowNs) {
        idleNs = ns;
        rearm(nowNs);
    }

    /** TCP_KEEPINTVL. */
    public void setIntervalNs(long ns) {
        intervalNs = ns;
    }

    /** TCP_KEEPCNT: probes. */
    public void setCount(int newCount) {
        count = newCount;
    }

    /** Also called when the connection is established. */
    void rearm(long nowNs) {
        boolean running = enabled && connection.state().isSynchronized() && connection.state() != TcpState.TIME_WAIT;
        timers.keepaliveAt = running ? Math.max(lastReceivedNs + idleNs, nowNs) : Timers.NEVER;
    }

    void onTimeout(long nowNs) {
        long idleForNs = nowNs - lastReceivedNs;
        if (connection.sender().hasOutstanding() || connection.sender().unsent() > 0) {
            // Retransmissions and window probes find out by themselves.
            timers.keepaliveAt = nowNs + idleNs;
        } else if (probes == 0 && idleForNs < idleNs) {
            timers.keepaliveAt = lastReceivedNs + idleNs;
        } else if (isPeerGone(idleForNs)) {
            connection.timeOut(nowNs);
        } else {
            probes++;

            connection.emitter().probe(nowNs);
            timers.keepaliveAt = nowNs + intervalNs;
        }
    }

    private boolean isPeerGone(long idleForNs) {
        long userTimeoutNs = connection.userTimeoutNs();
        return userTimeoutNs > 0 ? probes > 0 && idleForNs >= userTimeoutNs : probes >= count;
    }
}
