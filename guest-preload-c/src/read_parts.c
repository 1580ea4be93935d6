/* Reading into several parts, and messages. */
#include <limits.h>

#include "datagram.h"

/* What lies behind the bytes that were peeked at already, into the other parts. */
static size_t peek_on(struct vt_socket* socket, const struct iovec* parts, size_t count,
                      size_t seen, int flags) {
  size_t done = 0;
  vt_take(&socket->rx_lock);
  const struct vt_slot* slot = socket->slot;
  uint64_t from = socket->rx_head + seen;
  uint64_t there = slot == NULL ? 0 : VT_LOAD(&slot->rx_tail) - from;
  there = (int64_t)there < 0 ? 0 : there;
  for (size_t i = 0; i < count && done < there; i++) {
    size_t bytes = parts[i].iov_len < there - done ? parts[i].iov_len : there - done;
    if (!(flags & MSG_TRUNC)) {
      vt_rx_copy(socket, slot, from + done, parts[i].iov_base, bytes);
    }
    done += bytes;
  }
  vt_give(&socket->rx_lock);
  return done;
}

/* Waits in the first part only; the others take what is there. */
ssize_t vt_readv(struct vt_socket* socket, int fd, const struct iovec* parts, size_t count,
                 int flags) {
  if (count > IOV_MAX) {
    return vt_fail(EINVAL);
  }
  if (VT_UNLIKELY(socket->datagram)) {
    return vt_datagram_read(fd, parts, count, flags);
  }
  size_t done = 0;
  bool any = false;
  for (size_t i = 0; i < count; i++) {
    if (parts[i].iov_len == 0) {
      continue;
    }
    any = true;
    bool all = (flags & MSG_WAITALL) != 0;
    if (done != 0 && !all && vt_unread(socket) == 0) {
      break;
    }
    ssize_t got = vt_read(socket, fd, parts[i].iov_base, parts[i].iov_len, flags);
    if (got < 0) {
      return done != 0 ? (ssize_t)done : -1;
    }
    done += (size_t)got;
    if ((size_t)got == parts[i].iov_len && (flags & MSG_PEEK)) {
      done += peek_on(socket, parts + i + 1, count - i - 1, done, flags);
    }
    if ((size_t)got < parts[i].iov_len || (flags & MSG_PEEK)) {
      break;
    }
  }
  return any ? (ssize_t)done : vt_read(socket, fd, NULL, 0, flags);
}

ssize_t vt_recvmsg(struct vt_socket* socket, int fd, struct msghdr* message, int flags) {
  if (message->msg_iovlen > IOV_MAX) {
    return vt_fail(EMSGSIZE);
  }
  ssize_t got = vt_readv(socket, fd, message->msg_iov, message->msg_iovlen, flags);
  if (got >= 0) {
    message->msg_namelen = 0;
    message->msg_controllen = 0;
    message->msg_flags = flags & MSG_CMSG_CLOEXEC;
  }
  return got;
}
