package io.virtuoso.host.socket;

import io.virtuoso.host.account.Ledger;
import io.virtuoso.host.capture.CaptureTap;
import io.virtuoso.host.guest.EndReason;
import io.virtuoso.host.net.IcmpError;
import io.virtuoso.host.net.Ipv6Numbers;
import io.virtuoso.host.policy.Policy;
import io.virtuoso.protocol.Addresses;
import io.virtuoso.protocol.Datagram;
import io.virtuoso.protocol.Event;
import io.virtuoso.protocol.SocketSlot;
import io.virtuoso.protocol.State;
import java.lang.invoke.VarHandle;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/**
 * UDP (RFC 768) as guests see it: takes datagrams out of transmit rings, puts them into receive rings of guests of this
 * host, hands others to the wire, and reports ICMP errors. Nothing waits for a receiver: what finds no room is dropped
 * and counted. Stack thread only.
 */
public final class DatagramPath {
    /** Bytes of datagrams that wait for a socket that did not ask for more or less; about Linux's rmem_default. */
    static final int DEFAULT_RECEIVE_BYTES = 1 << 18;

    /** Holds the largest datagram. */
    static final int MAX_TRANSMIT_BYTES = 1 << 18;

    private static final int FIRST_RING_BYTES = 1 << 12;
    private static final int GROWTH_FACTOR = 4;
    private static final int MAX_ROUNDS = 4;

    private final Routes routes;
    private final Ledger ledger;
    private final ByteBuffer header = ByteBuffer.allocateDirect(Datagram.BYTES).order(ByteOrder.LITTLE_ENDIAN);
    private final ByteBuffer quoted = ByteBuffer.allocateDirect(DatagramState.MAX_QUOTED);
    private final IcmpError localError = new IcmpError();
    private LocalTap tap;
    private long local;
    private long dropped;
    private long unroutable;

    /** Where datagrams go that leave a socket. */
    public interface Routes {
        /** @return the guest of this host that has the address in the sender's network, or null */
        GuestNode find(GuestNode from, int address);

        /**
         * Sends a datagram that lies in a socket's transmit ring to whoever has the address on the wire.
         *
         * @param cursor of the payload
         * @return false if the network has no way there
         */
        boolean sendByWire(GuestSocket from, int address, int port, long cursor, int length);
    }

    /** @param ledger knows the time that guests' rates go by */
    public DatagramPath(Routes routes, Ledger ledger) {
        this.routes = routes;
        this.ledger = ledger;
    }

    /** Says who notes what is copied between guests from now on, if not null. */
    public void capture(CaptureTap newTap) {
        tap = newTap == null ? null : new LocalTap(newTap);
    }

    /** @return datagrams delivered between guests since the start */
    public long local() {
        return local;
    }

    /** @return datagrams dropped because the receiver's ring was full, or its rate used up */
    public long dropped() {
        return dropped;
    }

    /** @return datagrams dropped because their network has no way to the destination */
    public long unroutable() {
        return unroutable;
    }

    /**
     * Makes a fresh socket a UDP socket that is not bound yet.
     *
     * @param families that it may receive, see {@link PortSpace}
     */
    public void open(GuestSocket socket, int families, int boundAddress, boolean reuseAddress, boolean reusePort) {
        socket.families(families);
        socket.datagram(new DatagramState(boundAddress, reuseAddress, reusePort));
        socket.role(GuestSocket.Role.DATAGRAM);
        socket.receiveLimit(Math.min(socket.space().maxReceiveBytes(), DEFAULT_RECEIVE_BYTES));
        socket.transmit().offer(FIRST_RING_BYTES);
    }

    /** The guest wrote, or wants a larger ring. */
    public void onDataToSend(GuestSocket socket, long wantedBytes) {
        if (wantedBytes > socket.transmit().capacity()) {
            if (!socket.transmit().lookForAdoption()) {
                socket.space().fault(EndReason.BAD_CURSOR);
                return;
            }
            socket.transmit().offer((int) Math.min(wantedBytes, MAX_TRANSMIT_BYTES));
        }
        pump(socket);
    }

    /** Sends everything a socket has written, as its guest's rate allows. */
    public void pump(GuestSocket from) {
        final TransmitRing tx = from.transmit();
        for (int round = 0; round < MAX_ROUNDS; round++) {
            if (!tx.refresh()) {
                from.space().fault(EndReason.BAD_CURSOR);
                return;
            }
            while (tx.pending() > 0 && from.space().node().turn().sendable(ledger.sinceNs()) > 0) {
                if (!sendNext(from)) {
                    from.space().fault(EndReason.BAD_DATAGRAM);
                    return;
                }
            }
            tx.publish();
            VarHandle.fullFence();
            if (tx.takeWriteNotice()) {
                from.space().ready(from, Event.READY_WRITE);
            }
            if (tx.pending() > 0) {
                break; // its rate is used up
            }
            if (!tx.hasMore()) {
                return;
            }
        }
        from.space().node().turn().again(from);
    }

    /** @return false if the record makes no sense */
    private boolean sendNext(GuestSocket from) {
        final TransmitRing tx = from.transmit();
        if (tx.pending() < Datagram.BYTES) {
            return false;
        }
        tx.copyTo(tx.head(), Datagram.BYTES, header, 0);
        final int bytes = Datagram.payloadBytes(header, 0);
        if (bytes < 0 || bytes > Datagram.MAX || Datagram.recordBytes(bytes) > tx.pending()) {
            return false;
        }
        final int address = address(from, Datagram.addressHigh(header, 0), Datagram.addressLow(header, 0));
        final int port = Datagram.port(header, 0);
        final int flags = Datagram.flags(header, 0) & Datagram.LOOPBACK;
        send(from, address, port, flags, tx.head() + Datagram.BYTES, bytes);
        tx.release(tx.head() + Datagram.recordBytes(bytes));
        return true;
    }

    /** @return the number of a destination, which holds as long as its datagram is looked at; 0: none that may be */
    private static int address(GuestSocket from, long high, long low) {
        if (Addresses.isIpv4(high, low)) {
            final int ipv4 = Addresses.ipv4(low);
            return Ipv6Numbers.isIpv6(ipv4) ? 0 : ipv4;
        }
        return from.space().node().numbers().findOrTransient(Long.reverseBytes(high), Long.reverseBytes(low));
    }

    /** Who is bound to the guest's address is seen there, as an answer must go there, too. */
    private static int shown(GuestSocket from, int flags) {
        return DatagramPorts.isAny(from.datagram().boundAddress()) ? flags : 0;
    }

    private void send(GuestSocket from, int address, int port, int flags, long cursor, int bytes) {
        final GuestNode own = from.space().node();
        final int source = own.addressTowards(address);
        final GuestNode node = flags != 0 ? own : routes.find(own, address);
        if (from.localPort() == 0
                || address == 0
                || source == 0
                || (from.families() & PortSpace.family(address)) == 0) {
            unroutable++; // no port, or no way there at all: no shim sends then
            return;
        }
        final int verdict = DatagramPolicy.checkSend(from, node, address, port);
        if (verdict != Policy.ALLOW) {
            forbid(from, verdict, address, port, cursor, bytes);
            return;
        }
        if (node == null) {
            if (!routes.sendByWire(from, address, port, cursor, bytes)) {
                unroutable++;
            }
            return;
        }
        final GuestSocket to = node.datagramPorts().find(port, source, from.localPort(), flags != 0);
        if (to == null) {
            final int known = Math.min(bytes, DatagramState.MAX_QUOTED);
            from.transmit().copyTo(cursor, known, quoted, 0);
            report(
                    from,
                    localError.portUnreachable(node.addressTowards(address)),
                    address,
                    port,
                    flags,
                    quoted,
                    0,
                    known);
        } else if (node.turn().receivable(ledger.sinceNs()) == 0) {
            dropped++;
            node.account().dropped();
        } else if (begin(to, source, from.localPort(), shown(from, flags), bytes)) {
            from.transmit().copyTo(cursor, bytes, to.receive());
            if (tap != null) {
                tap.datagram(from, node, address, port, cursor, bytes);
            }
            end(to, bytes);
            DatagramPolicy.received(to, from, source);
            local++;
            own.account().sent(1, bytes);
            node.account().received(1, bytes);
        }
    }

    /** The policy lets no datagram leave: the sender is told as by a router (RFC 1812 section 5.2.7.1), or not at all. */
    private void forbid(GuestSocket from, int verdict, int address, int port, long cursor, int bytes) {
        if (verdict != Policy.DROP) {
            final int known = Math.min(bytes, DatagramState.MAX_QUOTED);
            from.transmit().copyTo(cursor, known, quoted, 0);
            report(from, localError.forbidden(verdict, address), address, port, 0, quoted, 0, known);
        }
    }

    /**
     * Delivers a datagram from the wire.
     *
     * @param at where its payload begins in the buffer
     */
    public void deliver(GuestSocket to, int address, int port, ByteBuffer buffer, int at, int length) {
        if (length > Datagram.MAX) {
            dropped++; // over IPv6 a few more would fit
        } else if (begin(to, address, port, 0, length)) {
            to.receive().write(to.receive().tail(), buffer, at, length);
            to.receive().commit(to.receive().tail() + length);
            end(to, length);
        }
    }

    /** Writes the header of a record behind the tail. @return false if there is no room: the datagram is dropped */
    private boolean begin(GuestSocket to, int address, int port, int flags, int bytes) {
        final ReceiveRing rx = to.receive();
        if (!rx.refresh()) {
            to.space().fault(EndReason.BAD_CURSOR);
            return false;
        }
        final int record = Datagram.recordBytes(bytes);
        if (rx.unread() >= to.receiveLimit() || rx.room() < record && !grow(to, record)) {
            dropped++;
            return false;
        }
        final Ipv6Numbers numbers = to.space().node().numbers();
        Datagram.write(header, 0, bytes, numbers.firstWord(address), numbers.secondWord(address), port, flags);
        rx.write(rx.tail(), header, 0, Datagram.BYTES);
        rx.commit(rx.tail() + Datagram.BYTES);
        return true;
    }

    private static boolean grow(GuestSocket to, int record) {
        final ReceiveRing rx = to.receive();
        final int wanted = Math.max(rx.unread() + record, Math.min(rx.capacity() * GROWTH_FACTOR, to.receiveLimit()));
        rx.grow(Math.max(wanted, FIRST_RING_BYTES));
        return rx.room() >= record;
    }

    /** The payload is written: rounds the record up and shows it. */
    private static void end(GuestSocket to, int bytes) {
        final ReceiveRing rx = to.receive();
        rx.commit(rx.tail() + Datagram.recordBytes(bytes) - Datagram.BYTES - bytes);
        rx.publish();
        VarHandle.fullFence();
        if (rx.takeReadNotice()) {
            to.space().ready(to, Event.READY_READ);
        }
    }

    /**
     * Tells a socket of an ICMP error about a datagram it sent, if it wants to know: all with IP_RECVERR, else hard ones
     * about its peer (RFC 1122 section 4.1.3.3).
     *
     * @param address of the destination
     * @param flags   as the datagram was sent with
     * @param buffer  holds what is known of the datagram's payload
     */
    public void report(
            GuestSocket socket,
            IcmpError error,
            int address,
            int port,
            int flags,
            ByteBuffer buffer,
            int at,
            int length) {
        final DatagramState state = socket.datagram();
        final boolean ofPeer = state.connected() && DatagramState.accepts(socket, address, port);
        if (!state.receiveErrors() && !(ofPeer && error.isHard())) {
            return;
        }
        if (state.receiveErrors()) {
            final Ipv6Numbers numbers = socket.space().node().numbers();
            state.keep(error, numbers, address, port, flags, buffer, at, length);
        }
        final ByteBuffer region = socket.space().region();
        final int slot = socket.space().slotOffset(socket.index());
        SocketSlot.error(region, slot, error.errno());
        SocketSlot.errorCountRelease(region, slot, state.countError());
        VarHandle.fullFence();
        socket.space().ready(socket, Event.READY_STATE);
    }

    /**
     * Puts a fresh socket of another attachment in the place of one, with what that has received and not read, and
     * written and not sent. The other stays as a slot that does nothing.
     *
     * @return false if that is not possible
     */
    public boolean moveTo(GuestSocket from, GuestSocket heir) {
        pump(from);
        if (!SocketMove.takeUnsent(from, heir) || !heir.receive().takeOver(from.receive())) {
            return false;
        }
        final DatagramState state = from.datagram();
        open(heir, from.families(), state.boundAddress(), state.reuseAddress(), state.reusePort());
        succeed(from, heir);
        if (heir.transmit().pending() > 0) {
            pump(heir);
        }
        return true;
    }

    /** Undoes {@link #moveTo}: the heir's process has ended. What that has not read is lost. */
    public void giveBack(GuestSocket heir, GuestSocket before) {
        before.local(heir.localAddress(), heir.localPort());
        before.remote(heir.remoteAddress(), heir.remotePort());
        before.options().inherit(heir.options());
        before.role(GuestSocket.Role.DATAGRAM);
        before.receive().onMoved();
        succeed(heir, before);
        before.removeState(State.FAILED | State.MOVED);
        pump(before);
    }

    private static void succeed(GuestSocket from, GuestSocket heir) {
        heir.datagram().takeOver(from.datagram());
        heir.receiveLimit(from.receiveLimit());
        heir.space().node().datagramPorts().replace(from, heir);
        from.role(GuestSocket.Role.IDLE);
    }
}
