package io.virtuoso.bench.side;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.function.UnaryOperator;

/**
 * A client on this machine and a server in a virtual machine in QEMU: with virtio-net and its own kernel's TCP on a TAP of
 * a bridge, or with no network card as a guest. Without KVM on both sides: not every machine has it. The machine is booted when the server is started; its processes are QEMU's.
 */
public final class MachineSide implements Side {
    private static final String TAP = "vmtap0";
    private static final String CLIENT = "client";
    private static final String SERVER = "server";
    private static final String GUEST_ADDRESS = "10.99.0.2";
    private static final String CONFIGURATION = """
            networks:
              - {name: bench, vni: 1, subnet: 10.99.0.0/24}
            guests:
              - {name: client, network: bench, address: 10.99.0.1}
              - {name: server, network: bench, address: 10.99.0.2}
            """;

    private final String name;
    private final List<String> machine;
    private final String serverAddress;
    private final UnaryOperator<List<String>> client;
    private final HostProcess host;
    private final AutoCloseable place;

    private MachineSide(
            final String name,
            final List<String> machine,
            final String serverAddress,
            final UnaryOperator<List<String>> client,
            final HostProcess host,
            final AutoCloseable place) {
        this.name = name;
        this.machine = machine;
        this.serverAddress = serverAddress;
        this.client = client;
        this.host = host;
        this.place = place;
    }

    /**
     * The machine has a TCP of its own.
     *
     * @param mark one letter that tells several sides of one process apart
     * @param home the project's top folder, with the launcher
     * @param workDir for what the machine begins with
     */
    public static MachineSide withCard(final String name, final char mark, final Path home, final Path workDir)
            throws BenchException {
        final BridgedNetwork network = BridgedNetwork.create(mark);
        try {
            network.plugEnd(BridgedNetwork.CLIENT);
            network.address(BridgedNetwork.CLIENT, BridgedNetwork.CLIENT_ADDRESS);
            network.plugTap(TAP);
        } catch (final BenchException e) {
            network.close();
            throw e;
        }
        final String card = TAP + "=" + BridgedNetwork.SERVER_ADDRESS + "/24";
        final List<String> machine =
                network.inside(BridgedNetwork.BRIDGE, run(home, workDir, List.of(), List.of("--tap", card)));
        return new MachineSide(
                name,
                machine,
                BridgedNetwork.SERVER_ADDRESS,
                command -> network.inside(BridgedNetwork.CLIENT, command),
                null,
                network);
    }

    /** The machine has no network card, and its programs are a guest's; see {@link #withCard}. */
    public static MachineSide withoutCard(final String name, final Path home, final Path workDir)
            throws BenchException {
        final HostProcess host = HostProcess.start(home, workDir, CONFIGURATION, UnaryOperator.identity());
        return new MachineSide(
                name,
                run(home, workDir, List.of("VIRTUOSO_RUN_DIR=" + host.runDir()), List.of()),
                GUEST_ADDRESS,
                command -> host.asGuest(CLIENT, command),
                host,
                host);
    }

    private static List<String> run(
            final Path home, final Path workDir, final List<String> environment, final List<String> options) {
        final List<String> all = new ArrayList<>(List.of("env", "TMPDIR=" + workDir));
        all.addAll(environment);
        all.addAll(List.of(
                home.resolve("virtuoso").toString(), "vm", "run", SERVER, "--accel", "tcg", "--memory", "256M"));
        all.addAll(options);
        return all;
    }

    @Override
    public String name() {
        return name;
    }

    @Override
    public List<String> asClient(final List<String> command) {
        return client.apply(command);
    }

    @Override
    public List<String> asServer(final List<String> command) {
        final List<String> all = new ArrayList<>(machine);
        all.add("--");
        all.addAll(command);
        return all;
    }

    @Override
    public String nettyTransport() {
        return "nio";
    }

    @Override
    public String serverAddress() {
        return serverAddress;
    }

    @Override
    public List<Long> hostPids() {
        return host == null ? List.of() : host.pids();
    }

    @Override
    public boolean healthy() {
        return host == null || host.alive();
    }

    @Override
    public void close() {
        try {
            place.close();
        } catch (final Exception e) {
            throw new IllegalStateException(e); // neither throws any that is checked
        }
    }
}
