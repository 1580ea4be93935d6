package io.virtuoso.host.vm;

/** What the VM thread has the stack thread do. */
@FunctionalInterface
public interface StackThreadCalls {
    /** Does something on the stack thread, and returns when it is done. */
    void call(Runnable action);
}
