package io.virtuoso.host.slowpath;

import io.virtuoso.host.capture.CaptureTap;
import io.virtuoso.host.config.HostConfig;
import io.virtuoso.host.socket.GuestNode;
import io.virtuoso.host.socket.GuestSocket;
import java.util.function.ObjLongConsumer;
import java.util.function.Predicate;

/** What connects guests with everything that is not a guest of this host. Stack thread only. */
public interface WireService {
    /**
     * Begins the handshake of a socket that has both its names; the socket is told of the outcome.
     *
     * @param socket in role CONNECTING
     * @return false if a connection with these names exists, perhaps in TIME_WAIT: others are to be tried
     */
    boolean connect(GuestSocket socket);

    /**
     * Sends a datagram that lies in a socket's transmit ring; see {@link
     * io.virtuoso.host.socket.DatagramPath.Routes#sendByWire}.
     *
     * @return false if the socket's network has no way there
     */
    boolean sendDatagram(GuestSocket from, int address, int port, long cursor, int length);

    /** A guest's address is ours from now on. */
    void addNode(GuestNode node);

    /** A guest's address is ours no more; nothing uses it. */
    void removeNode(GuestNode node);

    /** Routes of networks and published ports are those of a configuration from now on; connections stay. */
    void change(HostConfig config);

    /**
     * Resets connections that the policy forbids, at any age.
     *
     * @param connect ends a connect that is under way, of which nothing is left here; false if it waits now
     * @return how many connections and connects were ended
     */
    int cutForbidden(Predicate<GuestSocket> connect);

    /** @return how many connections guests have, be they closed and with data to deliver still; without handshakes under way */
    int connections(Predicate<GuestNode> guests);

    /** The stack is about to sleep. @return false if packets wait that nobody would wake it for */
    boolean fallAsleep();

    /** The stack has slept: packets may have ended that. */
    void wokeUp();

    /** Closes the ports. */
    void close();

    /**
     * Receives packets.
     *
     * @param limit at most so many
     * @return how many
     */
    int poll(int limit);

    /** Does what is due. @return how many deadlines */
    int onTimers();

    /** Sends what is ready to go out. */
    void flush();

    /** @return when {@link #onTimers} is needed next; Long.MAX_VALUE if never */
    long nextDeadlineNs();

    /** Says who notes packets from now on, if not null. */
    void capture(CaptureTap tap);

    /** Reports its counters, by name. */
    void counters(ObjLongConsumer<String> sink);
}
