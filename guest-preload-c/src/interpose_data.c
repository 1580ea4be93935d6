/* The C library's names, part two: reading and writing. */
#include <limits.h>
#include <linux/fs.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/sendfile.h>

#include "datagram.h"
#include "raw.h"
#include "share.h"

#define PUBLIC_ALIAS(name, target) \
  extern __typeof__(target) name __attribute__((alias(#target), visibility("default")))

static void check_size(size_t bytes, size_t available) {
  if (VT_UNLIKELY(bytes > available)) {
    __builtin_trap(); /* the program would overrun its buffer */
  }
}

/* ---- reading -------------------------------------------------------------------------------- */

VT_EXPORT ssize_t read(int fd, void* data, size_t bytes) {
  struct vt_socket* socket = vt_socket_of(fd);
  return VT_LIKELY(socket == NULL) ? libc.read(fd, data, bytes)
         : VT_LIKELY(bytes != 0)   ? vt_read(socket, fd, data, bytes, 0)
                                   : 0; /* which does not ask the socket */
}
PUBLIC_ALIAS(__read, read);

VT_EXPORT ssize_t __read_chk(int fd, void* data, size_t bytes, size_t available) {
  check_size(bytes, available);
  return read(fd, data, bytes);
}

/* readv() and writev() of no bytes do not ask the socket. */
static bool is_nothing(const struct iovec* parts, int count) {
  bool nothing = true;
  for (int i = 0; i < count; i++) {
    nothing = nothing && parts[i].iov_len == 0;
  }
  return nothing;
}

VT_EXPORT ssize_t readv(int fd, const struct iovec* parts, int count) {
  struct vt_socket* socket = vt_socket_of(fd);
  return socket == NULL                 ? libc.readv(fd, parts, count)
         : count < 0 || count > IOV_MAX ? vt_fail(EINVAL)
         : is_nothing(parts, count)     ? 0
                        : vt_readv(socket, fd, parts, (size_t)count, 0);
}

VT_EXPORT ssize_t recvfrom(int fd, void* data, size_t bytes, int flags, __SOCKADDR_ARG address,
                           socklen_t* length) {
  struct vt_socket* socket = vt_socket_of(fd);
  if (socket == NULL) {
    return libc.recvfrom(fd, data, bytes, flags, address.__sockaddr__, length);
  }
  if (socket->datagram) {
    struct iovec part = {data, bytes};
    struct msghdr message = {.msg_name = address.__sockaddr__, .msg_iov = &part, .msg_iovlen = 1};
    message.msg_namelen = message.msg_name != NULL && length != NULL ? *length : 0;
    ssize_t received = vt_datagram_receive(fd, &message, flags);
    if (received >= 0 && message.msg_name != NULL && length != NULL) {
      *length = message.msg_namelen;
    }
    return received;
  }
  ssize_t got = vt_read(socket, fd, data, bytes, flags);
  if (got >= 0 && address.__sockaddr__ != NULL && length != NULL) {
    *length = 0; /* a stream's bytes come without an address */
  }
  return got;
}

VT_EXPORT ssize_t recv(int fd, void* data, size_t bytes, int flags) {
  struct vt_socket* socket = vt_socket_of(fd);
  return socket == NULL ? libc.recvfrom(fd, data, bytes, flags, NULL, NULL)
                        : vt_read(socket, fd, data, bytes, flags);
}
PUBLIC_ALIAS(__recv, recv);

VT_EXPORT ssize_t __recv_chk(int fd, void* data, size_t bytes, size_t available, int flags) {
  check_size(bytes, available);
  return recv(fd, data, bytes, flags);
}

VT_EXPORT ssize_t __recvfrom_chk(int fd, void* data, size_t bytes, size_t available, int flags,
                                 struct sockaddr* address, socklen_t* length) {
  check_size(bytes, available);
  return recvfrom(fd, data, bytes, flags, address, length);
}

VT_EXPORT ssize_t recvmsg(int fd, struct msghdr* message, int flags) {
  struct vt_socket* socket = vt_socket_of(fd);
  if (socket != NULL) {
    return socket->datagram ? vt_datagram_receive(fd, message, flags)
                            : vt_recvmsg(socket, fd, message, flags);
  }
  ssize_t got = libc.recvmsg(fd, message, flags);
  if (got >= 0) {
    vt_message_arrived(message);
  }
  return got;
}

VT_EXPORT int recvmmsg(int fd, struct mmsghdr* messages, unsigned count, int flags,
                       struct timespec* time) {
  struct vt_socket* socket = vt_socket_of(fd);
  if (socket == NULL) {
    return libc.recvmmsg(fd, messages, count, flags, time);
  }
  if (socket->datagram) {
    return vt_datagram_receive_many(fd, messages, count, flags, time);
  }
  unsigned done = 0;
  while (done < count) {
    int once = done != 0 && (flags & MSG_WAITFORONE) ? MSG_DONTWAIT : 0;
    int real = flags & ~MSG_WAITFORONE;
    ssize_t got = vt_recvmsg(socket, fd, &messages[done].msg_hdr, real | once);
    if (got < 0) {
      return done != 0 ? (int)done : -1;
    }
    messages[done++].msg_len = (unsigned)got;
  }
  return (int)done;
}

VT_EXPORT ssize_t preadv2(int fd, const struct iovec* parts, int count, off_t offset, int flags) {
  struct vt_socket* socket = vt_socket_of(fd);
  if (socket == NULL || offset != -1) {
    return libc.preadv2(fd, parts, count, offset, flags);
  }
  if (flags & ~RWF_NOWAIT) {
    return vt_fail(EOPNOTSUPP);
  }
  return vt_readv(socket, fd, parts, (size_t)count, flags & RWF_NOWAIT ? MSG_DONTWAIT : 0);
}
PUBLIC_ALIAS(preadv64v2, preadv2);

/* ---- writing -------------------------------------------------------------------------------- */

VT_EXPORT ssize_t write(int fd, const void* data, size_t bytes) {
  struct vt_socket* socket = vt_socket_of(fd);
  return VT_LIKELY(socket == NULL) ? libc.write(fd, data, bytes)
                                   : vt_write(socket, fd, data, bytes, 0);
}
PUBLIC_ALIAS(__write, write);

VT_EXPORT ssize_t writev(int fd, const struct iovec* parts, int count) {
  struct vt_socket* socket = vt_socket_of(fd);
  return socket == NULL                 ? libc.writev(fd, parts, count)
         : count < 0 || count > IOV_MAX ? vt_fail(EINVAL)
         : is_nothing(parts, count)     ? 0
                        : vt_writev(socket, fd, parts, (size_t)count, 0);
}

VT_EXPORT ssize_t sendto(int fd, const void* data, size_t bytes, int flags,
                         __CONST_SOCKADDR_ARG address, socklen_t length) {
  struct vt_socket* socket = vt_socket_of(fd);
  if (socket != NULL && socket->datagram) {
    struct iovec part = {(void*)(uintptr_t)data, bytes};
    struct msghdr message = {.msg_name = (void*)(uintptr_t)address.__sockaddr__,
                             .msg_namelen = address.__sockaddr__ == NULL ? 0 : length,
                             .msg_iov = &part,
                             .msg_iovlen = 1};
    return vt_datagram_send(fd, &message, flags);
  }
  return socket == NULL ? libc.sendto(fd, data, bytes, flags, address.__sockaddr__, length)
                        : vt_write(socket, fd, data, bytes, flags);
}

VT_EXPORT ssize_t send(int fd, const void* data, size_t bytes, int flags) {
  struct vt_socket* socket = vt_socket_of(fd);
  return socket == NULL ? libc.sendto(fd, data, bytes, flags, NULL, 0)
                        : vt_write(socket, fd, data, bytes, flags);
}
PUBLIC_ALIAS(__send, send);

VT_EXPORT ssize_t sendmsg(int fd, const struct msghdr* message, int flags) {
  struct vt_socket* socket = vt_socket_of(fd);
  if (socket != NULL) {
    return socket->datagram ? vt_datagram_send(fd, message, flags)
           : message->msg_iovlen > IOV_MAX
               ? vt_fail(EMSGSIZE)
               : vt_writev(socket, fd, message->msg_iov, message->msg_iovlen, flags);
  }
  vt_message_leaves(message);
  return libc.sendmsg(fd, message, flags);
}

VT_EXPORT int sendmmsg(int fd, struct mmsghdr* messages, unsigned count, int flags) {
  struct vt_socket* socket = vt_socket_of(fd);
  if (socket == NULL) {
    return libc.sendmmsg(fd, messages, count, flags);
  }
  for (unsigned i = 0; i < count; i++) {
    const struct msghdr* message = &messages[i].msg_hdr;
    ssize_t sent = socket->datagram
                       ? vt_datagram_send(fd, message, flags)
                       : vt_writev(socket, fd, message->msg_iov, message->msg_iovlen, flags);
    if (sent < 0) {
      return i != 0 ? (int)i : -1;
    }
    messages[i].msg_len = (unsigned)sent;
  }
  return (int)count;
}
PUBLIC_ALIAS(__sendmmsg, sendmmsg);

VT_EXPORT ssize_t pwritev2(int fd, const struct iovec* parts, int count, off_t offset, int flags) {
  struct vt_socket* socket = vt_socket_of(fd);
  if (socket == NULL || offset != -1) {
    return libc.pwritev2(fd, parts, count, offset, flags);
  }
  if (flags & ~RWF_NOWAIT) {
    return vt_fail(EOPNOTSUPP);
  }
  return vt_writev(socket, fd, parts, (size_t)count, flags & RWF_NOWAIT ? MSG_DONTWAIT : 0);
}
PUBLIC_ALIAS(pwritev64v2, pwritev2);

VT_EXPORT ssize_t sendfile(int out, int in, off_t* offset, size_t count) {
  return vt_socket_of(out) == NULL && vt_socket_of(in) == NULL
             ? libc.sendfile(out, in, offset, count)
             : vt_sendfile(out, in, offset, count);
}
PUBLIC_ALIAS(sendfile64, sendfile);

VT_EXPORT ssize_t splice(int in, off_t* in_offset, int out, off_t* out_offset, size_t count,
                         unsigned flags) {
  return vt_socket_of(out) == NULL && vt_socket_of(in) == NULL
             ? libc.splice(in, in_offset, out, out_offset, count, flags)
             : vt_splice(in, in_offset, out, out_offset, count, flags);
}

/* ---- formatted ------------------------------------------------------------------------------ */

/* Writes all; the number of bytes, or -1. */
static int write_text(int fd, const char* text, int length) {
  for (int done = 0; done < length;) {
    ssize_t count = write(fd, text + done, (size_t)(length - done));
    if (count < 0) {
      return -1;
    }
    done += (int)count;
  }
  return length;
}

/* As in the C library, which would write to the kernel's socket by itself. */
VT_EXPORT int vdprintf(int fd, const char* restrict format, va_list list) {
  char* text = NULL;
  int length = vasprintf(&text, format, list);
  int result = length < 0 ? -1 : write_text(fd, text, length);
  int saved = errno;
  free(text);
  errno = saved;
  return result;
}

VT_EXPORT int dprintf(int fd, const char* restrict format, ...) {
  va_list list;
  va_start(list, format);
  int result = vdprintf(fd, format, list);
  va_end(list);
  return result;
}

int __vdprintf_chk(int fd, int flag, const char* format, va_list list);
int __dprintf_chk(int fd, int flag, const char* format, ...);

VT_EXPORT int __vdprintf_chk(int fd, int flag, const char* format, va_list list) {
  (void)flag;
  return vdprintf(fd, format, list);
}

VT_EXPORT int __dprintf_chk(int fd, int flag, const char* format, ...) {
  (void)flag;
  va_list list;
  va_start(list, format);
  int result = vdprintf(fd, format, list);
  va_end(list);
  return result;
}
