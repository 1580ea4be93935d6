package io.virtuoso.guest.core;

import io.virtuoso.guest.os.Os;
import io.virtuoso.protocol.AttachMessage;
import io.virtuoso.protocol.GuestKind;
import io.virtuoso.protocol.MessageType;
import io.virtuoso.protocol.RegionHeader;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.LongAdder;
import java.util.concurrent.locks.ReentrantLock;

/**
 * This JVM's way to its host stack: attaches at the first need, again after the host stack was away, and brings
 * sockets back then. One per JVM; any thread.
 */
public final class Link {
    private static final long RETRY_NS = 50_000_000L;
    private static final int ANSWER_TIMEOUT_MS = 5_000;

    private static volatile Link instance;

    private final Os os;
    private final String socketPath;
    private final String programName;
    private final ReentrantLock attachLock = new ReentrantLock();
    private final Set<HostSocket> residents = ConcurrentHashMap.newKeySet();
    private final LongAdder sockets = new LongAdder();
    private final Hub hub;
    private volatile Attachment current;
    private volatile String refusal;
    private long nextTryNs = System.nanoTime();

    private Link(Os os, String socketPath, String programName) {
        this.os = os;
        this.socketPath = socketPath;
        this.programName = programName;
        this.hub = new Hub(this, os);
    }

    /**
     * Makes this JVM a guest. Attaching itself happens with the first socket.
     *
     * @param socketPath the guest's Unix socket
     * @param programName shown by the host stack
     */
    public static void configure(Os os, String socketPath, String programName) {
        instance = new Link(os, socketPath, programName);
    }

    static Link get() {
        Link link = instance;
        if (link == null) {
            throw new IllegalStateException("this JVM is no guest: the agent was not started");
        }
        return link;
    }

    /** Sockets that used the host stack so far. */
    public static long acceleratedSockets() {
        Link link = instance;
        return link == null ? 0 : link.sockets.sum();
    }

    /** Why the host stack refused this JVM, in its words; null if it did not. */
    public static String refusal() {
        Link link = instance;
        return link == null ? null : link.refusal;
    }

    /** The guest's IPv6 subnet; null without one, or without a host stack. */
    static Subnet6 subnet6() {
        Link link = instance;
        Attachment attachment = link == null ? null : link.attachment();
        return attachment == null ? null : attachment.subnet6();
    }

    Hub hub() {
        return hub;
    }

    void countSocket() {
        sockets.increment();
    }

    Os os() {
        return os;
    }

    /** The attachment, made now if need be; null without a host stack. */
    Attachment attachment() {
        Attachment now = current;
        return now != null ? now : attach();
    }

    /** The attachment if there is one already. */
    Attachment currentAttachment() {
        return current;
    }

    private Attachment attach() {
        attachLock.lock();
        try {
            if (current == null && System.nanoTime() - nextTryNs >= 0) {
                Attachment made = tryToAttach();
                nextTryNs = System.nanoTime() + RETRY_NS;
                current = made;
                if (made != null) {
                    hub.attached();
                }
            }
            return current;
        } finally {
            attachLock.unlock();
        }
    }

    private Attachment tryToAttach() {
        int control = os.connectSeqpacket(socketPath);
        if (control < 0) {
            return null;
        }
        Attachment.Descriptors descriptors = new Attachment.Descriptors(os);
        descriptors.add(control);
        Attachment made = null;
        try {
            made = greet(control, descriptors);
        } catch (IOException e) {
            refusal = e.getMessage();
        }
        if (made == null) {
            descriptors.run();
        }
        return made;
    }

    private Attachment greet(int control, Attachment.Descriptors descriptors) throws IOException {
        ByteBuffer bytes = ByteBuffer.allocateDirect(AttachMessage.BYTES);
        new AttachMessage()
                .wrap(bytes)
                .begin(MessageType.HELLO)
                .kind(GuestKind.JVM)
                .pid(os.pid())
                .text(programName);
        if (os.sendMessage(control, bytes, -1) != 0) {
            return null;
        }
        bytes.clear();
        int[] fds = {-1, -1};
        int got = os.receiveMessage(control, bytes, fds, ANSWER_TIMEOUT_MS);
        for (int fd : fds) {
            if (fd >= 0) {
                descriptors.add(fd);
            }
        }
        AttachMessage answer = new AttachMessage().wrap(bytes);
        if (got != AttachMessage.BYTES || answer.check(got) != null) {
            return null;
        }
        if (answer.type() == MessageType.REFUSED) {
            throw new IOException(answer.text());
        }
        if (answer.type() != MessageType.WELCOME || fds[0] < 0 || fds[1] < 0) {
            return null;
        }
        return enter(control, fds, descriptors);
    }

    private Attachment enter(int control, int[] fds, Attachment.Descriptors descriptors) throws IOException {
        ByteBuffer region = os.map(fds[0], Files.size(Path.of("/proc/self/fd/" + fds[0])));
        String wrong = RegionHeader.check(region);
        if (wrong != null) {
            throw new IOException(wrong);
        }
        Attachment made = new Attachment(this, os, control, fds[1], region, descriptors);
        return made.openHubContext() ? made : null;
    }

    /** The attachment has ended. */
    void lost(Attachment attachment) {
        attachLock.lock();
        try {
            if (current == attachment) {
                current = null;
            }
        } finally {
            attachLock.unlock();
        }
        hub.nudge();
    }

    // ---- sockets that outlive a host stack -----------------------------------------------------

    /** Listeners, and UDP sockets whose port was chosen. */
    void comesBack(HostSocket socket) {
        residents.add(socket);
    }

    void comesBackNoMore(HostSocket socket) {
        residents.remove(socket);
    }

    boolean hasResidents() {
        return !residents.isEmpty();
    }

    /** Sockets of a host stack that went away take their places again at the new one. */
    void bringBack(Attachment attachment) {
        for (HostSocket socket : residents) {
            socket.comeBack(attachment);
        }
    }
}
