package io.virtuoso.host.control;

import io.virtuoso.host.ffm.FdPassing;
import io.virtuoso.host.ffm.Libc;
import io.virtuoso.host.ffm.Linux;
import io.virtuoso.host.ffm.UnixSocket;
import io.virtuoso.host.guest.Attachment;
import io.virtuoso.host.guest.Guest;
import io.virtuoso.protocol.AttachMessage;
import io.virtuoso.protocol.Errno;
import io.virtuoso.protocol.MessageType;
import java.security.SecureRandom;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Sockets that several processes hold, each through a copy of one end of a socket pair whose other end is here. The
 * kernel counts the copies: when the last is gone, this end sees a hang-up. Control thread only.
 *
 * <p>All answers to WHO on one pair are alike, so it does not matter which of several holders reads which.
 */
final class ShareTable {
    /** Each placeholder holds a descriptor that others may need. */
    private static final int MAX_PER_GUEST = 131_072;

    private final Watcher watcher;
    private final StackMailboxes stack;
    private final SecureRandom random = new SecureRandom();
    private final FdPassing passing = new FdPassing();
    private final Map<Long, Placeholder> byId = new HashMap<>();
    private final Map<Long, Placeholder> byToken = new HashMap<>();
    private final Map<Guest, Integer> perGuest = new HashMap<>();
    private long nextId = 1;

    ShareTable(final Watcher watcher, final StackMailboxes stack) {
        this.watcher = watcher;
        this.stack = stack;
    }

    /** @return placeholders now */
    int size() {
        return byId.size();
    }

    /**
     * Asks the stack to let a pair stand for a socket.
     *
     * @param name what holders are told with the token; in a virtual machine, where the pair has no name of its own
     * @param fd our end of the pair; it is ours now
     * @return 0 if the stack is asked, else an errno
     */
    int begin(final Attachment attachment, final int slot, final int generation, final String name, final int fd) {
        if (UnixSocket.peer(fd).isEmpty()) {
            Libc.close(fd);
            return Errno.ENOTSOCK;
        }
        if (perGuest.getOrDefault(attachment.guest(), 0) >= MAX_PER_GUEST) {
            Libc.close(fd);
            return Errno.ENFILE;
        }
        perGuest.merge(attachment.guest(), 1, Integer::sum);
        final Placeholder placeholder = new Placeholder(nextId++, freshToken(), attachment, name, fd);
        byId.put(placeholder.id, placeholder);
        byToken.put(placeholder.token, placeholder);
        stack.shareSocket(attachment, slot, generation, placeholder.id);
        return 0;
    }

    /** Whoever knows a token may use the socket: it must not be guessed. */
    private long freshToken() {
        long token;
        do {
            token = random.nextLong();
        } while (token == 0 || byToken.containsKey(token));
        return token;
    }

    /** The stack has answered. */
    void onShared(final long shareId, final int errno) {
        final Placeholder placeholder = byId.get(shareId);
        if (placeholder == null) {
            return;
        }
        if (errno != 0) {
            placeholder.drop();
        } else if (!placeholder.open()) {
            placeholder.drop();
            stack.shareReleased(shareId);
        }
    }

    /** @return 0 if the stack is asked, else an errno */
    int beginAdoption(final Attachment attachment, final long token) {
        final Placeholder placeholder = byToken.get(token);
        if (placeholder == null) {
            return Errno.ENOENT;
        }
        if (!placeholder.guest.equals(attachment.guest())) {
            return Errno.EACCES;
        }
        stack.adopt(attachment, placeholder.id);
        return 0;
    }

    /** Drops what an attachment asked for and the stack will not answer any more. */
    void forgetPending(final Attachment attachment) {
        final List<Placeholder> pending = byId.values().stream()
                .filter(placeholder -> placeholder.ownerId == attachment.id() && placeholder.watch == null)
                .toList();
        pending.forEach(Placeholder::drop);
    }

    /** Our end of one pair. */
    private final class Placeholder implements Watcher.Handler {
        private final long id;
        private final long token;
        private final Guest guest;
        private final int ownerId;
        private final String name;
        private final int fd;
        private Watcher.Watch watch;

        Placeholder(final long id, final long token, final Attachment owner, final String name, final int fd) {
            this.id = id;
            this.token = token;
            this.guest = owner.guest();
            this.ownerId = owner.id();
            this.name = name;
            this.fd = fd;
        }

        boolean open() {
            watch = watcher.add(fd, Linux.EPOLLIN, this);
            return watch != null;
        }

        @Override
        public void ready(final int events) {
            final int received = passing.receive(fd);
            passing.closeFds();
            final boolean hungUp = (events & (Linux.EPOLLHUP | Linux.EPOLLERR)) != 0;
            if (received == 0 || received < 0 && (hungUp || !mayRecover(-received))) {
                failed();
            } else if (received > 0) {
                answer(received);
            }
        }

        /** Else it is no end of a pair, as of a listening socket: it would be reported as readable for ever. */
        private static boolean mayRecover(final int errno) {
            return errno == Errno.EAGAIN || errno == Errno.EINTR || errno == Errno.EMSGSIZE;
        }

        /** What is no WHO is not answered: any holder, even another program after exec, may have written it. */
        private void answer(final int received) {
            final AttachMessage message = new AttachMessage().wrap(passing.message());
            if (message.check(received) == null && message.type() == MessageType.WHO) {
                message.begin(MessageType.TOKEN).value(token).text(name);
                passing.send(fd);
            }
        }

        @Override
        public void failed() {
            if (byId.containsKey(id)) {
                drop();
                stack.shareReleased(id);
            }
        }

        void drop() {
            if (!byId.remove(id, this)) {
                return;
            }
            watcher.remove(watch);
            byToken.remove(token);
            perGuest.computeIfPresent(guest, (key, count) -> count > 1 ? count - 1 : null);
            Libc.close(fd);
        }
    }
}
