/* Datagrams in and out of a UDP socket's rings. */
#include <limits.h>
#include <time.h>
#include <linux/errqueue.h>
#include <sched.h>

#include "datagram.h"
#include "raw.h"

#define LARGER_RING_TRIES 2000
#define GROWTH 4

static inline size_t record_bytes(size_t payload) {
  return sizeof(struct vt_datagram) + ((payload + 7) & ~(size_t)7);
}

static struct vt_address address_of(const uint8_t raw[16], uint16_t port, uint16_t flags) {
  struct vt_address address = {.ipv4 = htonl(INADDR_LOOPBACK), .port = port};
  if (!(flags & VT_DATAGRAM_LOOPBACK)) {
    memcpy(&address.ipv4, raw + 12, sizeof address.ipv4);
  }
  return address;
}

static bool total_of(const struct iovec* parts, size_t count, size_t* total) {
  *total = 0;
  for (size_t i = 0; i < count; i++) {
    if (parts[i].iov_len > (size_t)SSIZE_MAX - *total) {
      return false;
    }
    *total += parts[i].iov_len;
  }
  return count <= IOV_MAX;
}

/* ---- errors --------------------------------------------------------------------------------- */

static uint32_t error_count(const struct vt_socket* socket) {
  const struct vt_slot* slot = VT_LOAD(&socket->slot);
  bool live = slot != NULL && VT_LOAD(&slot->generation) == socket->generation;
  return live ? VT_LOAD(&slot->error_count) : socket->udp.errors_seen;
}

bool vt_datagram_has_error(const struct vt_socket* socket) {
  uint32_t count = error_count(socket);
  return count != socket->udp.errors_seen ||
         (socket->udp.receive_errors && count != socket->udp.errors_taken);
}

int vt_datagram_take_error(struct vt_socket* socket) {
  uint32_t count = error_count(socket);
  if (count == VT_LOAD_RELAXED(&socket->udp.errors_seen)) {
    return 0;
  }
  VT_STORE_RELAXED(&socket->udp.errors_seen, count);
  const struct vt_slot* slot = VT_LOAD(&socket->slot);
  return slot == NULL ? 0 : (int)slot->error;
}

/* Where to read on: what lay there when another process took the socket went along. */
static inline uint64_t next_record(const struct vt_socket* socket, const struct vt_slot* slot) {
  uint64_t head = VT_LOAD_RELAXED(&socket->rx_head);
  uint64_t from = VT_LOAD(&slot->rx_want);
  return from != VT_NEVER && from > head ? from : head;
}

/* ---- readiness ------------------------------------------------------------------------------ */

uint32_t vt_datagram_ready(struct vt_socket* socket, uint32_t interest) {
  struct vt_slot* slot = VT_LOAD(&socket->slot);
  uint32_t ready = 0;
  if (socket->read_shut) {
    ready |= EPOLLIN | EPOLLRDHUP | (socket->write_shut ? EPOLLHUP : 0u);
  }
  if (socket->phase == VT_LOST) {
    return EPOLLIN | EPOLLOUT | EPOLLERR;
  }
  if (slot == NULL || vt_is_dead(socket->attachment) ||
      (VT_LOAD(&slot->state) & VT_STATE_FAILED)) {
    return ready | EPOLLOUT;
  }
  if (VT_LOAD(&slot->rx_tail) != next_record(socket, slot)) {
    ready |= EPOLLIN;
  }
  if (interest & EPOLLOUT) {
    ready |= vt_ready_to_write(socket, slot);
  }
  return ready | (vt_datagram_has_error(socket) ? EPOLLERR : 0u);
}

/* ---- receiving ------------------------------------------------------------------------------ */

struct arrival {
  size_t bytes; /* of the datagram */
  size_t copied;
  struct vt_address from;
  uint16_t flags;
};

static size_t scatter(struct vt_socket* socket, const struct vt_slot* slot, uint64_t cursor,
                      const struct msghdr* message, size_t bytes) {
  size_t done = 0;
  for (size_t i = 0; i < message->msg_iovlen && done < bytes; i++) {
    size_t room = message->msg_iov[i].iov_len;
    size_t count = bytes - done < room ? bytes - done : room;
    vt_rx_copy(socket, slot, cursor + done, message->msg_iov[i].iov_base, count);
    done += count;
  }
  return done;
}

/* Takes (or peeks at) the next datagram: false if there is none. */
static bool take(struct vt_socket* socket, const struct msghdr* message, int flags,
                 struct arrival* arrival) {
  vt_take(&socket->rx_lock);
  struct vt_slot* slot = socket->slot;
  uint64_t head = slot == NULL ? 0 : next_record(socket, slot);
  bool any = slot != NULL && VT_LOAD(&slot->rx_tail) != head;
  if (any) {
    struct vt_datagram header;
    vt_rx_copy(socket, slot, head, (uint8_t*)&header, sizeof header);
    arrival->bytes = header.bytes;
    arrival->copied = scatter(socket, slot, head + sizeof header, message, header.bytes);
    arrival->from = address_of(header.address, header.port, header.flags);
    arrival->flags = header.flags;
    if (!(flags & MSG_PEEK)) {
      head += record_bytes(header.bytes);
      VT_STORE_RELAXED(&socket->rx_head, head);
      VT_STORE(&slot->rx_head, head);
    }
  }
  vt_give(&socket->rx_lock);
  return any;
}

int vt_datagram_next_bytes(struct vt_socket* socket) {
  struct msghdr nothing = {.msg_iovlen = 0};
  struct arrival arrival;
  return take(socket, &nothing, MSG_PEEK, &arrival) ? (int)arrival.bytes : 0;
}

static void put_control(struct msghdr* message, int type, const void* data, size_t bytes,
                        size_t* used) {
  size_t room = message->msg_control == NULL ? 0 : message->msg_controllen;
  if (room < *used + CMSG_SPACE(bytes)) {
    message->msg_flags |= MSG_CTRUNC;
    return;
  }
  struct cmsghdr* item = (struct cmsghdr*)(void*)((uint8_t*)message->msg_control + *used);
  item->cmsg_level = IPPROTO_IP;
  item->cmsg_type = type;
  item->cmsg_len = CMSG_LEN(bytes);
  memcpy(CMSG_DATA(item), data, bytes);
  *used += CMSG_SPACE(bytes);
}

static void put_source(struct msghdr* message, struct vt_address from) {
  if (message->msg_name != NULL) {
    uint8_t raw[16] = {0};
    memcpy(raw + 12, &from.ipv4, sizeof from.ipv4);
    vt_put_name(AF_INET, raw, from.port, message->msg_name, &message->msg_namelen);
  }
}

static void put_packet_info(const struct vt_socket* socket, const struct arrival* arrival,
                            struct msghdr* message, size_t* used) {
  const struct vt_attachment* attachment = VT_LOAD(&socket->attachment);
  struct in_pktinfo info = {0}; /* no interface: the guest's address is on none of the kernel's */
  info.ipi_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (!(arrival->flags & VT_DATAGRAM_LOOPBACK) && attachment != NULL) {
    info.ipi_addr.s_addr = attachment->address;
  }
  info.ipi_spec_dst = info.ipi_addr;
  put_control(message, IP_PKTINFO, &info, sizeof info, used);
}

static ssize_t finish(const struct vt_socket* socket, const struct arrival* arrival,
                      struct msghdr* message, int flags) {
  size_t used = 0;
  message->msg_flags = arrival->copied < arrival->bytes ? MSG_TRUNC : 0;
  put_source(message, arrival->from);
  if (socket->udp.packet_info) {
    put_packet_info(socket, arrival, message, &used);
  }
  message->msg_controllen = used;
  return (ssize_t)(flags & MSG_TRUNC ? arrival->bytes : arrival->copied);
}

/* MSG_ERRQUEUE: the oldest ICMP error, with the datagram that caused it as far as it is known. */
static ssize_t take_queued_error(struct vt_socket* socket, struct msghdr* message) {
  struct vt_queue* queue = VT_LOAD(&socket->home);
  struct {
    struct vt_datagram_error error;
    uint8_t payload[VT_CONTEXT_HEADER_BYTES];
  } record;
  uint32_t count = error_count(socket);
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
  struct {
    struct sock_extended_err error;
    struct sockaddr_in offender;
  } extended = {.error = {.ee_errno = error->error,
                          .ee_origin = SO_EE_ORIGIN_ICMP,
                          .ee_type = (uint8_t)error->type,
                          .ee_code = (uint8_t)error->code,
                          .ee_info = error->mtu},
                .offender = {.sin_family = AF_INET}};
  struct vt_address offender = address_of(error->offender, 0, error->flags);
  extended.offender.sin_addr.s_addr = offender.ipv4;
  size_t used = 0;
  size_t copied = 0;
  for (size_t i = 0; i < message->msg_iovlen && copied < error->bytes; i++) {
    size_t left = error->bytes - copied;
    size_t part = message->msg_iov[i].iov_len < left ? message->msg_iov[i].iov_len : left;
    memcpy(message->msg_iov[i].iov_base, record.payload + copied, part);
    copied += part;
  }
  message->msg_flags = MSG_ERRQUEUE | (copied < error->bytes ? MSG_TRUNC : 0);
  put_source(message, address_of(error->address, error->port, error->flags));
  put_control(message, IP_RECVERR, &extended, sizeof extended, &used);
  message->msg_controllen = used;
  return (ssize_t)copied;
}

/* Nothing is there: 0 to wait, 1 for the end after shutdown(), or -errno. */
static int empty_state(struct vt_socket* socket, int flags) {
  if (socket->read_shut) {
    return 1;
  }
  return socket->nonblocking || (flags & MSG_DONTWAIT) ? -EAGAIN : 0;
}

static ssize_t receive(struct vt_socket* socket, int fd, struct msghdr* message, int flags) {
  int64_t deadline = vt_deadline(socket->options.receive_timeout_ns);
  int error = vt_datagram_use(socket, fd);
  if (flags & MSG_ERRQUEUE) {
    return take_queued_error(socket, message);
  }
  for (;;) {
    if (socket->udp.bound_to_any && !vt_datagram_is_ours(socket)) {
      vt_datagram_settle(socket, fd);
    }
    if (vt_socket_of(fd) != socket) {
      return libc.recvmsg(fd, message, flags);
    }
    if (error != 0 && !(error == ENETDOWN && socket->udp.named)) {
      return vt_fail(error); /* else it waits for the host stack to come back */
    }
    int pending = vt_datagram_take_error(socket);
    if (pending != 0) {
      return vt_fail(pending);
    }
    struct arrival arrival;
    if (take(socket, message, flags, &arrival)) {
      return finish(socket, &arrival, message, flags);
    }
    int state = empty_state(socket, flags);
    if (state != 0) {
      message->msg_namelen = 0;
      message->msg_controllen = 0;
      message->msg_flags = 0;
      return state == 1 ? 0 : vt_fail(-state);
    }
    int waited = vt_wait(socket, EPOLLIN | EPOLLERR | EPOLLHUP, deadline);
    if (waited != 0) {
      return vt_fail(waited);
    }
    bool dead = socket->slot != NULL && vt_is_dead(socket->attachment);
    error = dead ? vt_datagram_use(socket, fd) : 0;
  }
}

ssize_t vt_datagram_receive(int fd, struct msghdr* message, int flags) {
  size_t total;
  if (message == NULL || !total_of(message->msg_iov, message->msg_iovlen, &total)) {
    return vt_fail(message == NULL ? EFAULT : EMSGSIZE);
  }
  struct vt_socket* socket = vt_pin(fd);
  if (socket == NULL) {
    return libc.recvmsg(fd, message, flags);
  }
  ssize_t result = receive(socket, fd, message, flags);
  vt_unpin(socket);
  return result;
}

ssize_t vt_datagram_read(int fd, const struct iovec* parts, size_t count, int flags) {
  struct msghdr message = {.msg_iov = (struct iovec*)(uintptr_t)parts, .msg_iovlen = count};
  return vt_datagram_receive(fd, &message, flags);
}

/* As Linux, looks at the time only after a datagram has come. */
int vt_datagram_receive_many(int fd, struct mmsghdr* messages, unsigned count, int flags,
                             const struct timespec* time) {
  int64_t limit = time == NULL ? VT_WAIT_FOREVER
                               : vt_now() + time->tv_sec * INT64_C(1000000000) + time->tv_nsec;
  unsigned done = 0;
  while (done < count) {
    int once = done != 0 && (flags & MSG_WAITFORONE) ? MSG_DONTWAIT : 0;
    int real = (flags & ~MSG_WAITFORONE) | once;
    ssize_t got = vt_datagram_receive(fd, &messages[done].msg_hdr, real);
    if (got < 0) {
      return done != 0 ? (int)done : -1;
    }
    messages[done++].msg_len = (unsigned)got;
    if (limit != VT_WAIT_FOREVER && vt_now() >= limit) {
      break;
    }
  }
  return (int)done;
}

/* ---- sending -------------------------------------------------------------------------------- */

/* Where to: 0 or an errno. */
static int destination(const struct vt_socket* socket, const struct msghdr* message,
                       struct vt_address* to) {
  struct sockaddr_in in;
  if (message->msg_name == NULL) {
    *to = socket->peer_shown;
    return socket->udp.connected ? to->port == 0 ? EINVAL : 0 : EDESTADDRREQ;
  }
  if (message->msg_namelen < sizeof in) {
    return EINVAL;
  }
  memcpy(&in, message->msg_name, sizeof in);
  if (in.sin_family != AF_INET && in.sin_family != AF_UNSPEC) {
    return EAFNOSUPPORT;
  }
  *to = (struct vt_address){.ipv4 = in.sin_addr.s_addr, .port = ntohs(in.sin_port)};
  return to->port == 0 ? EINVAL : 0;
}

/* IP_PKTINFO may name the address that the guest has anyway; nothing else is known here. */
static int judge_control(const struct vt_socket* socket, const struct msghdr* message) {
  struct msghdr* header = (struct msghdr*)(uintptr_t)message;
  const struct vt_attachment* attachment = VT_LOAD(&socket->attachment);
  for (struct cmsghdr* item = message->msg_controllen == 0 ? NULL : CMSG_FIRSTHDR(header);
       item != NULL; item = CMSG_NXTHDR(header, item)) {
    struct in_pktinfo info;
    if (item->cmsg_level != IPPROTO_IP || item->cmsg_type != IP_PKTINFO ||
        item->cmsg_len != CMSG_LEN(sizeof info)) {
      return EINVAL;
    }
    memcpy(&info, CMSG_DATA(item), sizeof info);
    uint32_t source = info.ipi_spec_dst.s_addr;
    if (source != 0 && ntohl(source) >> 24 != 127 &&
        (attachment == NULL || source != attachment->address)) {
      return EINVAL;
    }
  }
  return 0;
}

static void put_record(struct vt_socket* socket, const struct vt_way* way,
                       const struct msghdr* message, size_t total) {
  struct vt_datagram header = {
      .bytes = (uint32_t)total, .port = way->to.port, .flags = way->flags};
  header.address[10] = header.address[11] = 0xff;
  memcpy(header.address + 12, &way->to.ipv4, sizeof way->to.ipv4);
  vt_tx_put(socket, socket->tx_tail, (const uint8_t*)&header, sizeof header);
  uint64_t cursor = socket->tx_tail + sizeof header;
  for (size_t i = 0; i < message->msg_iovlen; i++) {
    vt_tx_put(socket, cursor, message->msg_iov[i].iov_base, message->msg_iov[i].iov_len);
    cursor += message->msg_iov[i].iov_len;
  }
}

/* 0, EAGAIN: no room now, or EMSGSIZE: the ring itself is too small, a larger one is asked for. */
static int write_record(struct vt_socket* socket, const struct vt_way* way,
                        const struct msghdr* message, size_t total) {
  size_t bytes = record_bytes(total);
  vt_take(&socket->tx_lock);
  struct vt_slot* slot = socket->slot;
  if (slot == NULL) {
    vt_give(&socket->tx_lock);
    return ENETDOWN;
  }
  uint64_t room = vt_tx_room(socket, slot);
  if (room >= bytes) {
    put_record(socket, way, message, total);
    vt_tx_publish(socket, slot, socket->tx_tail + bytes, 0);
    return 0;
  }
  bool small = socket->tx_generation == 0 || socket->tx_mask + 1 < bytes;
  /* Who writes faster than the host stack takes it needs room for more than one datagram. */
  uint64_t more = (socket->tx_mask + 1) * GROWTH;
  vt_tx_publish(socket, slot, socket->tx_tail, small || more < bytes ? bytes : more);
  return small ? EMSGSIZE : EAGAIN;
}

/* The host stack offers rings at once, and takes what is in the old one. */
static void nap(int tries) {
  if (tries < 200) {
    sched_yield();
  } else {
    struct timespec pause = {.tv_nsec = 50000};
    vt_raw_plain(SYS_nanosleep, (long)(intptr_t)&pause, 0, 0, 0, 0, 0);
  }
}

static int write_or_wait(struct vt_socket* socket, const struct vt_way* way,
                         const struct msghdr* message, size_t total, int flags) {
  int64_t deadline = vt_deadline(socket->options.send_timeout_ns);
  for (int tries = 0;; tries++) {
    int error = write_record(socket, way, message, total);
    if (error == EMSGSIZE) {
      if (tries == LARGER_RING_TRIES) {
        return ENOBUFS;
      }
      nap(tries);
    } else if (error == EAGAIN) {
      error = vt_tx_wait(socket, flags, deadline);
      if (error != 0) {
        return error;
      }
      nap(tries);
    } else {
      return error;
    }
    if (vt_is_dead(socket->attachment)) {
      return ENETDOWN;
    }
  }
}

static ssize_t send_from(struct vt_socket* socket, int fd, const struct msghdr* message,
                         size_t total, int flags) {
  struct vt_address to;
  struct vt_way way;
  int error = vt_datagram_use(socket, fd);
  error = error == 0 ? destination(socket, message, &to) : error;
  error = error == 0 && total > VT_DATAGRAM_MAX ? EMSGSIZE : error;
  error = error == 0 ? vt_datagram_way(socket, fd, to, &way) : error;
  if (error == VT_TO_KERNEL) {
    return libc.sendmsg(fd, message, flags);
  }
  error = error == 0 && (flags & (MSG_OOB | MSG_MORE)) ? EOPNOTSUPP : error;
  error = error == 0 ? judge_control(socket, message) : error;
  error = error == 0 ? vt_datagram_take_error(socket) : error;
  error = error == 0 && socket->write_shut ? EPIPE : error;
  error = error == 0 ? write_or_wait(socket, &way, message, total, flags) : error;
  return error == 0 ? (ssize_t)total : vt_fail(error);
}

ssize_t vt_datagram_send(int fd, const struct msghdr* message, int flags) {
  size_t total;
  if (message == NULL || !total_of(message->msg_iov, message->msg_iovlen, &total)) {
    return vt_fail(message == NULL ? EFAULT : EMSGSIZE);
  }
  struct vt_socket* socket = vt_pin(fd);
  if (socket == NULL) {
    return libc.sendmsg(fd, message, flags);
  }
  ssize_t result = send_from(socket, fd, message, total, flags);
  vt_unpin(socket);
  return result;
}

ssize_t vt_datagram_write(int fd, const struct iovec* parts, size_t count, int flags) {
  struct msghdr message = {.msg_iov = (struct iovec*)(uintptr_t)parts, .msg_iovlen = count};
  return vt_datagram_send(fd, &message, flags);
}
