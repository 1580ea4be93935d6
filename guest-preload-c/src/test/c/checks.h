/* SPDX-License-Identifier: Apache-2.0 */
/* What tests expect, and how often they did. */
#ifndef VIRTUOSO_CHECKS_H
#define VIRTUOSO_CHECKS_H

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>

static int checks;

static void expect(bool condition, const char* what) {
  checks++;
  if (!condition) {
    fprintf(stderr, "failed: %s\n", what);
    exit(1);
  }
}

#endif
