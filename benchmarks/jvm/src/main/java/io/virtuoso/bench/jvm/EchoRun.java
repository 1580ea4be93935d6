package io.virtuoso.bench.jvm;

import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.Socket;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.atomic.AtomicLong;

/** Connections at work: each sends a message, waits for its echo, and so on. */
final class EchoRun {
    private static final long STOP_MILLIS = 5000;

    private final int size;
    private final List<Socket> sockets = new ArrayList<>();
    private final List<Thread> threads = new ArrayList<>();
    private final LatencyHistogram latency = new LatencyHistogram();
    private final AtomicLong errors = new AtomicLong();
    private volatile boolean counting;
    private volatile boolean stopped;

    private EchoRun(int size) {
        this.size = size;
    }

    static EchoRun start(String host, int port, int size, int connections) throws IOException {
        EchoRun run = new EchoRun(size);
        ThreadFactory factory = BlockingThreads.factory();
        for (int i = 0; i < connections; i++) {
            int number = i;
            Socket socket = new Socket(host, port);
            socket.setTcpNoDelay(true);
            run.sockets.add(socket);
            run.threads.add(factory.newThread(() -> run.work(number, socket)));
        }
        run.threads.forEach(Thread::start);
        return run;
    }

    /** A round that began before counting did counts, too, as it does in the other load generators. */
    private void work(int number, Socket socket) {
        byte[] message = new byte[size];
        byte[] answer = new byte[size];
        try {
            InputStream in = socket.getInputStream();
            OutputStream out = socket.getOutputStream();
            long begin = System.nanoTime();
            while (!stopped) {
                out.write(message);
                if (in.readNBytes(answer, 0, size) < size) {
                    throw new EOFException();
                }
                long end = System.nanoTime();
                if (counting) {
                    latency.record(number, end - begin);
                }
                begin = end;
            }
        } catch (IOException e) {
            if (!stopped) {
                errors.incrementAndGet();
            }
        }
    }

    void count(boolean count) {
        counting = count;
    }

    LatencyHistogram latency() {
        return latency;
    }

    long errors() {
        return errors.get();
    }

    /** Ends threads and connections; throws if one does not end. */
    void stop() throws IOException, InterruptedException {
        stopped = true;
        long giveUp = System.nanoTime() + STOP_MILLIS * 1_000_000;
        for (Thread thread : threads) {
            thread.join(Math.max(1, (giveUp - System.nanoTime()) / 1_000_000));
            if (thread.isAlive()) {
                throw new IOException("a connection got no answer");
            }
        }
        for (Socket socket : sockets) {
            socket.close();
        }
    }
}
