/*
 * Epoll sets. The application's epoll fd is a real kernel one and watches the kernel's fds; our
 * sockets are members in user space only. The doorbell of the set's context is watched by the
 * kernel's epoll, too, so one kernel wait covers both (and nested sets work by themselves).
 */
#include "epoll.h"

#include <stdlib.h>
#include <sys/eventfd.h>

#include "raw.h"

/* ---- memory: reused for sets only -------------------------------------------------------------
 */

static struct vt_epoll* free_sets;
static vt_lock pool_lock;

static struct vt_epoll* new_set(void) {
  vt_take(&pool_lock);
  struct vt_epoll* set = free_sets;
  if (set != NULL) {
    free_sets = set->next_free;
  }
  vt_give(&pool_lock);
  if (set == NULL) {
    set = vt_pages((sizeof *set + 4095) & ~(size_t)4095);
  }
  return set;
}

void vt_epoll_hold_pool(void) { vt_take(&pool_lock); }

void vt_epoll_give_pool(void) { vt_give(&pool_lock); }

int vt_epoll_created(int fd) {
  if (fd < 0 || !vt_enabled || (uint32_t)fd >= vt_table_size) {
    return fd;
  }
  struct vt_epoll* set = new_set();
  if (set == NULL) {
    vt_raw_close(fd);
    return vt_fail(ENOMEM);
  }
  set->references = 1;
  set->fds = 1;
  set->fd = fd;
  set->kick = -1;
  vt_table_set(fd, (uintptr_t)set | VT_TAG_EPOLL);
  return fd;
}

struct vt_epoll* vt_epoll_pin(int fd) {
  struct vt_epoll* set = vt_epoll_of(fd);
  if (set != NULL) {
    __atomic_add_fetch(&set->references, 1, __ATOMIC_RELAXED);
  }
  return set;
}

/* Another number (dup) names the set. */
void vt_epoll_hold(struct vt_epoll* set) {
  __atomic_add_fetch(&set->references, 1, __ATOMIC_RELAXED);
  __atomic_add_fetch(&set->fds, 1, __ATOMIC_RELAXED);
}

/* ---- the ready list; set.lock is held ---------------------------------------------------------
 */

void vt_ready_push(struct vt_epoll* set, struct vt_member* member) {
  member->listed = true;
  member->ready_next = NULL;
  member->ready_prev = set->ready_last;
  if (set->ready_last != NULL) {
    set->ready_last->ready_next = member;
  } else {
    VT_STORE(&set->ready_first, member);
  }
  set->ready_last = member;
  set->ready_count++;
}

void vt_ready_remove(struct vt_epoll* set, struct vt_member* member) {
  if (!member->listed) {
    return;
  }
  member->listed = false;
  if (member->ready_prev != NULL) {
    member->ready_prev->ready_next = member->ready_next;
  } else {
    VT_STORE(&set->ready_first, member->ready_next);
  }
  if (member->ready_next != NULL) {
    member->ready_next->ready_prev = member->ready_prev;
  } else {
    set->ready_last = member->ready_prev;
  }
  set->ready_count--;
}

/* ---- waking those who sleep in the kernel's epoll ---------------------------------------------
 */

void vt_epoll_watch_fd(struct vt_epoll* set, int fd, uint32_t events, const void* cookie) {
  struct epoll_event event = {.events = events, .data.u64 = (uint64_t)(uintptr_t)cookie};
  libc.epoll_ctl(set->fd, EPOLL_CTL_ADD, fd, &event);
}

void vt_epoll_kick(struct vt_epoll* set) {
  if (__atomic_exchange_n(&set->kicked, 1, __ATOMIC_SEQ_CST) != 0) {
    return;
  }
  int saved = errno;
  if (set->kick < 0) {
    int fd = (int)vt_raw(SYS_eventfd2, 0, EFD_CLOEXEC | EFD_NONBLOCK, 0, 0, 0, 0);
    set->kick = vt_private_fd(fd);
    vt_epoll_watch_fd(set, set->kick, EPOLLIN, set);
  }
  uint64_t one = 1;
  vt_raw_plain(SYS_write, set->kick, (long)(intptr_t)&one, sizeof one, 0, 0, 0);
  errno = saved;
}

void vt_epoll_unkick(struct vt_epoll* set) {
  uint64_t value;
  vt_raw_plain(SYS_read, set->kick, (long)(intptr_t)&value, sizeof value, 0, 0, 0);
  __atomic_store_n(&set->kicked, 0, __ATOMIC_SEQ_CST);
}

static bool must_kick(const struct vt_epoll* set) {
  return (VT_LOAD(&set->sleepers) != 0 || set->nested) && vt_self.draining_for != set;
}

/* The member's socket may have become ready. */
void vt_epoll_mark(struct vt_member* member) {
  struct vt_epoll* set = member->set;
  vt_take(&set->lock);
  bool newly = !member->listed && !member->disabled;
  if (newly) {
    vt_ready_push(set, member);
  }
  vt_give(&set->lock);
  if (newly && must_kick(set)) {
    vt_epoll_kick(set);
  }
}

/* Lists the member if it is ready now: ADD and MOD report what holds already. */
void vt_epoll_look(struct vt_member* member) {
  if (vt_ready(member->socket, member->events) & (member->events | EPOLLERR | EPOLLHUP)) {
    vt_epoll_mark(member);
  }
}

/* ---- epoll_ctl ------------------------------------------------------------------------------ */

static struct vt_member* find_member(struct vt_socket* socket, struct vt_epoll* set, int fd) {
  struct vt_member* member = socket->members;
  while (member != NULL && (member->set != set || member->fd != fd)) {
    member = member->next_of_socket;
  }
  return member;
}

/* socket.lock is held. */
static void unlink_member(struct vt_socket* socket, struct vt_member* member) {
  struct vt_epoll* set = member->set;
  struct vt_member** link = &socket->members;
  while (*link != member) {
    link = &(*link)->next_of_socket;
  }
  VT_STORE(link, member->next_of_socket);
  vt_take(&set->lock);
  vt_ready_remove(set, member);
  if (member->all_prev != NULL) {
    member->all_prev->all_next = member->all_next;
  } else {
    set->all = member->all_next;
  }
  if (member->all_next != NULL) {
    member->all_next->all_prev = member->all_prev;
  }
  vt_give(&set->lock);
  if (member->embedded) {
    member->set = NULL;
  } else {
    free(member);
  }
}

/* socket.lock is held. */
static void link_member(struct vt_socket* socket, struct vt_epoll* set, struct vt_member* member) {
  member->set = set;
  member->socket = socket;
  vt_take(&set->lock);
  member->all_prev = NULL;
  member->all_next = set->all;
  if (set->all != NULL) {
    set->all->all_prev = member;
  }
  set->all = member;
  vt_give(&set->lock);
  member->next_of_socket = socket->members;
  VT_STORE(&socket->members, member);
}

static int add_member(struct vt_epoll* set, struct vt_socket* socket, int fd,
                      const struct epoll_event* event) {
  const uint32_t exclusive =
      EPOLLEXCLUSIVE | EPOLLIN | EPOLLOUT | EPOLLERR | EPOLLHUP | EPOLLWAKEUP | EPOLLET;
  if ((event->events & EPOLLEXCLUSIVE) && (event->events & ~exclusive)) {
    return EINVAL;
  }
  vt_take(&socket->lock);
  if (find_member(socket, set, fd) != NULL) {
    vt_give(&socket->lock);
    return EEXIST;
  }
  bool embedded = socket->own_member.set == NULL;
  struct vt_member* member = embedded ? &socket->own_member : malloc(sizeof *member);
  if (member == NULL) {
    vt_give(&socket->lock);
    return ENOMEM;
  }
  bool sole = socket->members == NULL;
  memset(member, 0, sizeof *member);
  member->embedded = embedded;
  member->fd = fd;
  member->events = event->events;
  member->data = event->data;
  link_member(socket, set, member);
  vt_give(&socket->lock);
  int error = vt_epoll_take_home(set, socket, sole);
  vt_arm(socket, true);
  vt_fence();
  vt_take(&socket->lock);
  member = find_member(socket, set, fd);
  if (member != NULL && error != 0) {
    unlink_member(socket, member);
  } else if (member != NULL) {
    vt_epoll_look(member);
  }
  vt_give(&socket->lock);
  return error;
}

static int modify_member(struct vt_epoll* set, struct vt_socket* socket, int fd,
                         const struct epoll_event* event) {
  if (event->events & EPOLLEXCLUSIVE) {
    return EINVAL;
  }
  vt_take(&socket->lock);
  struct vt_member* member = find_member(socket, set, fd);
  if (member != NULL && (member->events & EPOLLEXCLUSIVE)) {
    vt_give(&socket->lock);
    return EINVAL;
  }
  if (member != NULL) {
    vt_take(&set->lock);
    member->events = event->events;
    member->data = event->data;
    member->disabled = false;
    vt_give(&set->lock);
    vt_fence();
    vt_epoll_look(member);
  }
  vt_give(&socket->lock);
  return member == NULL ? ENOENT : 0;
}

static int remove_member(struct vt_epoll* set, struct vt_socket* socket, int fd) {
  vt_take(&socket->lock);
  struct vt_member* member = find_member(socket, set, fd);
  if (member != NULL) {
    unlink_member(socket, member);
  }
  bool last = socket->members == NULL;
  vt_give(&socket->lock);
  if (member != NULL && last && socket->waiters == NULL) {
    vt_arm(socket, false);
  }
  return member == NULL ? ENOENT : 0;
}

int vt_epoll_control(int set_fd, int operation, int fd, struct epoll_event* event) {
  struct vt_epoll* set = vt_epoll_of(set_fd);
  struct vt_socket* socket = set == NULL ? NULL : vt_pin(fd);
  if (socket == NULL) {
    if (set != NULL && operation == EPOLL_CTL_ADD) {
      set->has_kernel_fds = true;
      struct vt_epoll* inner = vt_epoll_of(fd);
      if (inner != NULL && inner != set) {
        vt_epoll_nest(inner);
      }
    }
    return vt_is_private(fd) ? vt_fail(EBADF) : libc.epoll_ctl(set_fd, operation, fd, event);
  }
  int error = EINVAL;
  if (event == NULL && operation != EPOLL_CTL_DEL) {
    error = EFAULT;
  } else if (operation == EPOLL_CTL_ADD) {
    vt_socket_use(socket, fd);
    error = add_member(set, socket, fd, event);
  } else if (operation == EPOLL_CTL_MOD) {
    error = modify_member(set, socket, fd, event);
  } else if (operation == EPOLL_CTL_DEL) {
    error = remove_member(set, socket, fd);
  }
  vt_unpin(socket);
  return error == 0 ? 0 : vt_fail(error);
}

void vt_epoll_hand_over(struct vt_socket* socket) {
  while (socket->members != NULL) {
    struct vt_member* member = socket->members;
    struct epoll_event event = {.events = member->events, .data = member->data};
    member->set->has_kernel_fds = true;
    libc.epoll_ctl(member->set->fd, EPOLL_CTL_ADD, member->fd, &event);
    unlink_member(socket, member);
  }
}

/* The description behind fd is gone: no set watches it any more. */
void vt_epoll_leave_all(struct vt_socket* socket, int fd) {
  if (VT_LOAD(&socket->members) == NULL) {
    return;
  }
  vt_take(&socket->lock);
  struct vt_member* next;
  for (struct vt_member* member = socket->members; member != NULL; member = next) {
    next = member->next_of_socket;
    if (fd < 0 || member->fd == fd) {
      unlink_member(socket, member);
    }
  }
  vt_give(&socket->lock);
}

/* ---- the end of a set -------------------------------------------------------------------------
 */

static void free_set(struct vt_epoll* set) {
  for (;;) {
    vt_take(&set->lock);
    struct vt_socket* socket = set->all == NULL ? NULL : set->all->socket;
    int fd = set->all == NULL ? -1 : set->all->fd;
    vt_give(&set->lock);
    if (socket == NULL) {
      break;
    }
    remove_member(set, socket, fd);
  }
  for (int i = 0; i < VT_WATCH_MAX; i++) {
    if (set->watch[i] != NULL) {
      vt_epoll_unwatch(set, i);
    }
  }
  vt_private_close(set->kick);
  vt_take(&pool_lock); /* first: who forks has the locks of sets */
  memset(set, 0, sizeof *set);
  set->next_free = free_sets;
  free_sets = set;
  vt_give(&pool_lock);
}

void vt_epoll_release(struct vt_epoll* set) {
  if (__atomic_sub_fetch(&set->references, 1, __ATOMIC_ACQ_REL) == 0) {
    free_set(set);
  }
}

/* One number of the set was closed. */
void vt_epoll_forget(struct vt_epoll* set) {
  if (__atomic_sub_fetch(&set->fds, 1, __ATOMIC_ACQ_REL) != 0 && vt_epoll_of(set->fd) != set) {
    for (uint32_t fd = 0; fd <= vt_highest_fd(); fd++) {
      if (vt_table[fd] == ((uintptr_t)set | VT_TAG_EPOLL)) {
        set->fd = (int)fd;
        break;
      }
    }
  }
  vt_epoll_release(set);
}
