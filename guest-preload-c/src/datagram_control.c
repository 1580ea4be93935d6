/* Sources, packet information, queued errors and control messages of datagrams. */
#include "datagram_control.h"

#include <linux/errqueue.h>

#include "interfaces.h"

struct vt_address vt_datagram_address(const uint8_t raw[16], uint16_t port, uint16_t flags) {
  struct vt_address address = vt_address_from_raw(raw, port);
  return flags & VT_DATAGRAM_LOOPBACK ? vt_loopback(address.six, port) : address;
}

static void put_control(struct msghdr* message, int level, int type, const void* data, size_t bytes,
                        size_t* used) {
  size_t room = message->msg_control == NULL ? 0 : message->msg_controllen;
  if (room < *used + CMSG_SPACE(bytes)) {
    message->msg_flags |= MSG_CTRUNC;
    return;
  }
  struct cmsghdr* item = (struct cmsghdr*)(void*)((uint8_t*)message->msg_control + *used);
  item->cmsg_level = level;
  item->cmsg_type = type;
  item->cmsg_len = CMSG_LEN(bytes);
  memcpy(CMSG_DATA(item), data, bytes);
  *used += CMSG_SPACE(bytes);
}

void vt_put_source(const struct vt_socket* socket, struct msghdr* message,
                   struct vt_address from) {
  if (message->msg_name != NULL) {
    uint8_t raw[16];
    vt_address_raw(&from, raw);
    vt_put_name(socket->family, raw, from.port, message->msg_name, &message->msg_namelen);
  }
}

void vt_put_packet_info(const struct vt_socket* socket, const struct vt_arrival* arrival,
                        struct msghdr* message, size_t* used) {
  const struct vt_attachment* attachment = VT_LOAD(&socket->attachment);
  bool by_loopback = attachment == NULL || (arrival->flags & VT_DATAGRAM_LOOPBACK);
  int interface = by_loopback ? VT_LOOPBACK_INDEX : VT_INTERFACE_INDEX;
  struct in_pktinfo info = {.ipi_ifindex = interface};
  struct in6_pktinfo info6 = {.ipi6_ifindex = (unsigned)interface};
  struct vt_address own = by_loopback ? vt_loopback(arrival->from.six, 0)
                                      : vt_own_address(attachment, &arrival->from);
  if (socket->udp.packet_info6) {
    vt_address_raw(&own, info6.ipi6_addr.s6_addr);
    put_control(message, IPPROTO_IPV6, IPV6_PKTINFO, &info6, sizeof info6, used);
  }
  if (socket->udp.packet_info && !own.six) {
    info.ipi_addr.s_addr = info.ipi_spec_dst.s_addr = own.ipv4;
    put_control(message, IPPROTO_IP, IP_PKTINFO, &info, sizeof info, used);
  }
}

static void put_error(const struct vt_socket* socket, const struct vt_datagram_error* error,
                      struct msghdr* message, size_t* used) {
  struct vt_address to = vt_address_from_raw(error->address, 0);
  struct vt_address offender = vt_datagram_address(error->offender, 0, error->flags);
  struct {
    struct sock_extended_err error;
    union {
      struct sockaddr_in v4;
      struct sockaddr_in6 v6;
    } offender;
  } extended = {.error = {.ee_errno = error->error,
                          .ee_origin = to.six ? SO_EE_ORIGIN_ICMP6 : SO_EE_ORIGIN_ICMP,
                          .ee_type = (uint8_t)error->type,
                          .ee_code = (uint8_t)error->code,
                          .ee_info = error->mtu}};
  bool old = socket->family == AF_INET;
  socklen_t length = sizeof extended.offender;
  uint8_t raw[16];
  vt_address_raw(&offender, raw);
  vt_put_name(socket->family, raw, 0, (struct sockaddr*)(void*)&extended.offender, &length);
  put_control(message, old ? IPPROTO_IP : IPPROTO_IPV6, old ? IP_RECVERR : IPV6_RECVERR, &extended,
              sizeof extended.error + length, used);
}

ssize_t vt_datagram_queued_error(struct vt_socket* socket, struct msghdr* message) {
  struct vt_queue* queue = VT_LOAD(&socket->home);
  struct {
    struct vt_datagram_error error;
    uint8_t payload[VT_CONTEXT_HEADER_BYTES];
  } record;
  uint32_t count = vt_datagram_error_count(socket);
  uint64_t bytes = 0;
  if (queue == NULL || vt_is_dead(queue->attachment) || !socket->udp.receive_errors) {
    return vt_fail(EAGAIN);
  }
  vt_take(&queue->info_lock);
  int failed = vt_ask(socket, VT_CMD_DATAGRAM_ERROR, (uint64_t[4]){0}, &bytes);
  if (failed == 0) {
    memcpy(&record, queue->shared->info, bytes < sizeof record ? bytes : sizeof record);
  }
  vt_give(&queue->info_lock);
  if (failed != 0) {
    socket->udp.errors_taken = count;
    return vt_fail(EAGAIN);
  }
  socket->udp.errors_taken++;
  VT_STORE_RELAXED(&socket->udp.errors_seen, count); /* it need not be reported again */
  const struct vt_datagram_error* error = &record.error;
  size_t used = 0;
  size_t copied = 0;
  for (size_t i = 0; i < message->msg_iovlen && copied < error->bytes; i++) {
    size_t left = error->bytes - copied;
    size_t part = message->msg_iov[i].iov_len < left ? message->msg_iov[i].iov_len : left;
    memcpy(message->msg_iov[i].iov_base, record.payload + copied, part);
    copied += part;
  }
  message->msg_flags = MSG_ERRQUEUE | (copied < error->bytes ? MSG_TRUNC : 0);
  vt_put_source(socket, message, vt_datagram_address(error->address, error->port, error->flags));
  put_error(socket, error, message, &used);
  message->msg_controllen = used;
  return (ssize_t)copied;
}

/* The source may be the address that the guest has anyway; nothing else is known here. */
static bool is_own(const struct vt_socket* socket, struct vt_address source) {
  const struct vt_attachment* attachment = VT_LOAD(&socket->attachment);
  struct vt_address loopback = vt_loopback(true, 0);
  if (vt_is_any(&source) || (!source.six && ntohl(source.ipv4) >> 24 == 127) ||
      (source.six && memcmp(source.ipv6, loopback.ipv6, sizeof loopback.ipv6) == 0)) {
    return true;
  }
  struct vt_address own = {0};
  if (attachment != NULL) {
    own = vt_own_address(attachment, &source);
  }
  return source.six == own.six && source.ipv4 == own.ipv4 &&
         memcmp(source.ipv6, own.ipv6, sizeof own.ipv6) == 0;
}

static int judge_source(const struct vt_socket* socket, struct vt_address source, int64_t index) {
  bool known = index == 0 || index == VT_LOOPBACK_INDEX || index == VT_INTERFACE_INDEX;
  return !known ? ENODEV : is_own(socket, source) ? 0 : EINVAL;
}

static int judge_item(const struct vt_socket* socket, const struct cmsghdr* item) {
  struct in_pktinfo info;
  struct in6_pktinfo info6;
  if (item->cmsg_level == IPPROTO_IP && item->cmsg_type == IP_PKTINFO &&
      item->cmsg_len == CMSG_LEN(sizeof info)) {
    memcpy(&info, CMSG_DATA(item), sizeof info);
    return judge_source(socket, (struct vt_address){.ipv4 = info.ipi_spec_dst.s_addr},
                        info.ipi_ifindex);
  }
  if (socket->family == AF_INET6 && item->cmsg_level == IPPROTO_IPV6 &&
      item->cmsg_type == IPV6_PKTINFO && item->cmsg_len == CMSG_LEN(sizeof info6)) {
    memcpy(&info6, CMSG_DATA(item), sizeof info6);
    return judge_source(socket, vt_address_from_raw(info6.ipi6_addr.s6_addr, 0),
                        info6.ipi6_ifindex);
  }
  return EINVAL;
}

int vt_judge_control(const struct vt_socket* socket, const struct msghdr* message) {
  struct msghdr* header = (struct msghdr*)(uintptr_t)message;
  int error = 0;
  for (struct cmsghdr* item = message->msg_controllen == 0 ? NULL : CMSG_FIRSTHDR(header);
       item != NULL && error == 0; item = CMSG_NXTHDR(header, item)) {
    error = judge_item(socket, item);
  }
  return error;
}
