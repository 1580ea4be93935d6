/* Bytes in and out of a socket's rings. */
#include <limits.h>
#include <sched.h>

#include "datagram.h"
#include "raw.h"

/* ---- reading -------------------------------------------------------------------------------- */

/*
 * The host stack stores generation 0 while it puts another ring in the place of the old one; the
 * bytes in it keep their cursors. rx_lock is held.
 */
static VT_COLD void load_rx_ring(struct vt_socket* socket, const struct vt_slot* slot) {
  uint32_t generation;
  do {
    while ((generation = VT_LOAD(&slot->rx_generation)) == 0) {
      sched_yield();
    }
    socket->rx_ring = socket->region + VT_LOAD_RELAXED(&slot->rx_ring_offset);
    socket->rx_mask = (uint64_t)VT_LOAD_RELAXED(&slot->rx_ring_bytes) - 1;
    __atomic_thread_fence(__ATOMIC_ACQUIRE);
  } while (VT_LOAD_RELAXED(&slot->rx_generation) != generation);
  socket->rx_generation = generation;
}

inline void vt_rx_copy(struct vt_socket* socket, const struct vt_slot* slot, uint64_t head,
                       uint8_t* data, size_t count) {
  do {
    if (VT_UNLIKELY(VT_LOAD(&slot->rx_generation) != socket->rx_generation)) {
      load_rx_ring(socket, slot);
    }
    uint64_t from = (head - VT_LOAD_RELAXED(&slot->rx_base)) & socket->rx_mask;
    size_t first = socket->rx_mask + 1 - from;
    if (VT_LIKELY(count <= first)) {
      memcpy(data, socket->rx_ring + from, count);
    } else {
      memcpy(data, socket->rx_ring + from, first);
      memcpy(data + first, socket->rx_ring, count - first);
    }
    __atomic_thread_fence(__ATOMIC_ACQUIRE);
  } while (VT_UNLIKELY(VT_LOAD_RELAXED(&slot->rx_generation) != socket->rx_generation));
}

static VT_COLD void tell_room(struct vt_socket* socket, uint64_t want) {
  struct vt_queue* queue = VT_LOAD(&socket->home);
  if (__atomic_exchange_n(&socket->rx_want_answered, want, __ATOMIC_RELAXED) == want ||
      queue == NULL) {
    return;
  }
  struct vt_entry entry = {
      .stamp = VT_CMD_RX_ROOM, .slot = socket->slot_index, .generation = socket->generation};
  vt_post(queue, &entry);
}

/*
 * The fast way: copies what is there; 0 if nothing is, or this socket is no stream with a slot.
 * Locks the direction, so that another thread's close cannot pull the ring away.
 */
static inline size_t take_bytes(struct vt_socket* socket, uint8_t* data, size_t bytes, int flags) {
  vt_take(&socket->rx_lock);
  struct vt_slot* slot = socket->slot;
  if (VT_UNLIKELY(slot == NULL)) {
    vt_give(&socket->rx_lock);
    return 0;
  }
  uint64_t tail = VT_LOAD(&slot->rx_tail);
  uint64_t head = socket->rx_head;
  size_t count = tail - head < bytes ? tail - head : bytes;
  if (count == 0) {
    vt_give(&socket->rx_lock);
    return 0;
  }
  if (VT_LIKELY(!(flags & MSG_TRUNC))) {
    vt_rx_copy(socket, slot, head, data, count);
  }
  if (VT_UNLIKELY(flags & MSG_PEEK)) {
    bool away = socket->shared && vt_is_away(socket);
    vt_give(&socket->rx_lock);
    return away ? 0 : count;
  }
  VT_STORE_RELAXED(&socket->rx_head, head + count);
  VT_STORE(&slot->rx_head, head + count);
  bool too_late = VT_UNLIKELY(socket->shared) && vt_read_too_late(socket, slot, head + count);
  vt_give(&socket->rx_lock); /* also the fence before rx_want */
  if (VT_UNLIKELY(too_late)) {
    return 0;
  }
  uint64_t want = VT_LOAD_RELAXED(&slot->rx_want);
  if (VT_UNLIKELY(want <= head + count && want != VT_LOAD_RELAXED(&socket->rx_want_answered))) {
    tell_room(socket, want);
  }
  return count;
}

bool vt_take_record(struct vt_socket* socket, void* data, size_t bytes) {
  /* Records are of one size and written whole, so the bytes are all there or none is. */
  return take_bytes(socket, data, bytes, 0) == bytes;
}

uint64_t vt_unread(struct vt_socket* socket) {
  struct vt_slot* slot = VT_LOAD(&socket->slot);
  return slot == NULL || socket->phase < VT_LISTENING || socket->phase == VT_CONNECTING
             ? 0
             : VT_LOAD(&slot->rx_tail) - VT_LOAD_RELAXED(&socket->rx_head);
}

int64_t vt_deadline(int64_t timeout_ns) {
  return timeout_ns == 0 ? VT_WAIT_FOREVER : vt_now() + timeout_ns;
}

/* Nothing to read: 1 end of stream, 0 wait for more, 2 look again, or -errno. State comes before
   rx_tail. */
static int read_state(struct vt_socket* socket) {
  vt_progress(socket);
  struct vt_slot* slot = VT_LOAD(&socket->slot);
  if (slot == NULL && vt_comes_back(socket)) {
    return 2;
  }
  if (slot == NULL || socket->phase < VT_CONNECTING) {
    int error = vt_take_error(socket);
    return error != 0 ? -error : socket->phase == VT_LOST ? 1 : -ENOTCONN;
  }
  if (socket->phase == VT_CONNECTING && VT_LOAD(&slot->generation) != socket->generation) {
    return 0;
  }
  uint32_t state = VT_LOAD(&slot->state);
  if (socket->phase == VT_CONNECTED && (vt_unread(socket) != 0 || (state & VT_STATE_MOVED))) {
    return 2;
  }
  if (socket->phase == VT_CONNECTED && (state & VT_STATE_FAILED) && slot->error == EPIPE &&
      !vt_is_dead(socket->attachment)) {
    return 1; /* the peer's end came before its reset, of which those who write are told */
  }
  int error = vt_take_error(socket);
  if (error != 0) {
    return -error;
  }
  bool ended = (state & (VT_STATE_READ_CLOSED | VT_STATE_FAILED)) || socket->read_shut;
  return ended || vt_is_dead(socket->attachment);
}

static VT_COLD ssize_t read_slowly(struct vt_socket* socket, int fd, uint8_t* data, size_t bytes,
                                   int flags) {
  size_t done = 0;
  int64_t deadline = vt_deadline(socket->options.receive_timeout_ns);
  for (;;) {
    if (socket->shared || socket->slot == NULL) {
      int error = vt_socket_use(socket, fd);
      if (error != 0) {
        return vt_fail(error);
      }
    }
    bool stream = socket->phase >= VT_CONNECTED;
    size_t count = stream ? take_bytes(socket, data + done, bytes - done, flags) : 0;
    done += count;
    if (count != 0 && (!(flags & MSG_WAITALL) || (flags & MSG_PEEK) || done == bytes)) {
      return (ssize_t)done;
    }
    if (stream && bytes == 0 && vt_unread(socket) != 0) {
      return 0;
    }
    int state = done != 0 && (socket->error != 0) ? 1 : read_state(socket);
    if (state == 2) {
      continue;
    }
    if (state != 0) {
      return done != 0 ? (ssize_t)done : state < 0 ? vt_fail(-state) : 0;
    }
    if (socket->nonblocking || (flags & MSG_DONTWAIT)) {
      return done != 0 ? (ssize_t)done : vt_fail(EAGAIN);
    }
    int error = vt_wait(socket, EPOLLIN | EPOLLRDHUP | EPOLLHUP | EPOLLERR, deadline);
    if (error != 0) {
      return done != 0 ? (ssize_t)done : vt_fail(error);
    }
  }
}

static VT_COLD ssize_t read_pinned(int fd, void* data, size_t bytes, int flags) {
  if (flags & MSG_ERRQUEUE) {
    return vt_fail(EAGAIN);
  }
  struct vt_socket* socket = vt_pin(fd);
  if (socket == NULL) {
    return libc.recvfrom(fd, data, bytes, flags, NULL, NULL);
  }
  ssize_t result = flags & MSG_OOB /* no urgent data is ever delivered */
                       ? vt_fail(socket->phase == VT_LISTENING ? ENOTCONN : EINVAL)
                       : read_slowly(socket, fd, data, bytes, flags);
  vt_unpin(socket);
  return result;
}

ssize_t vt_read(struct vt_socket* socket, int fd, void* data, size_t bytes, int flags) {
  if (VT_UNLIKELY(socket->datagram)) {
    return vt_datagram_read(fd, &(struct iovec){data, bytes}, 1, flags);
  }
  const int special = MSG_OOB | MSG_ERRQUEUE | MSG_WAITALL;
  if (VT_LIKELY(!(flags & special) && socket->phase >= VT_CONNECTED)) {
    size_t count = take_bytes(socket, data, bytes, flags);
    if (VT_LIKELY(count != 0)) {
      return (ssize_t)count;
    }
  }
  return read_pinned(fd, data, bytes, flags);
}

#define GROWTH 4

/* ---- writing -------------------------------------------------------------------------------- */

/* The ring is empty. An offer is not replaced by the host before it is adopted. */
static VT_COLD void adopt_ring(struct vt_socket* socket, struct vt_slot* slot, uint32_t offer) {
  uint64_t bytes = slot->tx_ring_bytes;
  if (bytes < socket->tx_mask + 1) {
    socket->tx_notice_want = 0; /* smaller than before: a want may be uttered again */
  }
  socket->tx_ring = socket->region + slot->tx_ring_offset;
  socket->tx_mask = bytes - 1;
  VT_STORE_RELAXED(&socket->tx_generation, offer);
  socket->tx_base = socket->tx_tail;
  VT_STORE(&slot->tx_base, socket->tx_base);
  VT_STORE(&slot->tx_generation, offer);
}

uint64_t vt_tx_room(struct vt_socket* socket, struct vt_slot* slot) {
  uint64_t tail = socket->tx_tail;
  uint64_t head = VT_LOAD(&slot->tx_head);
  if (VT_LIKELY(head == tail)) {
    uint32_t offer = VT_LOAD(&slot->tx_offer);
    if (VT_UNLIKELY(offer != socket->tx_generation)) {
      adopt_ring(socket, slot, offer);
    } else if (socket->tx_base != tail) {
      socket->tx_base = tail; /* small messages stay in the ring's first lines */
      VT_STORE_RELAXED(&slot->tx_base, tail);
    }
    return socket->tx_generation == 0 ? 0 : socket->tx_mask + 1;
  }
  uint64_t room = socket->tx_mask + 1 - (tail - head);
  uint32_t low = VT_LOAD_RELAXED(&socket->options.notsent_low_water);
  return VT_LIKELY(low == 0) ? room : vt_room_to_send(slot, tail, room, low);
}

inline void vt_tx_put(struct vt_socket* socket, uint64_t cursor, const uint8_t* data,
                      size_t count) {
  uint64_t to = (cursor - socket->tx_base) & socket->tx_mask;
  size_t first = socket->tx_mask + 1 - to;
  if (VT_LIKELY(count <= first)) {
    memcpy(socket->tx_ring + to, data, count);
  } else {
    memcpy(socket->tx_ring + to, data, first);
    memcpy(socket->tx_ring, data + first, count - first);
  }
}

static void post_tx(struct vt_socket* socket, uint64_t wanted) {
  struct vt_queue* queue = VT_LOAD(&socket->home);
  if (queue == NULL) {
    return;
  }
  struct vt_entry entry = {.stamp = VT_CMD_TX,
                           .slot = socket->slot_index,
                           .generation = socket->generation,
                           .arg = {wanted}};
  vt_post(queue, &entry);
}

/* wanted: bytes the application would have liked to write at once if more than fitted, else 0. */
bool vt_tx_publish(struct vt_socket* socket, struct vt_slot* slot, uint64_t tail, uint64_t wanted) {
  uint64_t old = socket->tx_tail;
  bool utter = wanted > socket->tx_notice_want;
  if (VT_UNLIKELY(utter)) {
    socket->tx_notice_want = wanted;
  }
  VT_STORE_RELAXED(&socket->tx_tail, tail);
  VT_STORE(&slot->tx_tail, tail);
  bool too_late =
      VT_UNLIKELY(socket->shared) && tail != old && vt_wrote_too_late(socket, slot, tail);
  vt_give(&socket->tx_lock); /* also the fence before tx_seen */
  if (VT_UNLIKELY(too_late)) {
    return false;
  }
  if (VT_UNLIKELY(utter) || (tail != old && VT_LOAD(&slot->tx_seen) >= old)) {
    post_tx(socket, wanted);
  }
  return true;
}

/* Puts as many bytes of the parts as fit; moves *part and *offset on. tx_lock is held. */
static size_t put_parts(struct vt_socket* socket, const struct iovec* parts, size_t count,
                        size_t* part, size_t* offset, uint64_t room) {
  uint64_t cursor = socket->tx_tail;
  size_t done = 0;
  while (*part < count && room != 0) {
    size_t left = parts[*part].iov_len - *offset;
    size_t bytes = left < room ? left : room;
    vt_tx_put(socket, cursor + done, (const uint8_t*)parts[*part].iov_base + *offset, bytes);
    done += bytes;
    room -= bytes;
    *offset += bytes;
    if (*offset == parts[*part].iov_len) {
      *offset = 0;
      ++*part;
    }
  }
  return done;
}

static size_t write_some(struct vt_socket* socket, const struct iovec* parts, size_t count,
                         size_t* part, size_t* offset, size_t left) {
  vt_take(&socket->tx_lock);
  struct vt_slot* slot = socket->slot;
  if (slot == NULL || socket->phase != VT_CONNECTED) {
    vt_give(&socket->tx_lock);
    return 0;
  }
  uint64_t room = vt_tx_room(socket, slot);
  size_t first_part = *part;
  size_t first_offset = *offset;
  size_t done = put_parts(socket, parts, count, part, offset, room);
  /* Who writes little at a time and is ahead of its reader needs room for more than one write. */
  uint64_t wanted = (socket->tx_mask + 1) * GROWTH;
  wanted = done == left ? 0 : left > wanted ? left : wanted;
  if (!vt_tx_publish(socket, slot, socket->tx_tail + done, wanted)) {
    *part = first_part;
    *offset = first_offset;
    return 0;
  }
  return done;
}

static VT_COLD ssize_t write_slowly(struct vt_socket* socket, int fd, const struct iovec* parts,
                                    size_t count, size_t total, int flags) {
  size_t done = 0;
  size_t part = 0;
  size_t offset = 0;
  int64_t deadline = vt_deadline(socket->options.send_timeout_ns);
  for (;;) {
    if (socket->shared) {
      int error = vt_socket_use(socket, fd);
      if (error != 0) {
        return vt_fail(error);
      }
    }
    int error = vt_tx_check(socket);
    if (error == 0) {
      done += write_some(socket, parts, count, &part, &offset, total - done);
    } else if (error != EAGAIN) {
      return done != 0 ? (ssize_t)done : vt_tx_fail(error, flags);
    }
    if (done == total && error == 0) {
      return (ssize_t)done;
    }
    error = vt_tx_wait(socket, flags, deadline);
    if (error != 0) {
      return done != 0 ? (ssize_t)done : vt_fail(error);
    }
  }
}

static VT_COLD ssize_t write_pinned(int fd, const struct iovec* parts, size_t count, int flags) {
  size_t total = 0;
  if (flags & (MSG_OOB | MSG_FASTOPEN)) {
    return vt_fail(EOPNOTSUPP);
  }
  if (count > IOV_MAX) {
    return vt_fail(EINVAL);
  }
  for (size_t i = 0; i < count; i++) {
    if (parts[i].iov_len > (size_t)SSIZE_MAX - total) {
      return vt_fail(EINVAL);
    }
    total += parts[i].iov_len;
  }
  struct vt_socket* socket = vt_pin(fd);
  if (socket == NULL) {
    struct msghdr message = {.msg_iov = (struct iovec*)(uintptr_t)parts, .msg_iovlen = count};
    return libc.sendmsg(fd, &message, flags);
  }
  ssize_t result = write_slowly(socket, fd, parts, count, total, flags);
  vt_unpin(socket);
  return result;
}

/* State allows writing and no special flag asks for more thought. tx_lock is held. */
static inline bool plain_write(const struct vt_socket* socket, const struct vt_slot* slot,
                               int flags) {
  const uint32_t mask = VT_STATE_CONNECTED | VT_STATE_WRITE_CLOSED | VT_STATE_FAILED;
  return slot != NULL && socket->phase == VT_CONNECTED && !(flags & (MSG_OOB | MSG_FASTOPEN)) &&
         !socket->write_shut && socket->error == 0 &&
         (VT_LOAD(&slot->state) & mask) == VT_STATE_CONNECTED &&
         VT_LOAD_RELAXED(&socket->attachment->dead) == 0;
}

ssize_t vt_write(struct vt_socket* socket, int fd, const void* data, size_t bytes, int flags) {
  if (VT_UNLIKELY(socket->datagram)) {
    struct iovec part = {(void*)(uintptr_t)data, bytes};
    return vt_datagram_write(fd, &part, 1, flags);
  }
  vt_take(&socket->tx_lock);
  struct vt_slot* slot = socket->slot;
  if (VT_LIKELY(plain_write(socket, slot, flags) && bytes <= vt_tx_room(socket, slot))) {
    vt_tx_put(socket, socket->tx_tail, data, bytes);
    if (VT_LIKELY(vt_tx_publish(socket, slot, socket->tx_tail + bytes, 0))) {
      return (ssize_t)bytes;
    }
  } else {
    vt_give(&socket->tx_lock);
  }
  struct iovec part = {(void*)(uintptr_t)data, bytes};
  return write_pinned(fd, &part, 1, flags);
}

ssize_t vt_writev(struct vt_socket* socket, int fd, const struct iovec* parts, size_t count,
                  int flags) {
  if (VT_UNLIKELY(socket->datagram)) {
    return vt_datagram_write(fd, parts, count, flags);
  }
  if (count == 1) {
    return vt_write(socket, fd, parts[0].iov_base, parts[0].iov_len, flags);
  }
  size_t total = 0;
  for (size_t i = 0; i < count && count <= IOV_MAX; i++) {
    total += parts[i].iov_len;
  }
  vt_take(&socket->tx_lock);
  struct vt_slot* slot = socket->slot;
  uint64_t room = 0;
  if (VT_LIKELY(count <= IOV_MAX && total <= INT32_MAX && plain_write(socket, slot, flags))) {
    room = vt_tx_room(socket, slot);
  }
  if (room == 0 || total > room) {
    vt_give(&socket->tx_lock);
    return write_pinned(fd, parts, count, flags);
  }
  size_t part = 0;
  size_t offset = 0;
  put_parts(socket, parts, count, &part, &offset, room);
  bool written = vt_tx_publish(socket, slot, socket->tx_tail + total, 0);
  return VT_LIKELY(written) ? (ssize_t)total : write_pinned(fd, parts, count, flags);
}
