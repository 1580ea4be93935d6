/*
 * Contexts of epoll sets. A socket's events come to one context, its home: the own one of the first
 * set that it is a member of. Its other sets watch that one, too.
 */
#include "epoll.h"
#include "raw.h"

void vt_epoll_unwatch(struct vt_epoll* set, int index) {
  struct vt_queue* queue = set->watch[index];
  struct epoll_event unused;
  libc.epoll_ctl(set->fd, EPOLL_CTL_DEL, queue->doorbell, &unused);
  if (set->nested) {
    vt_sleep_leave(queue);
  }
  VT_STORE(&set->watch[index], NULL);
  if (index == 0) {
    vt_queue_release(queue);
  } else {
    vt_attachment_drop(queue->attachment);
  }
}

static void watch(struct vt_epoll* set, int index, struct vt_queue* queue) {
  vt_epoll_watch_fd(set, queue->doorbell, EPOLLIN | (set->nested ? 0u : (uint32_t)EPOLLET), queue);
  if (set->nested) {
    vt_sleep_enter(queue);
  }
  VT_STORE(&set->watch[index], queue);
  if (set->sleepers != 0) {
    vt_epoll_kick(set); /* so that they go to sleep again in this context, too */
  }
}

/* Nested: doorbells count as long as they are not emptied, so that outer waits see them, too. */
void vt_epoll_rewatch(struct vt_epoll* set) {
  for (int i = 0; i < VT_WATCH_MAX; i++) {
    struct vt_queue* queue = set->watch[i];
    if (queue != NULL) {
      struct epoll_event event = {.events = EPOLLIN, .data.u64 = (uint64_t)(uintptr_t)queue};
      libc.epoll_ctl(set->fd, EPOLL_CTL_MOD, queue->doorbell, &event);
      vt_sleep_enter(queue);
    }
  }
}

/* The set's own context with this attachment. */
struct vt_queue* vt_epoll_own_queue(struct vt_epoll* set, struct vt_attachment* attachment) {
  vt_take(&set->control_lock);
  if (set->watch[0] != NULL && set->watch[0]->attachment != attachment) {
    vt_epoll_unwatch(set, 0);
  }
  if (set->watch[0] == NULL) {
    watch(set, 0, vt_queue_acquire(attachment));
  }
  struct vt_queue* queue = set->watch[0];
  vt_give(&set->control_lock);
  vt_self.hint = queue->index + 1;
  return queue;
}

/* Whether a context that is not the set's own has events of members. control_lock is held. */
static bool is_needed(struct vt_epoll* set, const struct vt_queue* queue) {
  vt_take(&set->lock);
  struct vt_member* member = set->all;
  while (member != NULL && VT_LOAD(&member->socket->home) != queue) {
    member = member->all_next;
  }
  vt_give(&set->lock);
  return member != NULL;
}

/* Members come and go, and so do the contexts in which they live. control_lock is held. */
static void unwatch_unneeded(struct vt_epoll* set) {
  for (int i = 1; i < VT_WATCH_MAX; i++) {
    if (set->watch[i] != NULL && !is_needed(set, set->watch[i])) {
      vt_epoll_unwatch(set, i);
    }
  }
}

/* A member lives in another set's or thread's context: that one is watched, too. */
static bool watch_foreign(struct vt_epoll* set, struct vt_queue* queue) {
  bool done = false;
  vt_take(&set->control_lock);
  for (int i = 0; i < VT_WATCH_MAX && !done; i++) {
    done = set->watch[i] == queue;
  }
  if (!done && set->watch[VT_WATCH_MAX - 1] != NULL) {
    unwatch_unneeded(set);
  }
  for (int i = 1; i < VT_WATCH_MAX && !done; i++) {
    if (set->watch[i] == NULL) {
      vt_attachment_hold(queue->attachment);
      watch(set, i, queue);
      done = true;
    }
  }
  vt_give(&set->control_lock);
  return done;
}

/* The set has no room for one more context: it takes the socket, and the socket's other sets watch. */
static bool bring_home(struct vt_socket* socket, struct vt_queue* own) {
  vt_take(&socket->lock);
  bool done = socket->waiters == NULL; /* a thread sleeps in one context only */
  for (struct vt_member* member = socket->members; member != NULL && done;
       member = member->next_of_socket) {
    done = watch_foreign(member->set, own);
  }
  done = done && vt_move_home(socket, own);
  for (struct vt_member* member = socket->members; member != NULL && done;
       member = member->next_of_socket) {
    vt_epoll_look(member); /* older notices stay behind */
  }
  vt_give(&socket->lock);
  return done;
}

int vt_epoll_take_home(struct vt_epoll* set, struct vt_socket* socket, bool sole) {
  if (socket->slot == NULL || vt_is_dead(socket->attachment)) {
    return 0;
  }
  struct vt_queue* own = vt_epoll_own_queue(set, socket->attachment);
  if (sole && VT_LOAD(&socket->waiters) == NULL) {
    vt_move_home(socket, own);
    return 0;
  }
  struct vt_queue* home = VT_LOAD(&socket->home);
  bool heard = home == own || home == NULL || watch_foreign(set, home);
  return heard || bring_home(socket, own) ? 0 : ENOSPC;
}

/* The socket has just got a slot and was a member of sets before. */
void vt_epoll_adopt_home(struct vt_socket* socket) {
  bool sole = true;
  for (struct vt_member* member = socket->members; member != NULL;
       member = member->next_of_socket) {
    vt_epoll_take_home(member->set, socket, sole);
    sole = false;
  }
}
