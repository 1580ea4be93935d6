/* Control calls: names, bind, listen, shutdown. */
#include "address.h"
#include "datagram.h"
#include "raw.h"
#include "standin.h"

#define ADOPTIONS 4
#define PORTS_TO_TRY 16
#define SHUT_TIMEOUT_NS INT64_C(2000000000)

/* ---- names ---------------------------------------------------------------------------------- */

/* From now on the fd is the kernel's, with its memberships in epoll sets. */
void vt_leave_to_kernel(struct vt_socket* socket, int fd, enum vt_fallback reason) {
  vt_count_fallback(reason);
  vt_take(&socket->lock);
  vt_epoll_hand_over(socket);
  vt_give(&socket->lock);
  if (VT_LOAD(&socket->fds) == 1) {
    vt_table_set(fd, 0);
    vt_socket_forget(socket, fd);
    return;
  }
  for (uint32_t other = 0; other <= vt_highest_fd(); other++) {
    if (vt_table[other] == (uintptr_t)socket) {
      vt_table_set((int)other, 0);
      vt_socket_forget(socket, (int)other);
    }
  }
}

static void put_address(const struct vt_socket* socket, struct vt_address name,
                        struct sockaddr* address, socklen_t* length) {
  uint8_t raw[16] = {0};
  if (!vt_is_any(&name)) {
    vt_address_raw(&name, raw);
  }
  vt_put_name(socket->family, raw, name.port, address, length);
}

static void local_name(struct vt_socket* socket, struct sockaddr* address, socklen_t* length) {
  vt_progress(socket);
  struct vt_slot* slot = VT_LOAD(&socket->slot);
  bool begun = slot != NULL && VT_LOAD(&slot->generation) == socket->generation;
  if (begun && socket->phase >= VT_CONNECTING && slot->local_port != 0) {
    if (socket->shows_loopback) {
      put_address(socket, vt_loopback(socket->peer_shown.six, slot->local_port), address, length);
    } else {
      vt_put_name(socket->family, slot->local_address, slot->local_port, address, length);
    }
    return;
  }
  if (socket->orphan && socket->phase == VT_CONNECTED) {
    vt_put_name(socket->family, socket->saved_local, socket->saved_local_port, address, length);
    return;
  }
  put_address(socket, socket->bound, address, length);
}

static int peer_name(struct vt_socket* socket, struct sockaddr* address, socklen_t* length) {
  vt_progress(socket);
  struct vt_slot* slot = VT_LOAD(&socket->slot);
  if (socket->orphan && socket->phase == VT_CONNECTED) {
    vt_put_name(socket->family, socket->saved_peer, socket->saved_peer_port, address, length);
    return 0;
  }
  if (slot == NULL || socket->phase != VT_CONNECTED || vt_is_dead(socket->attachment) ||
      vt_has_failed(slot)) {
    return ENOTCONN;
  }
  if (socket->shows_loopback) {
    put_address(socket, socket->peer_shown, address, length);
  } else {
    vt_put_name(socket->family, slot->peer_address, slot->peer_port, address, length);
  }
  return 0;
}

int vt_name(int fd, struct sockaddr* address, socklen_t* length, bool peer) {
  struct vt_socket* socket = vt_pin(fd);
  if (socket == NULL) {
    return peer ? libc.getpeername(fd, address, length) : libc.getsockname(fd, address, length);
  }
  int error = 0;
  if (address == NULL || length == NULL) {
    error = EFAULT;
  } else {
    socklen_t room = *length;
    socklen_t shown = (int)room < 0 ? 0 : room;
    if (socket->datagram) {
      error = vt_datagram_name(socket, fd, address, &shown, peer);
    } else if (peer) {
      error = peer_name(socket, address, &shown);
    } else {
      local_name(socket, address, &shown);
    }
    if (error == 0 && (int)room < 0) {
      error = EINVAL; /* who has no name at all is told that first */
    } else if (error == 0) {
      *length = shown;
    }
  }
  vt_unpin(socket);
  return error == 0 ? 0 : vt_fail(error);
}

/* ---- bind and listen ------------------------------------------------------------------------ */

/* Gives a slot that came to nothing back. */
void vt_give_up_slot(struct vt_socket* socket) {
  if (socket->slot != NULL && !vt_is_dead(socket->attachment)) {
    vt_command(socket, VT_CMD_CLOSE, VT_CLOSE_ABORT, 0);
  }
  vt_slot_drop(socket);
}

static int bind_here(struct vt_socket* socket, struct vt_address name) {
  struct vt_attachment* attachment = vt_attach_quick();
  if (attachment == NULL) {
    return ENETDOWN;
  }
  struct vt_address own = vt_own_address(attachment, &name);
  if (!vt_is_any(&name) && (name.ipv4 != own.ipv4 || memcmp(name.ipv6, own.ipv6, 16) != 0)) {
    return EADDRNOTAVAIL;
  }
  if (name.port == 0 && socket->options.no_port) {
    socket->bound = name; /* connect() takes a port; two connections may have the same one */
    return 0;
  }
  int error = vt_slot_acquire(socket);
  if (error != 0) {
    return error;
  }
  error = vt_ask_bind(socket, name);
  if (error != 0) {
    vt_give_up_slot(socket);
    return error;
  }
  socket->phase = VT_BOUND;
  return 0;
}

int vt_bind_kernel(struct vt_socket* socket, int fd) {
  uint8_t raw[16] = {0};
  struct sockaddr_storage name;
  socklen_t length = sizeof name;
  vt_put_name(socket->family, raw, socket->bound.port, (struct sockaddr*)&name, &length);
  int error = vt_own_file(socket, fd);
  if (error != 0) {
    return error;
  }
  if (libc.bind(fd, (const struct sockaddr*)&name, length) == 0 || errno == EINVAL) {
    return 0; /* EINVAL: it has been bound, when this socket was */
  }
  return errno;
}

/*
 * Takes a port that is free in the kernel, too, and keeps it there: a program that has asked for
 * its number may connect to the loopback and find the kernel's listeners.
 */
static int bind_to_any_port(struct vt_socket* socket, int fd, struct vt_address name) {
  for (int i = 1; i < PORTS_TO_TRY; i++) {
    int error = bind_here(socket, name);
    if (error != 0 || socket->phase != VT_BOUND || vt_bind_kernel(socket, fd) != EADDRINUSE) {
      return error;
    }
    vt_give_up_slot(socket);
    socket->phase = VT_FRESH;
    socket->bound = (struct vt_address){0};
  }
  return bind_here(socket, name);
}

int vt_bind(int fd, const struct sockaddr* address, socklen_t length) {
  struct vt_socket* socket = vt_pin(fd);
  if (socket == NULL) {
    return libc.bind(fd, address, length);
  }
  if (socket->datagram) {
    int datagram_error = vt_datagram_bind(socket, fd, address, length);
    vt_unpin(socket);
    return datagram_error == 0 ? 0 : vt_fail(datagram_error);
  }
  struct vt_address name;
  int error = 0;
  enum vt_target target = address == NULL ? TO_KERNEL : vt_classify(socket, address, length, &name);
  bool kernel_says = target == TO_KERNEL && (address == NULL || length < sizeof(sa_family_t) ||
                                             address->sa_family != AF_UNSPEC);
  if ((socket->phase != VT_FRESH && !kernel_says) || length > sizeof(struct sockaddr_storage)) {
    error = EINVAL;
  } else if (target == TO_VIRTUOSO) {
    error = vt_is_any(&name) && name.port == 0 ? bind_to_any_port(socket, fd, name)
                                               : bind_here(socket, name);
  } else if (target == TO_NOWHERE) {
    error = EADDRNOTAVAIL;
  } else {
    error = vt_own_file(socket, fd);
    if (error == 0) {
      error = libc.bind(fd, address, length) == 0 ? 0 : errno;
    }
    if (error == 0) {
      vt_leave_to_kernel(socket, fd, target == TO_LOOPBACK ? VT_FALL_LOOPBACK : VT_FALL_IPV6);
    }
  }
  vt_unpin(socket);
  return error == 0 ? 0 : vt_fail(error);
}

static int listen_here(struct vt_socket* socket, int backlog) {
  if (socket->phase == VT_FRESH) {
    int error = bind_here(socket, socket->bound);
    if (error != 0) {
      return error;
    }
  }
  if (socket->phase != VT_BOUND && socket->phase != VT_LISTENING) {
    return EINVAL;
  }
  socket->backlog = backlog < 0 ? INT32_MAX : backlog;
  if (socket->slot == NULL || vt_is_dead(socket->attachment)) {
    return ENETDOWN;
  }
  uint64_t arg[4] = {(uint64_t)socket->backlog, vt_bind_flags(socket)};
  int error = vt_ask(socket, VT_CMD_LISTEN, arg, NULL);
  if (error == 0 && socket->phase != VT_LISTENING) {
    socket->phase = VT_LISTENING;
    socket->read_shut = false;
    vt_listener_added();
    vt_send_options(socket);
    vt_epoll_adopt_home(socket);
    vt_arm(socket, socket->members != NULL);
  }
  return error;
}

int vt_listen(int fd, int backlog) {
  struct vt_socket* socket = vt_pin(fd);
  if (socket == NULL) {
    return libc.listen(fd, backlog);
  }
  int error = socket->datagram ? EOPNOTSUPP : vt_socket_use(socket, fd);
  if (error == 0) {
    error = listen_here(socket, backlog);
  }
  vt_unpin(socket);
  return error == 0 ? 0 : vt_fail(error);
}

/* ---- shutdown ------------------------------------------------------------------------------- */

static uint64_t name_of_slot(const struct vt_socket* socket) {
  return socket->slot_index | (uint64_t)socket->generation << 32;
}

/*
 * Of a connection that is shared: until the host stack has shut it, wherever it is by then. If
 * another process took it before, the command to that slot came too late.
 */
static void await_shut(struct vt_socket* socket, int fd, uint64_t told, uint64_t halves) {
  int64_t deadline = vt_now() + SHUT_TIMEOUT_NS;
  for (int tries = 0; vt_now() < deadline; tries++) {
    if (vt_is_away(socket) && vt_socket_use(socket, fd) != 0) {
      return;
    }
    struct vt_slot* slot = VT_LOAD(&socket->slot);
    if (slot == NULL || vt_is_dead(socket->attachment)) {
      return;
    }
    uint32_t state = VT_LOAD(&slot->state);
    if ((state & (VT_STATE_WRITE_CLOSED | VT_STATE_MOVED)) == VT_STATE_WRITE_CLOSED) {
      return;
    }
    if (name_of_slot(socket) != told) {
      told = name_of_slot(socket);
      vt_command(socket, VT_CMD_SHUTDOWN, halves, 0);
    }
    struct timespec pause = {.tv_nsec = tries < 20 ? 1000 : 1000000};
    vt_raw_plain(SYS_nanosleep, (long)(intptr_t)&pause, 0, 0, 0, 0, 0);
  }
}

static int shut(struct vt_socket* socket, int fd, int how) {
  bool reading = how == SHUT_RD || how == SHUT_RDWR;
  bool writing = how == SHUT_WR || how == SHUT_RDWR;
  if (socket->phase == VT_LISTENING) {
    if (reading) { /* it listens no more; listen() may be called again */
      vt_give_up_slot(socket);
      socket->phase = VT_FRESH;
      socket->read_shut = true;
      vt_listener_gone();
      vt_notify(socket);
    }
    return 0;
  }
  vt_progress(socket);
  if (socket->slot == NULL || socket->phase != VT_CONNECTED || vt_is_dead(socket->attachment) ||
      vt_has_failed(socket->slot)) {
    return ENOTCONN;
  }
  vt_take(&socket->tx_lock); /* no write is half done when the end is announced */
  socket->read_shut |= reading;
  socket->write_shut |= writing;
  vt_give(&socket->tx_lock);
  uint64_t told = name_of_slot(socket);
  uint64_t halves = (reading ? VT_SHUT_READ : 0) | (writing ? VT_SHUT_WRITE : 0);
  vt_command(socket, VT_CMD_SHUTDOWN, halves, 0);
  if (writing && socket->shared) {
    await_shut(socket, fd, told, halves);
  }
  vt_notify(socket);
  return 0;
}

int vt_shutdown(int fd, int how) {
  struct vt_socket* socket = vt_pin(fd);
  if (socket == NULL) {
    return libc.shutdown(fd, how);
  }
  int error = how < SHUT_RD || how > SHUT_RDWR ? EINVAL : vt_socket_use(socket, fd);
  if (error == 0) {
    error = socket->datagram ? vt_datagram_shutdown(socket, fd, how) : shut(socket, fd, how);
  }
  vt_unpin(socket);
  return error == 0 ? 0 : vt_fail(error);
}

/*
 * If another process takes the connection in the same moment, it is taken back. Who did not find it
 * here in the end looks once more when it finds nothing to read, or cannot write.
 */
static int adopt(struct vt_socket* socket, int fd) {
  int error = 0;
  bool again = true;
  for (int tries = 0; again && tries < ADOPTIONS; tries++) {
    socket->moves.back = false;
    error = vt_adopt(socket, fd);
    again = error == 0 && vt_was_taken_away(socket);
    struct vt_slot* slot = VT_LOAD(&socket->slot);
    socket->moves.back = slot != NULL && (VT_LOAD(&slot->state) & VT_STATE_FAILED);
  }
  vt_epoll_adopt_home(socket);
  return error;
}

/* Adopts what came through fork; takes a listener to a host stack that came back. */
int vt_socket_use(struct vt_socket* socket, int fd) {
  if (VT_UNLIKELY(socket->datagram)) {
    return vt_datagram_use(socket, fd);
  }
  if (VT_UNLIKELY(socket->shared)) {
    if (socket->orphan || vt_was_taken_away(socket)) {
      return adopt(socket, fd);
    }
    socket->moves.back = false;
  }
  if (socket->phase == VT_LISTENING && (socket->slot == NULL || vt_is_dead(socket->attachment))) {
    return vt_attach_quick() != NULL && socket->slot != NULL ? 0 : ENETDOWN;
  }
  return 0;
}
