/* Programs that lock themselves in. */
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
 * Behind the new root the guest's socket cannot be reached, and often system calls are filtered
 * next: what the program inherited is attached before.
 */
VT_EXPORT int chroot(const char* path) {
  if (vt_enabled) {
    int saved = errno;
    vt_attach();
    vt_for_each_socket(adopt_connection, NULL);
    errno = saved;
  }
  return (int)vt_raw(SYS_chroot, (long)(intptr_t)path, 0, 0, 0, 0, 0);
}
