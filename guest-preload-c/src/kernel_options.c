/* What the kernel's sockets make of options. */
#include "kernel_options.h"

#include "standin.h"

/* Behind a placeholder's fd is no socket of this kind: the judge is asked, and keeps nothing for it. */
static int asked(const struct vt_socket* socket, int fd) {
  bool placeholder = socket->shared || socket->orphan;
  return placeholder ? vt_judge(socket->family, socket->datagram) : fd;
}

int vt_set_in_kernel(struct vt_socket* socket, int fd, int level, int name, const void* value,
                     socklen_t length) {
  int judge = socket->stands_in ? vt_judge(socket->family, false) : -1;
  if (judge >= 0) {
    if (libc.setsockopt(judge, level, name, value, length) != 0) {
      return errno;
    }
    if (vt_note_option(socket, level, name, value, length)) {
      return 0;
    }
  }
  int error = vt_own_file(socket, fd);
  return error != 0 || libc.setsockopt(asked(socket, fd), level, name, value, length) == 0 ? error
                                                                                           : errno;
}

int vt_get_from_kernel(struct vt_socket* socket, int fd, int level, int name, void* value,
                       socklen_t* length) {
  bool told_apart = vt_has_noted(socket, level, name) || (level == SOL_SOCKET && name == SO_COOKIE);
  int error = told_apart ? vt_own_file(socket, fd) : 0;
  return error != 0 || libc.getsockopt(fd, level, name, value, length) == 0 ? error : errno;
}

bool vt_is_off_anyway(const struct vt_socket* socket, int fd, int level, int name,
                      const void* value, socklen_t length) {
  int wanted = 1;
  int is = 1;
  socklen_t size = sizeof is;
  if (value != NULL && length == sizeof wanted) {
    memcpy(&wanted, value, sizeof wanted);
  }
  return wanted == 0 && libc.getsockopt(asked(socket, fd), level, name, &is, &size) == 0 &&
         size == sizeof is && is == 0;
}
