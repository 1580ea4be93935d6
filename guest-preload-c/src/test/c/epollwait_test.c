/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Waiting on an epoll set, step by step and without threads: another thread sleeps on the set, and
 * the ring that was meant for it comes to one that only looks.
 */
#include <stdio.h>
#include <stdlib.h>

#include "checks.h"
#include "epoll.h"
#include "linger.h"

#define SET_FD 5

/* ---- what epollwait.c uses of the other parts ----------------------------------------------- */

struct vt_libc libc;
__thread struct vt_thread vt_self __attribute__((tls_model("initial-exec")));
static uintptr_t table[SET_FD + 1];
uintptr_t* vt_table = table;
uint32_t vt_table_size = SET_FD + 1;

static struct vt_queue queue;
static struct vt_epoll set;
static struct vt_member member;
static struct vt_entry entries[4];
static bool kernel_has_ring, event_comes_with_the_ring;
static bool comes_while_lingering, signal_comes_while_lingering, lets_signals_in;
static int numbers, kicks;

static int fake_epoll_pwait(int fd, struct epoll_event* events, int max, int timeout,
                            const sigset_t* mask) {
  (void)fd;
  (void)max;
  (void)timeout;
  lets_signals_in = mask != NULL;
  if (signal_comes_while_lingering) {
    errno = EINTR;
    return -1;
  }
  if (!kernel_has_ring) {
    return 0;
  }
  kernel_has_ring = false;
  events[0] = (struct epoll_event){.events = EPOLLIN, .data.u64 = (uint64_t)(uintptr_t)&queue};
  if (event_comes_with_the_ring) {
    entries[queue.event_head & queue.mask].stamp = (queue.event_head + 1) << 8 | VT_EVT_READY;
  }
  return 1;
}

bool vt_drain(struct vt_queue* drained) {
  if (!vt_queue_has_events(drained)) {
    return false;
  }
  drained->event_head++;
  vt_ready_push(&set, &member);
  return true;
}

void vt_ready_push(struct vt_epoll* of, struct vt_member* pushed) {
  pushed->listed = true;
  of->ready_first = of->ready_last = pushed;
  of->ready_count = 1;
}

void vt_ready_remove(struct vt_epoll* of, struct vt_member* removed) {
  removed->listed = false;
  of->ready_first = of->ready_last = NULL;
  of->ready_count = 0;
}

void vt_epoll_adopt_members(struct vt_epoll* of) { (void)of; }

void vt_sleep_enter(struct vt_queue* slept_on) { (void)slept_on; }

void vt_sleep_leave(struct vt_queue* slept_on) {
  (void)slept_on;
  numbers++;
}

void vt_epoll_kick(struct vt_epoll* kicked) {
  (void)kicked;
  kicks++;
}

uint32_t vt_ready(struct vt_socket* socket, uint32_t interest) {
  (void)socket;
  return interest;
}

void vt_lock_slow(vt_lock* lock) { (void)lock; }
void vt_lock_wake(vt_lock* lock) { (void)lock; }
void vt_epoll_unkick(struct vt_epoll* kicked) { (void)kicked; }
void vt_epoll_release(struct vt_epoll* released) { (void)released; }
void vt_epoll_rewatch(struct vt_epoll* watched) { (void)watched; }
void vt_doorbell_clear(struct vt_queue* rung) { (void)rung; }
void vt_attachment_died(struct vt_attachment* attachment) { (void)attachment; }
void vt_attachment_check(struct vt_attachment* attachment) { (void)attachment; }
void vt_attachment_hold(struct vt_attachment* attachment) { (void)attachment; }
void vt_attachment_drop(struct vt_attachment* attachment) { (void)attachment; }
bool vt_linger(struct vt_lingering* wait, const struct vt_awaited* awaited, int64_t deadline) {
  (void)deadline;
  wait->held = signal_comes_while_lingering;
  if (comes_while_lingering) {
    entries[queue.event_head & queue.mask].stamp = (queue.event_head + 1) << 8 | VT_EVT_READY;
  }
  return comes_while_lingering && awaited->has_come(awaited->what);
}

const sigset_t* vt_linger_mask(const struct vt_lingering* wait) { return &wait->mask; }
void vt_linger_end(struct vt_lingering* wait) { wait->held = false; }

int64_t vt_now(void) { return 1; }
int64_t vt_retry_deadline(int64_t deadline) { return deadline; }

void vt_epoll_unwatch(struct vt_epoll* watching, int index) {
  (void)watching;
  (void)index;
}

/* ---- tests ------------------------------------------------------------------------------------ */

static int look(uint32_t sleepers) {
  struct epoll_event events[4];
  set.sleepers = sleepers;
  kernel_has_ring = true;
  numbers = kicks = 0;
  return vt_epoll_wait(SET_FD, events, 4, 0, NULL);
}

static void should_pass_a_ring_on_to_those_who_sleep(void) {
  event_comes_with_the_ring = true;
  expect(look(1) == 0, "the look came before the event");
  expect(numbers == 1, "the others sleep under a new number");
  expect(kicks == 1, "and are woken for what came with the ring");
  struct epoll_event event;
  expect(vt_epoll_wait(SET_FD, &event, 1, 0, NULL) == 1, "the event is there for whoever is first");
}

static void should_let_those_sleep_on_for_whom_nothing_came(void) {
  event_comes_with_the_ring = false;
  expect(look(1) == 0, "nothing");
  expect(numbers == 1 && kicks == 0, "a new number, and no kick");
}

static void should_do_nothing_where_nobody_sleeps(void) {
  event_comes_with_the_ring = false;
  expect(look(0) == 0, "nothing");
  expect(numbers == 0 && kicks == 0, "nobody to wake");
}

static void should_not_sleep_when_something_comes_before(void) {
  struct epoll_event event;
  comes_while_lingering = true;
  numbers = 0;
  set.sleepers = 0;
  expect(vt_epoll_wait(SET_FD, &event, 1, VT_WAIT_FOREVER, NULL) == 1, "what came is reported");
  expect(numbers == 0, "nobody was to be rung");
}

static void should_let_a_signal_interrupt_that_came_before_the_sleep(void) {
  struct epoll_event event;
  comes_while_lingering = false;
  signal_comes_while_lingering = true;
  expect(vt_epoll_wait(SET_FD, &event, 1, VT_WAIT_FOREVER, NULL) == -1 && errno == EINTR,
         "the wait is interrupted");
  expect(lets_signals_in, "the sleep has the thread's own mask");
}

int main(void) {
  static struct vt_attachment attachment;
  libc.epoll_pwait = fake_epoll_pwait;
  queue = (struct vt_queue){.attachment = &attachment, .events = entries, .mask = 3};
  member = (struct vt_member){.set = &set, .events = EPOLLIN | EPOLLET};
  set.fd = SET_FD;
  set.has_kernel_fds = true;
  set.watch[0] = &queue;
  table[SET_FD] = (uintptr_t)&set | VT_TAG_EPOLL;
  should_pass_a_ring_on_to_those_who_sleep();
  should_let_those_sleep_on_for_whom_nothing_came();
  should_do_nothing_where_nobody_sleeps();
  should_not_sleep_when_something_comes_before();
  should_let_a_signal_interrupt_that_came_before_the_sleep();
  printf("epoll wait: %d checks passed\n", checks);
  return 0;
}
