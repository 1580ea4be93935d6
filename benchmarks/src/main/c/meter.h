/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a load generator counts: a warm-up that is thrown away, then a measured window with latency
 * histogram and processor time, then one line of JSON on stdout.
 */
#ifndef VIRTUOSO_LOAD_METER_H
#define VIRTUOSO_LOAD_METER_H

#include <stdbool.h>
#include <stdint.h>

#include "clock.h"
#include "cpu.h"
#include "histogram.h"

/* Exit status of a program whose connections were not open when its load was to begin. */
#define METER_TOO_LATE 3

enum meter_phase { METER_WARM_UP, METER_MEASURE, METER_FINISHED };

struct meter {
  uint64_t begin_ns; /* of now_ns(): when the load begins; 0: at once */
  double warm_up_s;
  double measure_s; /* length of the window; with a limit only an upper bound */
  double linger_s;  /* how long it stays after it has told, so that others can read its time */
  uint64_t limit;   /* operations after which the window ends; 0: none */
  struct cpu_watch watch;

  enum meter_phase phase;
  uint64_t operations; /* in the window */
  uint64_t bytes;      /* in the window */
  uint64_t errors;     /* in the whole run */
  uint64_t deadline_ns;
  struct cpu_sample before;
  struct cpu_sample after;
  struct histogram latency;
};

/*
 * Takes what load generators understand alike: 't' --seconds, 'w' --warm-up, 'W' --watch, and in some
 * 'b' --begin and 'l' --linger. False if the option is another one, or its processes cannot be watched.
 */
bool meter_option(struct meter *m, int option, const char *text);

/*
 * Waits until the load is to begin, so that several generators begin together; call once the
 * connections are open. Ends the program, with METER_TOO_LATE, if that time has passed.
 */
void meter_await(const struct meter *m);

/* Starts the warm-up; call once after the connections are open. */
void meter_start(struct meter *m);

/* Moves between the phases; false once the window is over. `now` must not go back. */
bool meter_running(struct meter *m, uint64_t now);

static inline void meter_count(struct meter *m, uint64_t operations, uint64_t bytes) {
  if (m->phase != METER_MEASURE) return;
  m->operations += operations;
  m->bytes += bytes;
}

static inline void meter_latency(struct meter *m, uint64_t ns) {
  if (m->phase == METER_MEASURE) histogram_record(&m->latency, ns);
}

/* How long epoll_wait may sleep so that the next phase begins in time, in milliseconds. */
int meter_timeout_ms(const struct meter *m, uint64_t now);

/*
 * Prints `{"tool": ..., <members> "seconds": ..., "operations": ..., ...}` and a newline. `members`
 * are the caller's own JSON members, each followed by a comma and a space, or an empty string.
 */
void meter_print(const struct meter *m, const char *tool, const char *members);

#endif
