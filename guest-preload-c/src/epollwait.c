/* Waiting on an epoll set: events of our sockets and of the kernel's fds in one answer. */
#include <x86intrin.h>

#include "epoll.h"
#include "linger.h"
#include "raw.h"

#define CLEAR_EVERY 1024u          /* rings, before the doorbell's pipe is emptied */
#define KERNEL_LOOK_CYCLES 100000u /* between looks at the kernel's fds while ours are busy */

/* ---- our sockets ---------------------------------------------------------------------------- */

static bool report(struct vt_epoll* set, struct vt_member* member, struct epoll_event* event) {
  uint32_t wanted = member->events | EPOLLERR | EPOLLHUP;
  uint32_t ready = vt_ready(member->socket, member->events) & wanted;
  vt_ready_remove(set, member);
  if (ready == 0) {
    return false; /* the next event lists it again */
  }
  event->events = ready;
  event->data = member->data;
  if (member->events & EPOLLONESHOT) {
    member->disabled = true;
  } else if (!(member->events & EPOLLET)) {
    vt_ready_push(set, member); /* level-triggered: looked at again next time */
  }
  return true;
}

/* Each listed member is looked at once; who was reported goes to the end of the list. */
static int collect(struct vt_epoll* set, struct epoll_event* events, int max) {
  if (VT_LOAD(&set->ready_first) == NULL) {
    return 0;
  }
  int count = 0;
  vt_take(&set->lock);
  uint32_t left = set->ready_count;
  for (; left != 0 && count < max; left--) {
    count += report(set, set->ready_first, &events[count]);
  }
  bool more = left != 0;
  vt_give(&set->lock);
  if (VT_UNLIKELY((more && VT_LOAD(&set->sleepers) != 0) ||
                  (set->nested && VT_LOAD(&set->ready_first) != NULL))) {
    vt_epoll_kick(set);
  }
  return count;
}

static void drain_all(struct vt_epoll* set) {
  vt_self.draining_for = set;
  for (int i = 0; i < VT_WATCH_MAX; i++) {
    struct vt_queue* queue = VT_LOAD(&set->watch[i]);
    if (queue == NULL) {
      continue;
    }
    vt_drain(queue);
    vt_attachment_check(queue->attachment);
  }
  vt_self.draining_for = NULL;
}

static bool any_events(const struct vt_epoll* set) {
  for (int i = 0; i < VT_WATCH_MAX; i++) {
    struct vt_queue* queue = VT_LOAD(&set->watch[i]);
    if (queue != NULL && vt_queue_has_events(queue)) {
      return true;
    }
  }
  return false;
}

/* ---- the kernel's fds, and doorbells among them -----------------------------------------------
 */

/* Of a context that another thread let go since the kernel answered. */
static bool was_doorbell(const struct vt_epoll* set, const struct epoll_event* event) {
  const struct vt_queue* own = VT_LOAD(&set->watch[0]);
  if (own == NULL) {
    return false;
  }
  uint64_t first = (uint64_t)(uintptr_t)own->attachment->queues;
  return event->data.u64 - first < own->attachment->queue_count * sizeof *own;
}

static bool is_doorbell(struct vt_epoll* set, const struct epoll_event* event) {
  for (int i = 0; i < VT_WATCH_MAX; i++) {
    struct vt_queue* queue = VT_LOAD(&set->watch[i]);
    if (queue == NULL || event->data.u64 != (uint64_t)(uintptr_t)queue) {
      continue;
    }
    if (event->events & (EPOLLHUP | EPOLLERR)) {
      vt_attachment_died(queue->attachment);
    } else if (set->nested || queue->link >= 0 || ++set->rings % CLEAR_EVERY == 0) {
      vt_doorbell_clear(queue); /* else it is watched edge-triggered and needs no more */
    }
    return true;
  }
  return was_doorbell(set, event);
}

/* Takes our own wake-ups out of the kernel's answer; says whether a doorbell rang. */
static int filter(struct vt_epoll* set, struct epoll_event* events, int count, bool* rung) {
  int kept = 0;
  *rung = false;
  for (int i = 0; i < count; i++) {
    if (events[i].data.u64 == (uint64_t)(uintptr_t)set) {
      vt_epoll_unkick(set);
    } else if (is_doorbell(set, &events[i])) {
      *rung = true;
    } else {
      events[kept++] = events[i];
    }
  }
  return kept;
}

static int kernel_wait(int fd, struct epoll_event* events, int max, int64_t deadline,
                       const sigset_t* mask) {
  if (deadline == VT_WAIT_FOREVER) {
    return libc.epoll_pwait(fd, events, max, -1, mask);
  }
  int64_t ns = deadline - vt_now();
  if (ns <= 0) {
    return libc.epoll_pwait(fd, events, max, 0, mask);
  }
  static bool no_pwait2;
  if (ns % 1000000 != 0 && ns < INT64_C(20000000) && !no_pwait2) {
    struct timespec left = {.tv_sec = ns / 1000000000, .tv_nsec = ns % 1000000000};
    long result = vt_raw_plain(SYS_epoll_pwait2, fd, (long)(intptr_t)events, max,
                               (long)(intptr_t)&left, (long)(intptr_t)mask, 8);
    if (result != -ENOSYS) {
      return result < 0 ? vt_fail((int)-result) : (int)result;
    }
    no_pwait2 = true;
  }
  int64_t ms = (ns + 999999) / 1000000;
  return libc.epoll_pwait(fd, events, max, ms > INT32_MAX ? INT32_MAX : (int)ms, mask);
}

/*
 * A ring came to this thread, which does not sleep, but was meant for others that do. The host
 * stack takes them for woken: they get a new number, and what came before it is passed on to them.
 */
static void pass_on(struct vt_epoll* set) {
  for (int i = 0; i < VT_WATCH_MAX; i++) {
    struct vt_queue* queue = VT_LOAD(&set->watch[i]);
    if (queue != NULL) {
      vt_sleep_enter(queue);
      vt_sleep_leave(queue);
    }
  }
  vt_fence();
  drain_all(set);
  if (VT_LOAD(&set->ready_first) != NULL) {
    vt_epoll_kick(set);
  }
}

/* While ours are ready the kernel's get their turn, too, but not at every call. */
static int look_at_kernel(struct vt_epoll* set, int fd, struct epoll_event* events, int max,
                          bool always) {
  if (!set->has_kernel_fds || max <= 0) {
    return 0;
  }
  uint64_t now = __rdtsc();
  if (!always && now - set->looked < KERNEL_LOOK_CYCLES) {
    return 0;
  }
  set->looked = now;
  int count = libc.epoll_pwait(fd, events, max, 0, NULL);
  bool rung = false;
  count = count <= 0 ? 0 : filter(set, events, count, &rung);
  if (rung && VT_LOAD(&set->sleepers) != 0) {
    pass_on(set);
  }
  return count;
}

/* ---- waiting -------------------------------------------------------------------------------- */

static void sleep_enter(struct vt_epoll* set, struct vt_queue** entered) {
  __atomic_add_fetch(&set->sleepers, 1, __ATOMIC_SEQ_CST);
  for (int i = 0; i < VT_WATCH_MAX; i++) {
    entered[i] = VT_LOAD(&set->watch[i]);
    if (entered[i] != NULL) {
      vt_attachment_hold(entered[i]->attachment);
      vt_sleep_enter(entered[i]);
    }
  }
}

static void sleep_leave(struct vt_epoll* set, struct vt_queue** entered) {
  for (int i = 0; i < VT_WATCH_MAX; i++) {
    if (entered[i] != NULL) {
      vt_sleep_leave(entered[i]);
      vt_attachment_drop(entered[i]->attachment);
    }
  }
  __atomic_sub_fetch(&set->sleepers, 1, __ATOMIC_SEQ_CST);
}

/* Queues of a host stack that is gone are let go; a new one's come with its sockets. */
static void drop_dead(struct vt_epoll* set) {
  for (int i = 0; i < VT_WATCH_MAX; i++) {
    struct vt_queue* queue = VT_LOAD(&set->watch[i]);
    if (queue != NULL && VT_UNLIKELY(vt_is_dead(queue->attachment))) {
      vt_take(&set->control_lock);
      if (set->watch[i] == queue) {
        vt_epoll_unwatch(set, i);
      }
      vt_give(&set->control_lock);
    }
  }
}

struct sleep {
  struct vt_epoll* set;
  struct vt_queue* entered[VT_WATCH_MAX];
};

/* The thread ends within the call, which holds the set. */
static void cancelled(void* argument) {
  struct sleep* sleep = argument;
  sleep_leave(sleep->set, sleep->entered);
  vt_epoll_release(sleep->set);
}

static int wait_cancellably(struct sleep* sleep, int fd, struct epoll_event* events, int max,
                            int64_t deadline, const sigset_t* mask) {
  int count;
  pthread_cleanup_push(cancelled, sleep);
  count = kernel_wait(fd, events, max, deadline, mask);
  pthread_cleanup_pop(0);
  return count;
}

/* Number of events, 0 if the caller shall look again (or the time is over), or -1 and errno. */
static int sleep_in_kernel(struct vt_epoll* set, int fd, struct epoll_event* events, int max,
                           int64_t deadline, const sigset_t* mask) {
  struct sleep sleep = {.set = set};
  int count = 0;
  sleep_enter(set, sleep.entered);
  if (!any_events(set) && VT_LOAD(&set->ready_first) == NULL) {
    count = wait_cancellably(&sleep, fd, events, max, deadline, mask);
  }
  int saved = errno;
  sleep_leave(set, sleep.entered);
  if (count > 0) {
    bool rung; /* whoever sleeps on has a new number, and this thread drains next */
    count = filter(set, events, count, &rung);
    set->looked = __rdtsc();
  }
  errno = saved;
  return count;
}

static bool has_come(const void* waits_for) {
  const struct vt_epoll* set = waits_for;
  return any_events(set) || VT_LOAD(&set->ready_first) != NULL;
}

/* Asked about the set itself, so that nothing of what the kernel has to say is taken. */
static bool in_kernel(const void* waits_for) {
  const struct vt_epoll* set = waits_for;
  struct pollfd fd = {.fd = set->fd, .events = POLLIN};
  struct timespec now = {0, 0};
  return vt_raw_plain(SYS_ppoll, (long)(intptr_t)&fd, 1, (long)(intptr_t)&now, 0, 8, 0) > 0;
}

/*
 * Where others sleep on the set, too, the host stack rings anyhow; a mask of the caller's lets
 * signals in while it sleeps.
 */
static bool linger(struct vt_lingering* wait, struct vt_epoll* set, int64_t deadline,
                   const sigset_t* mask) {
  wait->held = false;
  struct vt_awaited awaited = {has_come, set->has_kernel_fds ? in_kernel : NULL, set};
  return mask == NULL && VT_LOAD(&set->sleepers) == 0 && vt_linger(wait, &awaited, deadline);
}

static int wait_loop(struct vt_epoll* set, int fd, struct epoll_event* events, int max,
                     int64_t deadline, const sigset_t* mask) {
  int kernel = 0;
  for (;;) {
    drop_dead(set);
    drain_all(set);
    int count = kernel + collect(set, events + kernel, max - kernel);
    if (count != 0) {
      return kernel != 0 ? count
                         : count + look_at_kernel(set, fd, events + count, max - count, false);
    }
    if (deadline != VT_WAIT_FOREVER && deadline <= vt_now()) {
      return look_at_kernel(set, fd, events, max, true);
    }
    int64_t until = vt_retry_deadline(deadline);
    struct vt_lingering wait;
    if (linger(&wait, set, until, mask)) {
      kernel = look_at_kernel(set, fd, events, max, false);
      continue;
    }
    kernel = sleep_in_kernel(set, fd, events, max, until,
                             wait.held ? vt_linger_mask(&wait) : mask);
    vt_linger_end(&wait);
    if (kernel < 0) {
      return -1;
    }
  }
}

/* deadline 0: no waiting at all. */
int vt_epoll_wait(int set_fd, struct epoll_event* events, int max, int64_t deadline,
                  const sigset_t* mask) {
  struct vt_epoll* set = vt_epoll_of(set_fd);
  if (max <= 0) {
    return vt_fail(EINVAL);
  }
  __atomic_add_fetch(&set->references, 1, __ATOMIC_RELAXED);
  if (VT_UNLIKELY(set->orphaned)) {
    vt_epoll_adopt_members(set);
  }
  struct vt_queue* own = VT_LOAD(&set->watch[0]);
  if (own != NULL) {
    vt_self.hint = own->index + 1;
  }
  int count = wait_loop(set, set_fd, events, max, deadline, mask);
  vt_epoll_release(set);
  return count;
}

/* ---- the set as a member of something else ----------------------------------------------------
 */

/*
 * Somebody watches the set's fd itself. From now on its doorbell is always asked for, and its
 * kick stays readable as long as members are ready.
 */
void vt_epoll_nest(struct vt_epoll* set) {
  vt_take(&set->control_lock);
  if (!set->nested) {
    set->nested = true;
    vt_epoll_rewatch(set);
  }
  vt_give(&set->control_lock);
  vt_epoll_settle(set);
}

static void prune(struct vt_epoll* set) {
  vt_take(&set->lock);
  struct vt_member* next;
  for (struct vt_member* member = set->ready_first; member != NULL; member = next) {
    next = member->ready_next;
    uint32_t wanted = member->events | EPOLLERR | EPOLLHUP;
    if (!(vt_ready(member->socket, member->events) & wanted)) {
      vt_ready_remove(set, member);
    }
  }
  vt_give(&set->lock);
}

void vt_epoll_settle(struct vt_epoll* set) {
  vt_epoll_adopt_members(set);
  drop_dead(set);
  for (int i = 0; i < VT_WATCH_MAX; i++) {
    struct vt_queue* queue = VT_LOAD(&set->watch[i]);
    if (queue != NULL) {
      vt_doorbell_clear(queue);
      vt_sleep_enter(queue); /* a new number: the host stack rings again */
      vt_sleep_leave(queue);
    }
  }
  if (VT_LOAD(&set->kicked) != 0) {
    vt_epoll_unkick(set);
  }
  drain_all(set);
  prune(set);
  if (VT_LOAD(&set->ready_first) != NULL) {
    vt_epoll_kick(set);
  }
}
