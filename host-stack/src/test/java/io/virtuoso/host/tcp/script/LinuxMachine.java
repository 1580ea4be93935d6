package io.virtuoso.host.tcp.script;

import io.virtuoso.host.ffm.NetworkInterfaces;
import io.virtuoso.host.port.Frame;
import io.virtuoso.host.port.Port;
import io.virtuoso.host.port.TapPort;
import io.virtuoso.host.port.TapSettings;
import io.virtuoso.host.tcp.Pattern;
import io.virtuoso.host.tcp.Sent;
import io.virtuoso.host.tcp.TcpImage;
import io.virtuoso.host.tcp.TcpSegment;
import io.virtuoso.host.wire.EthernetHeader;
import io.virtuoso.host.wire.Ipv4Header;
import io.virtuoso.host.wire.TcpHeader;
import io.virtuoso.host.wire.VirtioNetHeader;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;

/** The kernel of this machine behind a TAP, in the thread's network namespace and in real time. */
final class LinuxMachine implements Machine {
    private static final int LOCAL = 10 << 24 | 9 << 16 | 1;
    private static final int REMOTE = LOCAL + 1;
    private static final int LOCAL_PORT = 8080;
    private static final int REMOTE_PORT = 40_000;
    private static final long REMOTE_MAC = 0x02_00_00_00_00_02L;
    private static final long SETTLE_NS = TimeUnit.MILLISECONDS.toNanos(10);
    private static final long TOLERANCE_NS = TimeUnit.MILLISECONDS.toNanos(60);
    private static final int SEND_STREAM = 1;
    private static final int RECEIVE_STREAM = 2;

    /** By number of TCP_INFO and /proc/net/tcp, from 1 on. */
    private static final List<String> STATES = List.of(
            "ESTABLISHED",
            "SYN_SENT",
            "SYN_RECEIVED",
            "FIN_WAIT_1",
            "FIN_WAIT_2",
            "TIME_WAIT",
            "CLOSED",
            "CLOSE_WAIT",
            "LAST_ACK",
            "LISTEN",
            "CLOSING",
            "SYN_RECEIVED");

    private static final Map<Integer, String> ERRORS = Map.of(
            32, "EPIPE", 104, "ECONNRESET", 110, "ETIMEDOUT", 111, "ECONNREFUSED", 113, "EHOSTUNREACH", 0, "none");

    private final Queue<Arrived> arrived = new ArrayDeque<>();
    private final Frame frame = new Frame();
    private int mss = 1000;
    private boolean timestamps;
    private boolean sack;
    private String congestion = "reno";
    private String ecn = "0";
    private TapPort port;
    private long kernelMac;
    private KernelSocket listener;
    private KernelSocket socket;
    private long written;
    private long read;
    private String error = "none";

    private TapPort port() {
        if (port == null) {
            try {
                open();
            } catch (IOException | InterruptedException e) {
                throw new IllegalStateException(e);
            }
        }
        return port;
    }

    private void open() throws IOException, InterruptedException {
        port = TapPort.open(new TapSettings("script", LOCAL, 24, mss + 40));
        kernelMac = NetworkInterfaces.hardwareAddress("script");
        run("ip", "neigh", "replace", "10.9.0.2", "lladdr", "02:00:00:00:00:02", "nud", "permanent", "dev", "script");
        set("tcp_timestamps", timestamps ? "1" : "0");
        set("tcp_sack", sack ? "1" : "0");
        set("tcp_ecn", ecn);
        set("tcp_fastopen", "0");
        set("tcp_no_metrics_save", "1");
        set("tcp_invalid_ratelimit", "0");
        set("tcp_congestion_control", congestion);
        linkCalls();
    }

    /** The first use of a call takes long: not while a script's time runs. */
    private static void linkCalls() {
        KernelSocket unused = new KernelSocket();
        unused.bind(LOCAL, 1);
        unused.connect(LOCAL, 2);
        unused.close();
    }

    private static void run(String... command) throws IOException, InterruptedException {
        if (new ProcessBuilder(command).inheritIO().start().waitFor() != 0) {
            throw new IllegalStateException("failed: " + String.join(" ", command));
        }
    }

    private static void set(String name, String value) throws IOException {
        Files.writeString(Path.of("/proc/sys/net/ipv4", name), value);
    }

    void close() {
        if (port != null) {
            port.close();
        }
    }

    // ---- time and segments -------------------------------------------------------------------------------------

    @Override
    public long nowNs() {
        port();
        return System.nanoTime();
    }

    @Override
    public long toleranceNs() {
        return TOLERANCE_NS;
    }

    @Override
    public Arrived poll(long untilNs) {
        long endNs = Math.max(untilNs, System.nanoTime() + SETTLE_NS);
        while (true) {
            while (port().receive(frame) == Port.RECEIVED) {
                take();
            }
            if (!arrived.isEmpty() || System.nanoTime() >= endNs) {
                return arrived.poll();
            }
            LockSupport.parkNanos(50_000);
        }
    }

    private void take() {
        ByteBuffer buffer = frame.buffer();
        if (EthernetHeader.type(buffer, Frame.ETHERNET_AT) != EthernetHeader.TYPE_IPV4
                || Ipv4Header.protocol(buffer, Frame.NETWORK_AT) != Ipv4Header.PROTOCOL_TCP) {
            return;
        }
        int length = Ipv4Header.totalLength(buffer, Frame.NETWORK_AT) - Ipv4Header.BYTES;
        ByteBuffer image = ByteBuffer.allocate(length).put(0, buffer, Frame.TRANSPORT_AT, length);
        TcpHeader.writeChecksum(image, 0, length, LOCAL, REMOTE);
        int ecn = Ipv4Header.typeOfService(buffer, Frame.NETWORK_AT) & Ipv4Header.ECN;
        Sent segment = TcpImage.read(image, LOCAL, REMOTE).withEcn(ecn);
        int size = VirtioNetHeader.gsoSize(buffer, Frame.VIRTIO_AT);
        if (VirtioNetHeader.gsoType(buffer, Frame.VIRTIO_AT) == VirtioNetHeader.GSO_NONE || segment.length() <= size) {
            arrived.add(new Arrived(System.nanoTime(), segment));
            return;
        }
        for (int at = 0; at < segment.length(); at += size) {
            arrived.add(new Arrived(System.nanoTime(), segment.piece(at, Math.min(at + size, segment.length()))));
        }
    }

    @Override
    public void inject(TcpSegment segment) {
        ByteBuffer image = TcpImage.of(Sent.copyOf(segment), REMOTE, LOCAL, REMOTE_PORT << 16 | LOCAL_PORT);
        ByteBuffer buffer = frame.buffer();
        buffer.put(Frame.TRANSPORT_AT, image, 0, image.limit());
        int length = Ipv4Header.BYTES + image.limit();
        Ipv4Header.write(buffer, Frame.NETWORK_AT, length, 0, Ipv4Header.PROTOCOL_TCP, REMOTE, LOCAL);
        Ipv4Header.putTypeOfService(buffer, Frame.NETWORK_AT, segment.ecn);
        EthernetHeader.write(buffer, Frame.ETHERNET_AT, kernelMac, REMOTE_MAC, EthernetHeader.TYPE_IPV4);
        VirtioNetHeader.writeNone(buffer, Frame.VIRTIO_AT);
        frame.length(EthernetHeader.BYTES + length);
        if (!port().transmit(frame)) {
            throw new IllegalStateException("the TAP takes no frame");
        }
    }

    // ---- commands ----------------------------------------------------------------------------------------------

    @Override
    public void command(String name, List<String> arguments) {
        String argument = arguments.isEmpty() ? "" : arguments.getFirst();
        switch (name) {
            case "config" -> configure(argument, arguments.get(1));
            case "listen" -> {
                port();
                listener = new KernelSocket();
                listener.bind(LOCAL, LOCAL_PORT);
                listener.listen();
            }
            case "connect" -> {
                port();
                socket = new KernelSocket();
                socket.bind(LOCAL, LOCAL_PORT);
                socket.connect(REMOTE, REMOTE_PORT);
            }
            case "wait" -> {} // only time passes
            case "write" -> write((int) Span.number(argument));
            case "read" -> read((int) Span.number(argument));
            case "shutdown" -> socket().shutdown(argument.equals("read") ? KernelSocket.SHUT_RD : KernelSocket.SHUT_WR);
            case "close" -> closeSocket();
            case "abort" -> {
                socket().resetOnClose();
                closeSocket();
            }
            default -> setOption(name, argument);
        }
    }

    private void configure(String name, String value) {
        switch (name) {
            case "mss" -> mss = (int) Span.number(value);
            case "timestamps" -> timestamps = value.equals("on");
            case "sack" -> sack = value.equals("on");
            case "congestion" -> congestion = value;
            case "ecn" -> ecn = value.equals("on") ? "1" : value.equals("passive") ? "2" : "0";
            default -> throw new IllegalArgumentException("not for Linux: " + name);
        }
    }

    private KernelSocket socket() {
        long endNs = System.nanoTime() + TimeUnit.SECONDS.toNanos(1);
        while (socket == null && listener != null && System.nanoTime() < endNs) {
            socket = listener.accept();
        }
        if (socket == null) {
            throw new IllegalArgumentException("there is no connection");
        }
        return socket;
    }

    private void closeSocket() {
        socket().close();
        socket = null;
        if (listener != null) {
            listener.close();
            listener = null;
        }
    }

    private void write(int length) {
        byte[] bytes = new byte[length];
        for (int i = 0; i < length; i++) {
            bytes[i] = Pattern.at(written + i, SEND_STREAM);
        }
        socket().send(bytes);
        written += length;
    }

    private void read(int length) {
        byte[] bytes = socket().receive(length, false);
        for (byte found : bytes) {
            if (found != Pattern.at(read++, RECEIVE_STREAM)) {
                throw new IllegalStateException("another byte than was sent, at " + read);
            }
        }
    }

    private void setOption(String name, String value) {
        int number = value.equals("on") ? 1 : value.equals("off") ? 0 : (int) Span.number(value);
        int seconds = (int) TimeUnit.NANOSECONDS.toSeconds(Span.number(value.startsWith("o") ? "0" : value));
        switch (name) {
            case "nodelay" -> socket().setOption(KernelSocket.IPPROTO_TCP, 1, number);
            case "cork" -> socket().setOption(KernelSocket.IPPROTO_TCP, 3, number);
            case "keepidle" -> socket().setOption(KernelSocket.IPPROTO_TCP, 4, seconds);
            case "keepintvl" -> socket().setOption(KernelSocket.IPPROTO_TCP, 5, seconds);
            case "keepcnt" -> socket().setOption(KernelSocket.IPPROTO_TCP, 6, number);
            case "defer-accept" ->
                (listener != null ? listener : socket()).setOption(KernelSocket.IPPROTO_TCP, 9, seconds);
            case "keepalive" -> socket().setOption(KernelSocket.SOL_SOCKET, KernelSocket.SO_KEEPALIVE, number);
            default -> throw new IllegalArgumentException("not for Linux: " + name);
        }
    }

    // ---- facts -------------------------------------------------------------------------------------------------

    @Override
    public Object fact(String name) {
        return switch (name) {
            case "state" -> state();
            case "error" -> {
                error = error.equals("none") ? ERRORS.get(socket().errorOption()) : error;
                yield error;
            }
            case "readable" -> {
                byte[] bytes = socket().receive(1 << 19, true);
                yield bytes == null ? 0 : bytes.length;
            }
            case "eof" ->
                List.of("CLOSE_WAIT", "LAST_ACK", "CLOSING", "TIME_WAIT").contains(state()) ? "yes" : "no";
            default -> infoFact(name, socket().info());
        };
    }

    /** From the kernel's table, where a connection stays that has no socket any more. */
    private String state() {
        try {
            String local = String.format("%08X:%04X", Integer.reverseBytes(LOCAL), LOCAL_PORT);
            String remote = String.format("%08X:%04X", Integer.reverseBytes(REMOTE), REMOTE_PORT);
            String without = listener == null ? "CLOSED" : "LISTEN";
            return Files.readAllLines(Path.of("/proc/thread-self/net/tcp")).stream()
                    .map(line -> line.strip().split("\\s+", -1))
                    .filter(words -> words[1].equals(local) && words[2].equals(remote))
                    .map(words -> STATES.get(Integer.parseInt(words[3], 16) - 1))
                    .findFirst()
                    .orElse(without);
        } catch (IOException e) {
            throw new IllegalStateException(e);
        }
    }

    private static Object infoFact(String name, MemorySegment info) {
        long size = info.get(ValueLayout.JAVA_INT, 16);
        int options = info.get(ValueLayout.JAVA_BYTE, 5);
        return switch (name) {
            case "rto" -> 1_000L * info.get(ValueLayout.JAVA_INT, 8);
            case "mss" -> size;
            case "unacked" -> size * info.get(ValueLayout.JAVA_INT, 24);
            case "ssthresh" -> {
                int segments = info.get(ValueLayout.JAVA_INT, 76);
                yield segments == Integer.MAX_VALUE ? "none" : size * segments;
            }
            case "cwnd" -> size * info.get(ValueLayout.JAVA_INT, 80);
            case "retransmits" -> info.get(ValueLayout.JAVA_INT, 100);
            case "timestamps" -> (options & 1) != 0 ? "yes" : "no";
            case "ecn" -> (options & 8) != 0 ? "yes" : "no";
            case "sack" -> (options & 2) != 0 ? "yes" : "no";
            default -> throw new IllegalArgumentException("no such fact of Linux: " + name);
        };
    }
}
