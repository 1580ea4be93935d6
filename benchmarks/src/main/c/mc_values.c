/* SPDX-License-Identifier: Apache-2.0 */
#include "mc_values.h"

#include <string.h>

#define GOLDEN UINT64_C(0x9e3779b97f4a7c15)

/* The finalizer of SplitMix64 (Steele, Lea, Flood: Fast splittable pseudorandom generators). */
uint64_t mix64(uint64_t word) {
  word = (word ^ (word >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
  word = (word ^ (word >> 27)) * UINT64_C(0x94d049bb133111eb);
  return word ^ (word >> 31);
}

static uint64_t seed_of(uint32_t key, uint32_t version) {
  return mix64(((uint64_t)key << 32 | version) + GOLDEN);
}

static uint64_t word_at(uint64_t seed, size_t index) {
  return mix64(seed + (uint64_t)index * GOLDEN);
}

static unsigned log2_floor(size_t n) {
  return 63u - (unsigned)__builtin_clzll((unsigned long long)n);
}

size_t value_length(uint32_t key, uint32_t version, size_t low, size_t high) {
  if (low == high) return low;
  uint64_t random = mix64(~seed_of(key, version));
  unsigned lowest = log2_floor(low), highest = log2_floor(high);
  unsigned bits = lowest + (unsigned)(random % (highest - lowest + 1));
  size_t length = ((size_t)1 << bits) + (size_t)((random >> 16) & (((size_t)1 << bits) - 1));
  if (length < low) return low;
  return length > high ? high : length;
}

void value_fill(char *to, size_t length, uint32_t key, uint32_t version) {
  uint64_t seed = seed_of(key, version);
  for (size_t done = 0, index = 0; done < length; index++) {
    uint64_t word = word_at(seed, index);
    size_t part = length - done < sizeof word ? length - done : sizeof word;
    memcpy(to + done, &word, part);
    done += part;
  }
}

bool value_matches(const char *bytes, size_t length, size_t offset, uint32_t key,
                   uint32_t version) {
  uint64_t seed = seed_of(key, version);
  size_t done = 0;
  while (done < length) {
    size_t within = (offset + done) % sizeof(uint64_t);
    uint64_t word = word_at(seed, (offset + done) / sizeof word);
    size_t part = sizeof word - within;
    if (part > length - done) part = length - done;
    if (memcmp(bytes + done, (const char *)&word + within, part) != 0) return false;
    done += part;
  }
  return true;
}
