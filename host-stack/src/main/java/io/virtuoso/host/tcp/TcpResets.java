package io.virtuoso.host.tcp;

/** The answer to segments that belong to no connection (RFC 9293 section 3.10.7.1). */
public final class TcpResets {
    private TcpResets() {}

    /**
     * Fills {@code reply} with the RST for {@code segment}, to be sent with addresses and ports exchanged.
     *
     * @return false if nothing must be sent, because the segment is itself an RST
     */
    public static boolean reply(TcpSegment segment, OutgoingSegment reply) {
        if (segment.has(TcpFlags.RST)) {
            return false;
        }
        reply.clear();
        if (segment.has(TcpFlags.ACK)) {
            reply.seq = segment.ack;
            reply.flags = TcpFlags.RST;
        } else {
            reply.ack = segment.seq + segment.sequenceLength();
            reply.flags = TcpFlags.RST | TcpFlags.ACK;
        }
        return true;
    }
}
