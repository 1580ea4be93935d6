package io.virtuoso.host.net;

import static org.junit.jupiter.api.Assertions.assertTrue;

import io.virtuoso.host.account.Ledger;
import io.virtuoso.host.port.LossPort;
import io.virtuoso.host.port.Port;
import io.virtuoso.host.port.WirePort;
import io.virtuoso.host.tcp.TcpConfig;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.function.BooleanSupplier;

/** Two wire paths on one wire, in virtual time: the clock jumps to whatever happens next. */
final class TwoStacks {
    static final int LEFT = 0x0a58_0002;
    static final int RIGHT = 0x0a58_0003;
    static final int SERVER_PORT = 80;
    /** Whoever connects here is sent {@link #SOURCE_BYTES} by a server that closes first. */
    static final int SOURCE_PORT = 19;

    static final int SOURCE_BYTES = 3_000;

    final WirePath left;
    final WirePath right;
    final LossPort loss;
    final List<StreamSocket> sockets = new ArrayList<>();
    final List<StreamSocket> accepted = new ArrayList<>();
    long now = 1_000_000_000L;

    final Ipv6Numbers leftNumbers = new Ipv6Numbers(1);
    private final Ipv6Numbers rightNumbers = new Ipv6Numbers(2);
    private final int leftAddress;
    private final int peerOfLeft;
    private final WirePort leftEnd;
    private final WirePort rightEnd;

    /** Accepts everything on the right with an echo. */
    TwoStacks(final WirePort.Traits traits, final LossPort.Rates rates, final long seed, final int ringBytes) {
        this(traits, rates, seed, ringBytes, false);
    }

    /** The same, over IPv4 or IPv6. */
    TwoStacks(
            final WirePort.Traits traits,
            final LossPort.Rates rates,
            final long seed,
            final int ringBytes,
            final boolean ipv6) {
        leftEnd = WirePort.create(traits, () -> now);
        rightEnd = leftEnd.peer();
        loss = new LossPort(leftEnd, rates, seed);
        left = path(loss, seed, leftNumbers, (address, port) -> null);
        right = path(
                rightEnd,
                seed + 1,
                rightNumbers,
                (address, port) -> port == SERVER_PORT || port == SOURCE_PORT
                        ? new OpenListener(
                                () -> new StreamSocket(ringBytes, port == SERVER_PORT, SOURCE_BYTES), this::opened)
                        : null);
        final Ipv6Numbers numbers = leftNumbers;
        leftAddress = ipv6 ? numbers.takeForEver(Link.PREFIX6, LEFT & 0xffff) : LEFT;
        peerOfLeft = ipv6 ? numbers.takeForEver(Link.PREFIX6, RIGHT & 0xffff) : RIGHT;
        left.addAddress(leftAddress);
        right.addAddress(ipv6 ? rightNumbers.takeForEver(Link.PREFIX6, RIGHT & 0xffff) : RIGHT);
    }

    private static WirePath path(
            final Port port, final long seed, final Ipv6Numbers numbers, final ListenerLookup listeners) {
        return new WirePath(
                port,
                Link.DUAL_NETWORK,
                1,
                TcpConfig.DEFAULTS,
                listeners,
                numbers,
                new SplittableRandom(seed),
                Ledger.unread());
    }

    private void opened(final StreamSocket socket) {
        sockets.add(socket);
        accepted.add(socket);
    }

    StreamSocket connect(final int port, final int localPort, final StreamSocket socket) {
        socket.connection(left.connect(leftAddress, localPort, peerOfLeft, port, socket, now));
        sockets.add(socket);
        return socket;
    }

    /** Runs until something is true; fails if nothing can happen any more, or after an hour. */
    void runUntil(final BooleanSupplier done) {
        final long limit = now + 3_600_000_000_000L;
        while (!done.getAsBoolean()) {
            boolean worked = false;
            for (int round = 0; round < 3; round++) {
                worked |= step();
            }
            if (!worked && !done.getAsBoolean()) {
                final long next = nextEvent();
                assertTrue(next < limit, "nothing happens any more");
                now = Math.max(now, next);
            }
        }
    }

    /** Runs for some time. */
    void runFor(final long nanos) {
        final long end = now + nanos;
        while (true) {
            while (step()) {
                assertTrue(now < end);
            }
            final long next = nextEvent();
            if (next >= end) {
                now = end;
                return;
            }
            now = Math.max(now, next);
        }
    }

    boolean step() {
        int work = left.poll(now, 64) + right.poll(now, 64);
        for (int i = 0; i < sockets.size(); i++) {
            work += sockets.get(i).step(now) ? 1 : 0;
        }
        work += left.onTimers(now) + right.onTimers(now);
        return work > 0;
    }

    private long nextEvent() {
        return Math.min(
                Math.min(left.nextDeadlineNs(), right.nextDeadlineNs()),
                Math.min(leftEnd.nextArrival(), rightEnd.nextArrival()));
    }
}
