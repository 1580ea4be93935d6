/* syscall(): programs (libuv) make socket calls by number; those go where the names go. */
#include <linux/sched.h>
#include <stdarg.h>
#include <stdlib.h>
#include <sys/sendfile.h>

#include "internal.h"
#include "raw.h"

#define P(type, n) ((type)(intptr_t)a[n])

int close_range(unsigned first, unsigned last, int flags);
int epoll_pwait2(int set, struct epoll_event* events, int max, const struct timespec* time,
                 const sigset_t* mask);

static bool data_call(long number, const long* a, long* result) {
  int fd = (int)a[0];
  switch (number) {
    case SYS_read:
      *result = read(fd, P(void*, 1), (size_t)a[2]);
      return true;
    case SYS_write:
      *result = write(fd, P(const void*, 1), (size_t)a[2]);
      return true;
    case SYS_readv:
      *result = readv(fd, P(const struct iovec*, 1), (int)a[2]);
      return true;
    case SYS_writev:
      *result = writev(fd, P(const struct iovec*, 1), (int)a[2]);
      return true;
    case SYS_recvfrom:
      *result = recvfrom(fd, P(void*, 1), (size_t)a[2], (int)a[3], P(struct sockaddr*, 4),
                         P(socklen_t*, 5));
      return true;
    case SYS_sendto:
      *result = sendto(fd, P(const void*, 1), (size_t)a[2], (int)a[3], P(const struct sockaddr*, 4),
                       (socklen_t)a[5]);
      return true;
    case SYS_recvmsg:
      *result = recvmsg(fd, P(struct msghdr*, 1), (int)a[2]);
      return true;
    case SYS_sendmsg:
      *result = sendmsg(fd, P(const struct msghdr*, 1), (int)a[2]);
      return true;
    case SYS_recvmmsg:
      *result =
          recvmmsg(fd, P(struct mmsghdr*, 1), (unsigned)a[2], (int)a[3], P(struct timespec*, 4));
      return true;
    case SYS_sendmmsg:
      *result = sendmmsg(fd, P(struct mmsghdr*, 1), (unsigned)a[2], (int)a[3]);
      return true;
    case SYS_sendfile:
      *result = sendfile(fd, (int)a[1], P(off_t*, 2), (size_t)a[3]);
      return true;
    default:
      return false;
  }
}

static bool life_call(long number, const long* a, long* result) {
  int fd = (int)a[0];
  switch (number) {
    case SYS_socket:
      *result = socket(fd, (int)a[1], (int)a[2]);
      return true;
    case SYS_bind:
      *result = bind(fd, P(const struct sockaddr*, 1), (socklen_t)a[2]);
      return true;
    case SYS_connect:
      *result = connect(fd, P(const struct sockaddr*, 1), (socklen_t)a[2]);
      return true;
    case SYS_listen:
      *result = listen(fd, (int)a[1]);
      return true;
    case SYS_accept:
      *result = accept(fd, P(struct sockaddr*, 1), P(socklen_t*, 2));
      return true;
    case SYS_accept4:
      *result = accept4(fd, P(struct sockaddr*, 1), P(socklen_t*, 2), (int)a[3]);
      return true;
    case SYS_shutdown:
      *result = shutdown(fd, (int)a[1]);
      return true;
    case SYS_getsockname:
      *result = getsockname(fd, P(struct sockaddr*, 1), P(socklen_t*, 2));
      return true;
    case SYS_getpeername:
      *result = getpeername(fd, P(struct sockaddr*, 1), P(socklen_t*, 2));
      return true;
    case SYS_getsockopt:
      *result = getsockopt(fd, (int)a[1], (int)a[2], P(void*, 3), P(socklen_t*, 4));
      return true;
    case SYS_setsockopt:
      *result = setsockopt(fd, (int)a[1], (int)a[2], P(const void*, 3), (socklen_t)a[4]);
      return true;
    default:
      return false;
  }
}

static bool number_call(long number, const long* a, long* result) {
  int fd = (int)a[0];
  switch (number) {
    case SYS_close:
      *result = close(fd);
      return true;
    case SYS_close_range:
      *result = close_range((unsigned)a[0], (unsigned)a[1], (int)a[2]);
      return true;
    case SYS_dup:
      *result = dup(fd);
      return true;
    case SYS_dup2:
      *result = dup2(fd, (int)a[1]);
      return true;
    case SYS_dup3:
      *result = dup3(fd, (int)a[1], (int)a[2]);
      return true;
    case SYS_fcntl:
      *result = fcntl(fd, (int)a[1], a[2]);
      return true;
    case SYS_epoll_create1:
      *result = epoll_create1(fd);
      return true;
    case SYS_epoll_ctl:
      *result = epoll_ctl(fd, (int)a[1], (int)a[2], P(struct epoll_event*, 3));
      return true;
    case SYS_epoll_wait:
      *result = epoll_wait(fd, P(struct epoll_event*, 1), (int)a[2], (int)a[3]);
      return true;
    case SYS_epoll_pwait:
      *result =
          epoll_pwait(fd, P(struct epoll_event*, 1), (int)a[2], (int)a[3], P(const sigset_t*, 4));
      return true;
    case SYS_epoll_pwait2:
      *result = epoll_pwait2(fd, P(struct epoll_event*, 1), (int)a[2], P(const struct timespec*, 3),
                             P(const sigset_t*, 4));
      return true;
    case SYS_poll:
      *result = poll(P(struct pollfd*, 0), (nfds_t)a[1], (int)a[2]);
      return true;
    case SYS_io_uring_setup: /* its operations would pass us by: programs fall back */
      *result = vt_enabled ? vt_fail(ENOSYS) : vt_raw(number, a[0], a[1], 0, 0, 0, 0);
      return true;
    default:
      return false;
  }
}

/*
 * Calls that make a process with memory and descriptors of its own. One that begins on another
 * stack could not come back from here.
 */
static bool fork_call(long number, const long* a, long* result) {
  bool forks = number == SYS_fork;
  if (number == SYS_clone) {
    forks = !(a[0] & (CLONE_VM | CLONE_FILES)) && a[1] == 0;
  } else if (number == SYS_clone3 && a[0] != 0) {
    const struct clone_args* arguments = P(const struct clone_args*, 0);
    forks = !(arguments->flags & (CLONE_VM | CLONE_FILES)) && arguments->stack == 0;
  }
  if (forks) {
    *result = vt_fork_by_number(number, a);
  }
  return forks;
}

VT_EXPORT long syscall(long number, ...) {
  va_list list;
  va_start(list, number);
  long a[6];
  for (int i = 0; i < 6; i++) {
    a[i] = va_arg(list, long);
  }
  va_end(list);
  long result;
  if (vt_table_size != 0 && (data_call(number, a, &result) || life_call(number, a, &result) ||
                             number_call(number, a, &result) || fork_call(number, a, &result))) {
    return result;
  }
  return libc.syscall(number, a[0], a[1], a[2], a[3], a[4], a[5]);
}
