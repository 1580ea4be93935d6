/*
 * Waiting awake before a thread sleeps, in a virtual machine only: there a sleep costs the packets
 * of a doorbell, an interrupt and several switches of threads, more than most answers take.
 */
#ifndef VIRTUOSO_LINGER_H
#define VIRTUOSO_LINGER_H

#include <signal.h>

#include "internal.h"

/* What is known of a thread's waits. */
struct vt_linger {
  int balance;         /* of those begun awake: sleeps saved less those in vain */
  uint32_t pause;      /* waits to be slept at once after the latest failure */
  uint32_t pause_left; /* of them */
};

/* One wait. */
struct vt_lingering {
  sigset_t mask; /* of the thread's signals, while they are held back */
  bool held;
};

/* What ends a wait. */
struct vt_awaited {
  bool (*has_come)(const void* what);  /* looks at memory only */
  bool (*in_kernel)(const void* what); /* has one of the kernel's fds something? NULL: none */
  const void* what;
};

/*
 * Waits awake for a moment if this thread's latest waits let it pay, and not over the deadline.
 * False: nothing came, or it does not pay: sleep with vt_linger_mask(), then vt_linger_end(). A
 * signal that comes meanwhile is held back until then, so that it interrupts the sleep.
 */
bool vt_linger(struct vt_lingering* wait, const struct vt_awaited* awaited, int64_t deadline);

/* The mask to sleep with; NULL: as it is. */
const sigset_t* vt_linger_mask(const struct vt_lingering* wait);
void vt_linger_end(struct vt_lingering* wait);
/*
 * Ends it before a call that sleeps and leaves restarting to the kernel, which must not see too late
 * what was held back. 0: sleep; ERESTART, EINTR: a handler has run meanwhile, and a call that waits
 * is restarted after it, or not.
 */
int vt_linger_let_in(struct vt_lingering* wait);
/* Has the program a handler for a signal? If so, says whether calls are restarted after it. */
bool vt_has_handler(int signal, bool* restarts);

/* Is the next wait to begin awake? Counts it. */
bool vt_linger_next(struct vt_linger* linger);
/* What came of a wait that began awake. */
void vt_linger_learn(struct vt_linger* linger, bool came);

#endif
