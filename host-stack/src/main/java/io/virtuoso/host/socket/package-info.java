/**
 * Guests' sockets: the host's half of what lies in shared memory, and the ways of bytes that need no wire.
 *
 * <pre>
 *   GuestNode            a guest: addresses, ports (PortSpace, DatagramPorts), its turn (GuestTurn), its policy
 *     SocketSpace        one attachment (process) of it, with its region
 *       ContextPort      one pair of queues: commands in, events out, doorbell
 *       GuestSocket      one socket slot: what the guest must not be able to change
 *         TransmitRing   the guest writes, the host reads     | rings come from RingPool, which alone knows
 *         ReceiveRing    the host writes, the guest reads     | where they lie
 *   StreamTransport      carries a connection's bytes: LocalPath to another guest, or TCP (slowpath.WireStream)
 *   DatagramPath         the same for UDP
 *   Listener             a listening socket, with a ListenerMember for each process that can accept
 * </pre>
 *
 * <p>A region is hostile. Every word of it is read once, checked and then used; offsets, lengths and owners are kept in these
 * objects. A word that makes no sense ends the attachment ({@link io.virtuoso.host.socket.SocketSpace#fault}), nothing else.
 *
 * <p>Cursors are 64-bit counts of bytes since a ring's beginning. They only grow, and are compared by their difference.
 * Everything here is the stack thread's.
 */
package io.virtuoso.host.socket;
