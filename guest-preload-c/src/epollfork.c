/*
 * Epoll sets that came through fork(). The kernel's set would be one of both processes, in which
 * doorbells of the one would wake the other. So the child gets a kernel's set of its own in its
 * place, with the same descriptors, and adopts the members when it first waits: a daemon that
 * leaves its parent goes on with the set that it has made before.
 */
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "epoll.h"
#include "raw.h"

#define LOCK_TRIES 20
#define LINE_BYTES 256

static struct vt_epoll* held; /* sets whose locks the forking thread has */

/* Who was interrupted by this thread, and forks in a handler, keeps its lock: false then. */
static bool take_patiently(vt_lock* lock) {
  for (int tries = 0; !vt_try_lock(lock); tries++) {
    if (tries == LOCK_TRIES) {
      return false;
    }
    struct timespec pause = {.tv_nsec = tries < LOCK_TRIES / 2 ? 1000 : 1000000};
    vt_raw_plain(SYS_nanosleep, (long)(intptr_t)&pause, 0, 0, 0, 0, 0);
  }
  return true;
}

void vt_epoll_before_fork(void) {
  vt_epoll_hold_pool();
  held = NULL;
  for (unsigned fd = 0; fd <= vt_highest_fd(); fd++) {
    struct vt_epoll* set = vt_epoll_of((int)fd);
    if (set != NULL && set->fd == (int)fd && take_patiently(&set->lock)) {
      set->next_held = held;
      held = set;
    }
  }
}

/* ---- the kernel's set ----------------------------------------------------------------------- */

static bool is_held(const struct vt_epoll* wanted) {
  const struct vt_epoll* set = held;
  while (set != NULL && set != wanted) {
    set = set->next_held;
  }
  return set != NULL;
}

/* Puts a new set in the place of the kernel's. Another number of the old one, or -1. */
static int replace(struct vt_epoll* set) {
  int fresh = libc.epoll_create1(EPOLL_CLOEXEC);
  int old = fresh < 0 ? -1 : vt_private_fd(libc.dup(set->fd));
  for (unsigned fd = 0; old >= 0 && fd <= vt_highest_fd(); fd++) {
    if (vt_table[fd] == ((uintptr_t)set | VT_TAG_EPOLL)) {
      int flags = libc.fcntl((int)fd, F_GETFD);
      libc.dup3(fresh, (int)fd, flags > 0 && (flags & FD_CLOEXEC) ? O_CLOEXEC : 0);
    }
  }
  if (fresh >= 0) {
    vt_raw_close(fresh);
  }
  return old;
}

/* One line of the kernel's about a set: a descriptor in it that is the application's. */
static void copy_line(struct vt_epoll* set, const char* line) {
  int fd;
  struct epoll_event event;
  unsigned long long data;
  unsigned long inode;
  struct stat status;
  if (sscanf(line, "tfd: %d events: %x data: %llx pos:%*d ino:%lx", &fd, &event.events, &data,
             &inode) != 4 ||
      vt_is_private(fd) || vt_raw_plain(SYS_fstat, fd, (long)(intptr_t)&status, 0, 0, 0, 0) != 0 ||
      status.st_ino != inode) {
    return; /* ours, or the number stands for something else by now */
  }
  event.data.u64 = data;
  libc.epoll_ctl(set->fd, EPOLL_CTL_ADD, fd, &event);
}

static void copy_descriptors(struct vt_epoll* set, int old) {
  char path[64];
  char text[4 * LINE_BYTES];
  size_t used = 0;
  snprintf(path, sizeof path, "/proc/self/fdinfo/%d", old);
  long file = vt_raw_plain(SYS_openat, AT_FDCWD, (long)(intptr_t)path, O_RDONLY, 0, 0, 0);
  for (long got = file; file >= 0 && got >= 0;) {
    got = vt_raw_plain(SYS_read, file, (long)(intptr_t)(text + used),
                       (long)(sizeof text - 1 - used), 0, 0, 0);
    if (got <= 0) {
      break;
    }
    used += (size_t)got;
    text[used] = '\0';
    char* line = text;
    for (char* end; (end = strchr(line, '\n')) != NULL; line = end + 1) {
      *end = '\0';
      copy_line(set, line);
    }
    used -= (size_t)(line - text);
    memmove(text, line, used);
  }
  if (file >= 0) {
    vt_raw_close((int)file);
  }
}

/* ---- members -------------------------------------------------------------------------------- */

/* Sockets have forgotten their memberships; those of sockets that the child has come back. */
static void relink(struct vt_epoll* set) {
  struct vt_member* next;
  struct vt_member* member = set->all;
  set->all = NULL;
  for (; member != NULL; member = next) {
    next = member->all_next;
    struct vt_socket* socket = member->socket;
    if (socket->fds == 0) {
      continue;
    }
    member->set = set;
    member->listed = false;
    member->all_prev = NULL;
    member->all_next = set->all;
    if (set->all != NULL) {
      set->all->all_prev = member;
    }
    set->all = member;
    member->next_of_socket = socket->members;
    socket->members = member;
  }
}

static void begin_anew(struct vt_epoll* set) {
  set->lock.word = set->control_lock.word = 0;
  set->references = set->fds;
  set->ready_first = set->ready_last = NULL;
  set->ready_count = set->sleepers = set->kicked = set->rings = 0;
  set->kick = -1;
  memset(set->watch, 0, sizeof set->watch); /* the parent's, with its attachment */
  relink(set);
  set->orphaned = set->all != NULL || set->has_kernel_fds; /* which may be sets with members */
}

/* What serves the kernel's descriptors only: members are forgotten, numbers are the kernel's. */
static void leave_to_kernel(struct vt_epoll* set) {
  for (unsigned fd = 0; fd <= vt_highest_fd(); fd++) {
    if (vt_table[fd] == ((uintptr_t)set | VT_TAG_EPOLL)) {
      vt_table_set((int)fd, 0);
    }
  }
}

static void after_in_child(void) {
  for (unsigned fd = 0; fd <= vt_highest_fd(); fd++) {
    struct vt_epoll* set = vt_epoll_of((int)fd);
    if (set != NULL && !is_held(set)) {
      vt_private_close(set->kick);
      leave_to_kernel(set);
    }
  }
  /*
   * All are replaced before the first one is filled: a set within another one gets into that as
   * what its number names then.
   */
  for (struct vt_epoll* set = held; set != NULL; set = set->next_held) {
    set->old = replace(set);
  }
  for (struct vt_epoll* set = held; set != NULL; set = set->next_held) {
    if (set->old >= 0) {
      copy_descriptors(set, set->old);
      vt_private_close(set->old);
    }
    vt_private_close(set->kick);
    if (set->old >= 0) {
      begin_anew(set);
    } else {
      leave_to_kernel(set);
    }
  }
}

/* In the child this comes after sockets have forgotten what was the parent's. */
void vt_epoll_after_fork(bool child) {
  if (child) {
    after_in_child();
  } else {
    for (struct vt_epoll* set = held; set != NULL; set = set->next_held) {
      vt_give(&set->lock);
    }
  }
  held = NULL;
  vt_epoll_give_pool();
}

static bool is_member(struct vt_socket* socket, const struct vt_epoll* set) {
  vt_take(&socket->lock);
  const struct vt_member* member = socket->members;
  while (member != NULL && member->set != set) {
    member = member->next_of_socket;
  }
  vt_give(&socket->lock);
  return member != NULL;
}

static void adopt_own(struct vt_epoll* set) {
  for (unsigned fd = 0; fd <= vt_highest_fd(); fd++) {
    struct vt_socket* socket = vt_pin((int)fd);
    if (socket == NULL) {
      continue;
    }
    if (is_member(socket, set)) {
      if (vt_socket_use(socket, (int)fd) == ENETDOWN) {
        VT_STORE(&set->orphaned, true); /* no host stack: the next wait tries again */
      }
      vt_arm(socket, true);
      vt_notify(socket);
    }
    vt_unpin(socket);
  }
}

/* Who waits for a set waits for those within it, too, and may never ask for these themselves. */
static void adopt_nested(struct vt_epoll* outer) {
  for (unsigned fd = 0; fd <= vt_highest_fd(); fd++) {
    struct vt_epoll* inner = vt_epoll_pin((int)fd);
    if (inner == NULL) {
      continue;
    }
    if (inner != outer && inner->nested && VT_LOAD(&inner->orphaned)) {
      vt_epoll_settle(inner);
      if (VT_LOAD(&inner->orphaned)) {
        VT_STORE(&outer->orphaned, true);
      }
    }
    vt_epoll_release(inner);
  }
}

void vt_epoll_adopt_members(struct vt_epoll* set) {
  if (!__atomic_exchange_n(&set->orphaned, false, __ATOMIC_ACQ_REL)) {
    return;
  }
  int saved = errno;
  adopt_own(set);
  if (set->has_kernel_fds) {
    adopt_nested(set);
  }
  errno = saved;
}
