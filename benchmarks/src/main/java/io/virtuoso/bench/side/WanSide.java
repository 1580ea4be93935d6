package io.virtuoso.bench.side;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/**
 * Two machines at the ends of a long, narrow, lossy wire, which the program {@code link} of the load generators is. Each
 * machine is a namespace with a TAP of that program. The server is the far machine's kernel. The client is the near one's
 * kernel, or a guest of a host stack that has a packet port on the near TAP, beside that kernel.
 */
public final class WanSide implements Side {
    /** The wire's rate, both ways, in Mbit/s. */
    public static final double MEGABITS = 100;
    /** The wire's delay, one way, in milliseconds. */
    public static final double DELAY_MILLIS = 10;
    /** Room in front of the bottleneck: as much as the wire holds in one round trip. */
    public static final long QUEUE_BYTES = 250_000;

    private static final String NEAR = "n";
    private static final String FAR = "f";
    private static final String INTERFACE = "wan0";
    private static final String NEAR_ADDRESS = "10.98.0.1";
    private static final String FAR_ADDRESS = "10.98.0.2";
    private static final String CLIENT = "client";
    private static final String CONFIGURATION = """
            networks:
              - name: wan
                vni: 1
                subnet: 10.98.0.0/24
                port: {kind: packet, interface: wan0, gateway: 10.98.0.2}
            guests:
              - {name: client, network: wan, address: 10.98.0.3}
            """;
    private static final Duration ANSWER = Duration.ofSeconds(60);
    private static final ObjectMapper MAPPER = new ObjectMapper();

    private final String name;
    private final Namespaces namespaces;
    private final Dialogue link;
    private final Optional<HostProcess> host;
    private long runs;

    private WanSide(
            final String name, final Namespaces namespaces, final Dialogue link, final Optional<HostProcess> host) {
        this.name = name;
        this.namespaces = namespaces;
        this.link = link;
        this.host = host;
    }

    /**
     * Makes the wire with a kernel at both ends.
     *
     * @param name the side's name in reports
     * @param mark one letter that tells several sides of one process apart
     * @param tools folder with the load generators
     * @param workDir where the link's log goes; kept
     */
    public static WanSide ofKernels(final String name, final char mark, final Path tools, final Path workDir)
            throws BenchException {
        final Namespaces namespaces = new Namespaces(mark);
        final Dialogue link = join(namespaces, tools, workDir);
        return new WanSide(name, namespaces, link, Optional.empty());
    }

    /**
     * Makes the wire with a host stack beside the near kernel, and waits until it serves.
     *
     * @param mark one letter that tells several sides of one process apart
     * @param home the project's top folder, with the launcher
     * @param tools folder with the load generators
     * @param workDir where configuration and logs go; kept
     */
    public static WanSide withHostStack(final char mark, final Path home, final Path tools, final Path workDir)
            throws BenchException {
        final Namespaces namespaces = new Namespaces(mark);
        final Dialogue link = join(namespaces, tools, workDir);
        try {
            final HostProcess host =
                    HostProcess.start(home, workDir, CONFIGURATION, command -> namespaces.inside(NEAR, command));
            return new WanSide("virtuoso", namespaces, link, Optional.of(host));
        } catch (final BenchException e) {
            link.close();
            namespaces.close();
            throw e;
        }
    }

    private static Dialogue join(final Namespaces namespaces, final Path tools, final Path workDir)
            throws BenchException {
        try {
            namespaces.add(NEAR);
            namespaces.add(FAR);
            final List<String> command =
                    List.of(tools.resolve("link").toString(), namespaces.name(NEAR), namespaces.name(FAR), INTERFACE);
            final Dialogue link = Dialogue.start("link", command, workDir.resolve("link.log"));
            try {
                shape(link, 0, 0);
                configure(namespaces, NEAR, NEAR_ADDRESS);
                configure(namespaces, FAR, FAR_ADDRESS);
            } catch (final BenchException e) {
                link.close();
                throw e;
            }
            return link;
        } catch (final BenchException e) {
            namespaces.close();
            throw new BenchException("the wire could not be set up (it needs root): " + e.getMessage(), e);
        }
    }

    /** The link must have made the interface. Its queue holds more than TCP ever has under way here. */
    private static void configure(final Namespaces namespaces, final String role, final String address)
            throws BenchException {
        namespaces.set(role, "net.ipv6.conf.all.disable_ipv6=1");
        namespaces.set(role, "net.ipv4.tcp_no_metrics_save=1"); // runs know nothing of each other
        namespaces.ip(role, "link", "set", INTERFACE, "txqueuelen", "10000");
        namespaces.ip(role, "addr", "add", address + "/24", "dev", INTERFACE);
        namespaces.ip(role, "link", "set", INTERFACE, "up");
    }

    /**
     * Begins a run: its random numbers are those of the run with the same number on the other side.
     *
     * @param loss share of packets lost, in each direction
     */
    public void begin(final double loss) throws BenchException {
        runs++;
        shape(link, loss, runs);
        report();
    }

    private static void shape(final Dialogue link, final double loss, final long seed) throws BenchException {
        final String line =
                String.format(Locale.ROOT, "shape %f %f %d %f %d", MEGABITS, DELAY_MILLIS, QUEUE_BYTES, loss, seed);
        link.ask(line, ANSWER);
    }

    /** @return the share of packets, since {@link #begin}, that the wire delivered more than 1 ms late */
    public double report() throws BenchException {
        final String said = link.ask("report", ANSWER);
        try {
            final JsonNode report = MAPPER.readTree(said);
            return report.path("late").asDouble()
                    / Math.max(1, report.path("carried").asDouble());
        } catch (final JsonProcessingException e) {
            throw new BenchException("the link printed something else than JSON: " + said, e);
        }
    }

    @Override
    public String name() {
        return name;
    }

    /** {@inheritDoc} What a guest left to the kernel would be where nobody can reach the server. */
    @Override
    public List<String> asClient(final List<String> command) {
        return host.map(some -> some.asGuest(CLIENT, command)).orElseGet(() -> besideClient(command));
    }

    /** @return the command that runs the given one on the client's machine, by its kernel's stack, by exec */
    public List<String> besideClient(final List<String> command) {
        return namespaces.inside(NEAR, command);
    }

    @Override
    public List<String> asServer(final List<String> command) {
        return namespaces.inside(FAR, command);
    }

    @Override
    public List<String> asJvmClient(final List<String> command) {
        return host.map(some -> some.asJvmGuest(CLIENT, command)).orElseGet(() -> besideClient(command));
    }

    @Override
    public String nettyTransport() {
        return "epoll";
    }

    @Override
    public String serverAddress() {
        return FAR_ADDRESS;
    }

    @Override
    public List<Long> hostPids() {
        return host.map(HostProcess::pids).orElse(List.of());
    }

    @Override
    public boolean healthy() {
        return link.alive() && host.map(HostProcess::alive).orElse(true);
    }

    @Override
    public void close() {
        host.ifPresent(HostProcess::close);
        link.close();
        namespaces.close();
    }
}
