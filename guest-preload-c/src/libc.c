#include "libc.h"

#include <dlfcn.h>
#include <stdint.h>

#include "raw.h"

#define L(x) ((long)(intptr_t)(x))
#define U(x) ((long)(x))

static int raw_socket(int a, int b, int c) { return (int)vt_raw(SYS_socket, a, b, c, 0, 0, 0); }
static int raw_bind(int a, const struct sockaddr* b, socklen_t c) {
  return (int)vt_raw(SYS_bind, a, L(b), c, 0, 0, 0);
}
static int raw_connect(int a, const struct sockaddr* b, socklen_t c) {
  return (int)vt_raw(SYS_connect, a, L(b), c, 0, 0, 0);
}
static int raw_listen(int a, int b) { return (int)vt_raw(SYS_listen, a, b, 0, 0, 0, 0); }
static int raw_accept4(int a, struct sockaddr* b, socklen_t* c, int d) {
  return (int)vt_raw(SYS_accept4, a, L(b), L(c), d, 0, 0);
}
static int raw_shutdown(int a, int b) { return (int)vt_raw(SYS_shutdown, a, b, 0, 0, 0, 0); }
static int raw_getsockname(int a, struct sockaddr* b, socklen_t* c) {
  return (int)vt_raw(SYS_getsockname, a, L(b), L(c), 0, 0, 0);
}
static int raw_getpeername(int a, struct sockaddr* b, socklen_t* c) {
  return (int)vt_raw(SYS_getpeername, a, L(b), L(c), 0, 0, 0);
}
static int raw_getsockopt(int a, int b, int c, void* d, socklen_t* e) {
  return (int)vt_raw(SYS_getsockopt, a, b, c, L(d), L(e), 0);
}
static int raw_setsockopt(int a, int b, int c, const void* d, socklen_t e) {
  return (int)vt_raw(SYS_setsockopt, a, b, c, L(d), e, 0);
}
static int raw_dup(int a) { return (int)vt_raw(SYS_dup, a, 0, 0, 0, 0, 0); }
static int raw_dup2(int a, int b) { return (int)vt_raw(SYS_dup2, a, b, 0, 0, 0, 0); }
static int raw_dup3(int a, int b, int c) { return (int)vt_raw(SYS_dup3, a, b, c, 0, 0, 0); }
static int raw_fcntl(int a, int b, ...) {
  va_list list;
  va_start(list, b);
  long c = va_arg(list, long);
  va_end(list);
  return (int)vt_raw(SYS_fcntl, a, b, c, 0, 0, 0);
}
static int raw_ioctl(int a, unsigned long b, ...) {
  va_list list;
  va_start(list, b);
  long c = va_arg(list, long);
  va_end(list);
  return (int)vt_raw(SYS_ioctl, a, U(b), c, 0, 0, 0);
}
static ssize_t raw_read(int a, void* b, size_t c) {
  return vt_raw(SYS_read, a, L(b), U(c), 0, 0, 0);
}
static ssize_t raw_readv(int a, const struct iovec* b, int c) {
  return vt_raw(SYS_readv, a, L(b), c, 0, 0, 0);
}
static ssize_t raw_write(int a, const void* b, size_t c) {
  return vt_raw(SYS_write, a, L(b), U(c), 0, 0, 0);
}
static ssize_t raw_writev(int a, const struct iovec* b, int c) {
  return vt_raw(SYS_writev, a, L(b), c, 0, 0, 0);
}
static ssize_t raw_recvfrom(int a, void* b, size_t c, int d, struct sockaddr* e, socklen_t* f) {
  return vt_raw(SYS_recvfrom, a, L(b), U(c), d, L(e), L(f));
}
static ssize_t raw_sendto(int a, const void* b, size_t c, int d, const struct sockaddr* e,
                          socklen_t f) {
  return vt_raw(SYS_sendto, a, L(b), U(c), d, L(e), f);
}
static ssize_t raw_recvmsg(int a, struct msghdr* b, int c) {
  return vt_raw(SYS_recvmsg, a, L(b), c, 0, 0, 0);
}
static ssize_t raw_sendmsg(int a, const struct msghdr* b, int c) {
  return vt_raw(SYS_sendmsg, a, L(b), c, 0, 0, 0);
}
static int raw_recvmmsg(int a, struct mmsghdr* b, unsigned c, int d, struct timespec* e) {
  return (int)vt_raw(SYS_recvmmsg, a, L(b), c, d, L(e), 0);
}
static int raw_sendmmsg(int a, struct mmsghdr* b, unsigned c, int d) {
  return (int)vt_raw(SYS_sendmmsg, a, L(b), c, d, 0, 0);
}
static ssize_t raw_preadv2(int a, const struct iovec* b, int c, off_t d, int e) {
  return vt_raw(SYS_preadv2, a, L(b), c, d, 0, e);
}
static ssize_t raw_pwritev2(int a, const struct iovec* b, int c, off_t d, int e) {
  return vt_raw(SYS_pwritev2, a, L(b), c, d, 0, e);
}
static ssize_t raw_sendfile(int a, int b, off_t* c, size_t d) {
  return vt_raw(SYS_sendfile, a, b, L(c), U(d), 0, 0);
}
static ssize_t raw_splice(int a, off_t* b, int c, off_t* d, size_t e, unsigned f) {
  return vt_raw(SYS_splice, a, L(b), c, L(d), U(e), f);
}
/* The kernel writes the time left into its time argument; the library functions do not. */
static int raw_ppoll(struct pollfd* a, nfds_t b, const struct timespec* c, const sigset_t* d) {
  struct timespec left;
  if (c != NULL) {
    left = *c;
  }
  return (int)vt_raw(SYS_ppoll, L(a), U(b), c == NULL ? 0 : L(&left), L(d), 8, 0);
}
static int raw_pselect(int a, fd_set* b, fd_set* c, fd_set* d, const struct timespec* e,
                       const sigset_t* f) {
  struct timespec left;
  if (e != NULL) {
    left = *e;
  }
  long mask[2] = {L(f), 8};
  return (int)vt_raw(SYS_pselect6, a, L(b), L(c), L(d), e == NULL ? 0 : L(&left), L(mask));
}
static int raw_epoll_create1(int a) { return (int)vt_raw(SYS_epoll_create1, a, 0, 0, 0, 0, 0); }
static int raw_epoll_ctl(int a, int b, int c, struct epoll_event* d) {
  return (int)vt_raw(SYS_epoll_ctl, a, b, c, L(d), 0, 0);
}
static int raw_epoll_pwait(int a, struct epoll_event* b, int c, int d, const sigset_t* e) {
  return (int)vt_raw(SYS_epoll_pwait, a, L(b), c, d, L(e), 8);
}
static int raw_close_range(unsigned a, unsigned b, int c) {
  return (int)vt_raw(SYS_close_range, a, b, c, 0, 0, 0);
}
static int raw_setuid(uid_t a) { return (int)vt_raw(SYS_setuid, a, 0, 0, 0, 0, 0); }
static int raw_setreuid(uid_t a, uid_t b) { return (int)vt_raw(SYS_setreuid, a, b, 0, 0, 0, 0); }
static int raw_setresuid(uid_t a, uid_t b, uid_t c) {
  return (int)vt_raw(SYS_setresuid, a, b, c, 0, 0, 0);
}
static int raw_execve(const char* a, char* const* b, char* const* c) {
  return (int)vt_raw(SYS_execve, L(a), L(b), L(c), 0, 0, 0);
}
static long raw_syscall(long number, ...) {
  va_list list;
  va_start(list, number);
  long a[6];
  for (int i = 0; i < 6; i++) {
    a[i] = va_arg(list, long);
  }
  va_end(list);
  return vt_raw(number, a[0], a[1], a[2], a[3], a[4], a[5]);
}

struct vt_libc libc = {
    .socket = raw_socket,
    .bind = raw_bind,
    .connect = raw_connect,
    .listen = raw_listen,
    .accept4 = raw_accept4,
    .shutdown = raw_shutdown,
    .getsockname = raw_getsockname,
    .getpeername = raw_getpeername,
    .getsockopt = raw_getsockopt,
    .setsockopt = raw_setsockopt,
    .close = vt_raw_close,
    .dup = raw_dup,
    .dup2 = raw_dup2,
    .dup3 = raw_dup3,
    .fcntl = raw_fcntl,
    .ioctl = raw_ioctl,
    .read = raw_read,
    .readv = raw_readv,
    .write = raw_write,
    .writev = raw_writev,
    .recvfrom = raw_recvfrom,
    .sendto = raw_sendto,
    .recvmsg = raw_recvmsg,
    .sendmsg = raw_sendmsg,
    .recvmmsg = raw_recvmmsg,
    .sendmmsg = raw_sendmmsg,
    .preadv2 = raw_preadv2,
    .pwritev2 = raw_pwritev2,
    .sendfile = raw_sendfile,
    .splice = raw_splice,
    .ppoll = raw_ppoll,
    .pselect = raw_pselect,
    .epoll_create1 = raw_epoll_create1,
    .epoll_ctl = raw_epoll_ctl,
    .epoll_pwait = raw_epoll_pwait,
    .close_range = raw_close_range,
    .setuid = raw_setuid,
    .setreuid = raw_setreuid,
    .setresuid = raw_setresuid,
    .execve = raw_execve,
    .syscall = raw_syscall,
};

/* Keeps the raw call where the C library (an old one) lacks the symbol. */
static void find(void* place, const char* name) {
  void* symbol = dlsym(RTLD_NEXT, name);
  if (symbol != NULL) {
    *(void**)place = symbol;
  }
}

#define FIND(name) find(&libc.name, #name)

static void find_data_calls(void) {
  FIND(read);
  FIND(readv);
  FIND(write);
  FIND(writev);
  FIND(recvfrom);
  FIND(sendto);
  FIND(recvmsg);
  FIND(sendmsg);
  FIND(recvmmsg);
  FIND(sendmmsg);
  FIND(preadv2);
  FIND(pwritev2);
  FIND(sendfile);
  FIND(splice);
  FIND(ppoll);
  FIND(pselect);
  FIND(epoll_create1);
  FIND(epoll_ctl);
  FIND(epoll_pwait);
}

void vt_libc_init(void) {
  FIND(socket);
  FIND(bind);
  FIND(connect);
  FIND(listen);
  FIND(accept4);
  FIND(shutdown);
  FIND(getsockname);
  FIND(getpeername);
  FIND(getsockopt);
  FIND(setsockopt);
  FIND(close);
  FIND(dup);
  FIND(dup2);
  FIND(dup3);
  FIND(fcntl);
  FIND(ioctl);
  FIND(close_range);
  FIND(setuid);
  FIND(setreuid);
  FIND(setresuid);
  FIND(execve);
  FIND(execvpe); /* these three have no raw call and none is made before initialisation */
  FIND(posix_spawn);
  FIND(posix_spawnp);
  FIND(syscall);
  find_data_calls();
}
