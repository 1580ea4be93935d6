/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Values that can be checked without having been kept: length and bytes follow from the key's
 * number and a version, which travels as the item's flags.
 */
#ifndef VIRTUOSO_LOAD_MC_VALUES_H
#define VIRTUOSO_LOAD_MC_VALUES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A well-mixed 64-bit word from any 64-bit word. */
uint64_t mix64(uint64_t word);

/* Between low and high, both included; every power of two in between is equally likely. */
size_t value_length(uint32_t key, uint32_t version, size_t low, size_t high);

void value_fill(char *to, size_t length, uint32_t key, uint32_t version);

/* Whether `bytes` are those of the value from `offset` on. */
bool value_matches(const char *bytes, size_t length, size_t offset, uint32_t key, uint32_t version);

#endif
