package io.virtuoso.host.port;

import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;

/** A fresh network namespace for the length of a call, so that a test's devices and addresses meet no others. */
public final class NetworkNamespace {
    private static final int CLONE_NEWNET = 0x4000_0000;

    private NetworkNamespace() {}

    /** Thrown where namespaces may not be made. */
    public static final class NotPermittedException extends Exception {
        private static final long serialVersionUID = 1L;

        NotPermittedException() {
            super("making a network namespace takes CAP_SYS_ADMIN");
        }
    }

    /** Runs something on a thread of its own, in a network namespace of its own; threads that it starts share it. */
    public static <T> T call(final Callable<T> body) throws Exception {
        final FutureTask<T> task = new FutureTask<>(() -> {
            unshare();
            return body.call();
        });
        final Thread thread = new Thread(task, "network-namespace");
        thread.start();
        try {
            return task.get();
        } catch (final ExecutionException e) {
            if (e.getCause() instanceof Exception exception) {
                throw exception;
            }
            if (e.getCause() instanceof Error error) {
                throw error;
            }
            throw e;
        } finally {
            thread.join();
        }
    }

    private static void unshare() throws NotPermittedException {
        final MethodHandle unshare = Linker.nativeLinker()
                .downcallHandle(
                        Linker.nativeLinker().defaultLookup().findOrThrow("unshare"),
                        FunctionDescriptor.of(ValueLayout.JAVA_INT, ValueLayout.JAVA_INT));
        final int result;
        try {
            result = (int) unshare.invokeExact(CLONE_NEWNET);
        } catch (final Throwable e) {
            throw new IllegalStateException(e);
        }
        if (result != 0) {
            throw new NotPermittedException();
        }
    }
}
