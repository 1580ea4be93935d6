package io.virtuoso.host.net;

import io.virtuoso.host.account.Account;
import io.virtuoso.host.account.Ledger;
import io.virtuoso.host.account.Turn;
import io.virtuoso.host.port.Frame;
import org.agrona.collections.Int2ObjectHashMap;

/**
 * The addresses that the host stack answers for on a port: those of the guests of one virtual network; and whose they
 * are, who thus pays for what comes for them, and may have to wait for it.
 */
final class LocalAddresses {
    /** No station's address. */
    private static final int NOBODY = 0;

    private final Int2ObjectHashMap<Station> stations = new Int2ObjectHashMap<>();
    private final Int2ObjectHashMap<Station> doubtful = new Int2ObjectHashMap<>();
    private final Ledger ledger;
    private final PacketMemory memory = new PacketMemory();
    private final Station nobody;
    private long emptyNs;
    private long enqueued;

    /**
     * Whose an address is.
     *
     * @param turn  null if packets never wait
     * @param queue where they do
     */
    private record Station(Account account, Turn turn, PacketQueue queue) {}

    LocalAddresses(final Ledger ledger) {
        this.ledger = ledger;
        this.nobody = new Station(ledger.system(), null, null);
    }

    /** Makes an address the host stack's own. */
    boolean add(final int address) {
        return put(address, nobody);
    }

    /**
     * Makes an address a guest's.
     *
     * @param receiver gets packets that had to wait
     */
    boolean add(final int address, final Turn turn, final Frame frame, final PacketQueue.Receiver receiver) {
        for (final Station station : stations.values()) {
            if (station.turn == turn) {
                return put(address, station);
            }
        }
        return put(address, new Station(turn.account(), turn, new PacketQueue(turn, memory, frame, receiver)));
    }

    private boolean put(final int address, final Station station) {
        if (address == NOBODY) {
            throw new IllegalArgumentException("0.0.0.0 is nobody's address");
        }
        return stations.put(address, station) == null;
    }

    boolean remove(final int address) {
        doubtful.remove(address);
        return stations.remove(address) != null;
    }

    /** An address may be another station's, too: until {@link #trust} nothing is received for it. */
    void doubt(final int address) {
        doubtful.put(address, stations.remove(address));
    }

    /** An address is known to be the host stack's alone. */
    void trust(final int address) {
        stations.put(address, doubtful.remove(address));
    }

    /** @param address as {@link Ipv6Numbers} has it */
    boolean contains(final int address) {
        return stations.containsKey(address);
    }

    /** @param address read from a packet: what looks like a number is none */
    boolean containsIpv4(final int address) {
        return !Ipv6Numbers.isIpv6(address) && stations.containsKey(address);
    }

    private Station station(final int address) {
        final Station known = stations.get(address);
        final Station station = known == null ? doubtful.get(address) : known;
        return station == null ? nobody : station;
    }

    /** @return who pays for an address; the host stack for those of nobody */
    Account owner(final int address) {
        return station(address).account;
    }

    /** The port was last seen empty at this time: frames that come now are younger. */
    void portEmpty(final long nowNs) {
        emptyNs = nowNs;
    }

    /**
     * A frame came for an address: whose it is pays for it from now on.
     *
     * @return false if it is the host stack's own, as an uplink's: ports may say whose the frame is
     */
    boolean charge(final int address, final Frame frame) {
        final Account owner = owner(address);
        if (owner == ledger.system()) {
            return false;
        }
        charge(owner, frame);
        return true;
    }

    private void charge(final Account owner, final Frame frame) {
        if (ledger.payer() != owner) {
            ledger.charge(owner);
            owner.delayed(ledger.sinceNs() - emptyNs);
        }
        owner.received(frame.packets(), frame.length());
    }

    /** A frame came for nobody, or for several. */
    void chargeNobody(final Frame frame) {
        charge(ledger.system(), frame);
    }

    /** @return false if packets for an address have to wait: {@link #enqueue} is to follow */
    boolean mayReceive(final int address) {
        final Turn turn = station(address).turn;
        return turn == null || turn.mayReceive();
    }

    /** Puts a frame behind those that wait. @return false if there is no room: it is to be dropped */
    boolean enqueue(final int address, final Frame frame, final long nowNs) {
        final Station station = station(address);
        if (!station.queue.add(frame, nowNs)) {
            station.account.dropped();
            return false;
        }
        station.turn.waits(station.queue);
        enqueued++;
        return true;
    }

    /** @return frames that had to wait so far */
    long enqueued() {
        return enqueued;
    }
}
