/* Calls on fd numbers: close, dup, fcntl, ioctl, close_range. */
#include "descriptor.h"

#include <linux/sockios.h>
#include <sys/ioctl.h>

#include "datagram.h"
#include "interfaces.h"
#include "raw.h"
#include "standin.h"

#define SOCK_TYPE_MASK 0xf

/* What an entry of the table stands for, or NULL. */
static struct vt_socket* socket_in(uintptr_t entry) {
  return (entry & 3) == 0 ? (struct vt_socket*)entry : NULL;
}

static struct vt_epoll* set_in(uintptr_t entry) {
  return (entry & 3) == VT_TAG_EPOLL ? (struct vt_epoll*)(entry & ~(uintptr_t)3) : NULL;
}

static void forget_entry(uintptr_t entry, int fd) {
  if (set_in(entry) != NULL) {
    vt_epoll_forget(set_in(entry));
  } else if (socket_in(entry) != NULL) {
    vt_socket_forget(socket_in(entry), fd);
  }
}

/* The kernel gave this number out anew: whatever we knew of it was closed behind our back. */
static void drop_stale(int fd) {
  uintptr_t entry = vt_entry_of(fd);
  if (VT_UNLIKELY(entry != 0)) {
    vt_table_set(fd, 0);
    forget_entry(entry, fd);
  }
}

int vt_socket_open(int family, int type) {
  bool stands_in = false;
  bool datagram = (type & SOCK_TYPE_MASK) == SOCK_DGRAM;
  int fd = datagram ? libc.socket(family, type, 0)
                    : vt_stand_in(family, type & ~SOCK_TYPE_MASK, &stands_in);
  if (fd < 0) {
    return fd;
  }
  drop_stale(fd);
  struct vt_socket* socket = vt_socket_new(family);
  if (socket == NULL) {
    vt_raw_close(fd);
    return vt_fail(ENOBUFS);
  }
  socket->nonblocking = (type & SOCK_NONBLOCK) != 0;
  socket->datagram = datagram;
  socket->stands_in = stands_in;
  int only = 0;
  socklen_t length = sizeof only;
  if (family == AF_INET6 && libc.getsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &only, &length) == 0) {
    socket->options.v6_only = only != 0;
  }
  vt_socket_install(socket, fd); /* a number beyond the table stays the kernel's */
  vt_unpin(socket);
  return fd;
}

int vt_close(int fd) {
  uintptr_t entry = vt_entry_of(fd);
  if (VT_LIKELY(entry == 0) || vt_in_borrowed_memory()) {
    return libc.close(fd);
  }
  if (entry == VT_TAG_PRIVATE) {
    return vt_fail(EBADF); /* the application does not know of it: it closes numbers blindly */
  }
  vt_table_set(fd, 0);
  if (set_in(entry) != NULL) {
    forget_entry(entry, fd);
    return vt_raw_close(fd);
  }
  int result = vt_raw_close(fd);
  int saved = errno;
  forget_entry(entry, fd);
  errno = saved;
  return result;
}

/* newfd has become another number of what fd names. */
static void copy_entry(int fd, int newfd) {
  uintptr_t entry = vt_entry_of(fd);
  drop_stale(newfd);
  if (set_in(entry) != NULL) {
    vt_epoll_hold(set_in(entry));
    vt_table_set(newfd, entry);
  } else if (socket_in(entry) != NULL) {
    vt_socket_install(socket_in(entry), newfd);
  }
}

int vt_dup(int fd) {
  if (vt_is_private(fd)) {
    return vt_fail(EBADF);
  }
  int newfd = libc.dup(fd);
  if (newfd >= 0 && vt_entry_of(fd) != 0 && !vt_in_borrowed_memory()) {
    copy_entry(fd, newfd);
  }
  return newfd;
}

/* flags < 0: dup2. */
int vt_dup_to(int fd, int newfd, int flags) {
  uintptr_t from = vt_entry_of(fd);
  uintptr_t to = vt_entry_of(newfd);
  bool plain = (from == 0 && to == 0) || fd == newfd || vt_in_borrowed_memory();
  if (!plain && (from == VT_TAG_PRIVATE || to == VT_TAG_PRIVATE)) {
    return vt_fail(EBADF);
  }
  if (!plain && to != 0 && libc.fcntl(fd, F_GETFD) >= 0) {
    vt_table_set(newfd, 0);
  } else {
    to = 0;
  }
  int result = flags < 0 ? libc.dup2(fd, newfd) : libc.dup3(fd, newfd, flags);
  if (plain) {
    return result;
  }
  int saved = errno;
  if (result >= 0) {
    copy_entry(fd, newfd);
    forget_entry(to, newfd);
  } else if (to != 0) {
    vt_table_set(newfd, to); /* what it named is still there */
  }
  errno = saved;
  return result;
}

/* Flags besides O_NONBLOCK that F_SETFL looks at: the kernel keeps, or refuses, them. */
#define KEPT_FILE_FLAGS (O_APPEND | O_DIRECT | O_NOATIME)

/* Is the command about the number, not about the file behind it? */
static bool is_of_number(int command) {
  return command == F_DUPFD || command == F_DUPFD_CLOEXEC || command == F_GETFD ||
         command == F_SETFD;
}

static int own_file(int fd) {
  struct vt_socket* socket = vt_pin(fd);
  int error = socket == NULL ? 0 : vt_own_file(socket, fd);
  if (socket != NULL) {
    vt_unpin(socket);
  }
  return error;
}

/* What the file of a socket keeps, done for one that has none. ENOSYS: it has one (now). */
static int fcntl_without_file(struct vt_socket* socket, int fd, int command, long argument) {
  if (is_of_number(command)) {
    return ENOSYS;
  }
  if (command == F_SETFL && (argument & KEPT_FILE_FLAGS) == 0) {
    socket->nonblocking = (argument & O_NONBLOCK) != 0;
    return 0;
  }
  int error = own_file(fd);
  return error == 0 ? ENOSYS : error;
}

int vt_fcntl(int fd, int command, long argument) {
  uintptr_t entry = vt_entry_of(fd);
  if (entry == VT_TAG_PRIVATE) {
    return vt_in_borrowed_memory() ? libc.fcntl(fd, command, argument) : vt_fail(EBADF);
  }
  struct vt_socket* socket = socket_in(entry);
  if (socket != NULL && command == F_SETFL && (argument & O_ASYNC)) {
    return vt_fail(EOPNOTSUPP); /* as FIOASYNC */
  }
  if (entry == 0 || vt_in_borrowed_memory()) {
    return libc.fcntl(fd, command, argument);
  }
  if (socket != NULL && socket->stands_in) {
    if (command == F_GETFL) {
      return (libc.fcntl(fd, command, argument) & ~O_NONBLOCK) |
             (socket->nonblocking ? O_NONBLOCK : 0);
    }
    int error = fcntl_without_file(socket, fd, command, argument);
    if (error != ENOSYS) {
      return error == 0 ? 0 : vt_fail(error);
    }
  }
  int result = libc.fcntl(fd, command, argument);
  if (result < 0) {
    return result;
  }
  if (command == F_DUPFD || command == F_DUPFD_CLOEXEC) {
    copy_entry(fd, result);
  } else if (command == F_SETFL && socket != NULL) {
    socket->nonblocking = (argument & O_NONBLOCK) != 0;
  }
  return result;
}

static uint64_t unsent(struct vt_socket* socket) {
  struct vt_slot* slot = VT_LOAD(&socket->slot);
  return slot == NULL ? 0 : VT_LOAD_RELAXED(&socket->tx_tail) - VT_LOAD(&slot->tx_head);
}

static int socket_ioctl(struct vt_socket* socket, int fd, unsigned long request, int* value) {
  switch (request) {
    case FIONREAD:
      if (socket->phase == VT_LISTENING) {
        return vt_fail(EINVAL);
      }
      *value = socket->datagram ? vt_datagram_next_bytes(socket) : (int)vt_unread(socket);
      return 0;
    case SIOCOUTQ:
    case SIOCOUTQNSD:
      if (socket->datagram && request == SIOCOUTQNSD) {
        return vt_fail(ENOTTY);
      }
      if (socket->phase == VT_LISTENING) {
        return vt_fail(EINVAL);
      }
      *value = (int)unsent(socket);
      return 0;
    case SIOCATMARK:
      if (socket->datagram) {
        return vt_fail(ENOTTY);
      }
      *value = 0;
      return 0;
    case FIOASYNC:
      return *value != 0 ? vt_fail(EOPNOTSUPP) : 0; /* no SIGIO would come */
    case FIONBIO:
      if (libc.ioctl(fd, request, value) != 0) {
        return -1;
      }
      socket->nonblocking = *value != 0;
      return 0;
    default:
      return libc.ioctl(fd, request, value);
  }
}

static int interface_ioctl(const struct vt_socket* socket, int fd, unsigned long request,
                           void* argument) {
  int error = vt_interface_ioctl(socket, fd, request, argument);
  return error == ENOSYS ? libc.ioctl(fd, request, argument) : error == 0 ? 0 : vt_fail(error);
}

/* socket: pinned, or NULL for what is not the guest's */
static int ioctl_on(struct vt_socket* socket, int fd, unsigned long request, void* argument) {
  if (vt_asks_for_interfaces(request) && !vt_in_borrowed_memory()) {
    return interface_ioctl(socket, fd, request, argument);
  }
  bool ours = socket != NULL &&
              (request == FIONREAD || request == SIOCOUTQ || request == SIOCOUTQNSD ||
               request == SIOCATMARK || request == FIOASYNC || request == FIONBIO);
  if (ours && request == FIONREAD) {
    vt_socket_use(socket, fd);
  }
  bool changes_file = request == FIOSETOWN || request == SIOCSPGRP;
  int error = changes_file && socket != NULL ? vt_own_file(socket, fd) : 0;
  if (error != 0) {
    return vt_fail(error);
  }
  return !ours              ? libc.ioctl(fd, request, argument)
         : argument == NULL ? vt_fail(EFAULT)
                            : socket_ioctl(socket, fd, request, argument);
}

int vt_ioctl(int fd, unsigned long request, void* argument) {
  if (vt_is_private(fd)) {
    return vt_fail(EBADF);
  }
  struct vt_socket* socket = vt_pin(fd);
  int result = ioctl_on(socket, fd, request, argument);
  if (socket != NULL) {
    vt_unpin(socket);
  }
  return result;
}

/* Private fds inside the range stay; everything else is closed as close() would. */
int vt_close_range(unsigned first, unsigned last, int flags) {
  if (vt_table_size == 0 || flags != 0 || first > last || vt_in_borrowed_memory()) {
    return libc.close_range(first, last, flags);
  }
  unsigned start = first;
  unsigned end = last < vt_highest_fd() ? last : vt_highest_fd();
  for (unsigned fd = first; fd <= end; fd++) {
    uintptr_t entry = vt_entry_of((int)fd);
    if (entry == VT_TAG_PRIVATE) {
      if (fd > start && libc.close_range(start, fd - 1, 0) != 0) {
        return -1;
      }
      start = fd + 1;
    } else if (entry != 0) {
      vt_close((int)fd);
    }
  }
  return start > last ? 0 : libc.close_range(start, last, 0);
}
