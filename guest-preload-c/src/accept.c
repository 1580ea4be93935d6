/* accept(): records of the listener's receive ring become sockets. */
#include "datagram.h"
#include "raw.h"
#include "standin.h"

static void inherit(struct vt_socket* child, const struct vt_socket* listener) {
  child->options = listener->options;
  child->options.reuse_port = false;
  child->options.defer_accept = 0;
  if (child->options.touched) {
    vt_send_options(child);
  }
}

/* A connection that was pushed to this process. */
static bool take_record(struct vt_socket* listener, struct vt_accepted* record) {
  const struct vt_attachment* attachment = listener->attachment;
  while (attachment != NULL && vt_take_record(listener, record, sizeof *record)) {
    if (record->slot < attachment->slot_count &&
        VT_LOAD(&attachment->slots[record->slot].generation) == record->generation) {
      return true;
    } /* else it is gone */
  }
  return false;
}

/* A connection that any process may take. */
static bool ask_for_record(struct vt_socket* listener, struct vt_accepted* record) {
  const struct vt_slot* slot = listener->slot;
  uint64_t value = 0;
  if (slot == NULL || !(VT_LOAD(&slot->state) & VT_STATE_ACCEPTABLE) ||
      vt_ask(listener, VT_CMD_ACCEPT, (uint64_t[4]){0}, &value) != 0) {
    return false;
  }
  memcpy(record, &value, sizeof *record);
  return record->slot < listener->attachment->slot_count;
}

/* A new connection behind the kernel socket newfd. 0, EAGAIN: there is none, or an errno. */
static int take_connection(struct vt_socket* listener, int newfd, int flags, bool stands_in,
                           struct sockaddr* address, socklen_t* length) {
  struct vt_accepted record;
  struct vt_socket* socket = vt_socket_new(listener->family);
  if (socket == NULL) {
    return ENOMEM;
  }
  struct vt_attachment* attachment = listener->attachment;
  if (!take_record(listener, &record) && !ask_for_record(listener, &record) &&
      !take_record(listener, &record)) {
    vt_unpin(socket);
    return EAGAIN;
  }
  vt_slot_bind(socket, attachment, record.slot, record.generation, true);
  socket->phase = VT_CONNECTED;
  socket->nonblocking = (flags & SOCK_NONBLOCK) != 0;
  socket->stands_in = stands_in;
  inherit(socket, listener);
  const struct vt_slot* slot = socket->slot;
  vt_put_name(socket->family, slot->peer_address, slot->peer_port, address, length);
  int error = vt_socket_install(socket, newfd);
  vt_unpin(socket);
  return error;
}

static int accept_ready(struct vt_socket* listener, int flags, struct sockaddr* address,
                        socklen_t* length) {
  bool stands_in;
  int newfd = vt_stand_in(listener->family, flags, &stands_in);
  if (newfd < 0) {
    return -errno;
  }
  int error = take_connection(listener, newfd, flags, stands_in, address, length);
  if (error != 0) {
    vt_raw_close(newfd);
    return -error;
  }
  return newfd;
}

static int accept_loop(struct vt_socket* listener, int fd, struct sockaddr* address,
                       socklen_t* length, int flags) {
  int64_t deadline = vt_deadline(listener->options.receive_timeout_ns);
  for (;;) {
    vt_socket_use(listener, fd); /* without a host stack it just waits for one */
    if (listener->phase != VT_LISTENING || listener->read_shut) {
      return -EINVAL;
    }
    if (vt_ready(listener, EPOLLIN) & EPOLLIN) {
      int result = accept_ready(listener, flags, address, length);
      if (result != -EAGAIN) {
        return result;
      }
    }
    vt_arm_waiting(listener);
    if (listener->nonblocking) {
      return -EAGAIN;
    }
    int error = vt_wait(listener, EPOLLIN | EPOLLHUP, deadline);
    if (error != 0) {
      return -error;
    }
  }
}

int vt_accept(int fd, struct sockaddr* address, socklen_t* length, int flags) {
  struct vt_socket* listener = vt_pin(fd);
  if (listener == NULL) {
    return libc.accept4(fd, address, length, flags);
  }
  int result = -EINVAL;
  if (listener->datagram) {
    result = -EOPNOTSUPP;
  } else if (address != NULL && length == NULL) {
    result = -EFAULT;
  } else if (!(flags & ~(SOCK_NONBLOCK | SOCK_CLOEXEC))) {
    result = accept_loop(listener, fd, address, length, flags);
  }
  vt_unpin(listener);
  return result >= 0 ? result : vt_fail(-result);
}
