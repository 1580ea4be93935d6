/* Programs that give up privileges. */
#include <sys/syscall.h>
#include <unistd.h>

#include "internal.h"
#include "raw.h"

static void adopt_connection(struct vt_socket* socket, void* unused) {
  (void)unused;
  for (uint32_t fd = 0; socket->orphan && socket->phase == VT_CONNECTED && fd <= vt_highest_fd();
       fd++) {
    if (vt_socket_of((int)fd) == socket) {
      vt_socket_use(socket, (int)fd);
    }
  }
}

/*
 * Behind another root, or as another user, the guest's socket may be out of reach; and programs
 * that lock themselves in often filter system calls next. Before, this process attaches, and takes
 * what connections it inherited.
 */
static void prepare(bool take_connections) {
  if (vt_enabled) {
    int saved = errno;
    vt_attach();
    if (take_connections) {
      vt_for_each_socket(adopt_connection, NULL);
    }
    errno = saved;
  }
}

VT_EXPORT int chroot(const char* path) {
  prepare(true);
  return (int)vt_raw(SYS_chroot, (long)(intptr_t)path, 0, 0, 0, 0, 0);
}

VT_EXPORT int setuid(uid_t user) {
  prepare(false);
  return libc.setuid(user);
}

VT_EXPORT int setreuid(uid_t real, uid_t effective) {
  prepare(false);
  return libc.setreuid(real, effective);
}

VT_EXPORT int setresuid(uid_t real, uid_t effective, uid_t saved) {
  prepare(false);
  return libc.setresuid(real, effective, saved);
}
