/*
 * Prints every constant, structure size and member offset of the shared-memory ABI, one a line:
 *
 *   const NAME VALUE | struct NAME BYTES | member STRUCT NAME OFFSET BYTES
 *
 * AbiProbeTest compiles and runs it, compares the numbers with the Java ones and with the layout
 * recorded for this ABI version, and fails when the header has something this list lacks.
 */
#include <inttypes.h>
#include <stdio.h>

#include "virtuoso_abi.h"

#define CONST(name) printf("const %s %" PRId64 "\n", #name, (int64_t)(name))
#define STRUCT(name) printf("struct %s %zu\n", #name, sizeof(struct name))
#define MEMBER(type, name)                                                    \
  printf("member %s %s %zu %zu\n", #type, #name, offsetof(struct type, name), \
         sizeof(((struct type *)0)->name))

static void general_constants(void) {
  CONST(VT_ABI_MAGIC);
  CONST(VT_ABI_MAJOR);
  CONST(VT_ABI_MINOR);
  CONST(VT_CACHE_LINE);
  CONST(VT_ENTRY_BYTES);
  CONST(VT_SLOT_BYTES);
  CONST(VT_CONTEXT_HEADER_BYTES);
  CONST(VT_HEADER_BYTES);
  CONST(VT_NAME_BYTES);
  CONST(VT_NEVER);
  CONST(VT_STATE_CONNECTED);
  CONST(VT_STATE_READ_CLOSED);
  CONST(VT_STATE_WRITE_CLOSED);
  CONST(VT_STATE_FAILED);
  CONST(VT_STATE_LISTENING);
  CONST(VT_STATE_ACCEPTABLE);
  CONST(VT_STATE_MOVING);
  CONST(VT_STATE_MOVED);
  CONST(VT_REGION_READY);
  CONST(VT_REGION_OPEN);
  CONST(VT_REGION_ENDED);
  CONST(VT_CONTEXT_FREE);
  CONST(VT_CONTEXT_OPEN);
  CONST(VT_KIND_NATIVE);
  CONST(VT_KIND_JVM);
  CONST(VT_KIND_VM);
}

static void command_constants(void) {
  CONST(VT_BIND_REUSEADDR);
  CONST(VT_BIND_REUSEPORT);
  CONST(VT_BIND_V6ONLY);
  CONST(VT_SHUT_READ);
  CONST(VT_SHUT_WRITE);
  CONST(VT_CLOSE_GRACEFUL);
  CONST(VT_CLOSE_ABORT);
  CONST(VT_CLOSE_MOVED);
  CONST(VT_CMD_BIND);
  CONST(VT_CMD_LISTEN);
  CONST(VT_CMD_CONNECT);
  CONST(VT_CMD_SHUTDOWN);
  CONST(VT_CMD_CLOSE);
  CONST(VT_CMD_TX);
  CONST(VT_CMD_RX_ROOM);
  CONST(VT_CMD_OPTION);
  CONST(VT_CMD_INFO);
  CONST(VT_CMD_ARM);
  CONST(VT_CMD_DISARM);
  CONST(VT_CMD_DATAGRAM);
  CONST(VT_CMD_DATAGRAM_CONNECT);
  CONST(VT_CMD_DATAGRAM_ERROR);
  CONST(VT_CMD_ACCEPT);
  CONST(VT_ARM_ONCE);
  CONST(VT_OPT_NODELAY);
  CONST(VT_OPT_CORK);
  CONST(VT_OPT_KEEPALIVE);
  CONST(VT_OPT_KEEPIDLE);
  CONST(VT_OPT_KEEPINTVL);
  CONST(VT_OPT_KEEPCNT);
  CONST(VT_OPT_USER_TIMEOUT);
  CONST(VT_OPT_QUICKACK);
  CONST(VT_OPT_MAXSEG);
  CONST(VT_OPT_SEND_BUFFER);
  CONST(VT_OPT_RECEIVE_BUFFER);
  CONST(VT_OPT_DEFER_ACCEPT);
  CONST(VT_OPT_CONGESTION);
  CONST(VT_OPT_RECEIVE_ERRORS);
  CONST(VT_OPT_TOS);
  CONST(VT_OPT_TTL);
  CONST(VT_OPT_MAX_PACING_RATE);
  CONST(VT_OPT_TRAFFIC_CLASS);
  CONST(VT_OPT_HOP_LIMIT);
  CONST(VT_OPT_NOTSENT_LOWAT);
  CONST(VT_DATAGRAM_MAX);
  CONST(VT_DATAGRAM_LOOPBACK);
  CONST(VT_DATAGRAM_PROBE);
  CONST(VT_CONGESTION_RENO);
  CONST(VT_CONGESTION_CUBIC);
  CONST(VT_CONGESTION_DCTCP);
  CONST(VT_CONGESTION_BBR);
}

static void event_and_message_constants(void) {
  CONST(VT_READY_READ);
  CONST(VT_READY_WRITE);
  CONST(VT_READY_STATE);
  CONST(VT_MSG_MAGIC);
  CONST(VT_EVT_READY);
  CONST(VT_EVT_REPLY);
  CONST(VT_EVT_RELEASED);
  CONST(VT_EVT_RING);
  CONST(VT_MSG_HELLO);
  CONST(VT_MSG_WELCOME);
  CONST(VT_MSG_REFUSED);
  CONST(VT_MSG_OPEN_CONTEXT);
  CONST(VT_MSG_CONTEXT);
  CONST(VT_MSG_CLOSE_CONTEXT);
  CONST(VT_MSG_SHARE);
  CONST(VT_MSG_SHARED);
  CONST(VT_MSG_WHO);
  CONST(VT_MSG_TOKEN);
  CONST(VT_MSG_ADOPT);
  CONST(VT_MSG_ADOPTED);
  CONST(VT_MSG_RESOLVE);
  CONST(VT_MSG_RESOLVED);
  CONST(VT_MSG_DOORBELL);
  CONST(VT_VSOCK_PORT);
  CONST(VT_FEATURE_VECTORS);
}

static void region_header_members(void) {
  STRUCT(vt_region_header);
  MEMBER(vt_region_header, magic);
  MEMBER(vt_region_header, abi_major);
  MEMBER(vt_region_header, abi_minor);
  MEMBER(vt_region_header, header_bytes);
  MEMBER(vt_region_header, features);
  MEMBER(vt_region_header, epoch);
  MEMBER(vt_region_header, region_bytes);
  MEMBER(vt_region_header, context_offset);
  MEMBER(vt_region_header, context_stride);
  MEMBER(vt_region_header, context_count);
  MEMBER(vt_region_header, queue_entries);
  MEMBER(vt_region_header, slot_offset);
  MEMBER(vt_region_header, slot_count);
  MEMBER(vt_region_header, guest_slot_count);
  MEMBER(vt_region_header, pool_offset);
  MEMBER(vt_region_header, pool_bytes);
  MEMBER(vt_region_header, max_send_bytes);
  MEMBER(vt_region_header, max_receive_bytes);
  MEMBER(vt_region_header, mtu);
  MEMBER(vt_region_header, address);
  MEMBER(vt_region_header, gateway);
  MEMBER(vt_region_header, prefix_length);
  MEMBER(vt_region_header, congestion);
  MEMBER(vt_region_header, guest_name);
  MEMBER(vt_region_header, state);
  MEMBER(vt_region_header, end_reason);
  MEMBER(vt_region_header, ready);
  MEMBER(vt_region_header, prefix_length6);
  MEMBER(vt_region_header, address6);
  MEMBER(vt_region_header, route_count);
  MEMBER(vt_region_header, route_version);
  MEMBER(vt_region_header, pad1);
}

static void route_members(void) {
  CONST(VT_ROUTE_OFFSET);
  CONST(VT_MAX_ROUTES);
  CONST(VT_ROUTE_STACK);
  CONST(VT_ROUTE_NONE);
  STRUCT(vt_route);
  MEMBER(vt_route, address);
  MEMBER(vt_route, prefix_length);
  MEMBER(vt_route, target);
}

static void entry_members(void) {
  STRUCT(vt_entry);
  MEMBER(vt_entry, stamp);
  MEMBER(vt_entry, slot);
  MEMBER(vt_entry, generation);
  MEMBER(vt_entry, request);
  MEMBER(vt_entry, arg);
}

static void context_members(void) {
  STRUCT(vt_context);
  MEMBER(vt_context, host_sleeping);
  MEMBER(vt_context, event_backlog);
  MEMBER(vt_context, pad0);
  MEMBER(vt_context, command_head);
  MEMBER(vt_context, pad1);
  MEMBER(vt_context, guest_sleeping);
  MEMBER(vt_context, state);
  MEMBER(vt_context, pad2);
  MEMBER(vt_context, event_head);
  MEMBER(vt_context, pad3);
  MEMBER(vt_context, info);
}

static void slot_members(void) {
  STRUCT(vt_slot);
  MEMBER(vt_slot, tx_tail);
  MEMBER(vt_slot, rx_head);
  MEMBER(vt_slot, rx_seen);
  MEMBER(vt_slot, tx_want);
  MEMBER(vt_slot, tx_base);
  MEMBER(vt_slot, context);
  MEMBER(vt_slot, tx_generation);
  MEMBER(vt_slot, tx_want_sent);
  MEMBER(vt_slot, pad0);
  MEMBER(vt_slot, rx_tail);
  MEMBER(vt_slot, tx_head);
  MEMBER(vt_slot, tx_seen);
  MEMBER(vt_slot, rx_want);
  MEMBER(vt_slot, rx_base);
  MEMBER(vt_slot, state);
  MEMBER(vt_slot, error);
  MEMBER(vt_slot, rx_generation);
  MEMBER(vt_slot, tx_offer);
  MEMBER(vt_slot, error_count);
  MEMBER(vt_slot, tx_sent);
  MEMBER(vt_slot, generation);
  MEMBER(vt_slot, rx_buffer);
  MEMBER(vt_slot, tx_ring_offset);
  MEMBER(vt_slot, tx_ring_bytes);
  MEMBER(vt_slot, rx_ring_offset);
  MEMBER(vt_slot, rx_ring_bytes);
  MEMBER(vt_slot, local_port);
  MEMBER(vt_slot, peer_port);
  MEMBER(vt_slot, rx_moved);
  MEMBER(vt_slot, local_address);
  MEMBER(vt_slot, peer_address);
  MEMBER(vt_slot, guest_private);
}

static void accepted_members(void) {
  STRUCT(vt_accepted);
  MEMBER(vt_accepted, slot);
  MEMBER(vt_accepted, generation);
}

static void datagram_members(void) {
  STRUCT(vt_datagram);
  MEMBER(vt_datagram, bytes);
  MEMBER(vt_datagram, port);
  MEMBER(vt_datagram, flags);
  MEMBER(vt_datagram, address);
  STRUCT(vt_datagram_error);
  MEMBER(vt_datagram_error, error);
  MEMBER(vt_datagram_error, mtu);
  MEMBER(vt_datagram_error, type);
  MEMBER(vt_datagram_error, code);
  MEMBER(vt_datagram_error, port);
  MEMBER(vt_datagram_error, flags);
  MEMBER(vt_datagram_error, bytes);
  MEMBER(vt_datagram_error, reserved);
  MEMBER(vt_datagram_error, address);
  MEMBER(vt_datagram_error, offender);
}

static void socket_info_members(void) {
  STRUCT(vt_socket_info);
  MEMBER(vt_socket_info, tcp_state);
  MEMBER(vt_socket_info, path);
  MEMBER(vt_socket_info, rtt);
  MEMBER(vt_socket_info, rttvar);
  MEMBER(vt_socket_info, rto);
  MEMBER(vt_socket_info, mss);
  MEMBER(vt_socket_info, peer_mss);
  MEMBER(vt_socket_info, congestion_window);
  MEMBER(vt_socket_info, ssthresh);
  MEMBER(vt_socket_info, unacked);
  MEMBER(vt_socket_info, retransmits);
  MEMBER(vt_socket_info, total_retransmits);
  MEMBER(vt_socket_info, options);
  MEMBER(vt_socket_info, window_scales);
  MEMBER(vt_socket_info, backlog);
  MEMBER(vt_socket_info, max_backlog);
  MEMBER(vt_socket_info, bytes_acked);
  MEMBER(vt_socket_info, bytes_received);
  MEMBER(vt_socket_info, bytes_sent);
  MEMBER(vt_socket_info, bytes_retransmitted);
  MEMBER(vt_socket_info, segments_out);
  MEMBER(vt_socket_info, segments_in);
  MEMBER(vt_socket_info, send_unsent);
  MEMBER(vt_socket_info, send_unacked);
  MEMBER(vt_socket_info, receive_rtt);
  MEMBER(vt_socket_info, receive_space);
  MEMBER(vt_socket_info, receive_window);
  MEMBER(vt_socket_info, min_rtt);
  MEMBER(vt_socket_info, pacing_rate);
  MEMBER(vt_socket_info, delivery_rate);
}

static void message_members(void) {
  STRUCT(vt_message);
  MEMBER(vt_message, magic);
  MEMBER(vt_message, type);
  MEMBER(vt_message, abi_major);
  MEMBER(vt_message, abi_minor);
  MEMBER(vt_message, kind);
  MEMBER(vt_message, error);
  MEMBER(vt_message, pid);
  MEMBER(vt_message, key);
  MEMBER(vt_message, value);
  MEMBER(vt_message, features);
  MEMBER(vt_message, text);
}

int main(void) {
  general_constants();
  command_constants();
  event_and_message_constants();
  region_header_members();
  route_members();
  entry_members();
  context_members();
  slot_members();
  accepted_members();
  datagram_members();
  socket_info_members();
  message_members();
  return 0;
}
