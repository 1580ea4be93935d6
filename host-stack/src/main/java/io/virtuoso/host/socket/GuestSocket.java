package io.virtuoso.host.socket;

import io.virtuoso.host.net.Ipv6Numbers;
import io.virtuoso.protocol.SocketSlot;
import io.virtuoso.protocol.State;
import java.lang.invoke.VarHandle;

/**
 * The host-private half of one socket slot: everything about a socket that a guest must not be able to change.
 *
 * <p>A socket is idle (bound or not), a listener, connecting, a stream, or a UDP socket. A stream has either a local {@link #peer},
 * whose receive ring is filled straight from this socket's transmit ring, or a TCP connection over a port; its
 * {@link #transport} knows which. Stack thread only.
 */
public final class GuestSocket {
    /** What a socket is being used for. */
    public enum Role {
        /** Known to the host, neither listening nor connected. */
        IDLE,
        /** Accepts connections; see {@link #listener}. */
        LISTENER,
        /** Waits for a handshake or for room in a backlog. */
        CONNECTING,
        /** Connected, or was. */
        STREAM,
        /** A UDP socket; see {@link #datagram}. */
        DATAGRAM,
        /** Given back; the object is garbage. */
        RELEASED
    }

    private final SocketSpace space;
    private final int index;
    private final int slot;
    private final int generation;
    private final TransmitRing transmit;
    private final ReceiveRing receive;

    private final SocketOptions options = new SocketOptions();

    private Role role = Role.IDLE;
    private int stateBits;
    private GuestSocket peer;
    private StreamTransport transport;
    private ListenerMember listener;
    private DatagramState datagram;
    private boolean awaitingAccept;
    private boolean unaccepted;
    private boolean deferred;
    private boolean connectWaits;
    private boolean pumpQueued;
    private int sendLimit;
    private int receiveLimit;
    private int receiveBufferSet;
    private RingWatch ringWatch;
    private int localAddress;
    private int localPort;
    private int remoteAddress;
    private int remotePort;
    private PortSpace.Sharing boundAs;
    private int families = PortSpace.IPV4;
    private boolean flowHeld;
    private boolean readShut;
    private boolean writeShut;
    private boolean finDelivered;
    private boolean closed;
    private int pendingEvents;
    private boolean releasedEventPending;
    private ContextPort waitsIn;
    private SocketList.Link backlogLink;
    private long shareId;

    GuestSocket(SocketSpace space, int index, int generation) {
        this.space = space;
        this.index = index;
        this.slot = space.slotOffset(index);
        this.generation = generation;
        SocketSlot.resetHostLines(space.region(), slot);
        this.sendLimit = space.maxSendBytes();
        this.receiveLimit = space.maxReceiveBytes();
        final Runnable growth = this::ringGrew;
        this.transmit = new TransmitRing(space.region(), space.regionAddress(), slot, space.pool(), growth);
        this.receive = new ReceiveRing(space.region(), slot, space.pool(), growth);
        SocketSlot.generationRelease(space.region(), slot, generation);
    }

    /** @return the attachment's sockets, of which this is one */
    public SocketSpace space() {
        return space;
    }

    public int index() {
        return index;
    }

    public int generation() {
        return generation;
    }

    public TransmitRing transmit() {
        return transmit;
    }

    public ReceiveRing receive() {
        return receive;
    }

    /** @return what the guest set */
    public SocketOptions options() {
        return options;
    }

    public Role role() {
        return role;
    }

    public void role(Role newRole) {
        if (isConnection(role) != isConnection(newRole)) {
            space.node().account().connections(isConnection(newRole) ? 1 : -1);
        }
        role = newRole;
    }

    private static boolean isConnection(Role role) {
        return role == Role.CONNECTING || role == Role.STREAM;
    }

    /** @return the other end of a connection on this host; null on the wire path and after that end is gone */
    public GuestSocket peer() {
        return peer;
    }

    public void peer(GuestSocket newPeer) {
        peer = newPeer;
    }

    /** @return what carries this socket's bytes; null while it is not connected */
    public StreamTransport transport() {
        return transport;
    }

    public void transport(StreamTransport newTransport) {
        transport = newTransport;
    }

    /** @return this socket's part in a listener, or null */
    public ListenerMember listener() {
        return listener;
    }

    public void listener(ListenerMember newListener) {
        listener = newListener;
    }

    /** @return what makes this a UDP socket, or null */
    public DatagramState datagram() {
        return datagram;
    }

    void datagram(DatagramState state) {
        datagram = state;
    }

    public int localAddress() {
        return localAddress;
    }

    public int localPort() {
        return localPort;
    }

    public int remoteAddress() {
        return remoteAddress;
    }

    public int remotePort() {
        return remotePort;
    }

    /** Sets the local name, here and in the slot. */
    public void local(int address, int port) {
        localAddress = address;
        localPort = port;
        final Ipv6Numbers numbers = space.node().numbers();
        SocketSlot.localAddress(space.region(), slot, numbers.firstWord(address), numbers.secondWord(address));
        SocketSlot.localPort(space.region(), slot, port);
    }

    /** Sets the peer's name, here and in the slot. */
    public void remote(int address, int port) {
        remoteAddress = address;
        remotePort = port;
        final Ipv6Numbers numbers = space.node().numbers();
        SocketSlot.peerAddress(space.region(), slot, numbers.firstWord(address), numbers.secondWord(address));
        SocketSlot.peerPort(space.region(), slot, port);
    }

    /**
     * The guest wrote to this connection.
     *
     * @param wantedBytes the ring that it would like to have, or 0
     */
    public void onDataToSend(long wantedBytes) {
        if (wantedBytes > transmit.capacity() && transmit.refresh() && wantedBytes > transmit.capacity()) {
            final long most = Math.min(sendLimit(), transport.largestRing());
            space.wanted(wantedBytes);
            transmit.offerShare((int) Math.min(wantedBytes, most), TransmitRing.SHARERS);
        }
        transport.onDataToSend(this);
    }

    /** @return how the socket is bound to its local port in the guest's {@link PortSpace}; null if it is not */
    public PortSpace.Sharing boundAs() {
        return boundAs;
    }

    public void boundAs(PortSpace.Sharing sharing) {
        boundAs = sharing;
    }

    /** @return families in which it is bound, see {@link PortSpace} */
    public int families() {
        return families;
    }

    public void families(int newFamilies) {
        families = newFamilies;
    }

    /** @return true if the socket's four-tuple is registered in the guest's {@link PortSpace} */
    public boolean flowHeld() {
        return flowHeld;
    }

    public void flowHeld(boolean held) {
        flowHeld = held;
    }

    /** @return the guest said that it will read no more */
    public boolean readShut() {
        return readShut;
    }

    public void readShut(boolean shut) {
        readShut = shut;
    }

    /** @return the guest will write no more: after the last byte goes a FIN */
    public boolean writeShut() {
        return writeShut;
    }

    public void writeShut(boolean shut) {
        writeShut = shut;
    }

    /** @return the local peer has been shown the end of this socket's stream */
    public boolean finDelivered() {
        return finDelivered;
    }

    public void finDelivered(boolean delivered) {
        finDelivered = delivered;
    }

    /** @return the guest has closed the socket and forgotten it; what remains is the host's business */
    public boolean closed() {
        return closed;
    }

    public void closed(boolean nowClosed) {
        closed = nowClosed;
    }

    /** @return connected as far as the guest knows, but no process has been chosen yet to accept it */
    public boolean awaitingAccept() {
        return awaitingAccept;
    }

    public void awaitingAccept(boolean awaiting) {
        awaitingAccept = awaiting;
    }

    /** @return true if no process has been chosen yet to accept it: its guest does not know the slot, and hears nothing */
    public boolean unaccepted() {
        return unaccepted;
    }

    public void unaccepted(boolean isUnaccepted) {
        unaccepted = isUnaccepted;
    }

    /** @return true if the other end will not be shown to who accepts before something was written (TCP_DEFER_ACCEPT) */
    public boolean deferred() {
        return deferred;
    }

    public void deferred(boolean isDeferred) {
        deferred = isDeferred;
    }

    /** @return true while its connect is noted among those that wait for room in a backlog, or that the policy dropped */
    public boolean connectWaits() {
        return connectWaits;
    }

    public void connectWaits(boolean waits) {
        connectWaits = waits;
    }

    /** @return largest transmit ring, in bytes */
    public int sendLimit() {
        return sendLimit;
    }

    public void sendLimit(int bytes) {
        sendLimit = bytes;
    }

    /** @return largest receive ring, in bytes */
    public int receiveLimit() {
        return receiveLimit;
    }

    public void receiveLimit(int bytes) {
        receiveLimit = bytes;
    }

    /** @return bytes that the guest set for its receive buffer, which is then tuned no more; 0: it did not */
    public int receiveBufferSet() {
        return receiveBufferSet;
    }

    public void receiveBufferSet(int bytes) {
        receiveBufferSet = bytes;
    }

    /** Takes over what another socket's guest set for its rings, or what was set for the listener. */
    public void takeLimits(GuestSocket other) {
        sendLimit = other.sendLimit;
        receiveLimit = other.receiveLimit;
        receiveBufferSet = other.receiveBufferSet;
        transmit.tellSent(other.transmit.tellsSent());
    }

    /** Shows the guest how much its receive buffer may hold now, in bytes. */
    public void showReceiveBuffer(int bytes) {
        SocketSlot.rxBuffer(space.region(), slot, bytes);
    }

    private void ringGrew() {
        if (ringWatch == null && role != Role.LISTENER) {
            space.ringsGrew(this);
        }
    }

    /** @return what {@link IdleRings} knows of it; null: it is not noted there */
    RingWatch ringWatch() {
        return ringWatch;
    }

    void ringWatch(RingWatch watch) {
        ringWatch = watch;
    }

    /** @return noted for another pass of {@link LocalPath} */
    boolean pumpQueued() {
        return pumpQueued;
    }

    void pumpQueued(boolean queued) {
        pumpQueued = queued;
    }

    /** @return nonzero if a placeholder in other processes stands for this socket */
    public long shareId() {
        return shareId;
    }

    public void shareId(long id) {
        shareId = id;
    }

    /** @return the context that the guest wants this socket's events in, unchecked */
    public int contextWord() {
        return SocketSlot.contextAcquire(space.region(), slot);
    }

    void contextWord(int context) {
        SocketSlot.contextRelease(space.region(), slot, context);
    }

    int pendingEvents() {
        return pendingEvents;
    }

    void pendingEvents(int mask) {
        pendingEvents = mask;
    }

    /** The context in whose backlog this socket's events wait for room; null: none do. */
    ContextPort waitsIn() {
        return waitsIn;
    }

    void waitsIn(ContextPort context) {
        waitsIn = context;
    }

    /** Its place in the backlog of {@link #waitsIn}. */
    SocketList.Link backlogLink() {
        if (backlogLink == null) {
            backlogLink = new SocketList.Link(this);
        }
        return backlogLink;
    }

    boolean releasedEventPending() {
        return releasedEventPending;
    }

    void releasedEventPending(boolean pending) {
        releasedEventPending = pending;
    }

    /** @return {@link State} bits as shown to the guest */
    public int stateBits() {
        return stateBits;
    }

    /** @return true if any of these {@link State} bits is set */
    public boolean is(int bits) {
        return (stateBits & bits) != 0;
    }

    /** Adds state bits and shows them to the guest; cursors must have been published before. */
    public void addState(int bits) {
        showState(stateBits | bits);
    }

    void showState(int bits) {
        stateBits = bits;
        SocketSlot.stateRelease(space.region(), slot, bits);
        VarHandle.fullFence(); // see SocketSpace.ready()
    }

    /** Shows the guest whether its listener has connections that it can take. */
    void showAcceptable(boolean acceptable) {
        if (is(State.ACCEPTABLE) != acceptable) {
            showState(stateBits ^ State.ACCEPTABLE);
        }
    }

    /** Shows the guest what it would see of a socket whose place this one takes. */
    public void takeState(GuestSocket former) {
        SocketSlot.error(space.region(), slot, SocketSlot.error(former.space.region(), former.slot));
        addState(former.stateBits & ~(State.MOVING | State.MOVED));
    }

    /** Takes state bits away; only of a UDP socket, whose state may change in both directions. */
    void removeState(int bits) {
        showState(stateBits & ~bits);
    }

    /**
     * Ends the socket with an error, which the guest sees once it has read what there is.
     *
     * @param errno Linux error number
     */
    public void fail(int errno) {
        if (!is(State.FAILED)) {
            SocketSlot.error(space.region(), slot, errno);
            addState(State.FAILED | State.READ_CLOSED | State.WRITE_CLOSED);
        }
    }

    void freeRings() {
        transmit.free();
        receive.free();
    }
}
