package io.virtuoso.guest.boot;

import java.io.InputStream;
import java.io.OutputStream;
import java.nio.channels.ReadableByteChannel;
import java.nio.channels.WritableByteChannel;
import java.util.function.Function;

/** Called by sun.nio.ch.Streams, as patched, for every stream that java.nio.channels.Channels makes of a channel. */
public final class StreamsHook {
    /** Makes a channel's input stream. Set before the patch. */
    public static volatile Function<ReadableByteChannel, InputStream> input;

    /** Makes a channel's output stream. Set before the patch. */
    public static volatile Function<WritableByteChannel, OutputStream> output;

    private StreamsHook() {}

    /** What sun.nio.ch.Streams.of(ReadableByteChannel) returns. */
    public static InputStream of(ReadableByteChannel channel) {
        return input.apply(channel);
    }

    /** What sun.nio.ch.Streams.of(WritableByteChannel) returns. */
    public static OutputStream of(WritableByteChannel channel) {
        return output.apply(channel);
    }
}
