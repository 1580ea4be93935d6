package io.virtuoso.host.vm;

/** What the VM thread has the stack thread do that serves a network. */
@FunctionalInterface
public interface StackThreadCalls {
    /**
     * Does something on the stack thread, and returns when it is done.
     *
     * @param network the name of the network that it is about
     */
    void call(String network, Runnable action);
}
