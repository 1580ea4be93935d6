package io.virtuoso.host.net;

import io.virtuoso.host.account.Account;
import io.virtuoso.host.account.Arrivals;
import io.virtuoso.host.account.Ledger;
import io.virtuoso.host.account.Turn;
import io.virtuoso.host.capture.CaptureTap;
import io.virtuoso.host.port.Frame;
import io.virtuoso.host.port.HairpinPort;
import io.virtuoso.host.port.Port;
import io.virtuoso.host.tcp.InitialSequence;
import io.virtuoso.host.tcp.OutgoingSegment;
import io.virtuoso.host.tcp.RecordPool;
import io.virtuoso.host.tcp.TcpConfig;
import io.virtuoso.host.tcp.TcpEvents;
import io.virtuoso.host.tcp.TimeWait;
import io.virtuoso.host.wire.Ipv6Header;
import io.virtuoso.host.wire.NdMessage;
import java.util.function.Consumer;
import java.util.function.IntConsumer;
import java.util.random.RandomGenerator;

/**
 * The way between the guests of one virtual network and a port: Ethernet, ARP, IPv4 and IPv6, ICMP, TCP and UDP. Addresses are ints, see {@link Ipv6Numbers}. One thread owns it and
 * says what time it is; see the package's description for how to drive it.
 */
public final class WirePath implements AutoCloseable {
    /** Most payload of one segment handed to the port: with headers it fits into an IP packet. */
    public static final int MAX_SEGMENT_BYTES = 65_000;

    private static final int TCP_AND_IPV4_HEADERS = 40;
    private static final int TCP_AND_IPV6_HEADERS = 60;
    private static final int TIMERS_PER_PASS = 256;
    /** A burst ends after so many bytes, so that large frames do not keep guests' commands waiting. */
    private static final int MAX_BURST_BYTES = 512 * 1024;
    /** Unfinished handshakes of connections from outside; more are not remembered, so that a flood cannot fill the heap. */
    static final int MAX_HALF_OPEN = 4096;

    private final Port port;
    private final int scope;
    private final TcpConfig config;
    private final TcpConfig config6;
    private final Ipv6Numbers numbers;
    private final StackCounters counters = new StackCounters();
    private final Ledger ledger;
    private final Arrivals arrivals;
    private final LocalAddresses addresses;
    private final FrameSender sender;
    private final NeighbourTable neighbours;
    private final IpInput input;
    private final TappedInput tappedInput;
    private final TcpInput tcpInput;
    private final UdpInput udpInput;
    private final IcmpInput icmpInput;
    private final Icmpv6Input icmpv6Input;
    private final GroupReports reports;
    private final DatagramWriter datagramWriter;
    private final SegmentWriter writer;
    private final FlowTable<WireConnection> flows;
    private final FlowTimers timers = new FlowTimers();
    private final TimeWaits timeWaits;
    private final InitialSequence initialSequence;
    private final OutgoingSegment outgoing = new OutgoingSegment();
    private final RecordPool records = new RecordPool();
    private final Frame frame = new Frame();
    private long now;
    private int halfOpen;

    /** Makes the wire path of a virtual network whose addresses nobody else uses. */
    public WirePath(
            final Port port,
            final NetworkSettings network,
            final int scope,
            final TcpConfig config,
            final ListenerLookup listeners,
            final RandomGenerator secrets) {
        this(port, network, scope, config, listeners, new Ipv6Numbers(scope), secrets, Ledger.unread());
    }

    /**
     * Makes the wire path of a virtual network.
     *
     * @param port is closed with this object
     * @param scope number of the virtual network, for initial sequence numbers
     * @param config of TCP; segment sizes are replaced by what the port can do
     * @param secrets where keys come from; a SecureRandom, except in tests
     * @param ledger who pays for the time
     */
    public WirePath(
            final Port port,
            final NetworkSettings network,
            final int scope,
            final TcpConfig config,
            final ListenerLookup listeners,
            final Ipv6Numbers numbers,
            final RandomGenerator secrets,
            final Ledger ledger) {
        this.port = port;
        this.ledger = ledger;
        this.arrivals = new Arrivals(ledger);
        this.addresses = new LocalAddresses(ledger);
        this.scope = scope;
        this.numbers = numbers;
        this.config = withSegments(config, port.mtu() - TCP_AND_IPV4_HEADERS);
        this.config6 = withSegments(config, port.mtu() - TCP_AND_IPV6_HEADERS);
        this.sender = new FrameSender(port, counters, ledger);
        this.neighbours = new NeighbourTable(sender, network, numbers, counters, addresses);
        this.writer = new SegmentWriter(neighbours, counters, port, numbers);
        this.flows = new FlowTable<>(secrets.nextLong());
        this.timeWaits = new TimeWaits(this, timers, secrets.nextLong());
        this.initialSequence = new InitialSequence(secrets.nextLong(), secrets.nextLong());
        final UnreachableHook hook = new UnreachableHook(flows, neighbours);
        this.neighbours.listener(hook);
        final PacketSender packets = new PacketSender(neighbours, numbers, port.mtu(), secrets.nextInt());
        final IcmpOutput icmpOutput = new IcmpOutput(neighbours, counters, numbers);
        this.icmpInput = new IcmpInput(packets, icmpOutput, counters, hook);
        this.udpInput = new UdpInput(counters, icmpOutput, numbers);
        this.datagramWriter = new DatagramWriter(packets, counters, numbers, port.checksumOffload());
        this.tcpInput = new TcpInput(this, listeners, icmpOutput, flows, numbers, secrets);
        this.icmpv6Input = new Icmpv6Input(addresses, neighbours, counters, hook, numbers, packets);
        final IpInput.Ipv6 ipv6 = new IpInput.Ipv6(network.ipv6() != null, numbers, icmpv6Input);
        this.input = new IpInput(addresses, neighbours, counters, port.mac(), tcpInput, udpInput, icmpInput, ipv6);
        this.tappedInput = new TappedInput(input, addresses, ledger);
        this.reports = network.ipv6() != null && port.wantsGroupReports() ? groupReports(secrets) : null;
        numbers.addHolder(this::forEachNumber);
        port.deliverTo(this::onFrame);
    }

    /** Takes a frame that the port brings by itself. */
    private void onFrame(final Frame brought, final long nowNs) {
        now = nowNs;
        tappedInput.onFrame(brought, nowNs);
    }

    /** Says that this is the port, and that packets for our own addresses come back by it. */
    public void hairpins(final HairpinPort ofPort) {
        neighbours.hairpins(addresses);
        input.own(ofPort::isOwn);
    }

    /** Says who notes packets from now on, if not null, and the network's name for that. */
    public void capture(final CaptureTap newTap, final String ofNetwork) {
        tappedInput.capture(newTap, ofNetwork);
        sender.capture(newTap, ofNetwork);
    }

    /** Reports come from a link-local address. */
    private GroupReports groupReports(final RandomGenerator random) {
        final long low = Ipv6Header.linkLocalLow(port.mac());
        final GroupReports made = new GroupReports(
                new FrameSender(port, counters, ledger), counters, random, low, port.hearsGroupQueries());
        icmpv6Input.reports(made);
        port.join(NdMessage.multicastMac(NdMessage.ALL_NODES_LOW));
        port.join(NdMessage.multicastMac(NdMessage.solicitedNodeLow(low)));
        addresses.add(numbers.takeForEver(Ipv6Header.LINK_LOCAL_HIGH, low));
        made.join(NdMessage.solicitedNodeLow(low), now);
        return made;
    }

    private static TcpConfig withSegments(final TcpConfig config, final int mss) {
        return config.withSegments(Math.min(mss, MAX_SEGMENT_BYTES), MAX_SEGMENT_BYTES);
    }

    private void forEachNumber(final IntConsumer consumer) {
        flows.forEach(flow -> consumer.accept(flow.remoteAddress));
        timeWaits.forEachNumber(consumer);
        neighbours.forEachAddress(consumer);
    }

    /** Says who receives datagrams; nobody does before. */
    public void datagrams(final DatagramSink sink) {
        udpInput.sink(sink);
        icmpInput.datagrams(sink);
        icmpv6Input.datagrams(sink, datagramWriter);
    }

    /** Says what the policy is; there is none before. */
    public void policy(final PolicyHook hook) {
        tcpInput.policy(hook);
        udpInput.policy(hook);
        icmpInput.policy(hook);
        icmpv6Input.policy(hook);
    }

    /** @return through which guests' datagrams are sent */
    public DatagramWriter datagramWriter() {
        return datagramWriter;
    }

    /**
     * Makes an address ours: ARP requests and solicitations for it are answered, packets for it taken. One of IPv6 is only
     * used, on ports with other stations, once it is known that none of these has it. The time is that of the last call
     * that told one.
     */
    public void addAddress(final int address) {
        addresses.add(address);
        announce(address, now);
    }

    /** Makes an address ours whose guest pays for its packets, connections and timers, and may have to wait for them. */
    public void addAddress(final int address, final Turn turn, final long nowNs) {
        addresses.add(address, turn, frame, this::resume);
        port.payer(numbers.firstHalf(address), numbers.lastHalf(address), turn.account());
        announce(address, nowNs);
    }

    private void announce(final int address, final long nowNs) {
        if (Ipv6Numbers.isIpv6(address) && reports != null) {
            final long group = NdMessage.solicitedNodeLow(numbers.low(address));
            if (!port.join(NdMessage.multicastMac(group))) {
                counters.count(StackCounter.PORT_ERRORS);
            }
            reports.join(group, nowNs);
        }
        if (Ipv6Numbers.isIpv6(address) && port.isShared()) {
            neighbours.duplicates().begin(address, nowNs);
        }
    }

    private void resume(final Frame waiting, final long waitedNs) {
        now = ledger.passNs();
        tappedInput.resume(waiting, waitedNs, now);
    }

    /** Gives an address up. Connections that use it receive nothing any more; the caller aborts them before. */
    public void removeAddress(final int address) {
        addresses.remove(address);
        port.nobodyPays(numbers.firstHalf(address), numbers.lastHalf(address));
        neighbours.duplicates().end(address);
        if (Ipv6Numbers.isIpv6(address) && reports != null) {
            reports.leave(NdMessage.solicitedNodeLow(numbers.low(address)));
        }
    }

    /**
     * Receives up to {@code limit} frames, or fewer if they are large, and does all that follows from them.
     *
     * @return frames received
     */
    public int poll(final long nowNs, final int limit) {
        now = nowNs;
        int received = 0;
        int bytes = 0;
        arrivals.begin();
        while (received < limit && bytes < MAX_BURST_BYTES) {
            arrivals.beforeFrame();
            final int result = port.receive(frame);
            if (result != Port.RECEIVED) {
                if (result < 0) {
                    counters.count(StackCounter.PORT_ERRORS);
                }
                break;
            }
            received++;
            bytes += frame.length();
            tappedInput.onFrame(frame, nowNs);
            arrivals.afterFrame();
        }
        arrivals.end();
        if (received < limit && bytes < MAX_BURST_BYTES) {
            addresses.portEmpty(nowNs);
        }
        return received;
    }

    /** The thread is about to sleep. @return false if frames wait that nobody would wake it for */
    public boolean fallAsleep() {
        return port.fallAsleep();
    }

    /** The thread has slept, because nothing was there. */
    public void wokeUp() {
        port.wokeUp();
        addresses.portEmpty(ledger.passNs());
    }

    /** Sends what the port still holds: after each pass, and before waiting. */
    public void flush() {
        port.flush();
    }

    /** Does what is due. @return deadlines that were */
    public int onTimers(final long nowNs) {
        now = nowNs;
        neighbours.onTimers(nowNs);
        if (reports != null) {
            reports.onTimers(nowNs);
        }
        return timers.expire(nowNs, TIMERS_PER_PASS);
    }

    /** @return no later than when {@link #onTimers} is needed; {@link Long#MAX_VALUE}: never */
    public long nextDeadlineNs() {
        final long report = reports == null ? Long.MAX_VALUE : reports.nextDeadline();
        return Math.min(Math.min(timers.next(), neighbours.nextDeadline()), report);
    }

    /** @return true if packets for an address have a next hop; without one {@code connect} gives ENETUNREACH */
    public boolean hasRoute(final int address) {
        return neighbours.nextHop(address) != Routes.NO_ROUTE;
    }

    /** @return true if no connection has these names, not even in TIME_WAIT */
    public boolean isFree(final int localAddress, final int localPort, final int remoteAddress, final int remotePort) {
        return flows.get(localAddress, localPort, remoteAddress, remotePort) == null
                && !timeWaits.contains(localAddress, localPort, remoteAddress, remotePort);
    }

    /** Begins an active open: {@link #prepare} and {@link #start} at once. */
    public WireConnection connect(
            final int localAddress,
            final int localPort,
            final int remoteAddress,
            final int remotePort,
            final TcpEvents owner,
            final long nowNs) {
        final WireConnection connection = prepare(localAddress, localPort, remoteAddress, remotePort, owner);
        if (connection != null) {
            start(connection, nowNs);
        }
        return connection;
    }

    /**
     * Makes a connection for an active open, whose options may be set before {@link #start} is called, which must follow.
     *
     * @param localAddress one of {@link #addAddress}
     * @param owner is told what becomes of it
     * @return null if a connection with these names is there already, perhaps in TIME_WAIT
     */
    public WireConnection prepare(
            final int localAddress,
            final int localPort,
            final int remoteAddress,
            final int remotePort,
            final TcpEvents owner) {
        if (!isFree(localAddress, localPort, remoteAddress, remotePort)) {
            return null;
        }
        final WireConnection connection = newConnection(localAddress, localPort, remoteAddress, remotePort);
        flows.put(connection);
        connection.owner(owner);
        return connection;
    }

    /** Sends the SYN. */
    public void start(final WireConnection connection, final long nowNs) {
        now = nowNs;
        connection.tcp().connect(initialSequence(connection, nowNs), timestampOffset(connection), nowNs);
        reschedule(connection);
    }

    /** @return descriptor to wait on for packets; -1 if the port has none */
    public int fd() {
        return port.fd();
    }

    /** @return frames that were lost before they came here, as far as the port knows; a system call */
    public long missed() {
        return port.missed();
    }

    /** @return what happened so far; may be read by any thread */
    public StackCounters counters() {
        return counters;
    }

    /** Calls for each connection; none may come or go meanwhile. */
    public void forEachConnection(final Consumer<WireConnection> consumer) {
        flows.forEach(consumer);
    }

    /** @return connections, those in TIME_WAIT included */
    public int connections() {
        return flows.size() + timeWaits.size();
    }

    TimeWaits timeWaits() {
        return timeWaits;
    }

    /** @return connections, timers, handshakes, packets and records that are held for something not yet over */
    int held() {
        return flows.size() + timers.size() + halfOpen + neighbours.waiting() + input.incomplete(now) + records.lent();
    }

    @Override
    public void close() {
        port.close();
    }

    WireConnection newConnection(
            final int localAddress, final int localPort, final int remoteAddress, final int remotePort) {
        return new WireConnection(this, config(remoteAddress), localAddress, localPort, remoteAddress, remotePort);
    }

    RecordPool records() {
        return records;
    }

    TcpConfig config() {
        return config;
    }

    /** @return what holds for connections with a peer of this address's family */
    TcpConfig config(final int remoteAddress) {
        return Ipv6Numbers.isIpv6(remoteAddress) ? config6 : config;
    }

    int scope() {
        return scope;
    }

    Account owner(final int localAddress) {
        return addresses.owner(localAddress);
    }

    Ledger ledger() {
        return ledger;
    }

    int initialSequence(final WireConnection flow, final long nowNs) {
        return initialSequence.sequence(
                lasting(flow.localAddress), flow.localPort, lasting(flow.remoteAddress), flow.remotePort, scope, nowNs);
    }

    int timestampOffset(final WireConnection flow) {
        return timestampOffset(flow.localAddress, flow.localPort, flow.remoteAddress, flow.remotePort);
    }

    int timestampOffset(final int localAddress, final int localPort, final int remoteAddress, final int remotePort) {
        return initialSequence.timestampOffset(
                lasting(localAddress), localPort, lasting(remoteAddress), remotePort, scope);
    }

    /** @return what stands for an address in keys that outlive its number */
    int lasting(final int address) {
        return Ipv6Numbers.isIpv6(address)
                ? initialSequence.shorten(numbers.high(address), numbers.low(address))
                : address;
    }

    /** @return false if there are too many unfinished handshakes already */
    boolean mayBeginHandshake() {
        return halfOpen < MAX_HALF_OPEN;
    }

    void beginHandshake() {
        halfOpen++;
    }

    void endHandshake() {
        halfOpen--;
    }

    void now(final long nowNs) {
        now = nowNs;
    }

    /** After anything that may have changed a connection. In TIME_WAIT something smaller takes its place. */
    void reschedule(final WireConnection connection) {
        final TimeWait rest = connection.tcp().remains();
        if (rest == null) {
            timers.update(connection);
        } else {
            timeWaits.replace(connection, rest, now);
        }
    }

    void forget(final WireConnection connection) {
        timers.remove(connection);
        flows.remove(connection);
    }

    OutgoingSegment claim() {
        return outgoing;
    }

    void send(final WireConnection flow, final OutgoingSegment segment) {
        writer.send(
                flow.localAddress,
                flow.localPort,
                flow.remoteAddress,
                flow.remotePort,
                segment,
                flow.tcp().sendBuffer(),
                now);
    }

    /** @return true if packets to an address may go without another question to the network, or there is room for one */
    boolean isReachable(final int address) {
        return neighbours.isKnown(address) || neighbours.size() < NeighbourTable.MAX_NEIGHBOURS / 2;
    }

    /** Sends {@link #claim}'s segment, which belongs to no connection. */
    void sendAlone(final int localAddress, final int localPort, final int remoteAddress, final int remotePort) {
        writer.send(localAddress, localPort, remoteAddress, remotePort, outgoing, null, now);
    }
}
