package io.virtuoso.host.fastpath;

import io.virtuoso.host.account.Ledger;
import io.virtuoso.host.config.HostConfig;
import io.virtuoso.host.config.NetworkConfig;
import io.virtuoso.host.control.ControlMailbox;
import io.virtuoso.host.control.StackMailbox;
import io.virtuoso.host.ffm.NativeThread;
import io.virtuoso.host.guest.Guest;
import io.virtuoso.host.guest.GuestRegistry;
import io.virtuoso.host.policy.Policy;
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
import org.agrona.concurrent.AgentRunner;
import org.agrona.concurrent.AgentTerminationException;
import org.agrona.concurrent.CachedNanoClock;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The thread that runs fast path and slow path, from its parts to its end. */
public final class StackThread implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(StackThread.class);

    /** How long the stack waits for the next command before it sleeps, while a core is free. */
    private static final long LONGEST_WAIT_NS = 20_000;

    private static final int EXIT_FAULT = 70;

    private final AgentRunner runner;
    private final WireServices wire;

    private StackThread(AgentRunner runner, WireServices wire) {
        this.runner = runner;
        this.wire = wire;
    }

    /**
     * Starts the stack.
     *
     * @param ports the port of each network that has one, and the uplink's; closed with the stack
     * @param underlays that tunnels among these ports go over; closed with the stack
     * @throws IOException if the process has no descriptor left
     */
    public static StackThread start(
            HostConfig config,
            StackMailbox mailbox,
            ControlMailbox control,
            Map<NetworkConfig, Port> ports,
            List<Underlay> underlays)
            throws IOException {
        final CachedNanoClock clock = new CachedNanoClock();
        clock.update(System.nanoTime());
        final Sleeper sleeper = new Sleeper();
        final Ledger ledger = new Ledger(System::nanoTime, NativeThread::cpuNanos);
        final SlowPath slowPath = SlowPath.create(
                clock,
                ledger,
                parts -> wireServices(config, ports, parts)
                        .over(underlays, clock, ledger)
                        .with(switches(config, ports, parts, sleeper), clock));
        config.policies()
                .forEach((network, rules) -> slowPath.nodes().policy(network, new Policy(Policy.FIRST_VERSION, rules)));
        final WireServices wire = (WireServices) slowPath.wire();
        wire.fds().forEach(sleeper::watchPort);
        final FastPathAgent agent = new FastPathAgent(clock, mailbox, control, slowPath, sleeper, config.limits());
        final StackIdleStrategy idle =
                new StackIdleStrategy(agent, Runtime.getRuntime().availableProcessors(), LONGEST_WAIT_NS);
        final AgentRunner runner = new AgentRunner(idle, StackThread::onError, null, agent);
        final ThreadFactory threads =
                task -> Thread.ofPlatform().name("virtuoso-stack").unstarted(task);
        AgentRunner.startOnThread(runner, threads);
        return new StackThread(runner, wire);
    }

    /** @return the ports that are switches, told of policies and of who wakes this thread */
    private static List<VirtualSwitch> switches(
            HostConfig config, Map<NetworkConfig, Port> ports, SlowPath.WireParts parts, Sleeper sleeper) {
        final List<VirtualSwitch> switches = new ArrayList<>();
        ports.forEach((network, port) -> {
            if (port instanceof VirtualSwitch one) {
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
        });
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
     * end the others. What cannot go on ends the process, which all guests notice at once. The wanted end is no fault.
     */
    private static void onError(Throwable error) {
        if (error instanceof VirtualMachineError fatal) {
            LOG.error("stack thread", fatal);
            Runtime.getRuntime().halt(EXIT_FAULT);
        }
        if (!(error instanceof AgentTerminationException)) {
            LOG.error("stack thread", error);
        }
    }

    /** Ends the thread, which {@link StackMailbox#stop} has woken, and closes the ports. */
    @Override
    public void close() {
        runner.close();
        wire.close();
    }
}
