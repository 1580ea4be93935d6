package io.virtuoso.host.fastpath;

import io.virtuoso.host.account.GuestLimits;
import io.virtuoso.host.account.Ledger;
import io.virtuoso.host.config.ConfigException;
import io.virtuoso.host.config.ConfigReader;
import io.virtuoso.host.config.GuestQuotas;
import io.virtuoso.host.config.HostConfig;
import io.virtuoso.host.config.LimitsConfig;
import io.virtuoso.host.config.NetworkConfig;
import io.virtuoso.host.control.ControlMailbox;
import io.virtuoso.host.ffm.PipeRinger;
import io.virtuoso.host.guest.Attachment;
import io.virtuoso.host.guest.Guest;
import io.virtuoso.host.guest.Region;
import io.virtuoso.host.port.Port;
import io.virtuoso.host.slowpath.SlowPath;
import io.virtuoso.host.slowpath.TcpWireService;
import io.virtuoso.host.slowpath.WireService;
import io.virtuoso.host.slowpath.WireServices;
import io.virtuoso.host.tcp.CongestionAlgorithm;
import io.virtuoso.host.tcp.TcpConfig;
import io.virtuoso.protocol.Abi;
import io.virtuoso.protocol.RegionLayout;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import org.agrona.concurrent.CachedNanoClock;

/** The stack without descriptors and threads: time and passes are the test's. */
final class StackHarness {
    static final int FIRST_ADDRESS = 10 << 24 | 88 << 16 | 2;
    private static final RegionLayout LAYOUT = new RegionLayout(2, 64, 1024, 512, 1 << 26);
    static final LimitsConfig LIMITS = new LimitsConfig(2, 64, 1024, 64, 1024, 1024, 16, 32);

    final SlowPath slowPath;
    final ActiveContexts contexts;
    final Ledger ledger;
    final Doorbells doorbells;
    final Attachments attachments;
    private int nextId = 1;

    StackHarness() {
        this(new CachedNanoClock(), parts -> List.of());
    }

    /** @param services of the networks that have a port */
    StackHarness(CachedNanoClock clock, Function<SlowPath.WireParts, List<TcpWireService>> services) {
        this(parts -> new WireServices(services.apply(parts), parts.sockets()), clock);
    }

    /** @param wire makes the wire services */
    StackHarness(Function<SlowPath.WireParts, WireService> wire, CachedNanoClock clock) {
        this(wire, clock, Ledger.unread());
    }

    /** One without a wire, whose guests' limits go by the ledger's clock. */
    StackHarness(Ledger ledger) {
        this(parts -> new WireServices(List.of(), parts.sockets()), new CachedNanoClock(), ledger);
    }

    /** One whose network has a port, and whose guests' limits go by the clock; its ledger's passes are to be begun. */
    static StackHarness limited(Port port, CachedNanoClock clock) {
        return new StackHarness(
                parts -> new WireServices(
                        List.of(new TcpWireService(
                                port, HostConfig.embeddedDefault().defaultNetwork(), parts)),
                        parts.sockets()),
                clock,
                new Ledger(clock, clock::nanoTime));
    }

    private StackHarness(Function<SlowPath.WireParts, WireService> wire, CachedNanoClock clock, Ledger ledger) {
        this.ledger = ledger;
        doorbells = new Doorbells(ledger, PipeRinger.single());
        slowPath = SlowPath.create(clock, ledger, wire);
        contexts = new ActiveContexts(new CommandPoller(slowPath.inbox(), slowPath.datagrams(), ledger), slowPath);
        attachments = new Attachments(
                slowPath,
                contexts,
                doorbells,
                doorbell -> {},
                new ControlMailbox(() -> {}),
                (attachment, offset, bytes) -> {},
                LIMITS,
                clock);
    }

    /** One whose network has a port. */
    static StackHarness on(Port port, CachedNanoClock clock) {
        return on(port, clock, HostConfig.embeddedDefault().defaultNetwork());
    }

    static StackHarness on(Port port, CachedNanoClock clock, NetworkConfig network) {
        return new StackHarness(clock, parts -> List.of(new TcpWireService(port, network, parts)));
    }

    /** @return a network like the default one that has IPv6, too: fd00:88::/64 */
    static NetworkConfig dualNetwork() {
        try {
            return ConfigReader.parse(
                            "c.yaml",
                            "networks: [{name: default, vni: 1, subnet: 10.88.0.0/16, subnet6: 'fd00:88::/64'}]")
                    .defaultNetwork();
        } catch (ConfigException e) {
            throw new AssertionError(e);
        }
    }

    Attachment attachment(String name, int address) {
        return attachment(nextId++, name, address);
    }

    /** An attachment that no stack knows yet. */
    static Attachment attachment(int id, String name, int address) {
        return attachment(id, name, address, TcpConfig.DEFAULTS.congestion());
    }

    private static Attachment attachment(int id, String name, int address, CongestionAlgorithm congestion) {
        return attachment(id, name, address, congestion, GuestQuotas.NONE);
    }

    private static Attachment attachment(
            int id, String name, int address, CongestionAlgorithm congestion, GuestQuotas quotas) {
        return attachment(
                id,
                new Guest(
                        name,
                        HostConfig.embeddedDefault().defaultNetwork(),
                        address,
                        1,
                        congestion,
                        Map.of(),
                        GuestLimits.NONE,
                        quotas));
    }

    private static Attachment attachment(int id, Guest guest) {
        return attachment(id, guest, Abi.MINOR);
    }

    private static Attachment attachment(int id, Guest guest, int abiMinor) {
        final ByteBuffer region =
                ByteBuffer.allocateDirect(LAYOUT.regionBytes()).order(ByteOrder.LITTLE_ENDIAN);
        final Region memory = new Region(region, -1, LAYOUT, 1 << 20, 1 << 20);
        return new Attachment(id, guest, 1, 0, "test", abiMinor, memory, -1);
    }

    /** Another process of the same guest, which knows some version of the ABI. */
    Attachment sibling(Attachment attachment, int abiMinor) {
        return attachment(nextId++, attachment.guest(), abiMinor);
    }

    ScriptedGuest attach(Attachment attachment) {
        attachments.attached(attachment);
        attachments.contextOpened(attachment, 0, -1);
        return new ScriptedGuest(attachments.find(attachment.id()));
    }

    /** A guest of any network. */
    ScriptedGuest guest(Guest guest) {
        return attach(attachment(nextId++, guest));
    }

    /** A guest of any network, by its number among the default network's guests. */
    ScriptedGuest guest(String name, int number, NetworkConfig network) {
        return guest(new Guest(
                name,
                network,
                FIRST_ADDRESS + number,
                1,
                TcpConfig.DEFAULTS.congestion(),
                Map.of(),
                GuestLimits.NONE,
                GuestQuotas.NONE));
    }

    ScriptedGuest guest(String name, int number) {
        return attach(attachment(name, FIRST_ADDRESS + number));
    }

    ScriptedGuest guest(String name, int number, CongestionAlgorithm congestion) {
        return attach(attachment(nextId++, name, FIRST_ADDRESS + number, congestion));
    }

    ScriptedGuest guest(String name, int number, GuestLimits limits) {
        return guest(new Guest(
                name,
                HostConfig.embeddedDefault().defaultNetwork(),
                FIRST_ADDRESS + number,
                1,
                TcpConfig.DEFAULTS.congestion(),
                Map.of(),
                limits,
                GuestQuotas.NONE));
    }

    ScriptedGuest guest(String name, int number, GuestQuotas quotas) {
        return attach(attachment(nextId++, name, FIRST_ADDRESS + number, TcpConfig.DEFAULTS.congestion(), quotas));
    }

    /** What the stack thread does in one pass, without doorbells' sleep. */
    void pass() {
        slowPath.wire().poll(64);
        contexts.look();
        slowPath.turns().scheduler().run();
        slowPath.agent().doWork();
        slowPath.wire().onTimers();
        slowPath.wire().flush();
        attachments.endFaulted();
        attachments.releaseFinished();
        doorbells.ring();
    }

    /** Passes until all contexts are put to sleep. */
    void idle() {
        for (int pass = 0; pass < 1000 && contexts.size() > 0; pass++) {
            pass();
        }
    }

    /** Passes until nothing is left to do. */
    void run(ScriptedGuest... guests) {
        for (int pass = 0; pass < 8; pass++) {
            pass();
            for (ScriptedGuest guest : guests) {
                guest.drain();
            }
        }
    }
}
