package io.virtuoso.guest.core;

import io.virtuoso.guest.os.Os;
import io.virtuoso.protocol.RegionHeader;
import java.io.IOException;
import java.net.InetAddress;
import java.nio.ByteBuffer;
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

    private static volatile Link instance;

    private final Os os;
    private final Transport transport;
    private final String programName;
    private final ReentrantLock attachLock = new ReentrantLock();
    private final Set<HostSocket> residents = ConcurrentHashMap.newKeySet();
    private final LongAdder sockets = new LongAdder();
    private final Hub hub;
    private volatile Attachment current;
    private volatile GuestInterface known;
    private volatile String refusal;
    private long nextTryNs = System.nanoTime();

    private Link(Transport transport, String programName) {
        this.os = transport.os();
        this.transport = transport;
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
        instance = new Link(new UnixTransport(os, socketPath), programName);
    }

    /** The same in a virtual machine that has a device for it. */
    public static void configure(Os os, MachineDevice device, String programName) {
        instance = new Link(new MachineTransport(os, device), programName);
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

    /** Whether the host stack reaches an IPv6 address. */
    static boolean reaches6(InetAddress address) {
        Link link = instance;
        Attachment attachment = link == null ? null : link.attachment();
        return attachment != null && attachment.reaches6(address);
    }

    /** The guest's interface, as it was last without a host stack; null: there was none so far. */
    GuestInterface networkInterface() {
        attachment();
        return known;
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

    Transport transport() {
        return transport;
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
                    known = made.networkInterface();
                    hub.attached();
                }
            }
            return current;
        } finally {
            attachLock.unlock();
        }
    }

    private Attachment tryToAttach() {
        Line line = transport.connect();
        if (line == null) {
            return null;
        }
        Attachment made = null;
        try {
            made = enter(line, line.greet(programName));
        } catch (IOException e) {
            refusal = e.getMessage();
        }
        if (made == null) {
            line.descriptors().run();
        }
        return made;
    }

    private Attachment enter(Line line, ByteBuffer region) throws IOException {
        if (region == null) {
            return null;
        }
        String wrong = RegionHeader.check(region);
        if (wrong != null) {
            throw new IOException(wrong);
        }
        Attachment made = new Attachment(this, line, region);
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
