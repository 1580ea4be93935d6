package io.virtuoso.apps;

import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;

/**
 * java.net.http.HttpClient against servers that answer as {@link Answers} says, every byte checked. Arguments: for each
 * server the version that the client asks for, the version that the server must answer with, "echo" or "files", and the
 * beginning of its URLs; versions are HTTP_1_1 and HTTP_2.
 */
final class HttpChecks {
    private static final int[] SIZES = {0, 1, 612, 16_383, 65_537, 300_000};
    private static final int LARGE = 3_000_000;
    private static final int AT_ONCE = 48;
    private static final Duration LIMIT = Duration.ofSeconds(100);

    private final HttpClient client;
    private final HttpClient.Version answered;
    private final String base;

    private HttpChecks(final String asked, final String answered, final String base) {
        this.client = HttpClient.newBuilder()
                .version(HttpClient.Version.valueOf(asked))
                .connectTimeout(LIMIT)
                .build();
        this.answered = HttpClient.Version.valueOf(answered);
        this.base = base;
    }

    public static void main(final String[] arguments) throws Exception {
        for (int i = 0; i < arguments.length; i += 4) {
            final long begin = System.nanoTime();
            final HttpChecks checks = new HttpChecks(arguments[i], arguments[i + 1], arguments[i + 3]);
            checks.getOneByOne();
            checks.getManyAtOnce();
            checks.readSlowly();
            if ("echo".equals(arguments[i + 2])) {
                checks.postOneByOne();
                checks.postManyAtOnce();
            }
            System.out.println("right: " + String.join(" ", List.of(arguments).subList(i, i + 4)) + " in "
                    + TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - begin) + " ms");
        }
        System.out.println("all right");
        System.exit(0);
    }

    private void getOneByOne() throws IOException, InterruptedException {
        for (final int size : SIZES) {
            check(client.send(get(size), HttpResponse.BodyHandlers.ofByteArray()), size);
        }
    }

    private void getManyAtOnce() throws Exception {
        final List<CompletableFuture<Void>> all = new ArrayList<>();
        for (int i = 0; i < AT_ONCE; i++) {
            final int size = SIZES[i % SIZES.length];
            all.add(client.sendAsync(get(size), HttpResponse.BodyHandlers.ofByteArray())
                    .thenAccept(response -> check(response, size)));
        }
        await(all);
    }

    /** Through windows that fill up. */
    private void readSlowly() throws IOException, InterruptedException {
        final HttpResponse<InputStream> response = client.send(get(LARGE), HttpResponse.BodyHandlers.ofInputStream());
        final byte[] chunk = new byte[50_000];
        try (InputStream body = response.body()) {
            long position = 0;
            for (int got = body.read(chunk); got >= 0; got = body.read(chunk)) {
                Bytes.check(chunk, got, LARGE, position);
                position += got;
                if (position < LARGE / 10) {
                    Thread.sleep(2);
                }
            }
            if (position != LARGE) {
                throw new IOException(position + " bytes instead of " + LARGE);
            }
        }
    }

    private void postOneByOne() throws IOException, InterruptedException {
        for (final int size : SIZES) {
            check(client.send(post(size), HttpResponse.BodyHandlers.ofByteArray()), size);
        }
    }

    private void postManyAtOnce() throws Exception {
        final List<CompletableFuture<Void>> all = new ArrayList<>();
        for (int i = 0; i < AT_ONCE; i++) {
            final int size = SIZES[i % SIZES.length];
            all.add(client.sendAsync(post(size), HttpResponse.BodyHandlers.ofByteArray())
                    .thenAccept(response -> check(response, size)));
        }
        await(all);
    }

    private static void await(final List<CompletableFuture<Void>> all) throws Exception {
        CompletableFuture.allOf(all.toArray(CompletableFuture<?>[]::new)).get(150, TimeUnit.SECONDS);
    }

    private HttpRequest get(final int size) {
        return HttpRequest.newBuilder(URI.create(base + "/" + size))
                .timeout(LIMIT)
                .build();
    }

    private HttpRequest post(final int size) {
        return HttpRequest.newBuilder(URI.create(base + "/" + size))
                .timeout(LIMIT)
                .POST(HttpRequest.BodyPublishers.ofByteArray(Bytes.of(size, size)))
                .build();
    }

    private void check(final HttpResponse<byte[]> response, final int size) {
        if (response.statusCode() != 200 || response.version() != answered) {
            throw new IllegalStateException(response + " by " + response.version());
        }
        Bytes.check(response.body(), size, size);
    }
}
