package io.virtuoso.guest.aio;

/** What a thread does for a group right now. */
final class GroupThread {
    private static final ThreadLocal<GroupThread> CURRENT = new ThreadLocal<>();
    private static final int MAX_NESTED_HANDLERS = 16;

    private final GuestChannelGroup group;
    private int nested;

    private GroupThread(GuestChannelGroup group) {
        this.group = group;
    }

    /** Makes this thread the group's for one task. */
    static void run(GuestChannelGroup group, Runnable task) {
        GroupThread before = CURRENT.get();
        CURRENT.set(new GroupThread(group));
        try {
            task.run();
        } finally {
            if (before == null) {
                CURRENT.remove();
            } else {
                CURRENT.set(before);
            }
        }
    }

    /** Runs a handler here if this is a thread of the group that is not deep in handlers. @return false if not */
    static boolean runNested(GuestChannelGroup group, Runnable handler) {
        GroupThread now = CURRENT.get();
        if (now == null || now.group != group || now.nested >= MAX_NESTED_HANDLERS) {
            return false;
        }
        now.nested++;
        try {
            handler.run();
        } finally {
            now.nested--;
        }
        return true;
    }
}
