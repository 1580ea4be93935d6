package io.virtuoso.host.fastpath;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.virtuoso.host.account.GuestLimits;
import io.virtuoso.host.account.Ledger;
import io.virtuoso.host.config.GuestQuotas;
import io.virtuoso.host.config.HostConfig;
import io.virtuoso.host.control.ControlMailbox;
import io.virtuoso.host.control.StackMailbox;
import io.virtuoso.host.ffm.Libc;
import io.virtuoso.host.ffm.PipeRinger;
import io.virtuoso.host.guest.Attachment;
import io.virtuoso.host.guest.Guest;
import io.virtuoso.host.guest.Region;
import io.virtuoso.host.port.Port;
import io.virtuoso.host.slowpath.SlowPath;
import io.virtuoso.host.slowpath.TcpWireService;
import io.virtuoso.host.slowpath.WireServices;
import io.virtuoso.host.tcp.TcpConfig;
import io.virtuoso.protocol.Abi;
import io.virtuoso.protocol.Command;
import io.virtuoso.protocol.Option;
import io.virtuoso.protocol.RegionLayout;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import org.agrona.concurrent.CachedNanoClock;
import org.agrona.concurrent.NanoClock;

/**
 * An island with two guests that talk to each other and one that talks to a machine on its wire. Doorbells and the port
 * are descriptors, so that it sleeps and wakes as it does outside of a test.
 */
final class Tenant implements AutoCloseable {
    private static final RegionLayout LAYOUT = new RegionLayout(2, 64, 64, 32, 1 << 25);
    /** Regions that are used no more: making one takes long. */
    private static final Deque<ByteBuffer> REGIONS = new ArrayDeque<>();

    private static final int PORT = 80;
    private static final int CLIENT = StackHarness.FIRST_ADDRESS;
    private static final int SERVER = CLIENT + 1;
    private static final int FAR = CLIENT + 7;

    final Island island;
    private final int number;
    private final CachedNanoClock clock = new CachedNanoClock();
    private final Ledger ledger;
    private final FastPathAgent agent;
    private final SlowPath slowPath;
    private final StackHarness machine;
    /** Null if its frames go another way. */
    private final BellWire wire;

    private final List<ByteBuffer> regions = new ArrayList<>();
    private final List<Integer> bells = new ArrayList<>();
    private final List<Side> sides = new ArrayList<>();
    private final List<Stream> streams = new ArrayList<>();
    private final Runnable advance;
    private final SplittableRandom random;

    /** A guest, and what it rings. */
    private record Side(ScriptedGuest guest, Runnable bell) {
        void ring() {
            if (guest.mustRing()) {
                bell.run();
            }
        }
    }

    /**
     * How it and the machine reach each other.
     *
     * @param near its own port
     * @param far  the machine's
     * @param bell an event counter that wakes it; -1: the port has a descriptor
     */
    record Way(Port near, Port far, int bell) {}

    /**
     * One with a wire of its own.
     *
     * @param time virtual
     */
    Tenant(int number, NanoClock time, SplittableRandom random) throws IOException {
        this(number, time, random, new BellWire(time));
    }

    private Tenant(int number, NanoClock time, SplittableRandom random, BellWire wire) throws IOException {
        this(number, time, random, new Way(wire.near(), wire.far(), -1), wire);
    }

    /** One whose frames go another way. */
    Tenant(int number, NanoClock time, SplittableRandom random, Way way) throws IOException {
        this(number, time, random, way, null);
    }

    private Tenant(int number, NanoClock time, SplittableRandom random, Way way, BellWire wire) throws IOException {
        this.number = number;
        this.random = random;
        this.ledger = new Ledger(time);
        this.wire = wire;
        final CachedNanoClock machineClock = new CachedNanoClock();
        machine = StackHarness.on(way.far(), machineClock);
        advance = () -> machineClock.update(time.nanoTime());
        slowPath = SlowPath.create(
                clock,
                ledger,
                parts -> new WireServices(
                        List.of(new TcpWireService(
                                way.near(), HostConfig.embeddedDefault().defaultNetwork(), parts)),
                        parts.sockets()));
        final ControlMailbox control = new ControlMailbox(() -> {});
        final Sleeper sleeper = new Sleeper();
        if (way.near().fd() >= 0) {
            sleeper.watchPort(way.near().fd());
        }
        agent = new FastPathAgent(
                time,
                clock,
                new StackMailbox(way.bell(), () -> {}, control),
                control,
                slowPath,
                sleeper,
                PipeRinger.single(),
                StackHarness.LIMITS);
        island = new Island(number, time, agent, sleeper, ledger);
    }

    /** Makes its guests, on the core that has it. */
    void begin() {
        final ScriptedGuest client = guest("client", CLIENT, 1);
        final ScriptedGuest server = guest("server", SERVER, 2);
        final ScriptedGuest far = machine.guest("far", 7);
        sides.add(new Side(far, () -> machine.attachments.onDoorbell(1)));
        streams.add(new Stream(client, SERVER, server));
        streams.add(new Stream(client, FAR, far));
        streams.add(new Stream(far, SERVER, server));
        ringAll();
    }

    /** Makes the connections, once everybody listens. */
    void connect() {
        streams.forEach(Stream::connect);
        ringAll();
    }

    private ScriptedGuest guest(String name, int address, int id) {
        final ByteBuffer region = region();
        regions.add(region);
        final Guest guest = new Guest(
                name + number,
                HostConfig.embeddedDefault().defaultNetwork(),
                address,
                1 + random.nextInt(3),
                TcpConfig.DEFAULTS.congestion(),
                Map.of(),
                GuestLimits.NONE,
                GuestQuotas.NONE);
        final int bell = Libc.eventFd();
        final Attachment attachment = new Attachment(
                id, guest, 1, 0, "test", Abi.MINOR, new Region(region, -1, LAYOUT, 1 << 20, 1 << 20), bell);
        agent.attached(attachment);
        agent.contextOpened(attachment, 0, -1);
        final ScriptedGuest scripted = new ScriptedGuest(attachment);
        bells.add(bell);
        sides.add(new Side(scripted, () -> Libc.ringEventFd(bell)));
        return scripted;
    }

    private static ByteBuffer region() {
        if (REGIONS.isEmpty()) {
            return ByteBuffer.allocateDirect(LAYOUT.regionBytes()).order(ByteOrder.LITTLE_ENDIAN);
        }
        final ByteBuffer region = REGIONS.pop();
        for (int at = 0; at < LAYOUT.poolOffset(); at += Long.BYTES) {
            region.putLong(at, 0);
        }
        return region;
    }

    private void ringAll() {
        sides.forEach(Side::ring);
    }

    /** Both directions of a connection, checked byte by byte. */
    private final class Stream {
        private final int address;
        private final int port = PORT + streams.size();
        private final ScriptedGuest.Handle from;
        private final ScriptedGuest.Handle listener;
        private final Direction there = new Direction();
        private final Direction back = new Direction();
        private ScriptedGuest.Handle to;

        Stream(ScriptedGuest client, int address, ScriptedGuest server) {
            this.address = address;
            this.from = client.socket();
            this.listener = server.socket();
            listener.bind(port);
            listener.listen(16);
        }

        void connect() {
            from.connect(address, port);
        }

        void step(long target) {
            if (to == null) {
                to = listener.accept();
                if (to != null) {
                    from.command(Command.OPTION, Option.NODELAY, 1);
                    to.command(Command.OPTION, Option.NODELAY, 1);
                }
                return;
            }
            there.step(from, to, target);
            back.step(to, from, target);
        }

        @Override
        public String toString() {
            return (to == null ? "not accepted, state " + from.state() + " error " + from.error() : "") + there.sent
                    + ">" + there.received + " " + back.sent + ">" + back.received;
        }

        boolean isDone(long target) {
            return there.received == target && back.received == target;
        }
    }

    /** One direction of a connection. */
    private final class Direction {
        private long sent;
        private long received;

        void step(ScriptedGuest.Handle from, ScriptedGuest.Handle to, long target) {
            if (random.nextInt(3) > 0 && sent < target) {
                final byte[] bytes = new byte[(int) Math.min(target - sent, 1 + random.nextInt(3000))];
                for (int i = 0; i < bytes.length; i++) {
                    bytes[i] = at(sent + i);
                }
                sent += from.write(bytes, 0, bytes.length);
            }
            if (random.nextInt(3) > 0) {
                for (byte value : to.read(1 + random.nextInt(4000))) {
                    assertEquals(at(received), value, () -> "byte " + received + " of tenant " + number);
                    received++;
                }
            }
        }

        private byte at(long position) {
            return (byte) (position * 31 + (position >>> 8) * 7);
        }
    }

    /** Lets guests and machine do something. */
    void step(long target) {
        advance.run();
        machine.pass();
        sides.forEach(side -> side.guest().drain());
        for (Stream stream : streams) {
            stream.step(target);
            ringAll();
        }
    }

    /** @return true if so many bytes have arrived everywhere */
    boolean isDone(long target) {
        return streams.size() == 3 && streams.stream().allMatch(stream -> stream.isDone(target));
    }

    @Override
    public String toString() {
        return "tenant " + number + " " + streams;
    }

    /** Checks that no frame was dropped. */
    void check() {
        if (wire != null) {
            wire.check();
        }
        final long[] drops = new long[1];
        agent.counters((name, value) -> drops[0] += name.startsWith("drop.") ? value : 0);
        assertEquals(0, drops[0], "frames dropped");
    }

    /** @return what it was billed, its own and its guests' */
    long billedNs() {
        return ledger.system().cpuNs()
                + ledger.waiting().cpuNs()
                + ledger.accounts().stream()
                        .mapToLong(account -> account.cpuNs())
                        .sum();
    }

    @Override
    public void close() {
        if (wire != null) {
            wire.close();
        }
        island.sleeper().close();
        bells.forEach(Libc::close);
        REGIONS.addAll(regions);
    }
}
