package io.virtuoso.host.slowpath;

import io.virtuoso.host.guest.Attachment;
import io.virtuoso.host.socket.SocketSpace;
import java.util.function.Consumer;

/**
 * Binds and listens that found their port taken by a process that may have ended just now. On Linux its ports are free as
 * soon as it is gone; here the kernel tells the control thread of that, and that one this thread. So such a command is
 * answered only once the control thread has looked, and the command was obeyed once more. Stack thread only.
 */
final class LateBinds {
    /** So many may wait at once; more are answered without a look. */
    static final int MOST = 64;

    /** Knows who has ended. */
    @FunctionalInterface
    public interface Ends {
        /**
         * Does something, on the stack thread and later, once that has been told of all processes that have ended by now.
         *
         * @param asker on whose island that is
         */
        void after(Attachment asker, Runnable then);
    }

    private Ends ends;
    private Consumer<ControlCommand> obeyer;
    private int waiting;
    private boolean again;

    /**
     * Says who knows of ends; nothing is postponed before.
     *
     * @param obey takes a command once more
     */
    void connectTo(Ends known, Consumer<ControlCommand> obey) {
        ends = known;
        obeyer = obey;
    }

    /** @return true if the command at hand was postponed before: what was done for it then is not done again */
    boolean isSecond() {
        return again;
    }

    /** @return true if a command that found its port taken is obeyed once more, and must not be answered now */
    boolean postpone(ControlCommand command) {
        if (ends == null || again || waiting == MOST) {
            return false;
        }
        final ControlCommand copy = new ControlCommand();
        copy.set(
                command.context,
                command.type,
                command.slot,
                command.generation,
                command.request,
                command.arg0,
                command.arg1,
                command.arg2,
                command.arg3,
                command.arg4);
        waiting++;
        ends.after(command.context.space().attachment(), () -> obey(copy));
        return true;
    }

    /** Its thread, or its whole process, may be gone, and the socket closed. */
    private void obey(ControlCommand command) {
        waiting--;
        final SocketSpace space = command.context.space();
        final boolean awaited = !space.isGuestGone()
                && space.context(command.context.index()) == command.context
                && space.find(command.slot, command.generation) != null;
        if (awaited) {
            again = true;
            try {
                obeyer.accept(command);
            } finally {
                again = false;
            }
        }
    }
}
