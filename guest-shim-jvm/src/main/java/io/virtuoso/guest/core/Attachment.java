package io.virtuoso.guest.core;

import io.virtuoso.guest.os.Os;
import io.virtuoso.protocol.Addresses;
import io.virtuoso.protocol.AttachMessage;
import io.virtuoso.protocol.Errno;
import io.virtuoso.protocol.GuestRoute;
import io.virtuoso.protocol.MessageType;
import io.virtuoso.protocol.Option;
import io.virtuoso.protocol.RegionHeader;
import io.virtuoso.protocol.RegionLayout;
import io.virtuoso.protocol.RegionSettings;
import io.virtuoso.protocol.SocketSlot;
import java.io.IOException;
import java.lang.ref.Cleaner;
import java.lang.ref.WeakReference;
import java.net.InetAddress;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReferenceArray;
import java.util.concurrent.locks.LockSupport;
import java.util.concurrent.locks.ReentrantLock;

/**
 * This JVM's connection to one run of the host stack: the region, its contexts and slots.
 *
 * <p>Its memory and descriptors live until nothing refers to it any more, so that a thread which still looks at it
 * after the host stack's end can neither fault nor touch somebody else's descriptor. Any thread.
 */
final class Attachment {
    private static final Cleaner CLEANER = Cleaner.create();
    private static final int SLOT_TRIES = 40;
    private static final long SLOT_PAUSE_NS = 500_000L;
    private static final long SWEEP_PAUSE_NS = 10_000_000L;

    private final Link link;
    private final Os os;
    private final Line line;
    private final ByteBuffer region;
    private final RegionLayout layout;
    private final RegionSettings settings;
    private final Subnet6 subnet6;

    private final AtomicReferenceArray<HostSocket> owners;
    private final SpinLock slotLock = new SpinLock();
    private final int[] freeSlots;
    private int freeCount;
    private final AtomicInteger nextGeneration = new AtomicInteger();
    private final AtomicLong nextRequest = new AtomicLong();

    private final ReentrantLock contextLock = new ReentrantLock();
    private final Context[] contexts;
    private final boolean[] taken;
    private final List<ThreadLease> leases = new ArrayList<>();
    private long nextSweepNs = System.nanoTime();
    private final AtomicBoolean dead = new AtomicBoolean();

    /** What a thread that has ended leaves behind. */
    private static final class ThreadLease {
        private final WeakReference<Thread> thread;
        private final int context;

        ThreadLease(Thread thread, int context) {
            this.thread = new WeakReference<>(thread);
            this.context = context;
        }

        boolean isOver() {
            Thread held = thread.get();
            return held == null || !held.isAlive();
        }
    }

    Attachment(Link link, Line line, ByteBuffer region) {
        this.link = link;
        this.os = line.os();
        this.line = line;
        this.region = region;
        this.layout = RegionHeader.layout(region);
        this.settings = RegionHeader.settings(region);
        this.subnet6 = Subnet6.of(settings);
        this.owners = new AtomicReferenceArray<>(layout.slotCount());
        this.freeSlots = new int[layout.guestSlotCount()];
        for (int i = 0; i < freeSlots.length; i++) {
            freeSlots[i] = freeSlots.length - 1 - i; // the lowest comes out first
        }
        this.freeCount = freeSlots.length;
        this.contexts = new Context[layout.contextCount()];
        this.taken = new boolean[layout.contextCount()];
        CLEANER.register(this, line.descriptors());
    }

    Os os() {
        return os;
    }

    /** Whether it costs much to ring and be rung: then a thread that waits stays awake for a moment. */
    boolean isWakingDear() {
        return line.isWakingDear();
    }

    ByteBuffer region() {
        return region;
    }

    RegionLayout layout() {
        return layout;
    }

    /** The guest's own IPv4 address, host order. */
    int address() {
        return Addresses.ipv4(settings.addressLow());
    }

    /** What programs are shown as the guest's interface. */
    GuestInterface networkInterface() {
        InetAddress ipv6 = subnet6 == null || Routing.isIpv4Stack() ? null : subnet6.own();
        return new GuestInterface(address(), settings.prefixLength(), ipv6, settings.prefixLength6(), settings.mtu());
    }

    /** The guest's IPv6 subnet; null: it has none. */
    Subnet6 subnet6() {
        return subnet6;
    }

    /** The guest's own address, of the same family as another. */
    InetAddress ownLike(InetAddress other) {
        return Routing.isIpv4(other) || subnet6 == null ? SlotUse.inetAddress(address()) : subnet6.own();
    }

    boolean isOwn(InetAddress address) {
        InetAddress own = ownLike(address);
        return Routing.high(own) == Routing.high(address) && Routing.low(own) == Routing.low(address);
    }

    /** Any address, of both families if that is wanted and the guest has both. */
    InetAddress any(boolean dual) {
        return dual && subnet6 != null ? Subnet6.any() : SlotUse.inetAddress(0);
    }

    /** Whether the guest's network reaches others by a gateway. */
    boolean hasGateway() {
        return !Addresses.isAny(settings.gatewayHigh(), settings.gatewayLow());
    }

    /** Which bits of an address, host order, are the network's. */
    int networkMask() {
        int bits = Math.min(settings.prefixLength(), Integer.SIZE);
        return bits == 0 ? 0 : -1 << (Integer.SIZE - bits);
    }

    /** Where an address beyond the subnet belongs, host order: a target of {@link GuestRoute}, or UNKNOWN. */
    int route(int ipv4) {
        return GuestRoute.find(region, Addresses.IPV4_HIGH, Addresses.ipv4Low(ipv4));
    }

    /** Whether the host stack reaches an IPv6 address: of the subnet, or where a route leads. */
    boolean reaches6(InetAddress address) {
        byte[] ipv6 = address.getAddress();
        boolean wide = !address.isMulticastAddress() && !address.isLinkLocalAddress();
        return subnet6 != null && (subnet6.contains(ipv6) || wide && GuestRoute.leads(region, ipv6));
    }

    /** Whether the host stack has UDP and knows names: since ABI 2.1. */
    boolean knowsDatagrams() {
        return RegionHeader.abiMinor(region) >= 1;
    }

    /** Whether the host stack knows an option of {@link Option}. */
    boolean knowsOption(int option) {
        return option <= Option.MAX_PACING_RATE || RegionHeader.abiMinor(region) >= 4;
    }

    /** The IPv6 subnet that UDP has, too: since ABI 2.3; null: none. */
    Subnet6 datagramSubnet6() {
        return RegionHeader.abiMinor(region) >= 3 ? subnet6 : null;
    }

    boolean isDead() {
        return dead.get();
    }

    /** Whether the host stack has ended this attachment and said so. */
    boolean wasEnded() {
        return RegionHeader.state(region) == RegionHeader.ENDED;
    }

    long nextRequest() {
        return nextRequest.incrementAndGet();
    }

    /** Wakes the host stack. */
    void ringHost() {
        if (!dead.get()) {
            line.ringHost();
        }
    }

    /** The host stack is gone: every socket of this attachment shows an error from now on, and whoever waits hears it. */
    void died() {
        if (!dead.compareAndSet(false, true)) {
            return;
        }
        link.lost(this);
        for (int i = 0; i < owners.length(); i++) {
            HostSocket socket = owners.get(i);
            if (socket != null) {
                socket.onEvent();
            }
        }
    }

    // ---- contexts ----------------------------------------------------------------------------

    /** Context 0, served by the hub's thread. Opened by attaching. */
    Context hubContext() {
        return contexts[0];
    }

    /** A context for an event loop; null if all are taken or the host stack does not answer. */
    Context takeContext() {
        contextLock.lock();
        try {
            return take(0);
        } finally {
            contextLock.unlock();
        }
    }

    /** A context for a platform thread's blocking calls, given back some time after it ended; null: none is left. */
    Context leaseContext(Thread thread) {
        contextLock.lock();
        try {
            if (leases.size() >= contexts.length / 2) {
                sweep();
            }
            if (leases.size() >= contexts.length / 2) {
                return null; // event loops get the other half
            }
            Context context = take(1);
            if (context != null) {
                leases.add(new ThreadLease(thread, context.index()));
            }
            return context;
        } finally {
            contextLock.unlock();
        }
    }

    /** The context may be used by somebody else; it stays open. */
    void giveContext(Context context) {
        contextLock.lock();
        try {
            taken[context.index()] = false;
        } finally {
            contextLock.unlock();
        }
    }

    /** The first context, opened. False if the host stack does not answer. */
    boolean openHubContext() {
        contextLock.lock();
        try {
            taken[0] = true;
            contexts[0] = open(0);
            return contexts[0] != null;
        } finally {
            contextLock.unlock();
        }
    }

    private void sweep() {
        long now = System.nanoTime();
        if (now - nextSweepNs < 0) {
            return;
        }
        nextSweepNs = now + SWEEP_PAUSE_NS;
        leases.removeIf(lease -> {
            if (lease.isOver()) {
                taken[lease.context] = false;
                return true;
            }
            return false;
        });
    }

    private Context take(int reserve) {
        int free = 0;
        int first = -1;
        for (int i = contexts.length - 1; i > 0; i--) {
            if (!taken[i]) {
                free++;
                first = i;
            }
        }
        if (free <= reserve || dead.get()) {
            return null;
        }
        if (contexts[first] == null) {
            contexts[first] = open(first);
        }
        taken[first] = contexts[first] != null;
        return contexts[first];
    }

    private Context open(int index) {
        int doorbell = line.openContext(index);
        return doorbell < 0 ? null : new Context(this, index, doorbell);
    }

    /**
     * Joins the processes that use a socket: a listener gets another member, a connection moves here.
     *
     * @param token what the host stack answered through the descriptor that stands for the socket
     */
    SlotUse adopt(long token) throws IOException {
        int[] fds = {-1};
        AttachMessage answer = line.converse(MessageType.ADOPT, token, 0, "", fds);
        int errno = answer == null || answer.type() != MessageType.ADOPTED ? Errno.ENETDOWN : answer.error();
        if (errno == 0 && (answer.slot() < 0 || answer.slot() >= layout.slotCount())) {
            errno = Errno.EPROTO;
        }
        if (errno != 0) {
            throw Errnos.exception(errno, Errnos.Operation.CONTROL);
        }
        return new SlotUse(this, answer.slot(), answer.generation());
    }

    /**
     * Asks for a guest of the same network, by its name or, if that is empty, by its IPv4 or IPv6 address.
     *
     * @param address host order; 0: not by it
     * @param low last eight bytes of an address in the guest's IPv6 subnet; 0: not by it
     * @return the answer, which holds all three; null if there is no such guest
     */
    AttachMessage resolve(String name, int address, long low) {
        AttachMessage answer = knowsDatagrams()
                ? line.converse(MessageType.RESOLVE, Integer.toUnsignedLong(address), low, name, new int[0])
                : null;
        boolean found = answer != null && answer.type() == MessageType.RESOLVED && answer.error() == 0;
        return found ? answer : null;
    }

    // ---- slots -------------------------------------------------------------------------------

    /**
     * A slot for a new socket, its guest line zeroed.
     *
     * @return its index, or minus an errno: ENOBUFS if this JVM has used up its slots
     */
    int takeSlot() {
        for (int tries = 0; tries < SLOT_TRIES; tries++) {
            int index = popSlot();
            if (index >= 0) {
                SocketSlot.resetGuestLine(region, layout.slotOffset(index));
                return index;
            }
            if (dead.get()) {
                return -Errno.ENETDOWN;
            }
            drainAll(); // closed ones come back as events
            if (tries > 0) {
                LockSupport.parkNanos(SLOT_PAUSE_NS);
            }
        }
        return -Errno.ENOBUFS;
    }

    int newGeneration() {
        int generation = nextGeneration.incrementAndGet();
        return generation != 0 ? generation : nextGeneration.incrementAndGet();
    }

    private int popSlot() {
        slotLock.lock();
        try {
            return freeCount == 0 ? -1 : freeSlots[--freeCount];
        } finally {
            slotLock.unlock();
        }
    }

    private void drainAll() {
        Context[] open;
        contextLock.lock();
        try {
            open = contexts.clone();
        } finally {
            contextLock.unlock();
        }
        for (Context context : open) {
            if (context != null) {
                context.drain();
            }
        }
    }

    void own(int index, HostSocket socket) {
        owners.set(index, socket);
    }

    void disown(int index, HostSocket socket) {
        owners.compareAndSet(index, socket, null);
    }

    void onReady(int index, int generation) {
        if (index < 0 || index >= owners.length()) {
            return;
        }
        raiseSeen(index, generation);
        HostSocket socket = owners.get(index);
        if (socket != null && socket.isUse(this, generation)) {
            socket.onEvent();
        }
    }

    void onRing(int index, int generation) {
        HostSocket socket = index < 0 || index >= owners.length() ? null : owners.get(index);
        if (socket instanceof StreamSocket stream && stream.isUse(this, generation)) {
            stream.adoptRing();
        }
    }

    void onReleased(int index) {
        if (index < 0 || index >= freeSlots.length) {
            return;
        }
        slotLock.lock();
        try {
            if (freeCount < freeSlots.length) {
                freeSlots[freeCount++] = index;
            }
        } finally {
            slotLock.unlock();
        }
    }

    /**
     * Publishes how far this guest has looked at a slot's receive ring; never backwards, whoever does it. Until the host
     * stack has begun to use the slot under this generation its cursors are those of a former use.
     */
    void raiseSeen(int index, int generation) {
        int slot = layout.slotOffset(index);
        if (SocketSlot.generationAcquire(region, slot) == generation) {
            SocketSlot.rxSeenRaise(region, slot);
        }
    }
}
