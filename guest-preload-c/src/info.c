/* TCP_INFO: the host stack's facts in Linux's words. */
#include <linux/tcp.h>

#include "address.h"
#include "answer.h"
#include "control.h"

int vt_ask_info(struct vt_socket* socket, struct vt_socket_info* info) {
  memset(info, 0, sizeof *info);
  info->tcp_state = 7; /* TCP_CLOSE */
  struct vt_queue* queue = VT_LOAD(&socket->home);
  if (queue == NULL || socket->slot == NULL || vt_is_dead(queue->attachment)) {
    return 0;
  }
  uint64_t bytes = 0;
  vt_take(&queue->info_lock);
  int error = vt_ask(socket, VT_CMD_INFO, (uint64_t[4]){0}, &bytes);
  if (error == 0) {
    memcpy(info, queue->shared->info, bytes < sizeof *info ? bytes : sizeof *info);
  }
  vt_give(&queue->info_lock);
  return error;
}

/* TCP_INFINITE_SSTHRESH: Linux says so before the first loss. */
#define NO_SSTHRESH 0x7fffffff

/* Bytes of the headers of IP and TCP. */
static uint32_t header_bytes(const struct vt_socket* socket) {
  const struct vt_slot* slot = VT_LOAD(&socket->slot);
  return slot != NULL && vt_address_from_raw(slot->peer_address, 0).six ? 60 : 40;
}

/* Between guests of one host stack there are no segments; the network's would be of this size. */
static uint32_t path_mss(const struct vt_socket* socket) {
  const struct vt_attachment* attachment = VT_LOAD(&socket->attachment);
  return attachment == NULL ? 536 : attachment->header->mtu - header_bytes(socket);
}

uint32_t vt_path_mtu(const struct vt_socket* socket, const struct vt_socket_info* from) {
  const struct vt_attachment* attachment = VT_LOAD(&socket->attachment);
  uint32_t timestamps = (from->options & TCPI_OPT_TIMESTAMPS) ? 12 : 0;
  return from->mss != 0       ? from->mss + timestamps + header_bytes(socket)
         : attachment != NULL ? attachment->header->mtu
                              : 0;
}

int vt_get_info(struct vt_socket* socket, void* value, socklen_t* length) {
  struct vt_socket_info from;
  struct tcp_info info;
  int error = vt_ask_info(socket, &from);
  if (error != 0) {
    return error;
  }
  memset(&info, 0, sizeof info);
  info.tcpi_state = (uint8_t)from.tcp_state;
  info.tcpi_retransmits = (uint8_t)from.retransmits;
  info.tcpi_options = (uint8_t)from.options;
  info.tcpi_snd_wscale = from.window_scales & 0xf;
  info.tcpi_rcv_wscale = (from.window_scales >> 8) & 0xf;
  info.tcpi_rto = from.rto;
  info.tcpi_snd_mss = from.mss != 0 ? from.mss : path_mss(socket);
  info.tcpi_rcv_mss = from.peer_mss;
  bool listening = socket->phase == VT_LISTENING;
  info.tcpi_unacked = listening ? from.backlog : from.unacked;
  info.tcpi_sacked = listening ? from.max_backlog : 0;
  info.tcpi_pmtu = socket->phase == VT_CONNECTED ? vt_path_mtu(socket, &from) : 0;
  info.tcpi_rtt = from.rtt;
  info.tcpi_rttvar = from.rttvar;
  info.tcpi_snd_ssthresh = from.ssthresh != 0 || listening ? from.ssthresh : NO_SSTHRESH;
  /* Between guests nothing is held back: what RFC 6928 begins with is the least it can be. */
  info.tcpi_snd_cwnd = from.congestion_window != 0 ? from.congestion_window : 10;
  info.tcpi_advmss = from.peer_mss;
  info.tcpi_total_retrans = from.total_retransmits;
  info.tcpi_bytes_acked = from.bytes_acked;
  info.tcpi_bytes_received = from.bytes_received;
  info.tcpi_segs_out = from.segments_out;
  info.tcpi_segs_in = from.segments_in;
  info.tcpi_notsent_bytes = from.send_unsent;
  info.tcpi_bytes_sent = from.bytes_sent;
  info.tcpi_bytes_retrans = from.bytes_retransmitted;
  info.tcpi_pacing_rate = from.pacing_rate != 0 ? from.pacing_rate : UINT64_MAX;
  info.tcpi_max_pacing_rate = socket->options.max_pacing_rate - 1;
  info.tcpi_delivery_rate = from.delivery_rate;
  info.tcpi_min_rtt = from.min_rtt;
  info.tcpi_rcv_rtt = from.receive_rtt;
  info.tcpi_rcv_space = from.receive_space;
  info.tcpi_rcv_ssthresh = from.receive_window;
  return vt_put(value, length, &info, sizeof info);
}
