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

static void set_mask(const uint64_t* mask, void* before) {
  vt_raw_plain(SYS_rt_sigprocmask, SIG_SETMASK, (long)(intptr_t)mask, (long)(intptr_t)before, 8, 0,
               0);
}

static void hold_signals(struct vt_lingering* wait) {
  static const uint64_t all = ~NEVER_HELD;
  memset(&wait->mask, 0, sizeof wait->mask);
  set_mask(&all, &wait->mask);
  wait->held = true;
}

static bool has_signal(const struct vt_lingering* wait) {
  uint64_t pending = 0, masked;
  vt_raw_plain(SYS_rt_sigpending, (long)(intptr_t)&pending, 8, 0, 0, 0, 0);
  memcpy(&masked, &wait->mask, sizeof masked);
  return (pending & ~masked) != 0;
}

const sigset_t* vt_linger_mask(const struct vt_lingering* wait) {
  return wait->held ? &wait->mask : NULL;
}

void vt_linger_end(struct vt_lingering* wait) {
  if (wait->held) {
    uint64_t before;
    memcpy(&before, &wait->mask, sizeof before);
    set_mask(&before, NULL);
    wait->held = false;
  }
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
      if (has_signal(wait) ||
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
