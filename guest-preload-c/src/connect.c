/* connect(): to guests and the network, to own listeners by 127.x or ::1, or left to the kernel. */
#include "address.h"
#include "datagram.h"
#include "ip_options.h"
#include "standin.h"

/* Both ends were announced: there is nothing left to reset. */
static bool has_ended(const struct vt_socket* socket, const struct vt_slot* slot) {
  uint32_t state = VT_LOAD(&slot->state);
  return (state & VT_STATE_READ_CLOSED) && (socket->write_shut || (state & VT_STATE_WRITE_CLOSED));
}

static void to_fresh(struct vt_socket* socket) {
  vt_give_up_slot(socket);
  socket->phase = VT_FRESH;
  socket->shows_loopback = false;
  socket->read_shut = socket->write_shut = false;
}

/* An attempt is under way or has ended: what connect() says to that. EINPROGRESS: not yet. */
static int outcome(struct vt_socket* socket) {
  vt_progress(socket);
  if (socket->phase == VT_CONNECTED) {
    return 0;
  }
  struct vt_slot* slot = VT_LOAD(&socket->slot);
  bool begun = VT_LOAD(&slot->generation) == socket->generation;
  if ((begun && (VT_LOAD(&slot->state) & VT_STATE_FAILED)) || vt_is_dead(socket->attachment)) {
    int error = vt_take_error(socket);
    return error != 0 ? error : ECONNABORTED;
  }
  return EINPROGRESS;
}

static int await_outcome(struct vt_socket* socket, int64_t deadline, bool interruptible) {
  for (;;) {
    int error = outcome(socket);
    if (error != EINPROGRESS) {
      return error;
    }
    error = vt_wait(socket, EPOLLOUT | EPOLLERR | EPOLLHUP, deadline);
    if (error == EAGAIN) {
      return EINPROGRESS;
    }
    if (error == EINTR && interruptible) {
      return EINTR;
    }
  }
}

static int start_connect(struct vt_socket* socket, struct vt_address to) {
  if (socket->slot == NULL || vt_is_dead(socket->attachment)) {
    vt_slot_drop(socket);
    int error = vt_slot_acquire(socket);
    if (error != 0) {
      return error;
    }
  }
  uint64_t words[2];
  vt_address_raw(&to, (uint8_t*)words);
  struct vt_entry entry = {.stamp = VT_CMD_CONNECT,
                           .slot = socket->slot_index,
                           .generation = socket->generation,
                           .arg = {words[0], words[1], to.port,
                                   vt_options_of_syn(socket, to.six),
                                   (uint64_t)socket->options.congestion}};
  socket->phase = VT_CONNECTING;
  socket->read_shut = false; /* of a listener that was shut down before */
  VT_STORE(&socket->error, 0); /* of a former connection */
  vt_epoll_adopt_home(socket);
  if (!socket->nonblocking) {
    vt_wait_queue(socket); /* where this thread will wait: to move later takes a wait for the host stack */
  }
  socket->ordered_position = vt_post(socket->home, &entry);
  if (socket->options.touched) {
    vt_send_options(socket); /* the command before them made the socket known */
  }
  return 0;
}

static int connect_here(struct vt_socket* socket, struct vt_address to) {
  int error = start_connect(socket, to);
  if (error != 0) {
    return error;
  }
  if (socket->nonblocking) {
    socket->connect_unreported = true;
    return EINPROGRESS;
  }
  error = await_outcome(socket, vt_deadline(socket->options.send_timeout_ns), true);
  if (error != 0 && error != EINPROGRESS && error != EINTR) {
    to_fresh(socket);
  }
  return error;
}

/*
 * 127.x and ::1 reach this guest's own listeners; what none of them answers is the kernel's. The
 * attempt stays inside this machine, so waiting for its outcome takes microseconds, also where
 * the application asked not to block.
 */
static bool loopback_here(struct vt_socket* socket, struct vt_address to) {
  struct vt_attachment* attachment = vt_attach_quick();
  if (attachment == NULL || socket->phase != VT_FRESH) {
    return false;
  }
  if (start_connect(socket, vt_own_address(attachment, &to)) != 0) {
    return false;
  }
  if (await_outcome(socket, vt_now() + INT64_C(2000000000), false) != 0) {
    to_fresh(socket);
    return false;
  }
  socket->shows_loopback = true;
  socket->peer_shown = to;
  return true;
}

static int connect_kernel(struct vt_socket* socket, int fd, const struct sockaddr* address,
                          socklen_t length, enum vt_fallback reason) {
  int error = vt_own_file(socket, fd);
  if (error != 0) {
    return error;
  }
  vt_leave_to_kernel(socket, fd, reason);
  return libc.connect(fd, address, length) == 0 ? 0 : errno;
}

/* As loopback_here(), of a socket that is bound to a port, but to no address. */
static int loopback_bound(struct vt_socket* socket, int fd, struct vt_address to,
                          const struct sockaddr* address, socklen_t length) {
  int error = start_connect(socket, vt_own_address(socket->attachment, &to));
  if (error != 0) {
    return error;
  }
  socket->shows_loopback = true;
  socket->peer_shown = to;
  error = await_outcome(socket, vt_now() + INT64_C(2000000000), false);
  if (error == EINPROGRESS && socket->nonblocking) {
    socket->connect_unreported = true;
    return error;
  }
  if (error == EINPROGRESS) {
    error = await_outcome(socket, vt_deadline(socket->options.send_timeout_ns), true);
  }
  if (error == 0 || error == EINPROGRESS || error == EINTR) {
    return error;
  }
  to_fresh(socket);
  return error == ECONNREFUSED && vt_bind_kernel(socket, fd) == 0
             ? connect_kernel(socket, fd, address, length, VT_FALL_LOOPBACK)
             : error;
}

/* Linux resets the connection, and tells its own side, too. */
static int disconnect(struct vt_socket* socket) {
  if (socket->phase == VT_LISTENING) {
    return EINVAL;
  }
  vt_progress(socket);
  struct vt_slot* slot = VT_LOAD(&socket->slot);
  bool lived = slot != NULL && !vt_is_dead(socket->attachment) &&
               (socket->phase == VT_CONNECTED || socket->phase == VT_CONNECTING) &&
               !vt_has_failed(slot) && !has_ended(socket, slot);
  to_fresh(socket);
  if (lived) {
    VT_STORE(&socket->error, ECONNRESET);
  }
  socket->bound = (struct vt_address){0};
  return 0;
}

static int connect_again(struct vt_socket* socket) {
  if (socket->phase == VT_CONNECTED && socket->connect_unreported) {
    socket->connect_unreported = false;
    return 0;
  }
  if (socket->phase != VT_CONNECTING) {
    return EISCONN;
  }
  int error = outcome(socket);
  if (error == EINPROGRESS) {
    if (socket->nonblocking) {
      return EALREADY;
    }
    error = await_outcome(socket, vt_deadline(socket->options.send_timeout_ns), true);
  }
  if (error != 0 && error != EINPROGRESS && error != EINTR) {
    to_fresh(socket);
  }
  return error;
}

static int connect_new(struct vt_socket* socket, int fd, const struct sockaddr* address,
                       socklen_t length) {
  int error;
  struct vt_address to;
  enum vt_target target = vt_classify(socket, address, length, &to);
  if (target == TO_VIRTUOSO && vt_is_any(&to)) {
    to = vt_loopback(to.six, to.port); /* to "any": Linux takes the loopback */
    target = TO_LOOPBACK;
  }
  switch (target) {
    case TO_VIRTUOSO:
      if (to.ipv4 == INADDR_BROADCAST || IN_MULTICAST(ntohl(to.ipv4))) {
        return ENETUNREACH;
      }
      return connect_here(socket, to);
    case TO_LOOPBACK:
      if (socket->phase != VT_FRESH) {
        return vt_is_any(&socket->bound)
                   ? loopback_bound(socket, fd, to, address, length)
                   : connect_here(socket, vt_own_address(socket->attachment, &to));
      }
      return loopback_here(socket, to)
                 ? 0
                 : connect_kernel(socket, fd, address, length, VT_FALL_LOOPBACK);
    case TO_KERNEL_V6:
      return connect_kernel(socket, fd, address, length, VT_FALL_IPV6);
    case TO_NOWHERE:
      return ENETUNREACH;
    default: /* malformed: the kernel says how, and the socket stays as it is */
      error = vt_own_file(socket, fd);
      return error != 0 || libc.connect(fd, address, length) == 0 ? error : errno;
  }
}

int vt_connect(int fd, const struct sockaddr* address, socklen_t length) {
  struct vt_socket* socket = vt_pin(fd);
  if (socket == NULL) {
    return libc.connect(fd, address, length);
  }
  int error;
  if (length > sizeof(struct sockaddr_storage)) {
    error = EINVAL;
  } else if (address == NULL || length < sizeof(sa_family_t)) {
    error = address == NULL ? EFAULT : EINVAL;
  } else if (socket->datagram) {
    error = vt_datagram_connect(socket, fd, address, length);
  } else if (address->sa_family == AF_UNSPEC) {
    error = disconnect(socket);
  } else if (socket->orphan) {
    error = EISCONN;
  } else if (socket->phase <= VT_BOUND) {
    error = connect_new(socket, fd, address, length);
  } else {
    error = connect_again(socket);
  }
  vt_unpin(socket);
  return error == 0 ? 0 : vt_fail(error);
}
