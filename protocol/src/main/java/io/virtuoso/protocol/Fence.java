package io.virtuoso.protocol;

import java.lang.invoke.VarHandle;

/** The full barrier that the notice and sleep protocols put between a store and the load that follows it. */
public final class Fence {
    private Fence() {}

    /** Orders every earlier load and store before every later one, store-load included. */
    public static void full() {
        VarHandle.fullFence();
    }
}
