package io.virtuoso.host.net;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.virtuoso.host.account.Ledger;
import io.virtuoso.host.port.LossPort;
import io.virtuoso.host.port.NetworkNamespace;
import io.virtuoso.host.port.Port;
import io.virtuoso.host.tcp.EcnMode;
import io.virtuoso.host.tcp.TcpConfig;
import io.virtuoso.host.tcp.TcpErrno;
import io.virtuoso.host.tcp.TcpInfo;
import io.virtuoso.host.wire.DropReason;
import java.io.IOException;
import java.io.OutputStream;
import java.net.ConnectException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.StandardProtocolFamily;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.FutureTask;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import java.util.random.RandomGenerator;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * The wire path against this machine's kernel over a port, in a network namespace of its own. Needs root. The kernel has
 * {@link #KERNEL_ADDRESS} at its end.
 */
@Tag("system")
@Timeout(600)
abstract class KernelInteroperability {
    static final String KERNEL_ADDRESS = "10.88.0.1";
    static final LossPort.Rates NO_LOSS = new LossPort.Rates(0, 0, 0, 0);
    private static final LossPort.Rates LOSS = new LossPort.Rates(0.005, 0.005, 0.01, 0.002);
    private static final int RING_BYTES = 1 << 20;
    private static final int PORT = 7;

    /** Opens the port, in the test's namespace. */
    abstract Port openPort() throws Exception;

    /** The kernel's address. */
    String kernelAddress() {
        return KERNEL_ADDRESS;
    }

    /** The stack's address. */
    String guestAddress() {
        return "10.88.0.2";
    }

    final boolean isIpv6() {
        return guestAddress().indexOf(':') >= 0;
    }

    private StandardProtocolFamily family() {
        return isIpv6() ? StandardProtocolFamily.INET6 : StandardProtocolFamily.INET;
    }

    /** A stack on a port, whose port 7 echoes. */
    static final class Stack implements AutoCloseable {
        final Ipv6Numbers numbers = new Ipv6Numbers(1);
        final int guest6 = numbers.takeForEver(Link.PREFIX6, Link.GUEST & 0xffff);
        final int kernel6 = numbers.takeForEver(Link.PREFIX6, Link.KERNEL & 0xffff);
        final WirePath path;
        final LossPort loss;
        final List<StreamSocket> sockets = new ArrayList<>();

        Stack(final Port port, final LossPort.Rates rates) {
            this(port, rates, TcpConfig.DEFAULTS);
        }

        Stack(final Port port, final LossPort.Rates rates, final TcpConfig config) {
            loss = new LossPort(port, rates, 1);
            path = new WirePath(
                    rates == NO_LOSS ? port : loss,
                    Link.DUAL_NETWORK,
                    1,
                    config,
                    (address, number) -> number == PORT
                            ? new OpenListener(() -> new StreamSocket(RING_BYTES, true, 0), sockets::add)
                            : null,
                    numbers,
                    RandomGenerator.getDefault(),
                    Ledger.unread());
            path.addAddress(Link.GUEST);
            path.addAddress(guest6);
        }

        StreamSocket connect(final boolean ipv6, final int port, final long toWrite) {
            final StreamSocket socket = new StreamSocket(RING_BYTES, false, toWrite);
            final int from = ipv6 ? guest6 : Link.GUEST;
            final int to = ipv6 ? kernel6 : Link.KERNEL;
            socket.connection(path.connect(from, 50_000, to, port, socket, System.nanoTime()));
            sockets.add(socket);
            return socket;
        }

        void step() {
            final long now = System.nanoTime();
            path.poll(now, 64);
            for (int i = 0; i < sockets.size(); i++) {
                sockets.get(i).step(now);
            }
            path.onTimers(now);
            path.flush();
        }

        void runUntil(final BooleanSupplier done) {
            while (!done.getAsBoolean()) {
                step();
            }
        }

        @Override
        public void close() {
            path.close();
        }
    }

    interface Body {
        void run() throws Exception;
    }

    /** Runs in a namespace of its own, or skips the test and says why. */
    static void inNamespace(final Body body) throws Exception {
        try {
            NetworkNamespace.call(() -> {
                body.run();
                return null;
            });
        } catch (final NetworkNamespace.NotPermittedException e) {
            assumeTrue(false, "skipped: " + e.getMessage());
        }
    }

    final void withStack(final LossPort.Rates rates, final Consumer<Stack> body) throws Exception {
        inNamespace(() -> {
            try (Stack stack = new Stack(openPort(), rates)) {
                body.accept(stack);
            }
        });
    }

    private SocketChannel kernelConnect(final int port) throws IOException {
        final SocketChannel channel = SocketChannel.open(family());
        channel.configureBlocking(false);
        channel.connect(new InetSocketAddress(guestAddress(), port));
        return channel;
    }

    @Test
    void shouldAnswerTheKernelsPing() throws Exception {
        inNamespace(() -> {
            try (Stack stack = new Stack(openPort(), NO_LOSS)) {
                final FutureTask<Boolean> ping = new FutureTask<>(
                        () -> InetAddress.getByName(guestAddress()).isReachable(60_000));
                final Thread thread = new Thread(ping);
                thread.start();
                stack.runUntil(ping::isDone);
                thread.join();
                assertTrue(ping.get());
                // The kernel asks every second until it is answered, and for the address as its devices come up.
                assertTrue(stack.path.counters().get(StackCounter.ECHO_REPLIES) > 0);
            }
        });
    }

    /** With data for several packets, both ways. */
    @Test
    void shouldAnswerTheKernelsPingInFragments() throws Exception {
        inNamespace(() -> {
            try (Stack stack = new Stack(openPort(), NO_LOSS)) {
                for (final int size : new int[] {3_000, 65_507}) {
                    final FutureTask<Boolean> ping = new FutureTask<>(() -> isAnswered(size));
                    final Thread thread = new Thread(ping);
                    thread.start();
                    stack.runUntil(ping::isDone);
                    thread.join();
                    assertTrue(ping.get(), size + " bytes");
                }
                assertTrue(stack.path.counters().get(StackCounter.FRAGMENTS_IN) >= 2 + 44);
            }
        });
    }

    /** The kernel's devices may need a moment to come up. */
    private boolean isAnswered(final int size) throws IOException, InterruptedException {
        final String[] command = {
            "busybox", isIpv6() ? "ping6" : "ping", "-c", "1", "-W", "10", "-s", Integer.toString(size), guestAddress()
        };
        int status = 1;
        for (int tries = 0; tries < 20 && status != 0; tries++) {
            final Process process =
                    new ProcessBuilder(command).redirectErrorStream(true).start();
            process.getInputStream().transferTo(OutputStream.nullOutputStream());
            status = process.waitFor();
        }
        return status == 0;
    }

    final void kernelSendsThroughEcho(final Stack stack, final long bytes) {
        try {
            final KernelStream client = new KernelStream(kernelConnect(PORT), false, bytes);
            while (!client.finished()) {
                stack.step();
                client.step();
            }
            assertEquals(bytes, client.bytesRead());
        } catch (final IOException e) {
            throw new AssertionError(e);
        }
    }

    private void stackSendsThroughKernelsEcho(final Stack stack, final long bytes) {
        try (ServerSocketChannel server = ServerSocketChannel.open(family())) {
            server.bind(new InetSocketAddress(kernelAddress(), 9));
            server.configureBlocking(false);
            final StreamSocket socket = stack.connect(isIpv6(), 9, bytes);
            SocketChannel accepted;
            while ((accepted = server.accept()) == null) {
                stack.step();
            }
            final KernelStream echo = new KernelStream(accepted, true, 0);
            while (!(echo.finished() && socket.peerClosed && socket.bytesRead() == bytes)) {
                stack.step();
                if (!echo.finished()) {
                    echo.step();
                }
            }
            assertEquals(0, socket.errno);
        } catch (final IOException e) {
            throw new AssertionError(e);
        }
    }

    @Test
    void shouldEcho100MegabytesToTheKernel() throws Exception {
        withStack(NO_LOSS, stack -> {
            kernelSendsThroughEcho(stack, 100_000_000);
            assertEquals(0, stack.path.counters().dropped(DropReason.TCP_CHECKSUM));
            checkEcho(stack.path.counters(), 100_000_000);
        });
    }

    /** There are none unless this process or the kernel has no time for the other for longer than a time-out. */
    static void assertRetransmissionsAreRare(final StackCounters counters) {
        final long retransmitted = counters.get(StackCounter.SEGMENTS_RETRANSMITTED);
        assertTrue(retransmitted * 20 < counters.get(StackCounter.SEGMENTS_OUT), retransmitted + " retransmitted");
    }

    /** What else is to be so after an undisturbed echo of so many bytes. */
    abstract void checkEcho(StackCounters counters, long bytes);

    @Test
    void shouldSend100MegabytesThroughAServerOfTheKernel() throws Exception {
        withStack(NO_LOSS, stack -> stackSendsThroughKernelsEcho(stack, 100_000_000));
    }

    @Test
    void shouldLoseNoByteToTheKernelOnABadWire() throws Exception {
        withStack(LOSS, stack -> {
            kernelSendsThroughEcho(stack, 5_000_000);
            assertTrue(stack.loss.lost() > 0 && stack.loss.reordered() > 0 && stack.loss.corrupted() > 0);
        });
    }

    @Test
    void shouldLoseNoByteThroughTheKernelsServerOnABadWire() throws Exception {
        withStack(LOSS, stack -> stackSendsThroughKernelsEcho(stack, 5_000_000));
    }

    @Test
    void shouldAgreeWithTheKernelOnEcn() throws Exception {
        inNamespace(() -> {
            Files.writeString(Path.of("/proc/sys/net/ipv4/tcp_ecn"), "1"); // of this namespace
            try (Stack stack = new Stack(openPort(), NO_LOSS, TcpConfig.DEFAULTS.withEcn(EcnMode.ON))) {
                kernelSendsThroughEcho(stack, 2_000_000);
                stackSendsThroughKernelsEcho(stack, 2_000_000);
                for (final StreamSocket socket : stack.sockets) {
                    assertTrue(socket.connection().tcp().info().ecn());
                }
                assertEquals(2, stack.sockets.size());
                assertTrue(ecnCapablePackets() > 0, "what the kernel received was ECN-capable");
            }
        });
    }

    /** Both directions, with the kernel as client and as server. Linux 6.18 has the code, but refuses this value. */
    @Test
    void shouldCountMarksWithTheKernel() throws Exception {
        inNamespace(() -> {
            assumeTrue(allowsAccurateEcn(), "skipped: the kernel does not negotiate RFC 9768");
            final TcpConfig config = TcpConfig.DEFAULTS.withEcn(EcnMode.ACCURATE);
            try (Stack stack = new Stack(new MarkingPort(openPort(), 20), NO_LOSS, config)) {
                kernelSendsThroughEcho(stack, 5_000_000);
                stackSendsThroughKernelsEcho(stack, 5_000_000);
                assertEquals(2, stack.sockets.size());
                for (final StreamSocket socket : stack.sockets) {
                    final TcpInfo info = socket.connection().tcp().info();
                    assertTrue(info.accurateEcn());
                    assertTrue(info.marksReceived() > 0, "marks that came from the kernel");
                    assertTrue(info.marksDelivered() > 0, "marks that the kernel told of");
                }
            }
        });
    }

    private static boolean allowsAccurateEcn() {
        try {
            Files.writeString(Path.of("/proc/sys/net/ipv4/tcp_ecn"), "3"); // of this namespace
            return true;
        } catch (final IOException e) {
            return false;
        }
    }

    private long ecnCapablePackets() throws IOException {
        return isIpv6()
                ? Files.readAllLines(Path.of("/proc/thread-self/net/snmp6")).stream()
                        .filter(line -> line.startsWith("Ip6InECT0Pkts"))
                        .mapToLong(line -> Long.parseLong(line.split("\\s+", -1)[1]))
                        .sum()
                : kernelCounter("InECT0Pkts");
    }

    /** One of the kernel's IpExt counters, of the thread's namespace. */
    private static long kernelCounter(final String name) throws IOException {
        final List<String> lines = Files.readAllLines(Path.of("/proc/thread-self/net/netstat")).stream()
                .filter(line -> line.startsWith("IpExt:"))
                .toList();
        final int column = List.of(lines.getFirst().split(" ", -1)).indexOf(name);
        return Long.parseLong(lines.getLast().split(" ", -1)[column]);
    }

    @Test
    void shouldRefuseTheKernelsConnectToAClosedPort() throws Exception {
        withStack(NO_LOSS, stack -> {
            assertThrows(ConnectException.class, () -> {
                try (SocketChannel channel = kernelConnect(PORT + 1)) {
                    while (!channel.finishConnect()) {
                        stack.step();
                    }
                }
            });
        });
    }

    @Test
    void shouldBeRefusedByTheKernel() throws Exception {
        withStack(NO_LOSS, stack -> {
            final StreamSocket socket = stack.connect(isIpv6(), 11, 1);
            stack.runUntil(() -> socket.closed);
            assertEquals(TcpErrno.ECONNREFUSED, socket.errno);
        });
    }
}
