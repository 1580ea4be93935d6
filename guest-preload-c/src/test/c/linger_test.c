/* SPDX-License-Identifier: Apache-2.0 */
/* Which waits a thread begins awake, and what it learns from them. */
#include "checks.h"
#include "linger.h"

bool vt_in_machine;
static int64_t now_ns = 5000000;

int64_t vt_now(void) { return now_ns; }

static int looks;

static bool comes_at_once(const void* waits_for) {
  (void)waits_for;
  looks++;
  return true;
}

static bool waits(int64_t deadline) {
  struct vt_lingering wait;
  struct vt_awaited awaited = {comes_at_once, NULL, NULL};
  looks = 0;
  bool came = vt_linger(&wait, &awaited, deadline);
  expect(!wait.held, "signals come as before");
  return came;
}

static volatile sig_atomic_t handled;

static void handle(int signal) {
  (void)signal;
  handled++;
}

/* The first look finds nothing, but meanwhile the thread is sent a signal. */
static bool is_signalled(const void* waits_for) {
  (void)waits_for;
  if (looks++ == 0) {
    raise(SIGUSR1);
  }
  return false;
}

static bool kernel_has_something(const void* waits_for) {
  (void)waits_for;
  return true;
}

/* Waits begun awake in vain until one is to be slept at once. */
static int tries_of(struct vt_linger* linger) {
  int tries = 0;
  for (; linger->pause_left == 0; tries++) {
    expect(vt_linger_next(linger), "awake");
    vt_linger_learn(linger, false);
  }
  return tries;
}

/* Waits slept at once until one is begun awake again. */
static int pause_of(struct vt_linger* linger) {
  int slept = 0;
  for (; linger->pause_left != 0; slept++) {
    expect(!vt_linger_next(linger), "asleep");
  }
  return slept;
}

static void should_sleep_at_once_after_waits_in_vain(void) {
  struct vt_linger linger = {0};
  int pause = 16;
  for (int i = 0; i < 10; i++) {
    expect(tries_of(&linger) == 8, "a few are tried");
    expect(pause_of(&linger) == pause, "then a pause, longer each time");
    pause = pause < 256 ? 2 * pause : 256;
  }
}

static void should_go_on_while_it_saves_sleeps(void) {
  struct vt_linger linger = {0};
  for (int i = 0; i < 1000; i++) {
    expect(vt_linger_next(&linger), "half of them are enough");
    vt_linger_learn(&linger, i % 2 == 0);
  }
  for (int i = 0; i < 100; i++) {
    vt_linger_learn(&linger, true);
  }
  expect(tries_of(&linger) == 14, "good times are forgotten soon");
}

static void should_begin_anew_after_a_pause_that_ended_well(void) {
  struct vt_linger linger = {0};
  for (int i = 0; i < 3; i++) {
    tries_of(&linger);
    pause_of(&linger);
  }
  vt_linger_learn(&linger, true);
  tries_of(&linger);
  expect(pause_of(&linger) == 16, "the pause is the first again");
}

static void should_wait_awake_in_machines_only(void) {
  vt_in_machine = false;
  expect(!waits(VT_WAIT_FOREVER) && looks == 0, "a container's thread sleeps");
  vt_in_machine = true;
  expect(waits(VT_WAIT_FOREVER) && looks == 1, "a machine's does not");
}

static void should_keep_deadlines(void) {
  expect(!waits(now_ns + 1000) && looks == 0, "too near");
  expect(waits(now_ns + 5000000) && looks == 1, "far");
}

static bool holds(int signal) {
  sigset_t mask;
  sigprocmask(SIG_BLOCK, NULL, &mask);
  return sigismember(&mask, signal) == 1;
}

/* As it would if the thread slept from the beginning. */
static void should_let_signals_interrupt_the_sleep(void) {
  struct sigaction action = {.sa_handler = handle};
  sigaction(SIGUSR1, &action, NULL);
  struct vt_lingering wait;
  struct vt_awaited awaited = {is_signalled, NULL, NULL};
  looks = 0;
  expect(!vt_linger(&wait, &awaited, VT_WAIT_FOREVER), "nothing came");
  expect(handled == 0 && holds(SIGUSR1) && !holds(SIGSEGV), "it is held back");
  expect(ppoll(NULL, 0, NULL, vt_linger_mask(&wait)) == -1 && errno == EINTR, "no sleep");
  expect(handled == 1, "the handler has run");
  vt_linger_end(&wait);
  expect(!holds(SIGUSR1), "all is as before");
}

/* What a read makes of a signal that came before it, while the thread waited awake. */
static int let_in(void (*handler)(int), int flags) {
  struct sigaction action = {.sa_handler = handler, .sa_flags = flags};
  sigaction(SIGUSR1, &action, NULL);
  struct vt_lingering wait;
  struct vt_awaited awaited = {is_signalled, NULL, NULL};
  looks = 0;
  handled = 0;
  expect(!vt_linger(&wait, &awaited, VT_WAIT_FOREVER), "nothing came");
  int result = vt_linger_let_in(&wait);
  expect(!wait.held && !holds(SIGUSR1), "all is as before");
  return result;
}

/* As the kernel restarts a call that waits, or does not. */
static void should_restart_as_the_handler_says(void) {
  expect(let_in(handle, 0) == EINTR && handled == 1, "without SA_RESTART");
  expect(let_in(handle, SA_RESTART) == ERESTART && handled == 1, "with it");
  expect(let_in(SIG_IGN, 0) == 0 && handled == 0, "no handler, no interruption");
  struct vt_lingering none = {.held = false};
  expect(vt_linger_let_in(&none) == 0, "nothing was held back");
}

static void should_leave_signals_of_the_caller_blocked(void) {
  sigset_t mask;
  sigemptyset(&mask);
  sigaddset(&mask, SIGUSR2);
  sigprocmask(SIG_BLOCK, &mask, NULL);
  expect(waits(VT_WAIT_FOREVER) && holds(SIGUSR2), "before and afterwards");
  sigprocmask(SIG_UNBLOCK, &mask, NULL);
}

static void should_look_at_the_kernel_now_and_then(void) {
  struct vt_lingering wait;
  struct vt_awaited awaited = {is_signalled, kernel_has_something, NULL};
  looks = 1;
  expect(!vt_linger(&wait, &awaited, VT_WAIT_FOREVER), "the caller is to ask the kernel");
  vt_linger_end(&wait);
}

int main(void) {
  should_sleep_at_once_after_waits_in_vain();
  should_go_on_while_it_saves_sleeps();
  should_begin_anew_after_a_pause_that_ended_well();
  should_wait_awake_in_machines_only();
  should_keep_deadlines();
  should_let_signals_interrupt_the_sleep();
  should_restart_as_the_handler_says();
  should_leave_signals_of_the_caller_blocked();
  should_look_at_the_kernel_now_and_then();
  printf("linger: %d checks passed\n", checks);
  return 0;
}
