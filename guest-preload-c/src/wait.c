/* Readiness of one socket, and threads that sleep for it. */
#include <sys/eventfd.h>

#include "datagram.h"
#include "linger.h"
#include "raw.h"

#define ATTACH_RETRY_NS INT64_C(60000000)

__thread struct vt_thread vt_self __attribute__((tls_model("initial-exec"))) = {.kick = -1};

static pthread_key_t thread_key;

int64_t vt_now(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return time.tv_sec * INT64_C(1000000000) + time.tv_nsec;
}

/* ---- readiness ------------------------------------------------------------------------------ */

static uint64_t low_water(uint64_t ring_bytes) { return (ring_bytes + 2) / 3; }

uint64_t vt_room_to_send(const struct vt_slot* slot, uint64_t tail, uint64_t room, uint32_t low) {
  uint32_t unsent = (uint32_t)tail - VT_LOAD(&slot->tx_sent);
  uint64_t most = unsent < low ? (uint64_t)low - unsent + UINT16_MAX : 0;
  return room < most ? room : most;
}

/* What a socket that is not writable asks the host stack to tell it. */
struct wish {
  uint64_t* word; /* of the slot */
  uint64_t cursor;
};

/* TCP_NOTSENT_LOWAT: writable while twice of what waits to be sent is less, as with Linux. */
static VT_COLD bool sent_enough(struct vt_slot* slot, uint64_t tail, uint32_t low_water,
                                struct wish* wish) {
  uint32_t unsent = (uint32_t)tail - VT_LOAD(&slot->tx_sent);
  uint32_t most = (low_water - 1) / 2;
  *wish = (struct wish){&slot->tx_want_sent, tail - most};
  return unsent <= most;
}

/* Is there room worth a write? If not, says at which tx_head there will be. */
static bool writable(struct vt_socket* socket, struct vt_slot* slot, struct wish* wish) {
  uint64_t* want = &wish->cursor;
  wish->word = &slot->tx_want;
  uint64_t tail = VT_LOAD_RELAXED(&socket->tx_tail);
  uint64_t used = tail - VT_LOAD(&slot->tx_head);
  uint32_t offer = VT_LOAD(&slot->tx_offer);
  uint32_t generation = VT_LOAD_RELAXED(&socket->tx_generation);
  if (used == 0) {
    *want = VT_NEVER;
    return offer != 0;
  }
  uint64_t bytes = socket->tx_mask + 1;
  if (offer != generation) {
    *want = tail; /* empty: then the larger ring can be adopted */
    return false;
  }
  *want = tail - bytes + low_water(bytes);
  if (bytes - used < low_water(bytes)) {
    return false;
  }
  uint32_t low = VT_LOAD_RELAXED(&socket->options.notsent_low_water);
  return VT_LIKELY(low == 0) || sent_enough(slot, tail, low, wish);
}

static uint32_t ready_to_write(struct vt_socket* socket, struct vt_slot* slot, bool arm) {
  struct wish wish;
  if (writable(socket, slot, &wish)) {
    return EPOLLOUT;
  }
  struct wish asked = {wish.word, VT_NEVER};
  while (arm && (wish.cursor != asked.cursor || wish.word != asked.word)) {
    vt_raise(wish.word, wish.cursor); /* not back to what another thread's wish has got answered */
    vt_fence();
    asked = wish;
    if (writable(socket, slot, &wish)) {
      return EPOLLOUT;
    }
  }
  return 0;
}

static uint32_t ready_without_slot(const struct vt_socket* socket) {
  switch (socket->phase) {
    case VT_FRESH:
    case VT_BOUND:
      /* As Linux says of a socket that was never connected, or is not any more. */
      return EPOLLOUT | EPOLLHUP | (socket->error != 0 ? EPOLLERR : 0u);
    case VT_LISTENING:
      return 0; /* waits for the host stack to come back */
    default:
      if (vt_comes_back(socket)) {
        return EPOLLIN | EPOLLOUT;
      }
      return EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLHUP | (socket->error != 0 ? EPOLLERR : 0u);
  }
}

static uint32_t ready_failed(const struct vt_socket* socket) {
  bool pending = !socket->slot_error_taken || socket->error != 0;
  return EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLHUP | (pending ? EPOLLERR : 0u);
}

/*
 * The host stack begins to use a slot of ours when it sees the first command: what the slot shows
 * before is of a former use.
 */
void vt_progress(struct vt_socket* socket) {
  struct vt_slot* slot = VT_LOAD(&socket->slot);
  if (socket->phase == VT_CONNECTING && slot != NULL &&
      VT_LOAD(&slot->generation) == socket->generation &&
      (VT_LOAD(&slot->state) & (VT_STATE_CONNECTED | VT_STATE_FAILED)) == VT_STATE_CONNECTED) {
    VT_STORE(&socket->phase, VT_CONNECTED);
  }
}

static uint32_t ready_connecting(struct vt_socket* socket, struct vt_slot* slot) {
  bool begun = VT_LOAD(&slot->generation) == socket->generation;
  return begun && (VT_LOAD(&slot->state) & VT_STATE_FAILED) ? ready_failed(socket) : 0;
}

uint32_t vt_ready_to_write(struct vt_socket* socket, struct vt_slot* slot) {
  return ready_to_write(socket, slot, true);
}

uint32_t vt_ready(struct vt_socket* socket, uint32_t interest) {
  if (VT_UNLIKELY(socket->datagram)) {
    return vt_datagram_ready(socket, interest);
  }
  struct vt_slot* slot = VT_LOAD(&socket->slot);
  if (slot == NULL || socket->phase <= VT_BOUND) {
    return ready_without_slot(socket);
  }
  if (VT_UNLIKELY(vt_is_dead(socket->attachment))) {
    return socket->phase == VT_LISTENING ? 0 : ready_failed(socket);
  }
  if (VT_UNLIKELY(socket->phase == VT_CONNECTING)) {
    vt_progress(socket);
    if (socket->phase == VT_CONNECTING) {
      return ready_connecting(socket, slot);
    }
  }
  uint32_t state = VT_LOAD(&slot->state);
  uint64_t unread = VT_LOAD(&slot->rx_tail) - VT_LOAD_RELAXED(&socket->rx_head);
  if (socket->phase == VT_LISTENING) {
    bool waiting = unread != 0 || (state & VT_STATE_ACCEPTABLE);
    return socket->read_shut ? EPOLLIN | EPOLLRDHUP | EPOLLHUP : waiting ? EPOLLIN : 0;
  }
  if (state & VT_STATE_FAILED) { /* who tries takes it back */
    return vt_is_away(socket) ? EPOLLIN | EPOLLOUT : ready_failed(socket);
  }
  uint32_t ready = 0;
  bool read_end = (state & VT_STATE_READ_CLOSED) || socket->read_shut;
  bool write_end = (state & VT_STATE_WRITE_CLOSED) || socket->write_shut;
  if (unread >= (uint64_t)socket->options.receive_low_water || read_end) {
    ready |= EPOLLIN;
  }
  if (read_end) {
    ready |= EPOLLRDHUP | (write_end ? EPOLLHUP : 0u);
  }
  if (interest & EPOLLOUT) {
    ready |= write_end ? EPOLLOUT : ready_to_write(socket, slot, true);
  }
  return ready | (socket->error != 0 ? EPOLLERR : 0u);
}

/* ---- threads -------------------------------------------------------------------------------- */

/* Set by glibc >= 2.32: no other thread exists, so nobody else can take this one's events. */
extern char __libc_single_threaded __attribute__((weak));

static bool alone(void) { return &__libc_single_threaded != NULL && __libc_single_threaded; }

static void thread_ends(void* unused) {
  (void)unused;
  if (vt_self.queue != NULL) {
    vt_queue_release(vt_self.queue);
    vt_self.queue = NULL;
  }
  vt_private_close(vt_self.kick);
  vt_self.kick = -1;
}

void vt_wait_init(void) { pthread_key_create(&thread_key, thread_ends); }

static void register_thread(void) {
  if (!vt_self.registered) {
    vt_self.registered = true;
    pthread_setspecific(thread_key, &vt_self);
  }
}

/* The context of this thread for sockets that are in no epoll set. */
struct vt_queue* vt_thread_queue(struct vt_attachment* attachment) {
  if (vt_self.queue != NULL && vt_self.queue->attachment != attachment) {
    vt_queue_release(vt_self.queue);
    vt_self.queue = NULL;
  }
  if (vt_self.queue == NULL) {
    register_thread();
    vt_self.queue = vt_queue_acquire(attachment);
  }
  return vt_self.queue;
}

int vt_kick_fd(void) {
  if (vt_self.kick < 0 && !alone()) {
    register_thread();
    vt_self.kick =
        vt_private_fd((int)vt_raw_plain(SYS_eventfd2, 0, EFD_CLOEXEC | EFD_NONBLOCK, 0, 0, 0, 0));
  }
  return vt_self.kick;
}

void vt_kick(struct vt_thread* thread) {
  if (thread == &vt_self && thread->reading == NULL) {
    return; /* else this is a signal's handler: the thread goes back to its read */
  }
  VT_STORE(&thread->kicked, 1);
  vt_fence();
  struct vt_queue* queue = VT_LOAD(&thread->reading);
  if (queue != NULL) {
    vt_wake_reader(queue);
  }
  if (thread->kick >= 0) {
    uint64_t one = 1;
    vt_raw_plain(SYS_write, thread->kick, (long)(intptr_t)&one, sizeof one, 0, 0, 0);
  }
}

void vt_unkick(void) {
  uint64_t value;
  VT_STORE(&vt_self.kicked, 0);
  if (vt_self.kick >= 0) {
    vt_raw_plain(SYS_read, vt_self.kick, (long)(intptr_t)&value, sizeof value, 0, 0, 0);
  }
}

/* ---- waiting -------------------------------------------------------------------------------- */

void vt_waiter_add(struct vt_socket* socket, struct vt_waiter* waiter) {
  waiter->thread = &vt_self;
  vt_take(&socket->lock);
  waiter->next = socket->waiters;
  waiter->link = &socket->waiters;
  if (waiter->next != NULL) {
    waiter->next->link = &waiter->next;
  }
  VT_STORE(&socket->waiters, waiter);
  vt_give(&socket->lock);
}

void vt_waiter_remove(struct vt_socket* socket, struct vt_waiter* waiter) {
  vt_take(&socket->lock);
  VT_STORE(waiter->link, waiter->next);
  if (waiter->next != NULL) {
    waiter->next->link = waiter->link;
  }
  vt_give(&socket->lock);
}

/* The queue on which this thread should sleep for the socket; NULL: none, it has no slot. */
struct vt_queue* vt_wait_queue(struct vt_socket* socket) {
  if (socket->slot == NULL || vt_is_dead(socket->attachment)) {
    return NULL;
  }
  if (VT_LOAD(&socket->members) == NULL && VT_LOAD(&socket->waiters) == NULL) {
    vt_move_home(socket, vt_thread_queue(socket->attachment));
  }
  return VT_LOAD(&socket->home);
}

/* With a lost host stack and a listener in the process, naps are short and retry the attaching. */
int64_t vt_retry_deadline(int64_t deadline) {
  if (VT_LOAD(&vt_current) != NULL || vt_listener_count() == 0) {
    return deadline;
  }
  vt_attach_quick();
  int64_t retry = vt_now() + ATTACH_RETRY_NS;
  return retry < deadline ? retry : deadline;
}

struct timespec* vt_time_left(int64_t deadline, struct timespec* left) {
  if (deadline == VT_WAIT_FOREVER) {
    return NULL;
  }
  int64_t ns = deadline - vt_now();
  ns = ns < 0 ? 0 : ns;
  *left = (struct timespec){.tv_sec = ns / 1000000000, .tv_nsec = ns % 1000000000};
  return left;
}

/*
 * A poll was interrupted. The kernel restarts socket calls without a time limit if the handler has
 * SA_RESTART; which handler ran is unknown here, so all of the process's must have it.
 */
static bool restarts(void) {
  bool any = false;
  for (int signal = 1; signal <= 64; signal++) {
    bool restart;
    if (vt_has_handler(signal, &restart)) {
      if (!restart) {
        return false;
      }
      any = true;
    }
  }
  return any;
}

static int poll_doorbell(struct vt_queue* queue, int64_t deadline, const sigset_t* mask) {
  struct pollfd fds[2];
  nfds_t count = 0;
  if (queue != NULL) {
    fds[count++] = (struct pollfd){.fd = queue->doorbell, .events = POLLIN};
  }
  if (vt_self.kick >= 0) {
    fds[count++] = (struct pollfd){.fd = vt_self.kick, .events = POLLIN};
  }
  struct timespec left;
  int ready = vt_ppoll(fds, count, vt_time_left(deadline, &left), mask);
  int result = ready < 0 ? errno : ready == 0 ? EAGAIN : 0;
  if (ready > 0 && queue != NULL && fds[0].revents != 0) {
    vt_doorbell_clear(queue);
  }
  return result == EINTR && deadline == VT_WAIT_FOREVER && restarts() ? 0 : result;
}

static bool has_come(const void* waits_for) {
  return VT_LOAD(&vt_self.kicked) != 0 || vt_queue_has_events(waits_for);
}

/* One wait of a thread. */
struct sleep {
  struct vt_socket* socket;
  struct vt_queue* queue; /* NULL: none */
  struct vt_waiter waiter;
  struct vt_lingering wait;
  bool asleep; /* as far as the host stack is told */
  bool reader;
};

/* As the kernel would have it: signals that came while the thread waited awake count, too. */
static int block(struct vt_queue* queue, struct vt_lingering* wait) {
  int signal = vt_linger_let_in(wait);
  return signal == 0 ? vt_read_doorbell(queue) : signal == ERESTART ? 0 : signal;
}

static void wake_up(struct sleep* sleep) {
  if (sleep->reader) {
    sleep->reader = false;
    vt_cease_reading(sleep->queue);
  }
  if (sleep->asleep) {
    sleep->asleep = false;
    vt_sleep_leave(sleep->queue);
    vt_drain(sleep->queue);
  }
  vt_unkick();
}

/* The thread ends within the call, whose caller cannot give back what it has. */
static void cancelled(void* argument) {
  struct sleep* sleep = argument;
  wake_up(sleep);
  vt_waiter_remove(sleep->socket, &sleep->waiter);
  vt_unpin(sleep->socket);
}

static int sleep_once(struct sleep* sleep, uint32_t interest, int64_t deadline) {
  struct vt_queue* queue = sleep->queue;
  if (queue != NULL) {
    sleep->asleep = true;
    vt_sleep_enter(queue);
    sleep->reader = deadline == VT_WAIT_FOREVER && vt_become_reader(queue);
  }
  if (!sleep->reader) {
    vt_kick_fd();
  }
  bool busy = VT_LOAD(&vt_self.kicked) != 0 || (queue != NULL && vt_queue_has_events(queue));
  int result = 0;
  if (!busy && !(vt_ready(sleep->socket, interest) & interest)) {
    result = sleep->reader ? block(queue, &sleep->wait)
                           : poll_doorbell(queue, deadline, vt_linger_mask(&sleep->wait));
  }
  wake_up(sleep);
  return result;
}

static int sleep_cancellably(struct sleep* sleep, uint32_t interest, int64_t deadline) {
  int result;
  pthread_cleanup_push(cancelled, sleep);
  result = sleep_once(sleep, interest, deadline);
  pthread_cleanup_pop(0);
  return result;
}

int vt_wait(struct vt_socket* socket, uint32_t interest, int64_t deadline) {
  struct vt_queue* queue = vt_wait_queue(socket);
  if (queue != NULL && vt_drain(queue) && (vt_ready(socket, interest) & interest)) {
    return 0;
  }
  int saved = errno;
  struct sleep sleep = {.socket = socket, .queue = queue};
  vt_waiter_add(socket, &sleep.waiter);
  int64_t until = vt_retry_deadline(deadline);
  int result = 0;
  struct vt_awaited awaited = {has_come, NULL, queue};
  if (vt_in_machine && queue != NULL && !(vt_ready(socket, interest) & interest) &&
      vt_linger(&sleep.wait, &awaited, until)) {
    vt_drain(queue);
    vt_unkick();
  } else {
    result = sleep_cancellably(&sleep, interest, until);
    vt_linger_end(&sleep.wait);
  }
  vt_waiter_remove(socket, &sleep.waiter);
  errno = saved;
  if (result == EAGAIN && (until != deadline || (vt_ready(socket, interest) & interest))) {
    return 0;
  }
  return result;
}
