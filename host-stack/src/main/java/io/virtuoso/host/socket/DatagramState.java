package io.virtuoso.host.socket;

import io.virtuoso.host.net.IcmpError;
import io.virtuoso.host.net.Ipv6Numbers;
import io.virtuoso.protocol.DatagramError;
import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import java.util.function.IntConsumer;

/** What the host knows of a UDP socket besides its rings: port, peer, errors. Stack thread only. */
public final class DatagramState {
    /** Most payload that an error keeps; with the header it fits into a context's info area. */
    static final int MAX_QUOTED = 512;

    /** More errors than these are forgotten until the guest has taken some. */
    static final int MAX_ERRORS = 8;

    private final int boundAddress;
    private final boolean reuseAddress;
    private final boolean reusePort;
    private final ArrayDeque<ByteBuffer> errors = new ArrayDeque<>(0);
    private boolean connected;
    private boolean receiveErrors;
    private int errorCount;
    private DatagramFlows flows;

    DatagramState(int boundAddress, boolean reuseAddress, boolean reusePort) {
        this.boundAddress = boundAddress;
        this.reuseAddress = reuseAddress;
        this.reusePort = reusePort;
    }

    /** @return the address that the socket is bound to; 0 or {@link Ipv6Numbers#ANY}: any */
    public int boundAddress() {
        return boundAddress;
    }

    /** @return SO_REUSEADDR when it was bound */
    public boolean reuseAddress() {
        return reuseAddress;
    }

    /** @return SO_REUSEPORT when it was bound */
    public boolean reusePort() {
        return reusePort;
    }

    /** @return it receives from {@link GuestSocket#remoteAddress} and {@link GuestSocket#remotePort} only */
    public boolean connected() {
        return connected;
    }

    public void connected(boolean nowConnected) {
        connected = nowConnected;
    }

    /** @return IP_RECVERR: all ICMP errors are kept for the guest */
    public boolean receiveErrors() {
        return receiveErrors;
    }

    public void receiveErrors(boolean receive) {
        receiveErrors = receive;
        if (!receive) {
            errors.clear();
        }
    }

    /** @return peers that the policy allows */
    DatagramFlows flows() {
        if (flows == null) {
            flows = new DatagramFlows();
        }
        return flows;
    }

    /** Calls for the address of each peer that the policy allows. */
    public void forEachPeer(IntConsumer action) {
        if (flows != null) {
            flows.forEachAddress(action);
        }
    }

    /** @return number of the next error */
    int countError() {
        return ++errorCount;
    }

    /**
     * Keeps an error for the guest, if there is room.
     *
     * @param numbers turns addresses into what is kept
     * @param flags   as the datagram was sent with
     * @param quoted  holds what is known of the datagram's payload
     */
    void keep(
            IcmpError error,
            Ipv6Numbers numbers,
            int address,
            int port,
            int flags,
            ByteBuffer quoted,
            int at,
            int length) {
        if (errors.size() == MAX_ERRORS) {
            return;
        }
        final int bytes = Math.min(length, MAX_QUOTED);
        final ByteBuffer record = ByteBuffer.allocate(DatagramError.BYTES + bytes);
        DatagramError.cause(record, 0, error.errno(), error.mtu(), error.type(), error.code());
        DatagramError.destination(record, 0, numbers.firstWord(address), numbers.secondWord(address), port, flags);
        final int offender = error.offender();
        DatagramError.report(record, 0, numbers.firstWord(offender), numbers.secondWord(offender), bytes);
        record.put(DatagramError.BYTES, quoted, at, bytes);
        errors.add(record);
    }

    /** @return the oldest error kept, as {@link DatagramError} lays it out, which is kept no longer; null if there is none */
    public ByteBuffer takeError() {
        return errors.poll();
    }

    /** Continues another socket's life, which was this one's in another process. */
    void takeOver(DatagramState other) {
        connected = other.connected;
        receiveErrors = other.receiveErrors;
        errorCount = 0;
        flows = other.flows;
        errors.addAll(other.errors);
        other.errors.clear();
    }

    /** @return true if a datagram from there is for this socket */
    static boolean accepts(GuestSocket socket, int remoteAddress, int remotePort) {
        return !socket.datagram().connected
                || socket.remotePort() == remotePort && socket.remoteAddress() == remoteAddress;
    }
}
