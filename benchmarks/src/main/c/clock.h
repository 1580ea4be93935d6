/* SPDX-License-Identifier: Apache-2.0 */
/* Monotonic time in nanoseconds. */
#ifndef VIRTUOSO_LOAD_CLOCK_H
#define VIRTUOSO_LOAD_CLOCK_H

#include <stdint.h>
#include <time.h>

#define NANOS_PER_SECOND UINT64_C(1000000000)
#define NANOS_PER_MILLI UINT64_C(1000000)

static inline uint64_t now_ns(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (uint64_t)t.tv_sec * NANOS_PER_SECOND + (uint64_t)t.tv_nsec;
}

#endif
