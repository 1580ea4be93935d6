#include <limits.h>
#include <linux/futex.h>

#include "internal.h"
#include "raw.h"

/* On few cores the holder may well be preempted: spin shortly, then sleep. */
#define SPINS 60

void vt_lock_slow(vt_lock* lock) {
  for (int i = 0; i < SPINS; i++) {
    if (VT_LOAD_RELAXED(&lock->word) == 0 && vt_try_lock(lock)) {
      return;
    }
    __builtin_ia32_pause();
  }
  while (__atomic_exchange_n(&lock->word, 2, __ATOMIC_ACQUIRE) != 0) {
    vt_raw_plain(SYS_futex, (long)(intptr_t)&lock->word, FUTEX_WAIT_PRIVATE, 2, 0, 0, 0);
  }
}

void vt_lock_wake(vt_lock* lock) {
  vt_raw_plain(SYS_futex, (long)(intptr_t)&lock->word, FUTEX_WAKE_PRIVATE, 1, 0, 0, 0);
}
