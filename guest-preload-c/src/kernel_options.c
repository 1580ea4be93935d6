/* What the kernel's sockets make of options. */
#include "kernel_options.h"

#include "raw.h"

/* The one behind fd, but a placeholder is of another kind: then a new one, to be let go after. */
static int open_judge(const struct vt_socket* socket, int fd) {
  int type = socket->datagram ? SOCK_DGRAM : SOCK_STREAM;
  bool placeholder = socket->shared || socket->orphan;
  return placeholder ? libc.socket(socket->family, type | SOCK_CLOEXEC, 0) : fd;
}

static void let_go(int judge, int fd) {
  if (judge != fd) {
    vt_raw_close(judge);
  }
}

int vt_set_in_kernel(const struct vt_socket* socket, int fd, int level, int name,
                     const void* value, socklen_t length) {
  int judge = open_judge(socket, fd);
  int error = libc.setsockopt(judge, level, name, value, length) == 0 ? 0 : errno;
  let_go(judge, fd);
  return error;
}

bool vt_is_off_anyway(const struct vt_socket* socket, int fd, int level, int name,
                      const void* value, socklen_t length) {
  int wanted = 1;
  int is = 1;
  socklen_t size = sizeof is;
  if (value != NULL && length == sizeof wanted) {
    memcpy(&wanted, value, sizeof wanted);
  }
  if (wanted != 0) {
    return false;
  }
  int judge = open_judge(socket, fd);
  bool off = libc.getsockopt(judge, level, name, &is, &size) == 0 && size == sizeof is && is == 0;
  let_go(judge, fd);
  return off;
}
