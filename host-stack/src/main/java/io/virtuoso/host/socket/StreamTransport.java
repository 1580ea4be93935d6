package io.virtuoso.host.socket;

import io.virtuoso.protocol.Option;

/** What carries the bytes of a connected socket: {@link LocalPath}, or TCP over a port. Stack thread only. */
public interface StreamTransport {
    /** @return size in bytes beyond which a ring is of no use to this transport */
    int largestRing();

    /** @return size in bytes of the transmit ring that a connection keeps through which nothing passes */
    int idleRing();

    /** The guest wrote; {@link TransmitRing#refresh} has not been called yet. */
    void onDataToSend(GuestSocket socket);

    /** The guest consumed as much as {@link ReceiveRing#wantRoomAt} asked for. */
    void onRoomMade(GuestSocket socket);

    /** The guest reads no more. What came before is still there for it; what comes once it writes no more, either, resets. */
    void shutdownRead(GuestSocket socket);

    /** The guest writes no more. What it has written still goes, then the end of the stream. */
    void shutdownWrite(GuestSocket socket);

    /**
     * The guest closed the socket and touches it no more.
     *
     * @param abort reset the connection and discard what was not sent
     */
    void close(GuestSocket socket, boolean abort);

    /**
     * Puts a fresh socket of another attachment in the place of one, with what that has received and not read, and
     * written and not sent.
     *
     * @return false if that is not possible now: memory is short, or the heir's process does not know that a socket may
     *     have something to send already
     */
    boolean moveTo(GuestSocket from, GuestSocket heir);

    /**
     * Applies an option.
     *
     * @param option one of {@link Option}'s numbers
     * @param value  checked against the option's range
     */
    void setOption(GuestSocket socket, int option, long value);

    /** Fills in what the transport knows about a connection. */
    void describe(GuestSocket socket, SocketInfo info);
}
