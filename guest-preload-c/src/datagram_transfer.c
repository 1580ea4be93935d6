/* Datagrams in and out of a UDP socket's rings. */
#include <limits.h>
#include <time.h>
#include <sched.h>

#include "datagram_control.h"
#include "datagram_place.h"
#include "raw.h"

#define LARGER_RING_TRIES 2000
#define GROWTH 4

static inline size_t record_bytes(size_t payload) {
  return sizeof(struct vt_datagram) + ((payload + 7) & ~(size_t)7);
}

static bool total_of(const struct iovec* parts, size_t count, size_t* total) {
  *total = 0;
  if (count > IOV_MAX) {
    return false;
  }
  for (size_t i = 0; i < count; i++) {
    if (parts[i].iov_len > (size_t)SSIZE_MAX - *total) {
      return false;
    }
    *total += parts[i].iov_len;
  }
  return true;
}

/* ---- errors --------------------------------------------------------------------------------- */

uint32_t vt_datagram_error_count(const struct vt_socket* socket) {
  const struct vt_slot* slot = VT_LOAD(&socket->slot);
  bool live = slot != NULL && VT_LOAD(&slot->generation) == socket->generation;
  return live ? VT_LOAD(&slot->error_count) : socket->udp.errors_seen;
}

bool vt_datagram_has_error(const struct vt_socket* socket) {
  uint32_t count = vt_datagram_error_count(socket);
  return count != socket->udp.errors_seen ||
         (socket->udp.receive_errors && count != socket->udp.errors_taken);
}

int vt_datagram_take_error(struct vt_socket* socket) {
  uint32_t count = vt_datagram_error_count(socket);
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

/* Takes (or peeks at) the next datagram: false if there is none, or the socket is away. */
static bool take(struct vt_socket* socket, const struct msghdr* message, int flags,
                 struct vt_arrival* arrival) {
  vt_take(&socket->rx_lock);
  struct vt_slot* slot = socket->slot;
  uint64_t head = slot == NULL ? 0 : next_record(socket, slot);
  bool any = slot != NULL && VT_LOAD(&slot->rx_tail) != head;
  if (any && VT_UNLIKELY(vt_is_away(socket))) {
    any = false;
  } else if (any) {
    struct vt_datagram header;
    vt_rx_copy(socket, slot, head, (uint8_t*)&header, sizeof header);
    arrival->bytes = header.bytes;
    arrival->copied = scatter(socket, slot, head + sizeof header, message, header.bytes);
    arrival->from = vt_datagram_address(header.address, header.port, header.flags);
    arrival->flags = header.flags;
    if (!(flags & MSG_PEEK)) {
      head += record_bytes(header.bytes);
      VT_STORE_RELAXED(&socket->rx_head, head);
      VT_STORE(&slot->rx_head, head);
      any = !VT_UNLIKELY(socket->shared) || !vt_read_too_late(socket, slot, head);
    }
  }
  vt_give(&socket->rx_lock);
  return any;
}

int vt_datagram_next_bytes(struct vt_socket* socket) {
  struct msghdr nothing = {.msg_iovlen = 0};
  struct vt_arrival arrival;
  return take(socket, &nothing, MSG_PEEK, &arrival) ? (int)arrival.bytes : 0;
}

static ssize_t finish(const struct vt_socket* socket, const struct vt_arrival* arrival,
                      struct msghdr* message, int flags) {
  size_t used = 0;
  message->msg_flags = flags & MSG_CMSG_CLOEXEC;
  message->msg_flags |= arrival->copied < arrival->bytes ? MSG_TRUNC : 0;
  vt_put_source(socket, message, arrival->from);
  vt_put_packet_info(socket, arrival, message, &used);
  message->msg_controllen = used;
  return (ssize_t)(flags & MSG_TRUNC ? arrival->bytes : arrival->copied);
}

/* Nothing is there: 0 to wait, 1 for the end after shutdown(), or -errno. */
static int empty_state(struct vt_socket* socket, int flags) {
  if (socket->nonblocking || (flags & MSG_DONTWAIT)) {
    return -EAGAIN; /* as on Linux, also after shutdown() */
  }
  return socket->read_shut ? 1 : 0;
}

static ssize_t receive(struct vt_socket* socket, int fd, struct msghdr* message, int flags) {
  int64_t deadline = vt_deadline(socket->options.receive_timeout_ns);
  int error = vt_datagram_use(socket, fd);
  if (flags & MSG_ERRQUEUE) {
    return vt_datagram_queued_error(socket, message);
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
    struct vt_arrival arrival;
    if (take(socket, message, flags, &arrival)) {
      return finish(socket, &arrival, message, flags);
    }
    if (VT_UNLIKELY(vt_is_away(socket))) {
      error = vt_datagram_use(socket, fd);
      continue;
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
  sa_family_t family = AF_UNSPEC;
  if (message->msg_name != NULL && message->msg_namelen > sizeof(struct sockaddr_storage)) {
    return EINVAL;
  }
  if (message->msg_name != NULL && message->msg_namelen >= sizeof family) {
    memcpy(&family, message->msg_name, sizeof family);
  }
  bool peer = message->msg_name == NULL || (family == AF_UNSPEC && socket->family == AF_INET6 &&
                                            message->msg_namelen >= sizeof family);
  if (peer) {
    *to = socket->peer_shown;
    return socket->udp.connected ? to->port == 0 ? EINVAL : 0 : EDESTADDRREQ;
  }
  if (socket->family == AF_INET6 && family != AF_INET6 && family != AF_INET) {
    return EINVAL;
  }
  int error = vt_datagram_destination(socket, message->msg_name, message->msg_namelen, to);
  if (socket->family == AF_INET && error == 0 && family != AF_INET && family != AF_UNSPEC) {
    return EAFNOSUPPORT;
  }
  return error != 0 ? error : to->port == 0 ? EINVAL : 0;
}

static void put_record(struct vt_socket* socket, const struct vt_way* way,
                       const struct msghdr* message, size_t total) {
  struct vt_datagram header = {
      .bytes = (uint32_t)total, .port = way->to.port, .flags = way->flags};
  vt_address_raw(&way->to, header.address);
  vt_tx_put(socket, socket->tx_tail, (const uint8_t*)&header, sizeof header);
  uint64_t cursor = socket->tx_tail + sizeof header;
  for (size_t i = 0; i < message->msg_iovlen; i++) {
    vt_tx_put(socket, cursor, message->msg_iov[i].iov_base, message->msg_iov[i].iov_len);
    cursor += message->msg_iov[i].iov_len;
  }
}

/* 0, EAGAIN: no room now, EMSGSIZE: the ring itself is too small, a larger one is asked for, or
   ESTALE: another process took the socket. */
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
    return vt_tx_publish(socket, slot, socket->tx_tail + bytes, 0) ? 0 : ESTALE;
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

static int write_or_wait(struct vt_socket* socket, int fd, const struct vt_way* way,
                         const struct msghdr* message, size_t total, int flags) {
  int64_t deadline = vt_deadline(socket->options.send_timeout_ns);
  for (int tries = 0;; tries++) {
    int error = write_record(socket, way, message, total);
    if (error == EMSGSIZE) {
      if (tries == LARGER_RING_TRIES) {
        return ENOBUFS;
      }
      nap(tries);
    } else if (error == ESTALE) {
      error = vt_datagram_use(socket, fd);
      if (error != 0) {
        return error;
      }
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
  error = error == 0 ? vt_judge_control(socket, message) : error;
  error = error == 0 ? vt_datagram_take_error(socket) : error;
  error = error == 0 && socket->write_shut ? EPIPE : error;
  error = error == 0 ? write_or_wait(socket, fd, &way, message, total, flags) : error;
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
