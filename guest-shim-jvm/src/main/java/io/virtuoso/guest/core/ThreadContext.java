package io.virtuoso.guest.core;

/** What a platform thread sleeps on in blocking calls: a context of its own, so that no other thread is in between. */
final class ThreadContext {
    private static final ThreadLocal<ThreadContext> CURRENT = new ThreadLocal<>();

    private final Context context;
    private final Sleeper sleeper;

    private ThreadContext(Context context, Sleeper sleeper) {
        this.context = context;
        this.sleeper = sleeper;
    }

    /** This thread's; null for virtual threads, and when no context is left. */
    static ThreadContext of(Attachment attachment) {
        Thread thread = Thread.currentThread();
        if (Threads.isVirtual(thread)) {
            return null;
        }
        ThreadContext own = CURRENT.get();
        if (own != null && own.context.attachment() == attachment) {
            return own;
        }
        Context context = attachment.leaseContext(thread);
        if (context == null) {
            return null;
        }
        own = new ThreadContext(context, own != null ? own.sleeper : new Sleeper(attachment.os()));
        CURRENT.set(own);
        return own;
    }

    /** This thread's, if it has one already: then it is likely to block on the next socket, too. */
    static ThreadContext ifLeased(Attachment attachment) {
        ThreadContext own = CURRENT.get();
        return own != null && own.context.attachment() == attachment ? own : null;
    }

    Context context() {
        return context;
    }

    Sleeper sleeper() {
        return sleeper;
    }
}
