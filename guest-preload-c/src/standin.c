/*
 * What the kernel has behind the numbers of a guest's TCP sockets. The host stack does their TCP, so
 * a socket of the kernel's only holds the number; to make and to end one costs more than all that a
 * short connection costs here. So the numbers are copies of one socket for each family, which nobody
 * ever changes. A TCP socket gets one of its own where the difference can be told: docs/adr/0031.
 */
#include "standin.h"

#include "raw.h"
#include "share.h"

static vt_lock lock;
static int stand_ins[2]; /* by family; 0: none yet, else the number plus 1 */
static int judges[4];    /* by family and type */

static int by_family(int family) { return family == AF_INET6 ? 1 : 0; }

static int keep(int* kept, int family, int type) {
  vt_take(&lock);
  if (*kept == 0 && !vt_in_borrowed_memory()) { /* else the parent would not have the file */
    VT_STORE(kept, vt_private_fd(libc.socket(family, type | SOCK_CLOEXEC, 0)) + 1);
  }
  int fd = *kept - 1;
  vt_give(&lock);
  return fd;
}

static int kept_of(int* kept, int family, int type) {
  int fd = VT_LOAD(kept) - 1;
  return VT_LIKELY(fd >= 0) ? fd : keep(kept, family, type);
}

int vt_stand_in(int family, int flags, bool* stands_in) {
  int file = kept_of(&stand_ins[by_family(family)], family, SOCK_STREAM);
  long command = flags & SOCK_CLOEXEC ? F_DUPFD_CLOEXEC : F_DUPFD;
  int fd = file < 0 ? -1 : libc.fcntl(file, (int)command, 0L);
  *stands_in = (uint32_t)fd < vt_table_size;
  if (*stands_in || (fd < 0 && errno == EMFILE)) {
    return fd;
  }
  if (fd >= 0) { /* a number beyond the table stays the kernel's */
    vt_raw_close(fd);
  }
  return libc.socket(family, SOCK_STREAM | flags, 0);
}

int vt_judge(int family, bool datagram) {
  int kind = 2 * by_family(family) + (datagram ? 1 : 0);
  return kept_of(&judges[kind], family, datagram ? SOCK_DGRAM : SOCK_STREAM);
}

static void let_go(int* kept) {
  vt_private_close(*kept - 1);
  *kept = 0;
}

void vt_stand_in_after_fork(void) {
  lock.word = 0;
  for (size_t i = 0; i < sizeof stand_ins / sizeof stand_ins[0]; i++) {
    let_go(&stand_ins[i]);
  }
  for (size_t i = 0; i < sizeof judges / sizeof judges[0]; i++) {
    let_go(&judges[i]);
  }
}

/* ---- options that the kernel would know ------------------------------------------------------ */

static struct vt_noted_option* find_noted(const struct vt_socket* socket, int level, int name) {
  for (uint32_t i = 0; i < socket->noted.count; i++) {
    const struct vt_noted_option* noted = &socket->noted.list[i];
    if (noted->level == level && noted->name == name) {
      return (struct vt_noted_option*)(uintptr_t)noted;
    }
  }
  return NULL;
}

bool vt_has_noted(const struct vt_socket* socket, int level, int name) {
  return find_noted(socket, level, name) != NULL;
}

bool vt_note_option(struct vt_socket* socket, int level, int name, const void* value,
                    socklen_t length) {
  vt_take(&socket->lock);
  struct vt_noted_option* noted = find_noted(socket, level, name);
  if (noted == NULL && socket->noted.count < VT_NOTED_OPTIONS) {
    noted = &socket->noted.list[socket->noted.count++];
  }
  if (noted != NULL) {
    noted->level = level;
    noted->name = name;
    noted->length = length < sizeof noted->value ? length : (socklen_t)sizeof noted->value;
    memcpy(noted->value, value, noted->length);
  }
  vt_give(&socket->lock);
  return noted != NULL;
}

static void set_noted(const struct vt_socket* socket, int file) {
  for (uint32_t i = 0; i < socket->noted.count; i++) {
    const struct vt_noted_option* noted = &socket->noted.list[i];
    libc.setsockopt(file, noted->level, noted->name, noted->value, noted->length);
  }
}

static int own_file(struct vt_socket* socket, int fd) {
  int file = libc.socket(socket->family, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (file < 0) {
    return errno;
  }
  set_noted(socket, file);
  vt_replace_numbers(socket, file, fd);
  socket->stands_in = false;
  vt_raw_close(file);
  return 0;
}

int vt_own_file(struct vt_socket* socket, int fd) {
  if (!socket->stands_in) {
    return 0;
  }
  int saved = errno;
  vt_take(&socket->lock);
  int error = socket->stands_in ? own_file(socket, fd) : 0; /* another thread may have been first */
  vt_give(&socket->lock);
  errno = saved;
  return error;
}
