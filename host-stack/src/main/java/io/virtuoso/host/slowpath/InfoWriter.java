package io.virtuoso.host.slowpath;

import io.virtuoso.protocol.SocketInfo;
import java.nio.ByteBuffer;

/** Writes {@code struct vt_socket_info}. */
final class InfoWriter {
    private InfoWriter() {}

    /** @return bytes written */
    static int write(io.virtuoso.host.socket.SocketInfo info, ByteBuffer region, int at) {
        region.putInt(at + SocketInfo.TCP_STATE_OFFSET, info.tcpState);
        region.putInt(at + SocketInfo.PATH_OFFSET, info.path);
        region.putInt(at + SocketInfo.RTT_OFFSET, info.rttUs);
        region.putInt(at + SocketInfo.RTTVAR_OFFSET, info.rttVarUs);
        region.putInt(at + SocketInfo.RTO_OFFSET, info.rtoUs);
        region.putInt(at + SocketInfo.MSS_OFFSET, info.mss);
        region.putInt(at + SocketInfo.PEER_MSS_OFFSET, info.peerMss);
        region.putInt(at + SocketInfo.CONGESTION_WINDOW_OFFSET, info.congestionWindow);
        region.putInt(at + SocketInfo.SSTHRESH_OFFSET, info.ssthresh);
        region.putInt(at + SocketInfo.UNACKED_OFFSET, info.unacked);
        region.putInt(at + SocketInfo.RETRANSMITS_OFFSET, info.retransmits);
        region.putInt(at + SocketInfo.TOTAL_RETRANSMITS_OFFSET, info.totalRetransmits);
        region.putInt(at + SocketInfo.OPTIONS_OFFSET, info.options);
        region.putInt(at + SocketInfo.WINDOW_SCALES_OFFSET, info.windowScales);
        region.putInt(at + SocketInfo.BACKLOG_OFFSET, info.backlog);
        region.putInt(at + SocketInfo.MAX_BACKLOG_OFFSET, info.maxBacklog);
        region.putLong(at + SocketInfo.BYTES_ACKED_OFFSET, info.bytesAcked);
        region.putLong(at + SocketInfo.BYTES_RECEIVED_OFFSET, info.bytesReceived);
        region.putLong(at + SocketInfo.BYTES_SENT_OFFSET, info.bytesSent);
        region.putLong(at + SocketInfo.BYTES_RETRANSMITTED_OFFSET, info.bytesRetransmitted);
        region.putInt(at + SocketInfo.SEGMENTS_OUT_OFFSET, info.segmentsOut);
        region.putInt(at + SocketInfo.SEGMENTS_IN_OFFSET, info.segmentsIn);
        region.putInt(at + SocketInfo.SEND_UNSENT_OFFSET, info.sendUnsent);
        region.putInt(at + SocketInfo.SEND_UNACKED_OFFSET, info.sendUnacked);
        region.putInt(at + SocketInfo.RECEIVE_RTT_OFFSET, info.receiveRttUs);
        region.putInt(at + SocketInfo.RECEIVE_SPACE_OFFSET, info.receiveSpace);
        region.putInt(at + SocketInfo.RECEIVE_WINDOW_OFFSET, info.receiveWindow);
        region.putInt(at + SocketInfo.MIN_RTT_OFFSET, info.minRttUs);
        region.putLong(at + SocketInfo.PACING_RATE_OFFSET, info.pacingRate);
        region.putLong(at + SocketInfo.DELIVERY_RATE_OFFSET, info.deliveryRate);
        return SocketInfo.BYTES;
    }
}
