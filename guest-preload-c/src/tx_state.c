/* Whether a stream can be written, and what its writers wait for. */
#include "answer.h"
#include "control.h"
#include "internal.h"
#include "raw.h"

/*
 * Bytes of a ring; a kernel's socket has more room for who writes without waiting. As large as the
 * host stack makes first rings at most (SocketSpace.LARGEST_FIRST_RING).
 */
#define SMALL 16384

int vt_tx_check(struct vt_socket* socket) {
  vt_progress(socket);
  struct vt_slot* slot = VT_LOAD(&socket->slot);
  if (slot == NULL && vt_comes_back(socket)) {
    return EAGAIN;
  }
  if (slot == NULL || socket->phase < VT_CONNECTING || socket->phase == VT_LOST) {
    int error = vt_take_error(socket);
    return error != 0 ? error : EPIPE;
  }
  bool begun = socket->phase == VT_CONNECTED || VT_LOAD(&slot->generation) == socket->generation;
  uint32_t state = begun ? VT_LOAD(&slot->state) : 0;
  if (VT_UNLIKELY(state & VT_STATE_MOVED)) {
    return EAGAIN; /* to be taken back, if another thread did not do so just now */
  }
  const uint32_t bad = VT_STATE_WRITE_CLOSED | VT_STATE_FAILED;
  if ((state & bad) || socket->write_shut || socket->error != 0 || vt_is_dead(socket->attachment)) {
    int error = vt_take_error(socket);
    return error != 0 ? error : EPIPE;
  }
  return state & VT_STATE_CONNECTED ? 0 : EAGAIN;
}

int vt_tx_fail(int error, int flags) {
  if (error == EPIPE && !(flags & MSG_NOSIGNAL)) {
    long thread = vt_raw_plain(SYS_gettid, 0, 0, 0, 0, 0, 0);
    vt_raw_plain(SYS_tgkill, vt_pid, thread, SIGPIPE, 0, 0, 0);
  }
  return vt_fail(error);
}

/* The tx_want of a writer that found too little room; true: there is some by now. */
static bool room_after_want(struct vt_socket* socket) {
  return (vt_ready(socket, EPOLLOUT) & (EPOLLOUT | EPOLLERR | EPOLLHUP)) != 0;
}

/*
 * A small ring is full only because the host stack, not the peer, did not look yet: it takes what
 * is there and offers a larger one while this waits for its answer.
 */
static bool room_after_look(struct vt_socket* socket) {
  struct vt_slot* slot = VT_LOAD(&socket->slot);
  if (slot == NULL || (socket->phase != VT_CONNECTED && !socket->datagram) || socket->shared ||
      socket->tx_mask + 1 > SMALL || VT_LOAD(&slot->tx_seen) >= socket->tx_tail) {
    return false;
  }
  struct vt_socket_info info;
  return vt_ask_info(socket, &info) == 0 && room_after_want(socket);
}

int vt_tx_wait(struct vt_socket* socket, int flags, int64_t deadline) {
  if (room_after_want(socket)) {
    return 0;
  }
  if (socket->nonblocking || (flags & MSG_DONTWAIT)) {
    return room_after_look(socket) ? 0 : EAGAIN;
  }
  return vt_wait(socket, EPOLLOUT | EPOLLERR | EPOLLHUP, deadline);
}
