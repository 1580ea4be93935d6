package io.virtuoso.host.net;

import io.virtuoso.host.tcp.OutgoingSegment;
import io.virtuoso.host.tcp.TcpSegment;
import io.virtuoso.host.tcp.TcpVerdict;
import io.virtuoso.host.tcp.TimeWait;
import java.util.function.IntConsumer;

/**
 * Connections in TIME_WAIT that nobody holds any more. Apart from the others, as there may be many more of them: a busy
 * server has those of a whole minute, and neither searching for a live connection nor the collector shall notice.
 */
final class TimeWaits {
    private final WirePath path;
    private final FlowTimers timers;
    private final FlowTable<Waiting> flows;

    /** @param key secret of the table */
    TimeWaits(final WirePath path, final FlowTimers timers, final long key) {
        this.path = path;
        this.timers = timers;
        flows = new FlowTable<>(key);
    }

    private final class Waiting extends Flow {
        private final TimeWait rest;
        private final byte typeOfService;
        private final byte timeToLive;
        private boolean over;

        Waiting(final WireConnection from, final TimeWait rest) {
            super(from.localAddress, from.localPort, from.remoteAddress, from.remotePort);
            this.rest = rest;
            typeOfService = (byte) from.typeOfService();
            timeToLive = (byte) from.timeToLive();
            whenFree = from.whenFree;
            from.whenFree = null;
        }

        @Override
        long deadlineNanos() {
            return over ? NEVER : rest.untilNs();
        }

        @Override
        void onDeadline(final long now) {
            charge();
            forget(this);
        }

        /** Whose address it is pays; on an uplink, where that tells nothing, the host stack. */
        private void charge() {
            path.ledger().charge(path.owner(localAddress));
        }

        private void answer(final long now) {
            final OutgoingSegment reply = path.claim();
            rest.answer(reply, now);
            reply.typeOfService = Byte.toUnsignedInt(typeOfService);
            reply.timeToLive = Byte.toUnsignedInt(timeToLive);
            path.sendAlone(localAddress, localPort, remoteAddress, remotePort);
        }
    }

    /** Ends a connection, and takes its place. */
    void replace(final WireConnection connection, final TimeWait rest, final long now) {
        final Waiting waiting = new Waiting(connection, rest);
        connection.tcp().abort(now);
        if (flows.put(waiting)) {
            timers.update(waiting);
        }
    }

    private void forget(final Waiting waiting) {
        waiting.over = true; // or who called it at its deadline takes note of that deadline again
        timers.remove(waiting);
        flows.remove(waiting);
    }

    int size() {
        return flows.size();
    }

    boolean contains(final int localAddress, final int localPort, final int remoteAddress, final int remotePort) {
        return flows.size() > 0 && flows.get(localAddress, localPort, remoteAddress, remotePort) != null;
    }

    /**
     * A segment arrived that belongs to no live connection.
     *
     * @return null if none waits with these names, or none does any more because the segment opens the next one
     */
    TcpVerdict onSegment(
            final int localAddress,
            final int localPort,
            final int remoteAddress,
            final int remotePort,
            final TcpSegment segment,
            final long now) {
        final Waiting waiting =
                flows.size() == 0 ? null : flows.get(localAddress, localPort, remoteAddress, remotePort);
        if (waiting == null) {
            return null;
        }
        waiting.charge();
        final TcpVerdict verdict = waiting.rest.onSegment(segment, now);
        if (verdict == TcpVerdict.TIME_WAIT_REUSED) {
            forget(waiting);
            return null;
        }
        if (waiting.rest.isAnswerDue()) {
            waiting.answer(now);
        }
        return verdict;
    }

    /** Tells the number of every peer's address. */
    void forEachNumber(final IntConsumer consumer) {
        flows.forEach(waiting -> consumer.accept(waiting.remoteAddress));
    }
}
