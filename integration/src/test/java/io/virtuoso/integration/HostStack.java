package io.virtuoso.integration;

import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Consumer;

/**
 * A host stack of a test: a JVM of its own with a run directory, a port (a TAP if nothing else is asked for) and a network
 * namespace of its own. Commands run by {@link #inKernel} reach the guests from the namespace's kernel stack through it; guests run in a second
 * namespace that has nothing but a loopback, so that what falls back to the kernel is seen at once.
 */
final class HostStack implements Machine {
    /** The end of a veth pair that is the host stack's. */
    static final String VETH = "vstack0";

    /** The host stack's own address on its uplink. */
    static final String UPLINK_ADDRESS6 = "2001:db8::a";

    static final String BEYOND_UPLINK6 = "2001:db8::14";
    static final String FAR_AWAY6 = "2001:db8:f::1";
    static final String UPLINK_ADDRESS = "192.0.2.10";

    /** The kernel's on the uplink's network. */
    static final String BEYOND_UPLINK = "192.0.2.20";

    /** Another of the kernel's, beyond the uplink's network. */
    static final String FAR_AWAY = "198.51.100.1";

    /** Seconds until the compiler has done what the load left it, at most. */
    private static final int LONGEST_REST = 60;

    /** With several, an idle network shares the core. */
    private static final int CORES = Integer.getInteger("virtuoso.test.cores", 1);

    private static final String SPARE = "  - {name: spare, vni: 4095, subnet: 10.254.0.0/16}\n";
    private static final String ON_CORES = "cores: {max: " + CORES + "}\n";
    /** Every 10 ms, at what must happen. */
    private static final int LOOKS = 6_000;

    private static final Duration READY = Duration.ofSeconds(60);

    private final Netns kernelSide;
    private final Netns guestSide = Netns.create();
    private final Path folder;
    private final Map<String, Guest> guests = new ConcurrentHashMap<>();
    private Child process;

    private HostStack(final Path folder, final Netns kernelSide) {
        this.folder = folder;
        this.kernelSide = kernelSide;
    }

    /** Starts one and waits until it serves. */
    static HostStack start() {
        return start("");
    }

    /** Starts one with more lines in its configuration. */
    static HostStack start(final String more) {
        return start(stack -> {}, "tap: {name: vtap0, address: 10.88.0.1}", more);
    }

    /** Starts one whose network says what lies beyond it. */
    static HostStack startWithRoutes(final String reach) {
        return start(stack -> {}, "tap: {name: vtap0, address: 10.88.0.1}, " + reach, "");
    }

    /** Starts one whose network has IPv6 as well: fd00:88::/64, with the numbers of 10.88.0.0/16. */
    static HostStack startWithIpv6() {
        return start(stack -> {}, "subnet6: 'fd00:88::/64', tap: {name: vtap0, address: 10.88.0.1}", "");
    }

    /** @return a station's IPv6 address in such a network */
    static String ipv6(final String ipv4) {
        final String[] parts = ipv4.split("\\.", -1);
        return "fd00:88::" + Integer.toHexString(Integer.parseInt(parts[2]) << 8 | Integer.parseInt(parts[3]));
    }

    /** Starts one that has a port of another kind on one end of a veth pair, whose other end is the kernel's. */
    static HostStack startOnVeth(final String kind) {
        return startOnVethWith(kind, "");
    }

    /** As {@link #startOnVeth(String)}, with IPv6 as well, see {@link #startWithIpv6}. */
    static HostStack startOnVethWithIpv6(final String kind) {
        return startOnVethWith(kind, "subnet6: 'fd00:88::/64', ");
    }

    private static HostStack startOnVethWith(final String kind, final String keys) {
        return start(
                stack -> {
                    final Netns here = stack.kernelSide;
                    Netns.connect(here, "vkernel0", here, VETH);
                    here.ip("address", "add", KERNEL_ADDRESS + "/16", "dev", "vkernel0");
                    here.ip("address", "add", ipv6(KERNEL_ADDRESS) + "/64", "dev", "vkernel0", "nodad");
                },
                keys + "port: {kind: " + kind + ", interface: " + VETH + ", gateway: " + KERNEL_ADDRESS + "}",
                "");
    }

    /**
     * Starts one whose guests reach the kernel by an uplink only: on one end of a veth pair, or a TAP. Of the uplink's
     * network, 192.0.2.0/24, the host stack has .10 and the kernel {@link #BEYOND_UPLINK}, which is the gateway.
     *
     * @param kind of the uplink's port
     * @param more networks and guests
     */
    static HostStack startBehindUplink(final String kind, final String more) {
        return startBehindUplink(kind, "", stack -> {}, more);
    }

    /** The same with IPv6: the uplink has {@link #UPLINK_ADDRESS6}, the kernel {@link #BEYOND_UPLINK6}, and more behind. */
    static HostStack startBehindUplinkWithIpv6(final String kind, final String more) {
        return startBehindUplink(
                kind,
                ", address6: '" + UPLINK_ADDRESS6 + "/64', gateway6: '" + BEYOND_UPLINK6 + "'",
                stack -> {
                    if (!"tap".equals(kind)) {
                        stack.kernelSide.ip("address", "add", BEYOND_UPLINK6 + "/64", "dev", "vkernel0", "nodad");
                    }
                    stack.kernelSide.ip("address", "add", FAR_AWAY6 + "/128", "dev", "lo", "nodad");
                },
                more);
    }

    private static HostStack startBehindUplink(
            final String kind, final String uplinkKeys, final Consumer<HostStack> preparation, final String more) {
        final boolean tap = "tap".equals(kind);
        final String port = tap
                ? "{kind: tap, name: " + VETH + ", address: " + BEYOND_UPLINK + "}"
                : "{kind: " + kind + ", interface: " + VETH + "}";
        return start(
                Netns.create(),
                stack -> {
                    if (!tap) {
                        Netns.connect(stack.kernelSide, "vkernel0", stack.kernelSide, VETH);
                        stack.kernelSide.ip("address", "add", BEYOND_UPLINK + "/24", "dev", "vkernel0");
                    }
                    stack.kernelSide.ip("address", "add", FAR_AWAY + "/32", "dev", "lo");
                    preparation.accept(stack);
                },
                "uplink: {port: " + port + ", address: " + UPLINK_ADDRESS + "/24, gateway: " + BEYOND_UPLINK
                        + uplinkKeys + "}\n" + more);
    }

    /** Starts one whose network is behind the kernel's VXLAN device: on the TAP, or on the other end of a veth pair. */
    static HostStack startOnVxlan(
            final String portKind, final String kernels, final String ours, final int prefixLength) {
        final boolean isTap = portKind.equals("tap");
        final String keys = isTap ? "name: vtap0, address: '" + kernels + "'" : "interface: " + VETH;
        return start(
                stack -> {
                    final Netns here = stack.kernelSide;
                    if (!isTap) {
                        Netns.connect(here, "vkernel0", here, VETH);
                        final String noWait = kernels.indexOf(':') < 0 ? "" : " nodad";
                        here.ip(("address add " + kernels + "/" + prefixLength + " dev vkernel0" + noWait)
                                .split(" ", -1));
                    }
                    final String device = "type vxlan id 1 dstport 4789 local " + kernels + " remote " + ours;
                    here.ip(("link add vxlan0 " + device).split(" ", -1));
                    here.ip("address", "add", KERNEL_ADDRESS + "/16", "dev", "vxlan0");
                    here.ip("link", "set", "vxlan0", "up");
                },
                "tunnel: {kind: vxlan, underlay: u0, peers: ['" + kernels + "'], learn: true}",
                "underlays: [{name: u0, port: {kind: " + portKind + ", " + keys + "}, address: '" + ours + "/"
                        + prefixLength + "'}]\n");
    }

    /** Starts one that has one end of a veth pair, {@link #VETH}, and a configuration of its own. */
    static HostStack startOnVeth(final String farEnd, final String configuration) {
        return start(
                Netns.create(),
                stack -> Netns.connect(stack.kernelSide, VETH, stack.kernelSide, farEnd),
                configuration);
    }

    /** Starts one in the namespace of another one. */
    static HostStack startBeside(final HostStack other, final String configuration) {
        return start(other.kernelSide, stack -> {}, configuration);
    }

    private static HostStack start(final Consumer<HostStack> preparation, final String port, final String more) {
        return start(Netns.create(), preparation, ofNetwork(port, more));
    }

    private static HostStack start(
            final Netns kernelSide, final Consumer<HostStack> preparation, final String configuration) {
        try {
            final HostStack stack = new HostStack(Files.createTempDirectory("vt"), kernelSide);
            preparation.accept(stack);
            stack.write(configuration);
            stack.up();
            return stack;
        } catch (final IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static String ofNetwork(final String keys, final String more) {
        final String config = """
                    networks:
                      - {name: test, vni: 1, subnet: 10.88.0.0/16, %s}
                    """.formatted(keys);
        return CORES == 1 || more.contains("cores:") ? config + more : config + SPARE + more + "\n" + ON_CORES;
    }

    private void write(final String config) {
        try {
            final Path fresh = Files.writeString(folder.resolve("config.yaml.new"), config);
            Files.move(fresh, Path.of(configuration()), StandardCopyOption.ATOMIC_MOVE);
        } catch (final IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** @return the path of its configuration */
    String configuration() {
        return folder.resolve("config.yaml").toString();
    }

    /**
     * Writes another configuration, which is yet to be applied.
     *
     * @param networkKeys what the network has besides its TAP
     * @param more        what follows the networks
     */
    void configure(final String networkKeys, final String more) {
        write(ofNetwork("tap: {name: vtap0, address: 10.88.0.1}, " + networkKeys, more));
    }

    /** Replaces words of the configuration, which is yet to be applied. */
    void rewrite(final String from, final String to) {
        try {
            final String text = Files.readString(Path.of(configuration()));
            if (!text.contains(from)) {
                throw new IllegalArgumentException(from + " is not in " + text);
            }
            write(text.replace(from, to));
        } catch (final IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Runs {@code virtuoso apply}. */
    Shell.Result apply(final String... arguments) {
        final List<String> command = new ArrayList<>(
                List.of("env", "VIRTUOSO_RUN_DIR=" + runFolder(), Repository.LAUNCHER.toString(), "apply"));
        command.addAll(List.of(arguments));
        return Shell.run(READY, command);
    }

    /** Sends SIGHUP to the host stack. */
    void hangUp() {
        Shell.check(READY, "kill", "-HUP", Long.toString(jvm().pid()));
    }

    /** Starts the process, anew after {@link #kill()} or {@link #down()}. */
    void up() {
        process = Child.start(
                "host-stack",
                kernelSide.inside(
                        "env",
                        "JAVA_HOME=" + System.getProperty("java.home"),
                        "VIRTUOSO_RUN_DIR=" + runFolder(),
                        Repository.LAUNCHER.toString(),
                        "up",
                        "-c",
                        configuration()));
        process.awaitLine("virtuoso ready", READY);
    }

    /** Ends the process by SIGKILL. */
    void kill() {
        process.kill();
    }

    /** Ends the process as an operator does. */
    void down() {
        jvm().destroy();
        process.awaitEnd(READY);
    }

    @Override
    public Guest guest(final String name) {
        return guests.computeIfAbsent(name, key -> {
            final String[] answer =
                    ask("guest " + key).lines().findFirst().orElse("").split(" ", -1);
            if (answer.length != 3) {
                throw process.failure("made no guest: " + String.join(" ", answer));
            }
            return new Guest(name, answer[1], answer[2], guestSide);
        });
    }

    /** Waits until a capture has begun: the file then has its first bytes. */
    static void awaitCapture(final Path file) {
        for (int i = 0; i < LOOKS; i++) {
            if (file.toFile().length() > 0) {
                return;
            }
            Child.pause(10);
        }
        throw new AssertionError("nothing is captured in " + file);
    }

    /** @return where QEMU connects for a virtual machine of a guest, made if there is none */
    Path machineSocket(final String name) {
        guest(name);
        return runFolder().resolve("vm").resolve(name + ".sock");
    }

    /** @return where QEMU connects for the network card of a virtual machine that is configured to have one */
    Path cardSocket(final String name) {
        return runFolder().resolve("vm").resolve(name + ".sock");
    }

    /** Waits until a counter of {@code virtuoso stats} has a value. */
    void awaitCounter(final String name, final long value) {
        for (int i = 0; i < LOOKS; i++) {
            if (ask("stats").lines().anyMatch(line -> line.matches(name + " +" + value))) {
                return;
            }
            Child.pause(10);
        }
        throw process.failure("has no counter " + name + " of " + value + ": " + ask("stats"));
    }

    /**
     * Asks on the control socket.
     *
     * @return the answer without its first word, which must be ok
     */
    String ask(final String request) {
        final String answer = exchange(request);
        if (!answer.startsWith("ok")) {
            throw process.failure("answered '" + answer.strip() + "' to '" + request + "'");
        }
        return answer;
    }

    /** Runs a command of the command line against this host stack; it must succeed. @return its output */
    String command(final String... words) {
        return Shell.check(READY, commandLine(words));
    }

    /** @return what runs a command of the command line against this host stack */
    List<String> commandLine(final String... words) {
        final List<String> command =
                new ArrayList<>(List.of("env", "VIRTUOSO_RUN_DIR=" + runFolder(), Repository.LAUNCHER.toString()));
        command.addAll(List.of(words));
        return command;
    }

    private String exchange(final String request) {
        final UnixDomainSocketAddress address =
                UnixDomainSocketAddress.of(runFolder().resolve("control.sock"));
        try (SocketChannel channel = SocketChannel.open(StandardProtocolFamily.UNIX)) {
            channel.connect(address);
            channel.write(ByteBuffer.wrap((request + "\n").getBytes(StandardCharsets.UTF_8)));
            final ByteBuffer answer = ByteBuffer.allocate(1 << 22);
            while (channel.read(answer) >= 0 && answer.hasRemaining()) {
                // until the host stack closes
            }
            return StandardCharsets.UTF_8.decode(answer.flip()).toString();
        } catch (final IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** @return the namespace whose kernel is on the other side of the port */
    Netns kernelSide() {
        return kernelSide;
    }

    @Override
    public List<String> inKernel(final List<String> command) {
        return kernelSide.inside(command);
    }

    /** @return the process of the host stack itself */
    ProcessHandle jvm() {
        return process.workers().stream()
                .filter(one -> one.info().command().orElse("").endsWith("java"))
                .findFirst()
                .orElseThrow(() -> process.failure("has no JVM"));
    }

    boolean isAlive() {
        return process.isAlive();
    }

    /** With nothing to do no core uses any time worth mentioning. */
    void shouldSleep() throws InterruptedException {
        final long pid = jvm().pid();
        long least = Long.MAX_VALUE;
        for (int i = 0; i < LONGEST_REST && least > 20; i++) {
            final long before = Proc.cpuMillis(pid);
            Thread.sleep(1_000);
            least = Math.min(least, Proc.cpuMillis(pid) - before);
        }
        assertTrue(least <= 20, least + " ms of CPU time in the quietest second");
        assertTrue(isAlive());
    }

    String log() {
        return process.output();
    }

    @Override
    public Path folder(final String name) {
        return Machine.createFolder(folder.resolve(name));
    }

    /** @return where it has its sockets */
    Path runFolder() {
        return folder.resolve("run");
    }

    @Override
    public void close() {
        process.close();
        kernelSide.close();
        guestSide.close();
        Machine.deleteFolder(folder);
    }
}
