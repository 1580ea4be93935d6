package io.virtuoso.guest.boot;

import java.nio.channels.DatagramChannel;
import java.nio.channels.spi.SelectorProvider;
import java.util.function.Function;

/** Called by sun.nio.ch.SelectorProviderImpl, as patched, for the channel behind every DatagramSocket. */
public final class DatagramHook {
    /** Makes the channel. Set before the patch. */
    public static volatile Function<SelectorProvider, DatagramChannel> factory;

    private DatagramHook() {}

    /** What SelectorProviderImpl.openUninterruptibleDatagramChannel() of the provider returns. */
    public static DatagramChannel open(SelectorProvider provider) {
        return factory.apply(provider);
    }
}
