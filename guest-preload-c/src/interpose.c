/* The C library's names, part one: sockets' life, fd numbers, epoll, poll. */
#include <stdarg.h>
#include <sys/ioctl.h>
#include <sys/select.h>
#include <sys/syscall.h>

#include "descriptor.h"
#include "internal.h"
#include "raw.h"

#define PUBLIC_ALIAS(name, target) \
  extern __typeof__(target) name __attribute__((alias(#target), visibility("default")))

/* ---- sockets -------------------------------------------------------------------------------- */

VT_EXPORT int socket(int family, int type, int protocol) {
  int kind = type & ~(SOCK_NONBLOCK | SOCK_CLOEXEC);
  bool stream = kind == SOCK_STREAM && (family == AF_INET || family == AF_INET6) &&
                (protocol == 0 || protocol == IPPROTO_TCP);
  bool datagram = kind == SOCK_DGRAM && (family == AF_INET || family == AF_INET6) &&
                  (protocol == 0 || protocol == IPPROTO_UDP);
  return vt_enabled && (stream || datagram) ? vt_socket_open(family, type)
                                            : libc.socket(family, type, protocol);
}
int __socket(int family, int type, int protocol);
VT_EXPORT int __socket(int family, int type, int protocol) {
  return socket(family, type, protocol);
}

VT_EXPORT int bind(int fd, __CONST_SOCKADDR_ARG address, socklen_t length) {
  return vt_bind(fd, address.__sockaddr__, length);
}

VT_EXPORT int connect(int fd, __CONST_SOCKADDR_ARG address, socklen_t length) {
  return vt_connect(fd, address.__sockaddr__, length);
}
PUBLIC_ALIAS(__connect, connect);

VT_EXPORT int listen(int fd, int backlog) { return vt_listen(fd, backlog); }

VT_EXPORT int accept4(int fd, __SOCKADDR_ARG address, socklen_t* length, int flags) {
  return vt_accept(fd, address.__sockaddr__, length, flags);
}

VT_EXPORT int accept(int fd, __SOCKADDR_ARG address, socklen_t* length) {
  return vt_accept(fd, address.__sockaddr__, length, 0);
}

VT_EXPORT int shutdown(int fd, int how) { return vt_shutdown(fd, how); }

VT_EXPORT int getsockname(int fd, __SOCKADDR_ARG address, socklen_t* length) {
  return vt_name(fd, address.__sockaddr__, length, false);
}

VT_EXPORT int getpeername(int fd, __SOCKADDR_ARG address, socklen_t* length) {
  return vt_name(fd, address.__sockaddr__, length, true);
}

VT_EXPORT int getsockopt(int fd, int level, int name, void* value, socklen_t* length) {
  return vt_get_option(fd, level, name, value, length);
}

VT_EXPORT int setsockopt(int fd, int level, int name, const void* value, socklen_t length) {
  return vt_set_option(fd, level, name, value, length);
}

VT_EXPORT int sockatmark(int fd) {
  int mark = 0;
  return vt_ioctl(fd, 0x8905 /* SIOCATMARK */, &mark) < 0 ? -1 : mark;
}

/* ---- numbers -------------------------------------------------------------------------------- */

VT_EXPORT int close(int fd) { return vt_close(fd); }
PUBLIC_ALIAS(__close, close);
PUBLIC_ALIAS(__close_nocancel, close);
PUBLIC_ALIAS(__res_iclose, close);

VT_EXPORT int close_range(unsigned first, unsigned last, int flags) {
  return vt_close_range(first, last, flags);
}

VT_EXPORT void closefrom(int first) { vt_close_range(first < 0 ? 0 : (unsigned)first, ~0u, 0); }

VT_EXPORT int dup(int fd) { return vt_dup(fd); }

VT_EXPORT int dup2(int fd, int newfd) { return vt_dup_to(fd, newfd, -1); }
int __dup2(int fd, int newfd);
VT_EXPORT int __dup2(int fd, int newfd) { return vt_dup_to(fd, newfd, -1); }

VT_EXPORT int dup3(int fd, int newfd, int flags) { return vt_dup_to(fd, newfd, flags); }

VT_EXPORT int fcntl(int fd, int command, ...) {
  va_list list;
  va_start(list, command);
  long argument = va_arg(list, long);
  va_end(list);
  return vt_fcntl(fd, command, argument);
}
PUBLIC_ALIAS(fcntl64, fcntl);
PUBLIC_ALIAS(__fcntl, fcntl);
PUBLIC_ALIAS(__libc_fcntl64, fcntl);

VT_EXPORT int ioctl(int fd, unsigned long request, ...) {
  va_list list;
  va_start(list, request);
  void* argument = va_arg(list, void*);
  va_end(list);
  return vt_ioctl(fd, request, argument);
}

/* ---- epoll ---------------------------------------------------------------------------------- */

VT_EXPORT int epoll_create1(int flags) { return vt_epoll_created(libc.epoll_create1(flags)); }

VT_EXPORT int epoll_create(int size) {
  return size <= 0 ? vt_fail(EINVAL) : vt_epoll_created(libc.epoll_create1(0));
}

VT_EXPORT int epoll_ctl(int set, int operation, int fd, struct epoll_event* event) {
  return vt_epoll_control(set, operation, fd, event);
}

static int64_t deadline_of_ms(int milliseconds) {
  return milliseconds < 0    ? VT_WAIT_FOREVER
         : milliseconds == 0 ? 0
                             : vt_now() + milliseconds * INT64_C(1000000);
}

VT_EXPORT int epoll_pwait(int set, struct epoll_event* events, int max, int milliseconds,
                          const sigset_t* mask) {
  if (vt_epoll_of(set) == NULL) {
    return libc.epoll_pwait(set, events, max, milliseconds, mask);
  }
  return vt_epoll_wait(set, events, max, deadline_of_ms(milliseconds), mask);
}

VT_EXPORT int epoll_wait(int set, struct epoll_event* events, int max, int milliseconds) {
  return epoll_pwait(set, events, max, milliseconds, NULL);
}

static bool bad_time(const struct timespec* time) {
  return time != NULL && (time->tv_sec < 0 || time->tv_nsec < 0 || time->tv_nsec > 999999999);
}

static int64_t deadline_of_time(const struct timespec* time) {
  if (time == NULL || time->tv_sec > 1000000000) {
    return VT_WAIT_FOREVER;
  }
  int64_t ns = time->tv_sec * INT64_C(1000000000) + time->tv_nsec;
  return ns == 0 ? 0 : vt_now() + ns;
}

VT_EXPORT int epoll_pwait2(int set, struct epoll_event* events, int max,
                           const struct timespec* time, const sigset_t* mask) {
  if (vt_epoll_of(set) == NULL) {
    return (int)vt_raw(SYS_epoll_pwait2, set, (long)(intptr_t)events, max, (long)(intptr_t)time,
                       (long)(intptr_t)mask, 8);
  }
  return bad_time(time) ? vt_fail(EINVAL)
                        : vt_epoll_wait(set, events, max, deadline_of_time(time), mask);
}

/* ---- poll and select --------------------------------------------------------------------------
 */

VT_EXPORT int ppoll(struct pollfd* fds, nfds_t count, const struct timespec* time,
                    const sigset_t* mask) {
  if (!vt_poll_is_ours(fds, count)) {
    return libc.ppoll(fds, count, time, mask);
  }
  return bad_time(time) ? vt_fail(EINVAL) : vt_poll(fds, count, deadline_of_time(time), mask);
}

VT_EXPORT int poll(struct pollfd* fds, nfds_t count, int milliseconds) {
  if (!vt_poll_is_ours(fds, count)) {
    struct timespec time = {.tv_sec = milliseconds / 1000,
                            .tv_nsec = milliseconds % 1000 * 1000000L};
    return libc.ppoll(fds, count, milliseconds < 0 ? NULL : &time, NULL);
  }
  return vt_poll(fds, count, deadline_of_ms(milliseconds), NULL);
}
PUBLIC_ALIAS(__poll, poll);

/* The fortified forms: a buffer overrun is a bug of the program's, ended as the C library does. */
VT_EXPORT int __poll_chk(struct pollfd* fds, nfds_t count, int milliseconds, size_t bytes) {
  if (bytes / sizeof *fds < count) {
    __builtin_trap();
  }
  return poll(fds, count, milliseconds);
}

VT_EXPORT int __ppoll_chk(struct pollfd* fds, nfds_t count, const struct timespec* time,
                          const sigset_t* mask, size_t bytes) {
  if (bytes / sizeof *fds < count) {
    __builtin_trap();
  }
  return ppoll(fds, count, time, mask);
}

VT_EXPORT int pselect(int count, fd_set* in, fd_set* out, fd_set* except,
                      const struct timespec* time, const sigset_t* mask) {
  if (count < 0 || !vt_select_is_ours(count, in, out, except)) {
    return libc.pselect(count, in, out, except, time, mask);
  }
  return bad_time(time) ? vt_fail(EINVAL)
                        : vt_select(count, in, out, except, deadline_of_time(time), mask);
}

/* Linux tells in the time argument how much was left. */
VT_EXPORT int select(int count, fd_set* in, fd_set* out, fd_set* except, struct timeval* time) {
  struct timespec limit = {0, 0};
  if (time == NULL) {
    return pselect(count, in, out, except, NULL, NULL);
  }
  if (time->tv_sec < 0 || time->tv_usec < 0) {
    return vt_fail(EINVAL);
  }
  limit.tv_sec = time->tv_sec + time->tv_usec / 1000000;
  limit.tv_nsec = time->tv_usec % 1000000 * 1000;
  int64_t deadline = deadline_of_time(&limit);
  int result = pselect(count, in, out, except, &limit, NULL);
  int64_t left = deadline == VT_WAIT_FOREVER || deadline == 0 ? 0 : deadline - vt_now();
  if (deadline != VT_WAIT_FOREVER) {
    left = left < 0 ? 0 : left;
    time->tv_sec = left / 1000000000;
    time->tv_usec = left % 1000000000 / 1000;
  }
  return result;
}
PUBLIC_ALIAS(__select, select);
