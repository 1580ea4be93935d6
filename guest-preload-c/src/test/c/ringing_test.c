/* SPDX-License-Identifier: Apache-2.0 */
/*
 * When a command rings the host stack, step by step and without threads: the host stack takes its
 * turn between the store of a command and the look at host_sleeping, where the lock wakes a waiter.
 */
#include <sys/eventfd.h>

#include "context_stubs.h"

#define ENTRIES 4u

static void (*host_turn)(void);

/* The lock was held: from now on somebody waits for it, so giving it back wakes. */
void vt_lock_slow(vt_lock* lock) { lock->word = 2; }

void vt_lock_wake(vt_lock* lock) {
  (void)lock;
  host_turn();
}

/* ---- a host stack of one context --------------------------------------------------------------- */

static struct vt_context shared;
static struct vt_entry commands[ENTRIES];
static struct vt_attachment attachment;
static struct vt_queue queue;
static uint64_t taken;
static bool host_polls;

static bool has_command(void) { return commands[taken % ENTRIES].stamp >> 8 == taken + 1; }

static void host_takes_all(void) {
  while (has_command()) {
    taken++;
  }
  shared.command_head = taken;
}

static void host_falls_asleep(void) {
  static uint32_t number;
  shared.host_sleeping = ++number;
  host_polls = has_command(); /* the last look */
  if (host_polls) {
    shared.host_sleeping = 0;
  }
}

/* What the doorbell does to a host stack that sleeps. */
static void host_hears(void) {
  uint64_t rings;
  if (read(attachment.host_doorbell, &rings, sizeof rings) == sizeof rings && has_command()) {
    host_polls = true;
    shared.host_sleeping = 0;
  }
}

static void host_is_idle(void) {}

static void host_takes_all_and_falls_asleep(void) {
  host_takes_all();
  host_falls_asleep();
}

static void post(void (*turn)(void)) {
  struct vt_entry entry = {.stamp = VT_CMD_TX};
  host_turn = turn;
  queue.post_lock.word = 1;
  vt_post(&queue, &entry);
}

static void begin(void) {
  shared.host_sleeping = 0;
  host_polls = true;
  host_takes_all();
  host_hears();
}

/* ---- tests --------------------------------------------------------------------------------------- */

static void should_not_ring_a_host_that_polls(void) {
  begin();
  post(host_is_idle);
  uint64_t rings;
  expect(read(attachment.host_doorbell, &rings, sizeof rings) < 0, "no ring");
}

static void should_ring_once_for_one_sleep(void) {
  begin();
  host_falls_asleep();
  post(host_is_idle);
  post(host_is_idle);
  uint64_t rings = 0;
  expect(read(attachment.host_doorbell, &rings, sizeof rings) == sizeof rings, "a ring");
  expect(rings == 1, "one ring");
  host_takes_all_and_falls_asleep();
  post(host_is_idle);
  host_hears();
  expect(host_polls, "a ring for the next sleep");
}

/* The command is gone when its ring would come; the ring must be left for the next one. */
static void should_not_spend_the_ring_on_a_command_that_is_taken(void) {
  begin();
  post(host_takes_all_and_falls_asleep);
  host_hears();
  expect(!host_polls && shared.host_sleeping != 0, "asleep, and nothing to do");
  post(host_is_idle);
  host_hears();
  expect(host_polls, "awake for the next command");
  host_takes_all();
  expect(taken == queue.command_tail, "all commands were taken");
}

int main(void) {
  attachment.host_doorbell = eventfd(0, EFD_NONBLOCK);
  queue = (struct vt_queue){.attachment = &attachment,
                            .shared = &shared,
                            .commands = commands,
                            .mask = ENTRIES - 1,
                            .command_room = ENTRIES};
  for (int lap = 0; lap < 5; lap++) {
    should_not_ring_a_host_that_polls();
    should_ring_once_for_one_sleep();
    should_not_spend_the_ring_on_a_command_that_is_taken();
  }
  printf("ringing: %d checks passed\n", checks);
  return 0;
}
