/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A log-linear histogram of nanoseconds, in the manner of HdrHistogram: every power of two is cut
 * into 128 equal buckets, so a value is known to better than 0.8 %. Values of 2^37 ns (137 s) and
 * more are counted in the last bucket; the maximum is kept exactly. Single-threaded.
 */
#ifndef VIRTUOSO_LOAD_HISTOGRAM_H
#define VIRTUOSO_LOAD_HISTOGRAM_H

#include <stdint.h>

#define HISTOGRAM_SUB_BITS 7
#define HISTOGRAM_SUB_BUCKETS (1u << HISTOGRAM_SUB_BITS)
#define HISTOGRAM_MAX_BITS 37
#define HISTOGRAM_BUCKETS ((HISTOGRAM_MAX_BITS - HISTOGRAM_SUB_BITS + 1) * HISTOGRAM_SUB_BUCKETS)

struct histogram {
  uint64_t counts[HISTOGRAM_BUCKETS];
  uint64_t total;
  uint64_t sum_ns;
  uint64_t max_ns;
};

static inline uint32_t histogram_index(uint64_t ns) {
  if (ns < HISTOGRAM_SUB_BUCKETS) return (uint32_t)ns;
  if (ns >> HISTOGRAM_MAX_BITS) return HISTOGRAM_BUCKETS - 1;
  uint32_t exponent = 63u - (uint32_t)__builtin_clzll(ns);
  uint32_t shift = exponent - HISTOGRAM_SUB_BITS;
  uint32_t sub = (uint32_t)(ns >> shift) & (HISTOGRAM_SUB_BUCKETS - 1);
  return (shift + 1) * HISTOGRAM_SUB_BUCKETS + sub;
}

static inline void histogram_record(struct histogram *h, uint64_t ns) {
  h->counts[histogram_index(ns)]++;
  h->total++;
  h->sum_ns += ns;
  if (ns > h->max_ns) h->max_ns = ns;
}

void histogram_clear(struct histogram *h);

/* The middle of the bucket that holds the given share (0..1) of all values; 0 when empty. */
uint64_t histogram_quantile(const struct histogram *h, double share);

/* Arithmetic mean in nanoseconds; 0 when empty. */
double histogram_mean(const struct histogram *h);

#endif
