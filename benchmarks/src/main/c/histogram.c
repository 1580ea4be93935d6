/* SPDX-License-Identifier: Apache-2.0 */
#include "histogram.h"

#include <string.h>

void histogram_clear(struct histogram *h) {
  memset(h, 0, sizeof *h);
}

static uint64_t bucket_middle(uint32_t index) {
  if (index < HISTOGRAM_SUB_BUCKETS) return index;
  uint32_t shift = index / HISTOGRAM_SUB_BUCKETS - 1;
  uint64_t low = ((uint64_t)HISTOGRAM_SUB_BUCKETS + index % HISTOGRAM_SUB_BUCKETS) << shift;
  return low + (UINT64_C(1) << shift) / 2;
}

uint64_t histogram_quantile(const struct histogram *h, double share) {
  if (h->total == 0) return 0;
  double exact = share * (double)h->total;
  uint64_t rank = (uint64_t)exact;
  if ((double)rank < exact || rank == 0) rank++;
  uint64_t seen = 0;
  for (uint32_t i = 0; i < HISTOGRAM_BUCKETS; i++) {
    seen += h->counts[i];
    if (seen >= rank) {
      uint64_t middle = bucket_middle(i);
      return middle < h->max_ns ? middle : h->max_ns;
    }
  }
  return h->max_ns;
}

double histogram_mean(const struct histogram *h) {
  return h->total == 0 ? 0.0 : (double)h->sum_ns / (double)h->total;
}
