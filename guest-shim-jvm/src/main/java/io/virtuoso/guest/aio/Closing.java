package io.virtuoso.guest.aio;

import java.io.Closeable;
import java.io.IOException;
import java.io.UncheckedIOException;

/** Closing what does not fail to close. */
final class Closing {
    private Closing() {}

    static void quietly(Closeable closeable) {
        try {
            closeable.close();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
