package io.virtuoso.host.tunnel;

import io.virtuoso.host.account.Arrivals;
import io.virtuoso.host.account.Ledger;
import io.virtuoso.host.net.IpStation;
import io.virtuoso.host.net.Ipv6Numbers;
import io.virtuoso.host.net.NetworkSettings;
import io.virtuoso.host.net.PathMtus;
import io.virtuoso.host.net.StackCounter;
import io.virtuoso.host.net.StackCounters;
import io.virtuoso.host.port.Frame;
import io.virtuoso.host.port.FrameLink;
import io.virtuoso.host.port.Port;
import io.virtuoso.host.wire.DropReason;
import io.virtuoso.host.wire.Ipv4Header;
import io.virtuoso.host.wire.Ipv6Header;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.function.IntConsumer;
import java.util.random.RandomGenerator;

/**
 * A port that carries the tunnels of many virtual networks, as a station of its own with one address. Addresses are ints,
 * see {@link Ipv6Numbers}; those of IPv6 have their numbers from {@link #number}. One thread owns it and says what time it
 * is: {@link #poll}, {@link #onTimers} and {@link #flush} in each pass, {@link #nextDeadlineNs} before waiting.
 */
public final class Underlay implements AutoCloseable {
    /** A burst ends after so many bytes, so that large frames do not keep guests' commands waiting. */
    private static final int MAX_BURST_BYTES = 512 * 1024;
    /** A quiet port is looked at only so often while other work keeps the stack busy: each look may be a system call. */
    private static final long QUIET_LOOK_NANOS = 10_000;
    /** What each way of IPv4 carries, as Linux sees it; routers that say less are forged or broken. */
    private static final int LEAST_MTU = 552;

    private final Port port;
    private final Ipv6Numbers numbers;
    private final RandomGenerator secrets;
    private final StackCounters counters = new StackCounters();
    private final Decapsulator decapsulator = new Decapsulator(this);
    private final IpStation station;
    private final PathMtus mtus;
    private final List<TunnelPort> tunnels = new ArrayList<>();
    private final List<TunnelRelay> relays = new ArrayList<>();
    private final Frame frame = new Frame();
    private final Frame other = new Frame();
    private int outerBytes;
    private long now;
    private long lastLook;
    private boolean quiet;
    private Ledger ledger = Ledger.unread();
    private Arrivals arrivals = new Arrivals(ledger);
    private Arrivals departures = new Arrivals(ledger);

    /**
     * Makes an underlay.
     *
     * @param port is closed with this object
     * @param network that the port is in
     * @param address our own in it
     * @param numbers of addresses on the underlay
     * @param secrets where keys come from; a SecureRandom, except in tests
     */
    public Underlay(
            final Port port,
            final NetworkSettings network,
            final int address,
            final Ipv6Numbers numbers,
            final RandomGenerator secrets) {
        this.port = port;
        this.numbers = numbers;
        this.secrets = secrets;
        this.station = new IpStation(port, network, address, numbers, counters, decapsulator);
        this.mtus = new PathMtus(port.mtu(), isIpv6() ? Ipv6Header.MIN_MTU : LEAST_MTU);
        this.outerBytes = TunnelKind.VXLAN.outerBytes(isIpv6());
        numbers.addHolder(this::forEachNumber);
    }

    private void forEachNumber(final IntConsumer consumer) {
        mtus.forEachRemote(consumer);
        tunnels.forEach(tunnel -> tunnel.forEachRemote(consumer));
    }

    /**
     * Makes the tunnel of a virtual network.
     *
     * @throws IllegalArgumentException if there is one with this VNI or key
     */
    public TunnelPort open(final TunnelSettings settings) {
        final OuterHeaders headers = new OuterHeaders(settings, station.address(), numbers, secrets.nextLong());
        final TunnelPort tunnel = new TunnelPort(this, settings, headers, secrets.nextLong());
        if (!decapsulator.add(tunnel)) {
            throw new IllegalArgumentException("there is a tunnel " + settings.vni() + " already");
        }
        if (tunnels.isEmpty()) {
            outerBytes = headers.bytes(); // of the others, inner frames are moved
        }
        tunnels.add(tunnel);
        return tunnel;
    }

    /**
     * Serves a tunnel whose network another thread serves: by what it has put into the link, and with what comes for it.
     *
     * @param tunnel of this underlay, which nobody else uses from now on
     */
    public void relay(final TunnelPort tunnel, final FrameLink link) {
        relays.add(new TunnelRelay(this, tunnel, link));
    }

    /**
     * Says who pays for the time: the guest whose an inner frame is, for what is around it, too; else the host stack.
     *
     * @param newLedger of the thread that owns this underlay
     */
    public void ledger(final Ledger newLedger) {
        ledger = newLedger;
        arrivals = new Arrivals(newLedger);
        departures = new Arrivals(newLedger);
    }

    /** @return the number of an IPv6 address, which stays in use */
    public int number(final long high, final long low) {
        return numbers.takeForEver(high, low);
    }

    /**
     * Receives up to {@code limit} frames and does all that follows from them; before that, the same with what networks of
     * other threads send.
     *
     * @return frames received, and sent for other threads
     */
    public int poll(final long nowNs, final int limit) {
        now = nowNs;
        final int sent = relays.isEmpty() ? 0 : pollRelays(limit);
        return quiet && nowNs - lastLook < QUIET_LOOK_NANOS ? sent : sent + pollPort(nowNs, limit);
    }

    private int pollRelays(final int limit) {
        int sent = 0;
        departures.begin();
        for (int i = 0; i < relays.size(); i++) {
            sent += relays.get(i).poll(departures, limit);
        }
        departures.end();
        return sent;
    }

    private int pollPort(final long nowNs, final int limit) {
        lastLook = nowNs;
        int received = 0;
        int bytes = 0;
        arrivals.begin();
        while (received < limit && bytes < MAX_BURST_BYTES) {
            arrivals.beforeFrame();
            frame.expectOuter(outerBytes);
            final int result = port.receive(frame);
            if (result != Port.RECEIVED) {
                if (result < 0) {
                    counters.count(StackCounter.PORT_ERRORS);
                }
                break;
            }
            received++;
            bytes += frame.length();
            onFrame();
            arrivals.afterFrame();
        }
        arrivals.end();
        quiet = received == 0;
        return received;
    }

    private void onFrame() {
        if (!decapsulator.onFrame(frame, now)) {
            ledger.charge(ledger.system());
            other.copyFrom(frame);
            station.onFrame(other, now);
        }
    }

    /** The thread is about to sleep. @return false if frames wait that nobody would wake it for */
    public boolean fallAsleep() {
        boolean asleep = port.fallAsleep();
        for (int i = 0; i < relays.size() && asleep; i++) {
            asleep = relays.get(i).fallAsleep();
        }
        return asleep;
    }

    /** The thread has slept: frames may have come. */
    public void wokeUp() {
        quiet = false;
        port.wokeUp();
        for (int i = 0; i < relays.size(); i++) {
            relays.get(i).wokeUp();
        }
    }

    /** Does what is due. */
    public void onTimers(final long nowNs) {
        now = nowNs;
        if (station.nextDeadlineNs() <= nowNs) {
            ledger.charge(ledger.system());
        }
        station.onTimers(nowNs);
    }

    /** Sends what the port still holds: after each pass, and before waiting. */
    public void flush() {
        port.flush();
        for (int i = 0; i < relays.size(); i++) {
            relays.get(i).flush();
        }
    }

    /** @return no later than when there is something to do without a frame; {@link Long#MAX_VALUE}: never */
    public long nextDeadlineNs() {
        for (int i = 0; i < tunnels.size(); i++) {
            if (tunnels.get(i).hasAnswers()) {
                return now;
            }
        }
        return station.nextDeadlineNs();
    }

    /** @return descriptor to wait on for frames; -1 if the port has none */
    public int fd() {
        return port.fd();
    }

    /** @return frames that were lost before they came here, as far as the port knows; a system call */
    public long missed() {
        return port.missed();
    }

    /** @return what happened so far, but for what happens inside the virtual networks; may be read by any thread */
    public StackCounters counters() {
        return counters;
    }

    /** {@inheritDoc} What networks of other threads, which have ended, had to send goes out before. */
    @Override
    public void close() {
        while (pollRelays(Integer.MAX_VALUE) > 0) {
            port.flush();
        }
        port.close();
    }

    Ledger ledger() {
        return ledger;
    }

    long now() {
        return now;
    }

    int address() {
        return station.address();
    }

    boolean isIpv6() {
        return Ipv6Numbers.isIpv6(station.address());
    }

    /** @return our own address, or what tells it from others */
    long addressBits() {
        final int address = station.address();
        return isIpv6() ? numbers.high(address) * 31 + numbers.low(address) : address;
    }

    boolean isOurs(final long high, final long low) {
        return numbers.high(station.address()) == high && numbers.low(station.address()) == low;
    }

    long mac() {
        return port.mac();
    }

    /** @return true if checksums may be undone and nothing says so */
    boolean leavesChecksums() {
        return port.leavesChecksums();
    }

    boolean checksumOffload() {
        return port.checksumOffload();
    }

    /** @return the sender of a packet; {@link Ipv6Numbers#TRANSIENT} if it has no number */
    int source(final ByteBuffer buffer, final int ipAt) {
        return isIpv6()
                ? numbers.findOrTransient(Ipv6Header.sourceHigh(buffer, ipAt), Ipv6Header.sourceLow(buffer, ipAt))
                : Ipv4Header.source(buffer, ipAt);
    }

    /** @return where a packet goes; {@link Ipv6Numbers#NONE} if that has no number */
    int destination(final ByteBuffer buffer, final int ipAt) {
        return isIpv6()
                ? numbers.find(Ipv6Header.destinationHigh(buffer, ipAt), Ipv6Header.destinationLow(buffer, ipAt))
                : Ipv4Header.destination(buffer, ipAt);
    }

    /** @return an address that may be kept, or {@link Ipv6Numbers#NONE} */
    int keep(final int remote) {
        return numbers.keep(remote);
    }

    void countReceived(final int bytes) {
        counters.count(StackCounter.FRAMES_IN);
        counters.add(StackCounter.BYTES_IN, bytes);
    }

    /** A frame that came is for nobody. */
    void dropReceived(final DropReason reason) {
        ledger.charge(ledger.system());
        counters.drop(reason);
    }

    void drop(final DropReason reason) {
        counters.drop(reason);
    }

    void send(final Frame outgoing, final int remote, final long nowNs) {
        station.send(outgoing, remote, nowNs);
    }

    int pathMtu(final int remote) {
        return mtus.of(remote, now);
    }

    int smallestMtu() {
        return mtus.smallest(now);
    }

    /** @return false if nobody there is sent anything */
    boolean lowerMtu(final int remote, final int mtu, final long nowNs) {
        if (!tunnels.stream().anyMatch(tunnel -> tunnel.sendsTo(remote))) {
            return false;
        }
        mtus.lower(remote, mtu, nowNs);
        return true;
    }
}
