package io.virtuoso.host.socket;

/** Facts about one socket for {@code TCP_INFO} and {@code ss}: {@code struct vt_socket_info} of the ABI, reused. */
public final class SocketInfo {
    /** Linux's TCPI_OPT_TIMESTAMPS. */
    public static final int OPTION_TIMESTAMPS = 1;

    /** Linux's TCPI_OPT_SACK. */
    public static final int OPTION_SACK = 2;

    /** Linux's TCPI_OPT_WSCALE. */
    public static final int OPTION_WINDOW_SCALE = 4;

    /** Linux's TCPI_OPT_ECN. */
    public static final int OPTION_ECN = 8;

    /** Path of a socket that is not connected. */
    public static final int PATH_NONE = 0;

    /** Path of a connection between guests of this host. */
    public static final int PATH_LOCAL = 1;

    /** Path of a connection over a port. */
    public static final int PATH_WIRE = 2;

    /** Linux's TCP_ESTABLISHED = 1 to TCP_CLOSING = 11. */
    public int tcpState;

    public int path;

    /** Smoothed round trip time, its variation and the retransmission time-out, in microseconds. */
    public int rttUs;

    public int rttVarUs;
    public int rtoUs;

    /** Smallest round trip of the last minutes in microseconds; 0: none. */
    public int minRttUs;

    /** Bytes per second; 0: not paced. */
    public long pacingRate;

    /** Bytes per second, as measured last; 0: not measured. */
    public long deliveryRate;

    /** Largest segment sent and received, in bytes. */
    public int mss;

    public int peerMss;

    /** One of {@link io.virtuoso.protocol.Congestion}; 0 where there is none. */
    public int congestion;

    /** In segments. */
    public int congestionWindow;

    /** In segments; 0: there is none yet. */
    public int ssthresh;

    public int unacked;
    public int retransmits;
    public int totalRetransmits;

    /** Linux's TCPI_OPT_* bits. */
    public int options;

    /** Sent and received shift counts, the latter in bits 8 to 15. */
    public int windowScales;

    public int backlog;
    public int maxBacklog;
    public long bytesAcked;
    public long bytesReceived;
    public long bytesSent;
    public long bytesRetransmitted;
    public int segmentsOut;
    public int segmentsIn;
    public int sendUnsent;

    /** Round trip in microseconds as the receiver sees it, most bytes read in one, and what the buffer may hold. */
    public int receiveRttUs;

    public int receiveSpace;
    public int receiveWindow;
    public int sendUnacked;

    /** Forgets everything. */
    public void clear() {
        tcpState = path = rttUs = rttVarUs = rtoUs = mss = peerMss = congestionWindow = ssthresh = unacked = 0;
        congestion = retransmits = totalRetransmits = options = windowScales = backlog = maxBacklog = 0;
        bytesAcked = bytesReceived = bytesSent = bytesRetransmitted = 0;
        segmentsOut = segmentsIn = sendUnsent = sendUnacked = receiveRttUs = receiveSpace = receiveWindow = 0;
        pacingRate = deliveryRate = minRttUs = 0;
    }
}
