/* poll() and select() over our sockets and the kernel's fds in one wait. */
#include <stdlib.h>

#include "internal.h"
#include "linger.h"
#include "raw.h"

#define ON_STACK 64

struct poll_item {
  struct vt_socket* socket;
  struct vt_epoll* set;
  struct vt_waiter waiter;
};

struct poll_work {
  struct pollfd* fds; /* the caller's */
  nfds_t count;
  struct poll_item* items; /* by place in fds */
  struct pollfd* kernel;   /* same places; then queues and the kick */
  struct vt_queue** queues;
  nfds_t queue_count;
  bool has_kernel_fds;
  bool has_sets; /* some of them are epoll fds with members of ours */
  bool asleep;   /* as far as the host stack is told */
  void* memory;  /* of what does not fit on the stack */
};

bool vt_poll_is_ours(struct pollfd* fds, nfds_t count) {
  if (vt_table_size == 0) {
    return false;
  }
  for (nfds_t i = 0; i < count; i++) {
    if (vt_entry_of(fds[i].fd) != 0) {
      return true;
    }
  }
  return false;
}

/* poll's bits are epoll's in a short. */
static short ready_bits(struct vt_socket* socket, short wanted) {
  uint32_t interest = (uint32_t)(unsigned short)wanted;
  const uint32_t writing = POLLWRNORM | POLLWRBAND;
  uint32_t ready = vt_ready(socket, interest | (interest & writing ? EPOLLOUT : 0u));
  ready |= ready & EPOLLIN ? EPOLLRDNORM : 0u;
  ready |= ready & EPOLLOUT ? EPOLLWRNORM | (socket->datagram ? EPOLLWRBAND : 0u) : 0u;
  return (short)(ready & (interest | POLLERR | POLLHUP));
}

static int look_at_ours(struct poll_work* work) {
  int count = 0;
  for (nfds_t i = 0; i < work->count; i++) {
    struct vt_socket* socket = work->items[i].socket;
    if (socket != NULL) {
      work->fds[i].revents = ready_bits(socket, work->fds[i].events);
      count += work->fds[i].revents != 0;
    }
  }
  return count;
}

/* Asks the kernel about its fds (and, while sleeping, the doorbells). Answer: how many of its. */
static int look_at_kernel(struct poll_work* work, nfds_t total, const struct timespec* time,
                          const sigset_t* mask) {
  int result = vt_ppoll(work->kernel, total, time, mask);
  if (result < 0) {
    return -1;
  }
  int count = 0;
  for (nfds_t i = 0; i < work->count; i++) {
    if (work->items[i].socket == NULL) {
      work->fds[i].revents = work->kernel[i].revents;
      count += work->kernel[i].revents != 0;
    }
  }
  return count;
}

static void add_queue(struct poll_work* work, struct vt_queue* queue) {
  for (nfds_t i = 0; i < work->queue_count; i++) {
    if (work->queues[i] == queue) {
      return;
    }
  }
  work->kernel[work->count + work->queue_count] =
      (struct pollfd){.fd = queue->doorbell, .events = POLLIN};
  work->queues[work->queue_count++] = queue;
}

static void enter(struct poll_work* work) {
  work->queue_count = 0;
  for (nfds_t i = 0; i < work->count; i++) {
    struct vt_socket* socket = work->items[i].socket;
    if (socket == NULL) {
      continue;
    }
    struct vt_queue* queue = vt_wait_queue(socket);
    vt_waiter_add(socket, &work->items[i].waiter);
    if (queue != NULL) {
      add_queue(work, queue);
    }
  }
}

static void sleep_enter(struct poll_work* work) {
  work->asleep = true;
  for (nfds_t i = 0; i < work->queue_count; i++) {
    vt_sleep_enter(work->queues[i]);
  }
}

static void sleep_leave(struct poll_work* work) {
  work->asleep = false;
  for (nfds_t i = 0; i < work->queue_count; i++) {
    vt_sleep_leave(work->queues[i]);
  }
}

static void leave(struct poll_work* work) {
  const struct pollfd* doorbells = work->kernel + work->count;
  for (nfds_t i = 0; i < work->queue_count; i++) {
    if (doorbells[i].revents != 0) {
      vt_doorbell_clear(work->queues[i]);
    }
    vt_drain(work->queues[i]);
  }
  vt_unkick();
  for (nfds_t i = 0; i < work->count; i++) {
    if (work->items[i].socket != NULL) {
      vt_waiter_remove(work->items[i].socket, &work->items[i].waiter);
    }
  }
}

static bool events_wait(const void* waits_for) {
  const struct poll_work* work = waits_for;
  for (nfds_t i = 0; i < work->queue_count; i++) {
    if (vt_queue_has_events(work->queues[i])) {
      return true;
    }
  }
  return VT_LOAD(&vt_self.kicked) != 0;
}

/* Those that are ours have no fd there. */
static bool in_kernel(const void* waits_for) {
  const struct poll_work* work = waits_for;
  struct timespec now = {0, 0};
  return vt_raw_plain(SYS_ppoll, (long)(intptr_t)work->kernel, (long)work->count,
                      (long)(intptr_t)&now, 0, 8, 0) > 0;
}

/* A mask of the caller's lets signals in while it sleeps. */
static bool linger(struct vt_lingering* wait, struct poll_work* work, int64_t deadline,
                   const sigset_t* mask) {
  wait->held = false;
  struct vt_awaited awaited = {events_wait, work->has_kernel_fds ? in_kernel : NULL, work};
  return vt_in_machine && mask == NULL && work->queue_count != 0 && look_at_ours(work) == 0 &&
         vt_linger(wait, &awaited, deadline);
}

/* Sleeps once; answers the number of ready kernel fds, or -1 and errno. */
static int sleep_once(struct poll_work* work, int64_t deadline, const sigset_t* mask) {
  enter(work);
  nfds_t total = work->count + work->queue_count;
  if (vt_kick_fd() >= 0) {
    work->kernel[total++] = (struct pollfd){.fd = vt_self.kick, .events = POLLIN};
  }
  int count = 0;
  struct vt_lingering wait;
  if (!linger(&wait, work, deadline, mask)) {
    sleep_enter(work);
    if (!events_wait(work) && look_at_ours(work) == 0) {
      struct timespec left;
      count = look_at_kernel(work, total, vt_time_left(deadline, &left),
                             wait.held ? vt_linger_mask(&wait) : mask);
    }
    sleep_leave(work);
  }
  int saved = errno;
  vt_linger_end(&wait);
  leave(work);
  errno = saved;
  return count;
}

static void release(struct poll_work* work) {
  for (nfds_t i = 0; i < work->count; i++) {
    if (work->items[i].socket != NULL) {
      vt_unpin(work->items[i].socket);
    }
    if (work->items[i].set != NULL) {
      vt_epoll_release(work->items[i].set);
    }
  }
  free(work->memory);
}

/* The thread ends within the call. */
static void cancelled(void* argument) {
  struct poll_work* work = argument;
  if (work->asleep) {
    sleep_leave(work);
  }
  leave(work);
  release(work);
}

static int sleep_cancellably(struct poll_work* work, int64_t deadline, const sigset_t* mask) {
  int count;
  pthread_cleanup_push(cancelled, work);
  count = sleep_once(work, deadline, mask);
  pthread_cleanup_pop(0);
  return count;
}

static void drain_homes(struct poll_work* work) {
  for (nfds_t i = 0; i < work->count; i++) {
    struct vt_socket* socket = work->items[i].socket;
    if (socket != NULL && VT_UNLIKELY(socket->shared) && vt_is_away(socket)) {
      vt_socket_use(socket, work->fds[i].fd);
    }
    struct vt_queue* home = socket == NULL ? NULL : VT_LOAD(&socket->home);
    if (home != NULL) {
      vt_drain(home);
    }
    if (work->items[i].set != NULL) {
      vt_epoll_settle(work->items[i].set);
    }
  }
}

static int poll_loop(struct poll_work* work, int64_t deadline, const sigset_t* mask) {
  static const struct timespec now = {0, 0};
  int kernel = 0;
  bool asked = false; /* the kernel, since the last change */
  for (;;) {
    drain_homes(work);
    int count = look_at_ours(work);
    bool over = deadline != VT_WAIT_FOREVER && deadline <= vt_now();
    if (kernel > 0 && !asked) {
      kernel = look_at_kernel(work, work->count, &now, NULL);
      asked = true;
    }
    if (count != 0 || over || kernel > 0) {
      if (!asked) {
        kernel = look_at_kernel(work, work->count, &now, NULL);
      }
      return kernel < 0 ? -1 : count + kernel;
    }
    kernel = sleep_cancellably(work, vt_retry_deadline(deadline), mask);
    asked = kernel > 0;
    if (kernel < 0) {
      return -1;
    }
    if (kernel > 0 && !work->has_sets) {
      return kernel + look_at_ours(work);
    }
    asked = asked && !work->has_sets; /* a set's doorbell rang: settle, then ask again */
  }
}

static void pin_all(struct poll_work* work) {
  for (nfds_t i = 0; i < work->count; i++) {
    int fd = work->fds[i].fd;
    struct vt_socket* socket = vt_pin(fd);
    work->items[i].socket = socket;
    work->kernel[i] = work->fds[i];
    work->kernel[i].revents = 0;
    if (socket != NULL) {
      work->kernel[i].fd = -1;
      vt_socket_use(socket, fd);
      vt_arm_waiting(socket);
    }
    work->has_kernel_fds |= work->kernel[i].fd >= 0;
    work->items[i].set = vt_epoll_pin(fd);
    if (work->items[i].set != NULL) {
      work->has_sets = true;
      vt_epoll_nest(work->items[i].set);
    }
  }
}

/* deadline 0: do not wait. */
int vt_poll(struct pollfd* fds, nfds_t count, int64_t deadline, const sigset_t* mask) {
  struct poll_item few_items[ON_STACK];
  struct pollfd few_fds[2 * ON_STACK + 1];
  struct vt_queue* few_queues[ON_STACK];
  struct poll_work work = {
      .fds = fds, .count = count, .items = few_items, .kernel = few_fds, .queues = few_queues};
  if (count > ON_STACK) {
    size_t each = sizeof *work.items + 2 * sizeof *work.kernel + sizeof *work.queues;
    work.memory = malloc(count * each + sizeof *work.kernel);
    if (work.memory == NULL) {
      return vt_fail(ENOMEM);
    }
    work.items = work.memory;
    work.queues = (struct vt_queue**)(work.items + count);
    work.kernel = (struct pollfd*)(work.queues + count);
  }
  int saved = errno;
  pin_all(&work);
  int result = poll_loop(&work, deadline, mask);
  int error = errno;
  release(&work);
  errno = result < 0 ? error : saved;
  return result;
}

/* ---- select --------------------------------------------------------------------------------- */

/* Programs that raised FD_SETSIZE by hand pass longer sets: the words are counted by hand, too. */
static bool in_set(const fd_set* set, int fd) {
  return set != NULL && (((const unsigned long*)set)[fd / 64] >> (fd % 64) & 1) != 0;
}

static void put_in_set(fd_set* set, int fd) { ((unsigned long*)set)[fd / 64] |= 1ul << (fd % 64); }

static void clear_set(fd_set* set, int count) {
  if (set != NULL) {
    memset(set, 0, (size_t)((count + 63) / 64) * 8);
  }
}

bool vt_select_is_ours(int count, const fd_set* in, const fd_set* out, const fd_set* except) {
  if (vt_table_size == 0) {
    return false;
  }
  for (int fd = 0; fd < count; fd++) {
    if ((in_set(in, fd) || in_set(out, fd) || in_set(except, fd)) && vt_entry_of(fd) != 0) {
      return true;
    }
  }
  return false;
}

static nfds_t to_poll(struct pollfd* fds, int count, const fd_set* in, const fd_set* out,
                      const fd_set* except) {
  nfds_t used = 0;
  for (int fd = 0; fd < count; fd++) {
    int events = (in_set(in, fd) ? POLLIN | POLLRDNORM | POLLRDHUP : 0) |
                 (in_set(out, fd) ? POLLOUT | POLLWRNORM : 0) | (in_set(except, fd) ? POLLPRI : 0);
    if (events != 0) {
      fds[used++] = (struct pollfd){.fd = fd, .events = (short)events};
    }
  }
  return used;
}

struct sets {
  fd_set* in;
  fd_set* out;
  fd_set* except;
};

/* What the sets say of one descriptor; the number of sets that it is in. */
static int show(const struct pollfd* one, const struct sets* sets) {
  int count = 0;
  if ((one->events & POLLIN) && (one->revents & (POLLIN | POLLRDNORM | POLLHUP | POLLERR))) {
    put_in_set(sets->in, one->fd);
    count++;
  }
  if ((one->events & POLLOUT) && (one->revents & (POLLOUT | POLLWRNORM | POLLERR))) {
    put_in_set(sets->out, one->fd);
    count++;
  }
  if ((one->events & POLLPRI) && (one->revents & POLLPRI)) {
    put_in_set(sets->except, one->fd);
    count++;
  }
  return count;
}

/* Puts what is ready into the sets; the number of these, or -1 and errno. */
static int show_all(const struct pollfd* fds, nfds_t used, int count, const struct sets* sets) {
  for (nfds_t i = 0; i < used; i++) {
    if (fds[i].fd >= 0 && (fds[i].revents & POLLNVAL)) {
      return vt_fail(EBADF);
    }
  }
  clear_set(sets->in, count);
  clear_set(sets->out, count);
  clear_set(sets->except, count);
  int result = 0;
  for (nfds_t i = 0; i < used; i++) {
    result += fds[i].fd < 0 ? 0 : show(&fds[i], sets);
  }
  return result;
}

/* poll() tells of ends, also of what is in a set to which they do not belong: select() waits on. */
static void leave_out_ended(struct pollfd* fds, nfds_t used) {
  for (nfds_t i = 0; i < used; i++) {
    if (fds[i].revents != 0) {
      fds[i].fd = -1;
    }
  }
}

int vt_select(int count, fd_set* in, fd_set* out, fd_set* except, int64_t deadline,
              const sigset_t* mask) {
  struct pollfd* fds = malloc((size_t)count * sizeof *fds + 1);
  if (fds == NULL) {
    return vt_fail(ENOMEM);
  }
  nfds_t used = to_poll(fds, count, in, out, except);
  const struct sets sets = {in, out, except};
  int result;
  int ready;
  do {
    ready = vt_poll(fds, used, deadline, mask);
    result = ready < 0 ? -1 : show_all(fds, used, count, &sets);
    leave_out_ended(fds, used);
  } while (ready > 0 && result == 0);
  free(fds);
  return result;
}
