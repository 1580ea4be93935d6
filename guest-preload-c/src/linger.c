/*
 * Each wait that began awake in vain must be outweighed by one that saved a sleep: else the thread
 * sleeps at once for a number of waits, then tries again; the number grows while that is in vain.
 * How long sleeps are says little: most of a short one is what waking up takes.
 */
#include "linger.h"

#include <x86intrin.h>

#include "raw.h"

#define LONGEST_CYCLES 1200000u /* of the TSC; about two answers without KVM, with all asleep */
#define ROUND_CYCLES 25000u     /* between looks at what needs a system call */
#define SHORT_DEADLINE_NS 1000000
#define TRIES 8 /* in vain, before it is given up */
#define MOST_CREDIT 6
#define FIRST_PAUSE 16u /* waits */
#define LONGEST_PAUSE 256u
#define BIT(signal) (UINT64_C(1) << ((signal) - 1))
/* The C library's own. */
#define CANCEL 32
#define SETXID 33
/* What a thread does to itself. */
#define NEVER_HELD                                                                      \
  (BIT(SIGSEGV) | BIT(SIGBUS) | BIT(SIGFPE) | BIT(SIGILL) | BIT(SIGTRAP) | BIT(SIGSYS) | \
   BIT(SIGABRT))

enum outcome { CAME, NOTHING_CAME, INTERRUPTED };

static __thread struct vt_linger own __attribute__((tls_model("initial-exec")));

bool vt_linger_next(struct vt_linger* linger) {
  if (linger->pause_left != 0) {
    linger->pause_left--;
    return false;
  }
  return true;
}

void vt_linger_learn(struct vt_linger* linger, bool came) {
  if (came) {
    linger->balance += linger->balance < MOST_CREDIT;
    linger->pause = 0;
  } else if (--linger->balance <= -TRIES) {
    linger->balance = 0;
    linger->pause = linger->pause == 0 ? FIRST_PAUSE : 2 * linger->pause;
    linger->pause = linger->pause < LONGEST_PAUSE ? linger->pause : LONGEST_PAUSE;
    linger->pause_left = linger->pause;
  }
}

/* ---- signals -------------------------------------------------------------------------------- */

static void hold_signals(struct vt_lingering* wait) {
  static const uint64_t all = ~NEVER_HELD;
  memset(&wait->mask, 0, sizeof wait->mask);
  vt_raw_mask(&all, &wait->mask);
  wait->held = true;
}

/* Signals that have come and that the caller lets in. */
static uint64_t held_back(const struct vt_lingering* wait) {
  uint64_t pending = 0, masked;
  vt_raw_plain(SYS_rt_sigpending, (long)(intptr_t)&pending, 8, 0, 0, 0, 0);
  memcpy(&masked, &wait->mask, sizeof masked);
  return pending & ~masked;
}

const sigset_t* vt_linger_mask(const struct vt_lingering* wait) {
  return wait->held ? &wait->mask : NULL;
}

void vt_linger_end(struct vt_lingering* wait) {
  if (wait->held) {
    uint64_t before;
    memcpy(&before, &wait->mask, sizeof before);
    vt_raw_mask(&before, NULL);
    wait->held = false;
  }
}

bool vt_has_handler(int signal, bool* restarts) {
  struct {
    void* handler;
    unsigned long flags;
    void* restorer;
    unsigned long mask;
  } action;
  if (signal == CANCEL || signal == SETXID ||
      vt_raw_plain(SYS_rt_sigaction, signal, 0, (long)(intptr_t)&action, 8, 0, 0) != 0 ||
      action.handler == NULL || action.handler == (void*)1) {
    return false;
  }
  *restarts = (action.flags & SA_RESTART) != 0;
  return true;
}

/* Of several the kernel handles the least first, and that one decides. */
int vt_linger_let_in(struct vt_lingering* wait) {
  int result = 0;
  uint64_t pending = wait->held ? held_back(wait) : 0;
  for (int signal = 1; pending != 0 && signal <= 64 && result == 0; signal++) {
    bool restarts;
    if ((pending & BIT(signal)) && vt_has_handler(signal, &restarts)) {
      result = restarts ? ERESTART : EINTR;
    }
  }
  vt_linger_end(wait);
  return result;
}

/* ---- waiting -------------------------------------------------------------------------------- */

static enum outcome wait_awake(const struct vt_lingering* wait, const struct vt_awaited* awaited) {
  uint64_t began = __rdtsc();
  uint64_t round = began;
  for (uint64_t now = began; now - began < LONGEST_CYCLES; now = __rdtsc()) {
    if (awaited->has_come(awaited->what)) {
      return CAME;
    }
    if (now - round > ROUND_CYCLES) {
      if (held_back(wait) != 0 ||
          (awaited->in_kernel != NULL && awaited->in_kernel(awaited->what))) {
        return INTERRUPTED;
      }
      vt_raw_plain(SYS_sched_yield, 0, 0, 0, 0, 0, 0);
      round = now;
    }
  }
  return awaited->has_come(awaited->what) ? CAME : NOTHING_CAME;
}

bool vt_linger(struct vt_lingering* wait, const struct vt_awaited* awaited, int64_t deadline) {
  wait->held = false;
  if (!vt_in_machine ||
      (deadline != VT_WAIT_FOREVER && deadline - vt_now() < SHORT_DEADLINE_NS) ||
      !vt_linger_next(&own)) {
    return false;
  }
  hold_signals(wait);
  enum outcome outcome = wait_awake(wait, awaited);
  if (outcome != INTERRUPTED) {
    vt_linger_learn(&own, outcome == CAME);
  }
  if (outcome == CAME) {
    vt_linger_end(wait);
  }
  return outcome == CAME;
}
