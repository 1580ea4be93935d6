package io.virtuoso.host;

import io.virtuoso.host.config.HostConfig;
import io.virtuoso.host.config.Ipv6;
import io.virtuoso.host.config.Islands;
import io.virtuoso.host.config.NetworkConfig;
import io.virtuoso.host.config.PacketConfig;
import io.virtuoso.host.config.PortConfig;
import io.virtuoso.host.config.TapConfig;
import io.virtuoso.host.config.TunnelConfig;
import io.virtuoso.host.config.XdpConfig;
import io.virtuoso.host.control.ControlAgent;
import io.virtuoso.host.control.ControlMailbox;
import io.virtuoso.host.control.RunDirectory;
import io.virtuoso.host.control.StackMailbox;
import io.virtuoso.host.control.StackMailboxes;
import io.virtuoso.host.control.WakeFd;
import io.virtuoso.host.fastpath.StackThreads;
import io.virtuoso.host.ffm.Ipv6Prefix;
import io.virtuoso.host.port.PacketPort;
import io.virtuoso.host.port.Port;
import io.virtuoso.host.port.TapPort;
import io.virtuoso.host.port.TapSettings;
import io.virtuoso.host.port.XdpPort;
import io.virtuoso.host.vm.VmAgent;
import io.virtuoso.host.vswitch.MachinePort;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** A whole host stack: run directory, ports, control thread, fast-path cores. */
public final class HostStack implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(HostStack.class);
    private static final long STOP_MILLIS = 3_000;

    private final RunDirectory directory;
    private final StackThreads stackThreads;
    private final TunnelPorts tunnels;
    private final ControlAgent control;
    private final Thread controlThread;
    private final VmAgent machines;
    private final Thread machineThread;

    private HostStack(
            final RunDirectory directory,
            final StackThreads stackThreads,
            final TunnelPorts tunnels,
            final ControlAgent control,
            final VmAgent machines) {
        this.directory = directory;
        this.stackThreads = stackThreads;
        this.tunnels = tunnels;
        this.control = control;
        this.controlThread = new Thread(control, "virtuoso-control");
        this.machines = machines;
        this.machineThread = new Thread(machines, "virtuoso-vm");
    }

    /**
     * Starts a host stack; it serves when this returns.
     *
     * @param configFile   where the configuration came from, to be read again; empty: from nowhere
     * @param runDirectory made if need be
     * @throws IOException saying in one line what is wrong: another host stack in the same place, a port that the
     *     configuration asks for, on which line, cannot be opened
     */
    public static HostStack start(final HostConfig config, final Optional<Path> configFile, final Path runDirectory)
            throws IOException {
        final RunDirectory directory = RunDirectory.open(runDirectory);
        final List<HostConfig> islands = Islands.of(config);
        final TunnelPorts tunnels = TunnelPorts.open(config, islands);
        final Map<NetworkConfig, Port> ports = openPorts(config, tunnels);
        final Map<String, MachinePort> cards = MachinePorts.connect(config, ports);
        final WakeFd controlWake = WakeFd.create();
        final ControlMailbox controlMailbox = new ControlMailbox(controlWake::ring);
        final List<StackMailbox> mailboxes = new ArrayList<>();
        final Map<String, StackMailbox> byNetwork = new LinkedHashMap<>();
        for (final HostConfig island : islands) {
            final WakeFd wake = WakeFd.create();
            final StackMailbox mailbox = new StackMailbox(wake.fd(), wake::ring, controlMailbox);
            mailboxes.add(mailbox);
            island.networks().forEach(network -> byNetwork.put(network.name(), mailbox));
            if (island.networks().isEmpty()) {
                island.underlays()
                        .forEach(underlay -> byNetwork.put(StackMailboxes.underlay(underlay.name()), mailbox));
            }
        }
        final StackMailboxes stack = new StackMailboxes(mailboxes, byNetwork);
        final VmAgent machines = new VmAgent(cards, config.limits().doorbellBytes(), stack::call, controlMailbox);
        final ControlAgent control =
                new ControlAgent(config, configFile, directory, controlWake, controlMailbox, stack, machines, epoch());
        final StackThreads stackThreads = StackThreads.start(
                config.cores(),
                new StackThreads.Parts(
                        islands, mailboxes, controlMailbox, ports, tunnels::underlays, tunnels.crossings()));
        final HostStack host = new HostStack(directory, stackThreads, tunnels, control, machines);
        host.machineThread.start();
        host.controlThread.start();
        return host;
    }

    /** Differs from one run to the next on a machine. */
    private static long epoch() {
        return System.currentTimeMillis() << 22 | ProcessHandle.current().pid() & 0x3f_ffff;
    }

    private static Map<NetworkConfig, Port> openPorts(final HostConfig config, final TunnelPorts tunnels)
            throws IOException {
        final Map<NetworkConfig, Port> ports = new LinkedHashMap<>();
        try {
            for (final NetworkConfig network : config.networks()) {
                openPort(config, network, "network " + network.name(), tunnels, ports);
            }
            if (config.uplink().isPresent()) {
                openPort(config, config.uplink().get().network(), "uplink", tunnels, ports);
            }
        } catch (final IOException e) {
            ports.values().forEach(Port::close);
            tunnels.close();
            throw e;
        }
        return ports;
    }

    private static void openPort(
            final HostConfig config,
            final NetworkConfig network,
            final String thing,
            final TunnelPorts tunnels,
            final Map<NetworkConfig, Port> ports)
            throws IOException {
        try {
            if (network.port().isPresent()) {
                ports.put(network, open(network, network.port().get(), tunnels));
            }
        } catch (final IOException e) {
            if (!config.tapMayFail()) {
                throw config.lines().portError(thing, e);
            }
            LOG.warn("{}; guests reach each other, but not this machine's own programs", e.getMessage());
        }
    }

    private static Port open(final NetworkConfig network, final PortConfig port, final TunnelPorts tunnels)
            throws IOException {
        return switch (port) {
            case TapConfig tap ->
                TapPort.open(new TapSettings(
                        tap.device(),
                        tap.address().ipv4(),
                        network.subnet().prefixLength(),
                        NetworkConfig.MTU,
                        ipv6(network, tap)));
            case PacketConfig packet ->
                PacketPort.open(
                        packet.device(), NetworkConfig.MTU, network.subnet6().isPresent());
            case XdpConfig xdp -> openXdp(network, xdp.device());
            case TunnelConfig tunnel -> tunnels.tunnel(network, tunnel);
        };
    }

    private static TapSettings.Ipv6 ipv6(final NetworkConfig network, final TapConfig tap) {
        return network.subnet6()
                .map(subnet -> {
                    final Ipv6 address =
                            subnet.station(network.subnet(), tap.address().ipv4());
                    return new TapSettings.Ipv6(address.high(), address.low(), subnet.prefixLength());
                })
                .orElse(null);
    }

    private static Port openXdp(final NetworkConfig network, final String device) throws IOException {
        final XdpPort port = XdpPort.open(
                device,
                new XdpPort.Network(
                        network.subnet().address(),
                        network.subnet().prefixLength(),
                        NetworkConfig.MTU,
                        network.subnet6()
                                .map(six -> new Ipv6Prefix(
                                        six.address().high(), six.address().low(), six.prefixLength()))
                                .orElse(null)));
        LOG.info("interface {}: AF_XDP, {}", device, port.isZeroCopy() ? "zero-copy" : "the kernel copies");
        return port;
    }

    /** @return where it serves */
    public Path directory() {
        return directory.root();
    }

    /** Reads the configuration again and puts it in force; the log tells what came of it. Any thread. */
    public void reload() {
        control.reload();
    }

    /** Tells the guests, ends all threads, removes sockets and ports. */
    @Override
    public void close() throws IOException {
        control.stop();
        try {
            controlThread.join(STOP_MILLIS);
            machines.stop(); // behind what the control thread told programs of virtual machines
            machineThread.join(STOP_MILLIS);
        } catch (final InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        stackThreads.close();
        tunnels.unmap();
        directory.close();
    }
}
