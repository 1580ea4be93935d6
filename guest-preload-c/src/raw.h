/* System calls without the C library: async-signal-safe, before initialisation, never interposed.
 */
#ifndef VIRTUOSO_RAW_H
#define VIRTUOSO_RAW_H

#include <errno.h>
#include <signal.h>
#include <stdint.h>
#include <sys/syscall.h>

#if !defined(__x86_64__)
#error "libvirtuoso supports x86-64 for now"
#endif

/* The kernel's answer: a value, or -errno. */
static inline long vt_raw_plain(long number, long a, long b, long c, long d, long e, long f) {
  long result;
  register long r10 __asm__("r10") = d;
  register long r8 __asm__("r8") = e;
  register long r9 __asm__("r9") = f;
  __asm__ __volatile__("syscall"
                       : "=a"(result)
                       : "a"(number), "D"(a), "S"(b), "d"(c), "r"(r10), "r"(r8), "r"(r9)
                       : "rcx", "r11", "memory");
  return result;
}

/* As the C library would answer: -1 and errno. */
static inline long vt_raw(long number, long a, long b, long c, long d, long e, long f) {
  long result = vt_raw_plain(number, a, b, c, d, e, f);
  if (result < 0 && result > -4096) {
    errno = (int)-result;
    return -1;
  }
  return result;
}

/* The C library's close() is a place where a thread may be cancelled: it would leave locks taken. */
static inline int vt_raw_close(int fd) { return (int)vt_raw(SYS_close, fd, 0, 0, 0, 0, 0); }

/* Sets this thread's signal mask, of 64 bits as the kernel has it. before: NULL, or gets the old one. */
static inline void vt_raw_mask(const uint64_t* mask, void* before) {
  vt_raw_plain(SYS_rt_sigprocmask, SIG_SETMASK, (long)(intptr_t)mask, (long)(intptr_t)before, 8, 0,
               0);
}

#endif
