/* Which of the process's fd numbers are ours. */
#include <sys/mman.h>

#include "internal.h"
#include "raw.h"
#include "streams.h"

uintptr_t* vt_table;
uint32_t vt_table_size; /* 0 while there is no table: every fd is the kernel's */

void* vt_pages(size_t bytes) {
  long result = vt_raw_plain(SYS_mmap, 0, (long)bytes, PROT_READ | PROT_WRITE,
                             MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  return result < 0 && result > -4096 ? NULL : (void*)(intptr_t)result;
}

void vt_table_init(void) {
  vt_table = vt_pages(VT_MAX_FDS * sizeof *vt_table);
  if (vt_table != NULL) {
    VT_STORE(&vt_table_size, VT_MAX_FDS);
  }
}

static unsigned highest;

unsigned vt_highest_fd(void) { return VT_LOAD_RELAXED(&highest); }

void vt_table_set(int fd, uintptr_t entry) {
  if ((uint32_t)fd >= vt_table_size) {
    return;
  }
  unsigned seen = VT_LOAD_RELAXED(&highest);
  while (seen < (unsigned)fd && !__atomic_compare_exchange_n(&highest, &seen, (unsigned)fd, false,
                                                             __ATOMIC_RELAXED, __ATOMIC_RELAXED)) {
  }
  VT_STORE(&vt_table[fd], entry);
  if (VT_UNLIKELY(fd <= STDERR_FILENO)) {
    vt_stream_follow(fd, vt_socket_of(fd) != NULL);
  }
}

/* ---- private fds ---------------------------------------------------------------------------- */

/* High enough to leave the application its low, dense numbers, also where it uses select(). */
#define PRIVATE_BASE 700

int vt_private_fd(int fd) {
  static const int bases[] = {PRIVATE_BASE, PRIVATE_BASE / 4, 32, 3};
  if (fd < 0) {
    return fd;
  }
  for (size_t i = 0; i < sizeof bases / sizeof bases[0]; i++) {
    int moved = libc.fcntl(fd, F_DUPFD_CLOEXEC, (long)bases[i]);
    if (moved >= 0) {
      vt_raw_close(fd);
      vt_table_set(moved, VT_TAG_PRIVATE);
      return moved;
    }
  }
  vt_raw_close(fd);
  return -1;
}

void vt_private_close(int fd) {
  if (fd >= 0) {
    vt_table_set(fd, 0);
    vt_raw_close(fd);
  }
}

bool vt_is_private(int fd) { return vt_entry_of(fd) == VT_TAG_PRIVATE; }

/* ---- pins ----------------------------------------------------------------------------------- */

/*
 * Sockets' memory is never unmapped or used for anything else, so a reference can be tried on a
 * socket that another thread just closed; the table is then asked again.
 */
struct vt_socket* vt_pin(int fd) {
  for (;;) {
    struct vt_socket* socket = vt_socket_of(fd);
    if (socket == NULL) {
      return NULL;
    }
    uint32_t references = VT_LOAD(&socket->references);
    while (references != 0 &&
           !__atomic_compare_exchange_n(&socket->references, &references, references + 1, false,
                                        __ATOMIC_ACQUIRE, __ATOMIC_ACQUIRE)) {
    }
    if (references != 0) {
      if (vt_socket_of(fd) == socket) {
        return socket;
      }
      vt_unpin(socket);
    }
  }
}

void vt_unpin(struct vt_socket* socket) {
  if (__atomic_sub_fetch(&socket->references, 1, __ATOMIC_ACQ_REL) == 0) {
    vt_socket_free(socket);
  }
}
