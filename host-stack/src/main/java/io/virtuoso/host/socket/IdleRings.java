package io.virtuoso.host.socket;

import io.virtuoso.host.account.Ledger;
import io.virtuoso.host.guest.EndReason;
import java.util.concurrent.TimeUnit;
import org.agrona.concurrent.NanoClock;

/**
 * Takes memory back from sockets through which nothing passes: a receive ring becomes as small as what waits in it, a
 * transmit ring is exchanged for a small one as soon as its guest adopts that (docs/adr/0013). Only sockets whose rings
 * have grown are looked at, once in {@link #PERIOD_NS}; a released one is forgotten at once, for it holds a whole
 * connection. Stack thread only.
 */
public final class IdleRings {
    /** A ring is idle when nothing has passed from one look to the next. */
    static final long PERIOD_NS = TimeUnit.SECONDS.toNanos(5);

    private static final int LOOKS_PER_PASS = 32;

    /** Who was looked at goes behind the last. */
    private final SocketList watched = new SocketList();
    /** Where the present round ends; null: the next has not begun. */
    private SocketList.Link lastOfRound;

    private final NanoClock clock;
    private final Ledger ledger;
    private long nextRoundNs;

    public IdleRings(NanoClock clock, Ledger ledger) {
        this.clock = clock;
        this.ledger = ledger;
    }

    /** Takes note of a socket whose rings have grown, and which is not noted yet. */
    public void watch(GuestSocket socket) {
        if (watched.isEmpty()) {
            nextRoundNs = clock.nanoTime() + PERIOD_NS;
        }
        socket.ringWatch(new RingWatch(socket));
        watched.append(socket.ringWatch().link());
    }

    /** Forgets a socket that is noted. */
    public void forget(GuestSocket socket) {
        unlink(socket.ringWatch().link());
        socket.ringWatch(null);
    }

    /** The round ends with the one that has nobody before it. */
    private void unlink(SocketList.Link link) {
        if (lastOfRound == link) {
            lastOfRound = watched.before(link);
        }
        watched.remove(link);
    }

    /** @return sockets looked at */
    public int onTimers() {
        if (lastOfRound == null) {
            if (watched.isEmpty() || clock.nanoTime() - nextRoundNs < 0) {
                return 0;
            }
            nextRoundNs = clock.nanoTime() + PERIOD_NS;
            lastOfRound = watched.last();
        }
        int count = 0;
        while (lastOfRound != null && count < LOOKS_PER_PASS) {
            final SocketList.Link link = watched.first();
            final GuestSocket socket = link.socket;
            ledger.charge(socket.space().node().account());
            unlink(link);
            count++;
            if (staysWatched(socket)) {
                watched.append(link);
            } else {
                socket.ringWatch(null);
            }
        }
        return count;
    }

    /** @return when {@link #onTimers} has something to do; Long.MAX_VALUE if never */
    public long nextDeadlineNs() {
        return lastOfRound != null ? clock.nanoTime() : watched.isEmpty() ? Long.MAX_VALUE : nextRoundNs;
    }

    private static boolean staysWatched(GuestSocket socket) {
        final boolean carries = socket.role() == GuestSocket.Role.STREAM || socket.role() == GuestSocket.Role.DATAGRAM;
        if (!carries || socket.space().isGuestGone()) {
            return false;
        }
        if (!socket.receive().refresh()) {
            socket.space().fault(EndReason.BAD_CURSOR);
            return false;
        }
        if (!socket.ringWatch().rests()) {
            return true;
        }
        socket.receive().shrink();
        final boolean large = socket.receive().capacity() > RingPool.MIN_RING_BYTES;
        return socket.role() == GuestSocket.Role.STREAM && exchangeTransmitRing(socket) || large;
    }

    /** @return true if there is something to do later */
    private static boolean exchangeTransmitRing(GuestSocket socket) {
        final TransmitRing tx = socket.transmit();
        final int least = socket.transport().idleRing();
        if (tx.pending() == 0 && !socket.closed()) {
            tx.offerSmaller(least);
            if (tx.isOfferOpen() && tx.capacity() > 0 && !socket.ringWatch().asked()) {
                socket.ringWatch().asked(socket.space().askToAdopt(socket));
                return true;
            }
        }
        // Who does not answer adopts the ring when he writes, and then his socket is noted again.
        return tx.capacity() > least && !tx.isOfferOpen();
    }
}
