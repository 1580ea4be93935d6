package io.virtuoso.host.account;

/**
 * What one payer, a guest or the host stack itself, has used of one fast-path core since the start. Values only grow.
 * Stack thread only.
 */
public final class Account {
    private final String name;
    private int weight;
    private long cpuNs;
    private long elapsedNs;
    private long uncorrectedNs;
    private long packetsIn;
    private long bytesIn;
    private long packetsOut;
    private long bytesOut;
    private long retransmitted;
    private long accepted;
    private long refused;
    private int connections;
    private int handshakes;
    private long connected;
    private long commands;
    private long waitedNs;
    private long limitedNs;
    private long queued;
    private long marked;
    private long dropped;
    private final DelayHistogram delays = new DelayHistogram();

    /**
     * @param name   of the guest
     * @param weight its share relative to others, at least 1
     */
    Account(final String name, final int weight) {
        this.name = name;
        this.weight = weight;
    }

    public String name() {
        return name;
    }

    /** @return share of CPU time relative to other guests, at least 1 */
    public int weight() {
        return weight;
    }

    /** @return CPU time billed, up to the last {@link Ledger#correct} */
    public long cpuNs() {
        return cpuNs;
    }

    /** @return time spent for this payer by the clock, interruptions of the thread included; for scheduling */
    public long elapsedNs() {
        return elapsedNs;
    }

    /** Its share is another from now on. */
    void weight(final int newWeight) {
        weight = newWeight;
    }

    long uncorrectedNs() {
        return uncorrectedNs;
    }

    void spend(final long ns) {
        elapsedNs += ns;
        uncorrectedNs += ns;
    }

    void bill(final long ns) {
        cpuNs += ns;
        uncorrectedNs = 0;
    }

    /** Notes what came for the guest: packets, or a copy from another guest. */
    public void received(final int packets, final long bytes) {
        packetsIn += packets;
        bytesIn += bytes;
    }

    /** Notes what went out for the guest: packets, or a copy to another guest. */
    public void sent(final int packets, final long bytes) {
        packetsOut += packets;
        bytesOut += bytes;
    }

    /** Notes segments that were sent again. */
    public void retransmitted(final int segments) {
        retransmitted += segments;
    }

    /** Notes a connection that a peer opened. */
    public void accepted() {
        accepted++;
    }

    /** Notes a connection that the guest opened. */
    public void connected() {
        connected++;
    }

    /** Notes a connection that was refused because the guest has as many as it may, or no port of the uplink is left for it. */
    public void refused() {
        refused++;
    }

    /** Notes connections that begin, or end. */
    public void connections(final int more) {
        connections += more;
    }

    /** Notes handshakes that peers begin, or that end. */
    public void handshakes(final int more) {
        handshakes += more;
    }

    /** @return connections now, those being opened included */
    public int connectionCount() {
        return connections;
    }

    /** @return unfinished handshakes of peers now */
    public int handshakeCount() {
        return handshakes;
    }

    /** @return connections that were refused because the guest had as many as it may, or no port of the uplink was left for it */
    public long refusedConnections() {
        return refused;
    }

    /** Notes commands taken. */
    public void commands(final int count) {
        commands += count;
    }

    void waited(final long ns) {
        waitedNs += Math.max(0, ns);
    }

    void limited(final long ns) {
        limitedNs += Math.max(0, ns);
    }

    /** @return time that work of this guest waited while others were served, in nanoseconds */
    public long waitedNs() {
        return waitedNs;
    }

    /** @return time that work of this guest waited because of its limits, in nanoseconds */
    public long limitedNs() {
        return limitedNs;
    }

    /** Notes a frame that had to wait for the guest's turn. */
    public void queued() {
        queued++;
    }

    /** Notes a frame that was marked with Congestion Experienced. */
    public void marked() {
        marked++;
    }

    /**
     * Notes a frame that was dropped because too many waited for the guest's turn, or a datagram from another guest because its
     * rate was used up.
     */
    public void dropped() {
        dropped++;
    }

    /** @return frames that had to wait for the guest's turn */
    public long queuedFrames() {
        return queued;
    }

    /** @return frames that were marked with Congestion Experienced */
    public long markedFrames() {
        return marked;
    }

    /** @return frames that were dropped because too many waited for the guest's turn */
    public long droppedFrames() {
        return dropped;
    }

    /** Notes that a command or packet waited for at most so long. */
    public void delayed(final long ns) {
        delays.add(ns);
    }

    /** @return how long commands and packets waited: for each batch of commands or packets the first one */
    public DelayHistogram delays() {
        return delays;
    }

    /** @return packets that came through the port, and copies from other guests */
    public long packetsIn() {
        return packetsIn;
    }

    /** @return bytes of frames that came through the port, and payload from other guests */
    public long bytesIn() {
        return bytesIn;
    }

    /** @return packets sent through the port, and copies to other guests */
    public long packetsOut() {
        return packetsOut;
    }

    /** @return bytes of frames sent through the port, and payload to other guests */
    public long bytesOut() {
        return bytesOut;
    }

    /** @return segments sent again */
    public long retransmitted() {
        return retransmitted;
    }

    /** @return connections that peers opened */
    public long acceptedConnections() {
        return accepted;
    }

    /** @return connections that the guest opened */
    public long connectedConnections() {
        return connected;
    }

    /** @return commands taken from its contexts */
    public long takenCommands() {
        return commands;
    }
}
