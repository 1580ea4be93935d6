package io.virtuoso.host.fastpath;

import io.virtuoso.host.account.Ledger;
import io.virtuoso.host.config.CoresConfig;
import io.virtuoso.host.config.HostConfig;
import io.virtuoso.host.config.NetworkConfig;
import io.virtuoso.host.control.ControlMailbox;
import io.virtuoso.host.control.StackMailbox;
import io.virtuoso.host.ffm.NativeThread;
import io.virtuoso.host.ffm.PipeRinger;
import io.virtuoso.host.guest.Guest;
import io.virtuoso.host.guest.GuestRegistry;
import io.virtuoso.host.policy.Policy;
import io.virtuoso.host.port.FrameLink;
import io.virtuoso.host.port.Port;
import io.virtuoso.host.slowpath.PublishedPorts;
import io.virtuoso.host.slowpath.SlowPath;
import io.virtuoso.host.slowpath.TcpWireService;
import io.virtuoso.host.slowpath.WireServices;
import io.virtuoso.host.tunnel.Underlay;
import io.virtuoso.host.vswitch.MachinePolicy;
import io.virtuoso.host.vswitch.VirtualSwitch;
import java.io.IOException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ThreadFactory;
import java.util.function.Function;
import org.agrona.concurrent.AgentRunner;
import org.agrona.concurrent.AgentTerminationException;
import org.agrona.concurrent.CachedNanoClock;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The fast-path cores: the threads that run fast path and slow path, from their parts to their end. */
public final class StackThreads implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(StackThreads.class);

    /** How long a core waits for the next command before it sleeps, while a processor is free. */
    private static final long LONGEST_WAIT_NS = 20_000;

    private final List<FastPathCore> cores = new ArrayList<>();
    private final List<AgentRunner> runners = new ArrayList<>();
    private final List<WireServices> wires = new ArrayList<>();
    private final List<PipeRinger> ringers = new ArrayList<>();

    private StackThreads() {}

    /**
     * What the islands are made of.
     *
     * @param parts     of the configuration, one for each island
     * @param mailboxes one for each island
     * @param control   for messages of all
     * @param ports     the port of each network that has one, and the uplink's; closed with the stack
     * @param underlays that tunnels among these ports go over, of each island; closed with the stack
     * @param crossings where frames go from island to island
     */
    public record Parts(
            List<HostConfig> parts,
            List<StackMailbox> mailboxes,
            ControlMailbox control,
            Map<NetworkConfig, Port> ports,
            Function<HostConfig, List<Underlay>> underlays,
            List<Crossing> crossings) {}

    /**
     * Where frames go from island to island.
     *
     * @param network number of the island whose port the link is
     * @param carrier number of the one that carries its frames
     */
    public record Crossing(int network, int carrier, FrameLink link) {}

    /**
     * Starts the stack: as many threads as there may be cores in use, of which those without an island sleep.
     *
     * @throws IOException if the process has no descriptor left, or may not use a processor that a core is to be bound
     * to
     */
    public static StackThreads start(CoresConfig config, Parts parts) throws IOException {
        final StackThreads threads = new StackThreads();
        final List<Island> islands = new ArrayList<>();
        for (int i = 0; i < parts.parts().size(); i++) {
            islands.add(threads.island(i, parts));
        }
        parts.crossings().forEach(crossing -> hangBells(crossing, islands, parts.mailboxes()));
        if (config.exclusive()) {
            islands.forEach(island -> island.agent().ownsProcessor());
        }
        final Processors processors = Processors.of(config);
        final int most = Math.min(config.most(), islands.size());
        final int least = Math.min(config.least(), most);
        final FastPathCore[] all = new FastPathCore[most];
        final CoreTable table = new CoreTable(most);
        for (int i = 0; i < most; i++) {
            final int number = i;
            all[i] = new FastPathCore(
                    i,
                    all,
                    table,
                    least,
                    System::nanoTime,
                    NativeThread::cpuNanos,
                    LONGEST_WAIT_NS,
                    () -> processors.bind(number));
            threads.cores.add(all[i]);
        }
        for (Island island : islands) {
            all[island.number() % least].begin(island);
        }
        processors.keepOthersOff();
        final int shared = config.exclusive()
                ? StackIdleStrategy.NONE_SHARED
                : Runtime.getRuntime().availableProcessors();
        threads.cores.forEach(core -> threads.run(core, shared));
        return threads;
    }

    private static void hangBells(Crossing crossing, List<Island> islands, List<StackMailbox> mailboxes) {
        final FrameLink link = crossing.link();
        link.out().bell(bell(islands.get(crossing.network()), mailboxes.get(crossing.carrier())));
        link.in().bell(bell(islands.get(crossing.carrier()), mailboxes.get(crossing.network())));
    }

    /** @return what an island that has put frames into a ring does to wake another */
    static Runnable bell(Island writer, StackMailbox reader) {
        return () -> {
            reader.ring();
            writer.core().lookSoon();
        };
    }

    /** @param shared processors that guests and all cores share */
    private void run(FastPathCore core, int shared) {
        final StackIdleStrategy idle = new StackIdleStrategy(core, shared, LONGEST_WAIT_NS);
        final AgentRunner runner = new AgentRunner(idle, StackThreads::onError, null, core);
        runners.add(runner);
        final ThreadFactory factory =
                task -> Thread.ofPlatform().name("virtuoso-stack").unstarted(task);
        AgentRunner.startOnThread(runner, factory);
    }

    private Island island(int number, Parts parts) throws IOException {
        final HostConfig config = parts.parts().get(number);
        final CachedNanoClock clock = new CachedNanoClock();
        clock.update(System.nanoTime());
        final Sleeper sleeper = new Sleeper();
        final PipeRinger ringer = PipeRinger.open();
        ringers.add(ringer);
        final Ledger ledger = new Ledger(System::nanoTime);
        final List<Underlay> underlays = parts.underlays().apply(config);
        final SlowPath slowPath = SlowPath.create(
                clock,
                ledger,
                wireParts -> wireServices(config, parts.ports(), wireParts)
                        .over(underlays, clock, ledger)
                        .with(switches(config, parts.ports(), wireParts, sleeper), clock));
        config.policies()
                .forEach((network, rules) -> slowPath.nodes().policy(network, new Policy(Policy.FIRST_VERSION, rules)));
        final WireServices wire = (WireServices) slowPath.wire();
        wires.add(wire);
        wire.fds().forEach(sleeper::watchPort);
        final FastPathAgent agent = new FastPathAgent(
                System::nanoTime,
                clock,
                parts.mailboxes().get(number),
                parts.control(),
                slowPath,
                sleeper,
                ringer,
                config.limits());
        return new Island(number, System::nanoTime, agent, sleeper, ledger);
    }

    /** @return those of an island's ports that are switches, told of policies and of who wakes its core */
    private static List<VirtualSwitch> switches(
            HostConfig config, Map<NetworkConfig, Port> ports, SlowPath.WireParts parts, Sleeper sleeper) {
        final List<VirtualSwitch> switches = new ArrayList<>();
        for (NetworkConfig network : config.networks()) {
            if (ports.get(network) instanceof VirtualSwitch one) {
                final Map<Integer, Guest> machines = new HashMap<>();
                config.guests().stream()
                        .filter(guest ->
                                guest.mac().isPresent() && guest.network().equals(network.name()))
                        .forEach(guest -> machines.put(guest.address(), GuestRegistry.guest(guest, config)));
                one.policies(
                        station -> new MachinePolicy(
                                parts.nodes().addMachine(machines.get(station.address())),
                                address -> parts.nodes().peer(network, address)),
                        parts.ledger());
                one.kicks(sleeper);
                switches.add(one);
            }
        }
        return switches;
    }

    private static WireServices wireServices(
            HostConfig config, Map<NetworkConfig, Port> ports, SlowPath.WireParts parts) {
        final List<TcpWireService> services = new ArrayList<>();
        for (NetworkConfig network : config.networks()) {
            if (ports.containsKey(network)) {
                services.add(new TcpWireService(ports.get(network), network, parts));
            }
        }
        final TcpWireService uplink = config.uplink()
                .map(it -> new TcpWireService(ports.get(it.network()), it, PublishedPorts.of(config), parts))
                .orElse(null);
        return new WireServices(services, uplink, config.networks(), parts.sockets());
    }

    /**
     * A fault in the stack itself is reported, and the stack goes on with the next pass: one guest's bad luck is not to
     * end the others. An error, after which nothing is certain, ends the thread, and that the process. The wanted end is no fault.
     */
    private static void onError(Throwable fault) {
        if (!(fault instanceof Error || fault instanceof AgentTerminationException)) {
            LOG.error("stack thread", fault);
        }
    }

    /** Ends the threads behind everything that was asked of them, and closes the ports. */
    @Override
    public void close() {
        cores.forEach(FastPathCore::stop);
        runners.forEach(AgentRunner::close);
        cores.forEach(FastPathCore::close);
        wires.forEach(WireServices::close);
        ringers.forEach(PipeRinger::close);
    }
}
