package io.virtuoso.host.port;

import io.virtuoso.host.account.Account;

/**
 * Where frames enter and leave. Not thread-safe: one thread receives and transmits. Nothing allocates per frame.
 *
 * <p>Frames carry a virtio header in both directions. What a receiver may find there: a transport checksum that covers
 * only the pseudo header (NEEDS_CHECKSUM), and TCP frames of up to 64 KiB that stand for many segments. What a sender may
 * ask for is limited by {@link #checksumOffload} and {@link #segmentationOffload}.
 */
public interface Port extends AutoCloseable {
    /** Nothing was there to be received. */
    int NONE = 0;
    /** One frame was received. */
    int RECEIVED = 1;

    /**
     * Receives one frame, if there is one. Never blocks.
     *
     * @param frame is overwritten
     * @return {@link #RECEIVED}, {@link #NONE}, or a negative errno
     */
    int receive(Frame frame);

    /**
     * Transmits one frame, at the latest with the next {@link #flush}. Never blocks; the frame may be reused at once.
     *
     * @return false if the frame was dropped because the port has no room, or is down
     */
    boolean transmit(Frame frame);

    /** Sends what {@link #transmit} has taken and not yet sent: called after each burst, and before waiting. */
    void flush();

    /** Takes frames from ports that bring them without being asked. */
    interface Receiver {
        /** @param frame in the port's hands again when this returns */
        void onFrame(Frame frame, long now);
    }

    /** Says who takes the frames of a port that does not wait for {@link #receive}, such as a tunnel's. */
    default void deliverTo(final Receiver receiver) {
        // Most ports have frames in receive() only.
    }

    /** @return descriptor to wait on for frames to receive; -1 if there is none */
    int fd();

    /** @return largest IP packet that may go out in one piece, in bytes */
    int mtu();

    /** @return the host stack's own address on this port */
    long mac();

    /** @return true if frames with NEEDS_CHECKSUM may be transmitted */
    boolean checksumOffload();

    /** @return true if IPv4 TCP frames larger than the MTU may be transmitted, to be cut by the other side */
    boolean segmentationOffload();

    /** @return true if frames may be transmitted that have pieces elsewhere, see {@link Frame#append} */
    default boolean gathers() {
        return false;
    }

    /** @return true if frames may come with TCP checksums left undone by senders on this machine, and nothing says so */
    default boolean leavesChecksums() {
        return false;
    }

    /**
     * Asks the kernel, which takes a system call.
     *
     * @return frames lost so far because there was no room to receive them, where the kernel tells that
     */
    long missed();

    /**
     * From now on frames to a group of Ethernet addresses are received, too, if they were not anyway. A system call.
     *
     * @return false if the interface does not admit any more
     */
    default boolean join(long group) {
        return true;
    }

    /** @return true if other stations are there, and not only the kernel of this machine */
    default boolean isShared() {
        return false;
    }

    /** @return true if there are routers or switches that want to know which groups are received */
    default boolean wantsGroupReports() {
        return isShared();
    }

    /** @return false if it does not hear when they ask */
    default boolean hearsGroupQueries() {
        return true;
    }

    /**
     * The thread is about to sleep. From now on it is woken by the port's descriptor, or by who brings frames if there is
     * none, until {@link #wokeUp}.
     *
     * @return false if frames wait that nobody would wake it for: then it must not sleep
     */
    default boolean fallAsleep() {
        return true;
    }

    /** The thread looks for frames by itself again. */
    default void wokeUp() {
        // Most ports have a descriptor.
    }

    /**
     * Says who pays for the packets of one of our addresses, where another thread carries them.
     *
     * @param high first half of an IPv6 address; 0: it is one of IPv4
     * @param low  second half, or the IPv4 address
     */
    default void payer(final long high, final long low, final Account account) {
        // Most ports are served by the thread that bills.
    }

    /** The address is ours no more. */
    default void nobodyPays(final long high, final long low) {
        // As above.
    }

    @Override
    void close();
}
