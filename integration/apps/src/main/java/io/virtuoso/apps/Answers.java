package io.virtuoso.apps;

import java.io.IOException;
import java.io.InputStream;

/** What every HTTP server of the tests answers: {@code GET /N} N bytes of stream N, {@code POST} what it was sent. */
final class Answers {
    private Answers() {}

    static byte[] to(final String method, final String path, final InputStream body) throws IOException {
        final byte[] sent = body.readAllBytes();
        if ("POST".equals(method)) {
            return sent;
        }
        final int size = Integer.parseInt(path.substring(1));
        return Bytes.of(size, size);
    }
}
