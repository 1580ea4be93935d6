package io.virtuoso.conformance;

import static io.virtuoso.conformance.Support.job;
import static io.virtuoso.conformance.Support.keep;
import static io.virtuoso.conformance.Support.own;
import static io.virtuoso.conformance.Support.same;
import static io.virtuoso.conformance.Support.serverSocket;

import java.net.ServerSocket;
import java.net.Socket;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/** Several threads at one socket. */
final class Threads {
    private Threads() {}

    @Case
    static void readerAndWriterOnOneSocket() throws Exception {
        final Socket[] pair = Sockets.pair();
        final Wire client = new SocketWire(pair[0]);
        final Wire server = new SocketWire(pair[1]);
        final Job[] jobs = {
            Bytes.sending(client, 1, 2_000_000), Bytes.receiving(client, 2, 2_000_000),
            Bytes.sending(server, 2, 2_000_000), Bytes.receiving(server, 1, 2_000_000)
        };
        for (final Job job : jobs) {
            job.join();
        }
    }

    @Case
    static void writersKeepTheirWritesWhole() throws Exception {
        final Socket[] pair = Sockets.pair();
        final Job[] writers = new Job[4];
        for (int i = 0; i < writers.length; i++) {
            final byte[] chunk = new byte[1000];
            java.util.Arrays.fill(chunk, (byte) i);
            writers[i] = job(() -> {
                for (int k = 0; k < 200; k++) {
                    pair[0].getOutputStream().write(chunk);
                }
            });
        }
        for (int k = 0; k < 800; k++) {
            final byte[] chunk = pair[1].getInputStream().readNBytes(1000);
            for (final byte one : chunk) {
                same(one, chunk[0]);
            }
        }
        for (final Job writer : writers) {
            writer.join();
        }
    }

    @Case
    static void fourAcceptOnOneListener() throws Exception {
        final ServerSocket listener = serverSocket();
        final Set<Integer> ports = ConcurrentHashMap.newKeySet();
        final Job[] accepters = new Job[4];
        for (int i = 0; i < accepters.length; i++) {
            accepters[i] = job(() -> {
                for (int k = 0; k < 10; k++) {
                    ports.add(keep(listener.accept()).getPort());
                }
            });
        }
        for (int i = 0; i < 40; i++) {
            keep(new Socket(own(), listener.getLocalPort()));
        }
        for (final Job accepter : accepters) {
            accepter.join();
        }
        same(ports.size(), 40);
    }

    @Case
    static void manyClientsAtOnce(final Kind kind) throws Exception {
        final Wire.Ear listener = kind.listen();
        final Job[] clients = new Job[16];
        for (int i = 0; i < clients.length; i++) {
            clients[i] = Support.job(() -> {
                for (int k = 0; k < 10; k++) {
                    final Wire wire = kind.connect(listener.local());
                    Bytes.write(wire, "ping");
                    Bytes.expect(wire, "pong");
                    wire.close();
                }
            });
        }
        for (int i = 0; i < 160; i++) {
            final Wire server = listener.accept();
            Bytes.expect(server, "ping");
            Bytes.write(server, "pong");
            server.close();
        }
        for (final Job client : clients) {
            client.join();
        }
    }
}
