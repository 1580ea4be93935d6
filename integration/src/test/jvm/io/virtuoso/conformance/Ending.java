package io.virtuoso.conformance;

import static io.virtuoso.conformance.Bytes.expect;
import static io.virtuoso.conformance.Bytes.expectEnd;
import static io.virtuoso.conformance.Bytes.write;
import static io.virtuoso.conformance.Support.blocked;
import static io.virtuoso.conformance.Support.check;
import static io.virtuoso.conformance.Support.fails;
import static io.virtuoso.conformance.Support.job;
import static io.virtuoso.conformance.Support.pause;
import static io.virtuoso.conformance.Support.same;

import java.io.IOException;
import java.net.SocketException;
import java.nio.channels.AsynchronousCloseException;
import java.nio.channels.ClosedByInterruptException;
import java.nio.channels.ClosedChannelException;

/** Calls that wait, ended by another thread: it closes the socket, or interrupts. */
final class Ending {
    private Ending() {}

    /** What a call that waited throws when its socket is closed. */
    private static void expectClosed(final Kind kind, final Support.Body call) {
        if (kind.isPlainSocket()) {
            fails(SocketException.class, "Socket closed", call);
        } else {
            fails(AsynchronousCloseException.class, null, call);
        }
    }

    /** Writes until the socket is closed. A channel may first tell how much it wrote before. */
    private static Job writer(final Kind kind, final Wire wire) throws InterruptedException {
        final Support.Body body = () -> {
            while (true) {
                wire.write(new byte[1 << 20]);
            }
        };
        final Job writer = job(() -> {
            if (kind == Kind.CHANNEL) {
                Support.failsWith(ClosedChannelException.class, body);
            } else {
                expectClosed(kind, body);
            }
        });
        writer.awaitBlocked(200);
        return writer;
    }

    @Case(not = Kind.SELECTED)
    static void closeWakesAReader(final Kind kind) throws Exception {
        final Wire.Pair pair = kind.pair();
        final Job reader = blocked(() -> expectClosed(kind, () -> pair.client.read(new byte[1], 0, 1)));
        pair.client.close();
        reader.join();
        expectEnd(pair.server);
    }

    @Case(not = Kind.SELECTED)
    static void closeWakesAWriter(final Kind kind) throws Exception {
        final Wire.Pair pair = kind.pair();
        final Job writer = writer(kind, pair.client);
        pair.client.close();
        writer.join();
    }

    @Case(not = Kind.SELECTED)
    static void closeWakesReaderAndWriter(final Kind kind) throws Exception {
        final Wire.Pair pair = kind.pair();
        final Job reader = blocked(() -> expectClosed(kind, () -> pair.client.read(new byte[1], 0, 1)));
        final Job writer = writer(kind, pair.client);
        pair.client.close();
        reader.join();
        writer.join();
    }

    @Case(not = Kind.SELECTED)
    static void closeWakesAccept(final Kind kind) throws Exception {
        final Wire.Ear listener = kind.listen();
        final Job accepter = blocked(() -> {
            if (kind == Kind.VIRTUAL) {
                fails(AsynchronousCloseException.class, null, listener::accept);
            } else {
                expectClosedListener(kind, listener);
            }
        });
        listener.close();
        accepter.join();
    }

    private static void expectClosedListener(final Kind kind, final Wire.Ear listener) {
        if (kind.isPlainSocket()) {
            fails(SocketException.class, "Socket closed", listener::accept);
        } else {
            fails(AsynchronousCloseException.class, null, listener::accept);
        }
    }

    @Case(not = Kind.SELECTED)
    static void closeWakesConnect(final Kind kind) throws Exception {
        final Wire wire = kind.open();
        final Job connecter = blocked(() -> expectClosed(kind, () -> kind.connect(wire, Support.silent())));
        wire.close();
        connecter.join();
    }

    @Case(of = {Kind.SOCKET, Kind.VIRTUAL, Kind.CHANNEL, Kind.ADAPTOR})
    static void closeWakesManyReaders(final Kind kind) throws Exception {
        final Wire.Pair pair = kind.pair();
        final Job[] readers = new Job[8];
        for (int i = 0; i < readers.length; i++) {
            readers[i] = job(() -> Support.failsWith(IOException.class, () -> pair.client.read(new byte[1], 0, 1)));
        }
        pause(100);
        pair.client.close();
        for (final Job reader : readers) {
            reader.join();
        }
    }

    @Case(of = {Kind.CHANNEL, Kind.ADAPTOR})
    static void interruptClosesAReader(final Kind kind) throws Exception {
        final Wire.Pair pair = kind.pair();
        final Job reader = blocked(() -> {
            fails(ClosedByInterruptException.class, null, () -> pair.client.read(new byte[1], 0, 1));
            check(Thread.interrupted(), "the flag is gone");
        });
        reader.interrupt();
        reader.join();
        expectEnd(pair.server);
    }

    @Case(of = Kind.CHANNEL)
    static void interruptClosesAWriter(final Kind kind) throws Exception {
        final Wire.Pair pair = kind.pair();
        final Job writer = job(() -> {
            fails(ClosedByInterruptException.class, null, () -> {
                while (true) {
                    pair.client.write(new byte[1 << 20]);
                }
            });
            check(Thread.interrupted(), "the flag is gone");
        });
        writer.awaitBlocked(200);
        writer.interrupt();
        writer.join();
    }

    @Case(of = Kind.CHANNEL)
    static void interruptClosesAConnect(final Kind kind) throws Exception {
        final Wire wire = kind.open();
        final Job connecter = blocked(() -> {
            fails(ClosedByInterruptException.class, null, () -> kind.connect(wire, Support.silent()));
            check(Thread.interrupted(), "the flag is gone");
        });
        connecter.interrupt();
        connecter.join();
    }

    @Case(of = Kind.CHANNEL)
    static void interruptClosesAListener(final Kind kind) throws Exception {
        final Wire.Ear listener = kind.listen();
        final Job accepter = blocked(() -> {
            fails(ClosedByInterruptException.class, null, listener::accept);
            check(Thread.interrupted(), "the flag is gone");
        });
        accepter.interrupt();
        accepter.join();
    }

    @Case(of = Kind.CHANNEL)
    static void interruptedBeforeTheCallCloses(final Kind kind) throws Exception {
        final Wire.Pair pair = kind.pair();
        write(pair.server, "there is something to read");
        final Job reader = job(() -> {
            Thread.currentThread().interrupt();
            fails(ClosedByInterruptException.class, null, () -> pair.client.read(new byte[1], 0, 1));
            check(Thread.interrupted(), "the flag is gone");
        });
        reader.join();
    }

    /** A plain socket takes no notice in platform threads. */
    @Case(of = Kind.SOCKET)
    static void interruptLeavesAPlatformThreadsRead(final Kind kind) throws Exception {
        final Wire.Pair pair = kind.pair();
        final Job reader = blocked(() -> {
            expect(pair.client, "x");
            check(Thread.interrupted(), "the flag is gone");
        });
        reader.interrupt();
        pause(50);
        check(reader.isRunning(), "the interrupt ended the read");
        write(pair.server, "x");
        reader.join();
    }

    @Case(of = Kind.SOCKET)
    static void interruptLeavesAPlatformThreadsAccept(final Kind kind) throws Exception {
        final Wire.Ear listener = kind.listen();
        final Job accepter = blocked(() -> {
            expect(listener.accept(), "x");
            check(Thread.interrupted(), "the flag is gone");
        });
        accepter.interrupt();
        pause(50);
        write(kind.connect(listener.local()), "x");
        accepter.join();
    }

    @Case(of = Kind.VIRTUAL)
    static void interruptClosesAVirtualThreadsRead(final Kind kind) throws Exception {
        final Wire.Pair pair = kind.pair();
        final Job reader = blocked(() -> {
            fails(SocketException.class, "Closed by interrupt", () -> pair.client.read(new byte[1], 0, 1));
            check(Thread.interrupted(), "the flag is gone");
        });
        reader.interrupt();
        reader.join();
        check(((SocketWire) pair.client).socket.isClosed(), "still open");
        expectEnd(pair.server);
    }

    @Case(of = Kind.VIRTUAL)
    static void interruptClosesAVirtualThreadsConnect(final Kind kind) throws Exception {
        final Wire wire = kind.open();
        final Job connecter = blocked(() -> {
            fails(SocketException.class, "Closed by interrupt", () -> kind.connect(wire, Support.silent()));
            check(Thread.interrupted(), "the flag is gone");
        });
        connecter.interrupt();
        connecter.join();
    }

    @Case(of = Kind.VIRTUAL)
    static void interruptClosesAVirtualThreadsAccept(final Kind kind) throws Exception {
        final java.net.ServerSocket listener = Support.serverSocket();
        final Job accepter = blocked(() -> {
            fails(SocketException.class, "Closed by interrupt", listener::accept);
            check(Thread.interrupted(), "the flag is gone");
        });
        accepter.interrupt();
        accepter.join();
        check(listener.isClosed(), "still open");
    }

    @Case(of = Kind.VIRTUAL)
    static void interruptClosesAVirtualThreadsChannel(final Kind kind) throws Exception {
        final Wire.Pair pair = kind.pair();
        final Job reader = blocked(() -> {
            fails(ClosedByInterruptException.class, null, () -> pair.server.read(new byte[1], 0, 1));
            check(Thread.interrupted(), "the flag is gone");
        });
        reader.interrupt();
        reader.join();
        expectEnd(pair.client);
    }

    /** A read that may wait for ever costs no timer, one with a limit does. */
    @Case(of = Kind.VIRTUAL)
    static void readsWithoutALimitSetNoTimer(final Kind kind) throws Exception {
        final Wire.Pair pair = kind.pair();
        final Job reader = blocked(() -> expect(pair.client, "xy"));
        Support.eventually("waits", () -> reader.thread().getState() == Thread.State.WAITING);
        write(pair.server, "x");
        Support.eventually("waits again", () -> reader.thread().getState() == Thread.State.WAITING);
        write(pair.server, "y");
        reader.join();
        ((SocketWire) pair.client).socket.setSoTimeout(Support.SOON);
        final Job limited = blocked(() -> expect(pair.client, "z"));
        Support.eventually("waits", () -> limited.thread().getState() == Thread.State.TIMED_WAITING);
        write(pair.server, "z");
        limited.join();
    }

    /** More virtual threads than carriers wait in reads; each gets its own bytes. */
    @Case(of = Kind.VIRTUAL)
    static void hundredVirtualThreadsWaitInReads(final Kind kind) throws Exception {
        final Wire.Ear listener = kind.listen();
        final Wire[] clients = new Wire[100];
        final Job[] readers = new Job[clients.length];
        for (int i = 0; i < clients.length; i++) {
            clients[i] = kind.connect(listener.local());
            final Wire server = listener.accept();
            final int number = i;
            readers[i] = job(() -> same(Bytes.read(server, 2)[1], (byte) number));
        }
        pause(50);
        for (int i = clients.length - 1; i >= 0; i--) {
            clients[i].write(new byte[] {'x', (byte) i});
        }
        for (final Job reader : readers) {
            reader.join();
        }
    }

    @Case(of = Kind.VIRTUAL)
    static void readsUnderAMonitorDoNotStarveOthers(final Kind kind) throws Exception {
        final Wire.Pair[] pairs = new Wire.Pair[16];
        final Job[] readers = new Job[pairs.length];
        for (int i = 0; i < pairs.length; i++) {
            final Wire.Pair pair = kind.pair();
            pairs[i] = pair;
            readers[i] = job(() -> {
                synchronized (pair) {
                    expect(pair.server, "x");
                }
            });
        }
        pause(50);
        for (final Wire.Pair pair : pairs) {
            write(pair.client, "x");
        }
        for (final Job reader : readers) {
            reader.join();
        }
    }
}
