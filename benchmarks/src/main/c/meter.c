/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE
#include "meter.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "net.h"

bool meter_option(struct meter *m, int option, const char *text) {
  switch (option) {
    case 't': m->measure_s = number_option("seconds", text, 0.01, 86400); return true;
    case 'b': m->begin_ns = (uint64_t)number_option("begin", text, 0, 9e15); return true;
    case 'l': m->linger_s = number_option("linger", text, 0, 60); return true;
    case 'w': m->warm_up_s = number_option("warm-up", text, 0, 3600); return true;
    case 'W': return cpu_watch_add(&m->watch, text) == 0;
    default: return false;
  }
}

void meter_await(const struct meter *m) {
  if (m->begin_ns == 0) return;
  if (now_ns() > m->begin_ns) {
    fprintf(stderr, "%s: ready only after --begin\n", program_invocation_short_name);
    exit(METER_TOO_LATE);
  }
  struct timespec begin = {.tv_sec = (time_t)(m->begin_ns / NANOS_PER_SECOND),
                           .tv_nsec = (long)(m->begin_ns % NANOS_PER_SECOND)};
  while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &begin, NULL) == EINTR) {
  }
}

void meter_start(struct meter *m) {
  m->phase = METER_WARM_UP;
  m->deadline_ns = now_ns() + (uint64_t)(m->warm_up_s * 1e9);
}

static void begin_window(struct meter *m) {
  m->phase = METER_MEASURE;
  m->operations = 0;
  m->bytes = 0;
  histogram_clear(&m->latency);
  cpu_sample_take(&m->before, &m->watch);
  m->deadline_ns = m->before.wall_ns + (uint64_t)(m->measure_s * 1e9);
}

bool meter_running(struct meter *m, uint64_t now) {
  if (m->phase == METER_WARM_UP && now >= m->deadline_ns) begin_window(m);
  bool full = m->limit != 0 && m->operations >= m->limit;
  if (m->phase == METER_MEASURE && (full || now >= m->deadline_ns)) {
    cpu_sample_take(&m->after, &m->watch);
    m->phase = METER_FINISHED;
  }
  return m->phase != METER_FINISHED;
}

int meter_timeout_ms(const struct meter *m, uint64_t now) {
  if (now >= m->deadline_ns) return 0;
  uint64_t left = (m->deadline_ns - now) / NANOS_PER_MILLI + 1;
  return left > 1000 ? 1000 : (int)left;
}

static void print_micros(const char *name, double ns) {
  printf(", \"%s_us\": %.3f", name, ns / 1e3);
}

void meter_print(const struct meter *m, const char *tool, const char *members) {
  double seconds = (double)(m->after.wall_ns - m->before.wall_ns) / 1e9;
  printf("{\"tool\": \"%s\", %s\"seconds\": %.6f", tool, members, seconds);
  printf(", \"operations\": %llu", (unsigned long long)m->operations);
  printf(", \"bytes\": %llu", (unsigned long long)m->bytes);
  printf(", \"errors\": %llu", (unsigned long long)m->errors);
  if (m->latency.total != 0) {
    print_micros("mean", histogram_mean(&m->latency));
    print_micros("p50", (double)histogram_quantile(&m->latency, 0.50));
    print_micros("p90", (double)histogram_quantile(&m->latency, 0.90));
    print_micros("p99", (double)histogram_quantile(&m->latency, 0.99));
    print_micros("p999", (double)histogram_quantile(&m->latency, 0.999));
    print_micros("max", (double)m->latency.max_ns);
  }
  cpu_print(stdout, &m->watch, &m->before, &m->after);
  printf("}\n");
  fflush(stdout);
  if (m->linger_s > 0) usleep((useconds_t)(m->linger_s * 1e6));
}
