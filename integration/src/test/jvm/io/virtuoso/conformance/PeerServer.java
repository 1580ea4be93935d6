package io.virtuoso.conformance;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketException;
import java.util.Arrays;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;

/** The other machine of the cross cases: a server that does what the first line of a connection says. */
final class PeerServer {
    private static final int BACKLOG = 512;

    private final ExecutorService threads = Executors.newCachedThreadPool();
    private volatile int lastReset; // 0: not known yet; 1: by RST; 2: otherwise

    void run() throws IOException {
        try (ServerSocket listener = new ServerSocket()) {
            listener.setReuseAddress(true);
            listener.bind(new InetSocketAddress(Peer.PORT), BACKLOG);
            final DatagramSocket datagrams = new DatagramSocket(Peer.UDP_PORT);
            threads.execute(() -> echo(datagrams));
            System.out.println("peer ready");
            while (true) {
                final Socket socket = listener.accept();
                threads.execute(() -> serve(socket));
            }
        }
    }

    private static void echo(final DatagramSocket datagrams) {
        final byte[] bytes = new byte[65536];
        while (true) {
            try {
                final DatagramPacket packet = new DatagramPacket(bytes, bytes.length);
                datagrams.receive(packet);
                datagrams.send(packet);
            } catch (final IOException e) {
                sleep(1); // of an earlier answer
            }
        }
    }

    /** A client that goes away early is no failure. */
    private void serve(final Socket socket) {
        try (socket) {
            final String[] words = line(socket.getInputStream()).split(" ", -1);
            obey(socket, words);
        } catch (final IOException e) {
            return;
        }
    }

    private void obey(final Socket socket, final String[] words) throws IOException {
        switch (words[0]) {
            case "echo":
                echo(socket);
                break;
            case "sink":
                sink(socket, Long.parseLong(words[1]), Long.parseLong(words[2]), 0);
                break;
            case "slow":
                sink(socket, Long.parseLong(words[1]), Long.parseLong(words[2]), 2);
                break;
            case "source":
                source(socket.getOutputStream(), Long.parseLong(words[1]), Long.parseLong(words[2]));
                break;
            case "dial":
                try (Socket out = new Socket(socket.getInetAddress(), Integer.parseInt(words[1]))) {
                    echo(out);
                }
                break;
            case "answer-after-end":
                final int count = socket.getInputStream().readAllBytes().length;
                socket.getOutputStream().write(Bytes.of("answer " + count));
                break;
            case "answer-until-reset":
                answerUntilReset(socket);
                break;
            case "dead-port":
                tellDeadPort(socket);
                break;
            case "until-reset":
                noteReset(socket);
                break;
            case "was-reset":
                tellReset(socket.getOutputStream());
                break;
            case "reset":
                socket.setSoLinger(true, 0);
                break;
            default: // close
                break;
        }
    }

    private static String line(final InputStream in) throws IOException {
        final StringBuilder line = new StringBuilder();
        for (int read = in.read(); read >= 0 && read != '\n'; read = in.read()) {
            line.append((char) read);
        }
        return line.toString();
    }

    private static void echo(final Socket socket) throws IOException {
        socket.getInputStream().transferTo(socket.getOutputStream());
    }

    private static void sink(final Socket socket, final long seed, final long bytes, final int pause)
            throws IOException {
        final byte[] got = new byte[30000];
        final byte[] expected = new byte[30000];
        boolean right = true;
        long count = 0;
        for (int now = socket.getInputStream().read(got);
                now > 0;
                now = socket.getInputStream().read(got)) {
            Bytes.fill(expected, now, seed, count);
            right &= Arrays.equals(got, 0, now, expected, 0, now);
            count += now;
            sleep(pause);
        }
        socket.getOutputStream().write(Bytes.of(right && count == bytes ? "right" : "wrong"));
    }

    private static void source(final OutputStream out, final long seed, final long bytes) throws IOException {
        final byte[] chunk = new byte[50000];
        for (long done = 0; done < bytes; done += chunk.length) {
            final int size = (int) Math.min(chunk.length, bytes - done);
            Bytes.fill(chunk, size, seed, done);
            out.write(chunk, 0, size);
        }
    }

    private void answerUntilReset(final Socket socket) throws IOException {
        lastReset = 0;
        socket.getOutputStream().write('!');
        socket.getInputStream().readAllBytes();
        try {
            for (int i = 0; i < Support.SOON; i++) {
                sleep(1);
                socket.getOutputStream().write('!');
            }
            lastReset = 2;
        } catch (final SocketException e) {
            lastReset = "Broken pipe".equals(e.getMessage()) ? 1 : 2;
        }
    }

    private static void tellDeadPort(final Socket socket) throws IOException {
        try (Socket bound = new Socket()) {
            bound.bind(new InetSocketAddress(0));
            socket.getOutputStream().write(Bytes.of(String.format("%05d", bound.getLocalPort())));
            socket.getInputStream().read();
        }
    }

    private void noteReset(final Socket socket) throws IOException {
        lastReset = 0;
        socket.getOutputStream().write('!'); // the line was read: a reset cannot throw it away any more
        try {
            socket.getInputStream().read();
            lastReset = 2;
        } catch (final SocketException e) {
            lastReset = "Connection reset".equals(e.getMessage()) ? 1 : 2;
        }
    }

    private void tellReset(final OutputStream out) throws IOException {
        for (int i = 0; i < Support.SOON && lastReset == 0; i++) {
            sleep(1);
        }
        out.write(Bytes.of(lastReset == 1 ? "yes" : "no!"));
    }

    private static void sleep(final int milliseconds) {
        try {
            Thread.sleep(milliseconds);
        } catch (final InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
