/* Words that several threads, or the host stack and this process, read and write. */
#ifndef VIRTUOSO_SHARED_WORD_H
#define VIRTUOSO_SHARED_WORD_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

/* A plain field of the ABI, accessed with a stated order. */
#define VT_LOAD(p) __atomic_load_n((p), __ATOMIC_ACQUIRE)
#define VT_LOAD_RELAXED(p) __atomic_load_n((p), __ATOMIC_RELAXED)
#define VT_STORE(p, v) __atomic_store_n((p), (v), __ATOMIC_RELEASE)
#define VT_STORE_RELAXED(p, v) __atomic_store_n((p), (v), __ATOMIC_RELAXED)

/*
 * A cursor that several threads store never goes back; VT_NEVER is the least of all. A fence where
 * it stores.
 */
static inline void vt_raise(uint64_t* word, uint64_t value) {
  uint64_t now = VT_LOAD_RELAXED(word);
  while ((int64_t)now < (int64_t)value &&
         !__atomic_compare_exchange_n(word, &now, value, false, __ATOMIC_SEQ_CST,
                                      __ATOMIC_RELAXED)) {
  }
}

static inline void vt_fence(void) {
#if defined(__x86_64__)
  /* A locked add to the stack is a full barrier and cheaper than mfence. */
  __asm__ __volatile__("lock; addl $0,-8(%%rsp)" ::: "memory", "cc");
#else
  atomic_thread_fence(memory_order_seq_cst);
#endif
}

#endif
