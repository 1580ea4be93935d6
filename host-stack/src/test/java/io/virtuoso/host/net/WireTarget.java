package io.virtuoso.host.net;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.virtuoso.host.account.Ledger;
import io.virtuoso.host.fuzz.FuzzInput;
import io.virtuoso.host.fuzz.FuzzTarget;
import io.virtuoso.host.port.Frame;
import io.virtuoso.host.port.Port;
import io.virtuoso.host.port.WirePort;
import io.virtuoso.host.tcp.TcpConfig;
import io.virtuoso.host.tcp.TcpEvents;
import io.virtuoso.host.wire.DropReason;
import io.virtuoso.host.wire.EthernetHeader;
import io.virtuoso.host.wire.Ipv4Header;
import io.virtuoso.host.wire.Ipv6Header;
import io.virtuoso.host.wire.NdMessage;
import io.virtuoso.host.wire.VirtioNetHeader;
import io.virtuoso.host.wire.Wire;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.function.Consumer;

/**
 * A wire path with a listener and a program, driven by an input: frames come, time passes, the program does something.
 * Each frame must be handed on or counted as dropped, each that is sent be well-formed, and nothing be left at the end.
 * What frames are like is for the subclasses to say.
 */
abstract class WireTarget implements FuzzTarget {
    static final int LISTENING = 80;
    static final int BOUND = 53;
    static final int OFF_LINK = 0x0808_0808;

    private static final int MOST_STEPS = 40;
    private static final int MOST_SOCKETS = 6;
    private static final int RING_BYTES = 1 << 10;
    private static final long MILLISECOND = 1_000_000L;
    private static final long[] TIMES = {1, 50, 250, 1_001, 3_000, 31_000, 61_000, 400_000};
    /** Each counts received frames that were handed on or answered. */
    private static final List<StackCounter> TAKEN = List.of(
            StackCounter.ARP_IN,
            StackCounter.ND_IN,
            StackCounter.ECHO_REPLIES,
            StackCounter.ICMP_ERRORS_IN,
            StackCounter.FRAGMENTS_IN,
            StackCounter.DATAGRAMS_IN,
            StackCounter.SEGMENTS_IN);

    private static final int MAX_FRAME = EthernetHeader.BYTES + 1500;

    final Frame frame = new Frame();
    final ByteBuffer buffer = frame.buffer();
    final Dialogues dialogues = new Dialogues();
    FuzzInput in;
    private final Frame received = new Frame();
    private final SentFrameCheck check = new SentFrameCheck();
    private final WirePort near = WirePort.create(new WirePort.Traits(1500, 0, 64, false), this::now);
    private final WirePort far = near.peer();
    private final List<StreamSocket> sockets = new ArrayList<>();
    /** Of these nobody has a handle any more. */
    private final List<StreamSocket> closed = new ArrayList<>();

    private WirePath path;
    private long now;
    private int nextLocalPort;
    private int mood;

    /** Writes a frame from the Ethernet header on. @return its length */
    abstract int write();

    @Override
    public final void run(final FuzzInput input) {
        in = input;
        open();
        for (int step = 0; step < MOST_STEPS && !in.isEmpty(); step++) {
            step();
        }
        end();
    }

    private long now() {
        return now;
    }

    private void open() {
        near.close();
        far.close();
        sockets.clear();
        closed.clear();
        dialogues.clear();
        now = 1_000_000_000L;
        nextLocalPort = 50_000;
        mood = 0;
        final Ipv6Numbers numbers = new Ipv6Numbers(1);
        path = new WirePath(
                near,
                Link.DUAL_NETWORK,
                1,
                TcpConfig.DEFAULTS,
                (address, port) -> port == LISTENING ? new Listener() : null,
                numbers,
                new SplittableRandom(1),
                Ledger.unread());
        path.addAddress(Link.GUEST);
        path.addAddress(numbers.takeForEver(Link.PREFIX6, Link.GUEST & 0xffff));
        path.datagrams(new FuzzedSink());
    }

    private void step() {
        final int action = in.u8();
        if (action < 16) {
            pass(TIMES[action % TIMES.length] * MILLISECOND);
        } else if (action < 48) {
            program(action % 8);
        } else {
            deliver(Math.min(write(), MAX_FRAME));
        }
        drain();
    }

    private void deliver(final int length) {
        frame.length(length);
        assertTrue(far.transmit(frame));
        final long before = accounted(true);
        final long unsent = accounted(false);
        assertEquals(1, path.poll(now, 10));
        final boolean isReplyLost = accounted(true) == before && accounted(false) > unsent;
        assertTrue(isReplyLost || accounted(true) == before + 1, "what became of the frame");
    }

    /** Frames whose fate is known: received ones, or those that could not be sent, an echo's reply among them. */
    private long accounted(final boolean received) {
        final StackCounters counters = path.counters();
        long sum = 0;
        for (final StackCounter counter : received ? TAKEN : List.<StackCounter>of()) {
            sum += counters.get(counter);
        }
        for (final DropReason reason : DropReason.values()) {
            sum += reason.name().startsWith("SEND_") == received ? 0 : counters.dropped(reason);
        }
        return sum;
    }

    private void drain() {
        while (far.receive(received) == Port.RECEIVED) {
            check.check(received);
            dialogues.onSent(received);
        }
    }

    private void pass(final long nanos) {
        final long until = now + nanos;
        while (path.nextDeadlineNs() <= until) {
            now = Math.max(now, path.nextDeadlineNs());
            path.onTimers(now);
            drain();
        }
        now = until;
        path.onTimers(now);
    }

    // ---- the program -------------------------------------------------------------------------------------------

    private void program(final int action) {
        switch (action) {
            case 0 -> connect();
            case 1 -> mood = in.u8();
            case 2 -> withSocket(socket -> socket.connection().abort(now));
            case 3 -> withSocket(socket -> socket.connection().shutdownWrite(now));
            case 4 ->
                withSocket(socket -> {
                    closed.add(socket);
                    socket.connection().close(now);
                });
            default -> stepSockets();
        }
    }

    private void connect() {
        if (sockets.size() < MOST_SOCKETS) {
            final StreamSocket socket = new StreamSocket(RING_BYTES, in.flag(), in.below(3_000));
            final int remote = in.oneOf(Link.KERNEL, Link.KERNEL, Link.OTHER_GUEST, OFF_LINK);
            final WireConnection connection = path.prepare(Link.GUEST, nextLocalPort++, remote, 7, socket);
            assertNotNull(connection);
            socket.connection(connection);
            sockets.add(socket);
            path.start(connection, now);
        }
    }

    private void withSocket(final Consumer<StreamSocket> action) {
        if (!sockets.isEmpty()) {
            action.accept(sockets.get(in.below(sockets.size())));
        }
    }

    private void stepSockets() {
        for (final StreamSocket socket : sockets) {
            if (!closed.contains(socket)) {
                socket.step(now);
            }
        }
    }

    /** Each bit of the mood takes something away. */
    private final class Listener implements WireListener {
        @Override
        public boolean mayAccept() {
            return (mood & 1) == 0;
        }

        @Override
        public boolean mayRemember() {
            return (mood & 2) == 0;
        }

        @Override
        public int maxSegment() {
            return (mood & 4) == 0 ? 0 : mood << 4;
        }

        @Override
        public TcpEvents open(final WireConnection connection) {
            if ((mood & 8) != 0 || sockets.size() >= MOST_SOCKETS) {
                return null;
            }
            final StreamSocket socket = new StreamSocket(RING_BYTES, true, 0);
            socket.connection(connection);
            sockets.add(socket);
            return socket;
        }
    }

    /** Everything over: nothing may be left. */
    private void end() {
        for (final StreamSocket socket : sockets) {
            if (!socket.closed) {
                socket.connection().abort(now);
            }
        }
        drain();
        pass(1_000_000 * MILLISECOND);
        assertEquals(0, path.held(), "things held");
        assertEquals(Long.MAX_VALUE, path.nextDeadlineNs(), "a deadline is left");
        for (final StreamSocket socket : sockets) {
            assertTrue(socket.closed && socket.buffersDone, "a socket was not told of its end");
        }
    }

    // ---- for subclasses ----------------------------------------------------------------------------------------

    /** Writes an Ethernet header that comes through, and no offloads. */
    final void ethernet(final int type) {
        VirtioNetHeader.writeNone(buffer, Frame.VIRTIO_AT);
        EthernetHeader.write(buffer, Frame.ETHERNET_AT, near.mac(), far.mac(), type);
    }

    final long ourMac() {
        return near.mac();
    }

    final long peerMac() {
        return far.mac();
    }

    /** An IPv4 address of some kind. */
    final int address() {
        return switch (in.below(16)) {
            case 0, 1, 2, 3, 4, 5 -> Link.KERNEL;
            case 6, 7 -> Link.GUEST;
            case 8 -> Link.OTHER_GUEST;
            case 9 -> Link.KERNEL & 0xffff_ff00 | in.u8();
            case 10 -> Link.KERNEL & 0xffff_0000 | in.u16();
            case 11 -> OFF_LINK;
            case 12 -> 0;
            case 13 -> -1;
            case 14 -> 0xe000_0001;
            default -> in.i32();
        };
    }

    /** IPv4 header with a right checksum, from some station to the guest mostly. @return length of the frame */
    final int ipv4(final int protocol, final int length) {
        ethernet(EthernetHeader.TYPE_IPV4);
        final int source = in.oneIn(8) ? address() : Link.KERNEL;
        final int destination = in.oneIn(32) ? address() : Link.GUEST;
        final int total = Ipv4Header.BYTES + length;
        Ipv4Header.write(buffer, Frame.NETWORK_AT, total, in.u8(), protocol, source, destination);
        return EthernetHeader.BYTES + total;
    }

    /** IPv6 header, likewise. */
    final int ipv6(final int protocol, final int length, final int hopLimit) {
        ethernet(EthernetHeader.TYPE_IPV6);
        Ipv6Header.write(buffer, Frame.NETWORK_AT, in.oneIn(8) ? in.u8() : 0, length, protocol, hopLimit);
        if (in.oneIn(8)) {
            Ipv6Header.putSource(buffer, Frame.NETWORK_AT, high(), in.u8());
        } else {
            Ipv6Header.putSource(buffer, Frame.NETWORK_AT, Link.PREFIX6, Link.KERNEL & 0xffff);
        }
        final long guest = Link.GUEST & 0xffff;
        if (in.oneIn(8)) {
            EthernetHeader.write(
                    buffer,
                    Frame.ETHERNET_AT,
                    NdMessage.multicastMac(NdMessage.solicitedNodeLow(guest)),
                    far.mac(),
                    EthernetHeader.TYPE_IPV6);
            Ipv6Header.putDestination(
                    buffer, Frame.NETWORK_AT, NdMessage.SOLICITED_NODE_HIGH, NdMessage.solicitedNodeLow(guest));
        } else {
            Ipv6Header.putDestination(buffer, Frame.NETWORK_AT, Link.PREFIX6, guest);
        }
        return EthernetHeader.BYTES + Ipv6Header.BYTES + length;
    }

    /** Upper half of an IPv6 address of some kind. */
    final long high() {
        return switch (in.below(5)) {
            case 0, 1 -> Link.PREFIX6;
            case 2 -> 0;
            case 3 -> 0xfe80_0000_0000_0000L;
            default -> (long) in.i32() << 32;
        };
    }

    /** Now and then overwrites a few bytes of so many. */
    final void patch(final int at, final int length) {
        final int patches = in.u8() - 248;
        for (int i = 0; i < patches && length > 0; i++) {
            Wire.put8(buffer, at + in.below(length), in.u8());
        }
    }
}
