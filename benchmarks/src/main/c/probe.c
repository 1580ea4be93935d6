/* SPDX-License-Identifier: Apache-2.0 */
/*
 * probe: three small questions about the machine, each answered by one line of JSON.
 *
 *   probe placement          how far apart are cores 0 and 1: a spin ping-pong of 5 ms, median
 *   probe calls              what a system call costs (getppid, eventfd write), in nanoseconds
 *   probe reach A P MILLIS   can A:P be connected to (waits up to MILLIS); exit status 1 if not
 */
#define _GNU_SOURCE
#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "clock.h"
#include "net.h"

#define BATCH 64
#define MAX_BATCHES 4096
#define PROBE_NS (5 * NANOS_PER_MILLI)

static _Alignas(128) _Atomic uint32_t ball;
static _Atomic int over;

static void run_on(int core) {
  cpu_set_t set;
  CPU_ZERO(&set);
  CPU_SET((size_t)core, &set);
  if (sched_setaffinity(0, sizeof set, &set) != 0) die("sched_setaffinity");
}

static void *answer(void *unused) {
  run_on(1);
  uint32_t last = 0;
  while (!atomic_load_explicit(&over, memory_order_relaxed)) {
    uint32_t seen = atomic_load_explicit(&ball, memory_order_acquire);
    if (seen == last || seen % 2 == 0) continue;
    last = seen;
    atomic_store_explicit(&ball, seen + 1, memory_order_release);
  }
  return unused;
}

static int by_value(const void *a, const void *b) {
  double x = *(const double *)a, y = *(const double *)b;
  return (x > y) - (x < y);
}

static void ping(uint32_t *turn) {
  uint32_t sent = *turn + 1;
  atomic_store_explicit(&ball, sent, memory_order_release);
  while (atomic_load_explicit(&ball, memory_order_acquire) == sent) continue;
  *turn = sent + 1;
}

/* Round trips in batches, so that the clock costs nothing; the median forgets interruptions. */
static int placement(void) {
  static double batches[MAX_BATCHES];
  if (sysconf(_SC_NPROCESSORS_ONLN) < 2) {
    printf("{\"round_trip_ns\": 0}\n");
    return 0;
  }
  pthread_t other;
  if (pthread_create(&other, NULL, answer, NULL) != 0) die("pthread_create");
  run_on(0);
  uint32_t turn = 0;
  ping(&turn);
  size_t count = 0;
  uint64_t begin = now_ns(), last = begin;
  while (last - begin < PROBE_NS && count < MAX_BATCHES) {
    for (int i = 0; i < BATCH; i++) ping(&turn);
    uint64_t now = now_ns();
    batches[count++] = (double)(now - last) / BATCH;
    last = now;
  }
  atomic_store(&over, 1);
  pthread_join(other, NULL);
  qsort(batches, count, sizeof batches[0], by_value);
  printf("{\"round_trip_ns\": %.1f, \"p10_ns\": %.1f, \"p90_ns\": %.1f}\n", batches[count / 2],
         batches[count / 10], batches[count * 9 / 10]);
  return 0;
}

/* Timed in a loop of 200,000, so that the clock does not count. */
static int calls(void) {
  const int count = 200000;
  int fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
  if (fd < 0) die("eventfd");
  uint64_t start = now_ns(), one = 1;
  for (int i = 0; i < count; i++) syscall(SYS_getppid);
  uint64_t middle = now_ns();
  for (int i = 0; i < count; i++) {
    if (write(fd, &one, sizeof one) != sizeof one) die("eventfd write");
  }
  uint64_t end = now_ns();
  close(fd);
  printf("{\"getppid_ns\": %.1f, \"eventfd_write_ns\": %.1f}\n", (double)(middle - start) / count,
         (double)(end - middle) / count);
  return 0;
}

static int reach(char **arguments) {
  uint16_t port = (uint16_t)number_option("port", arguments[1], 1, 65535);
  struct sockaddr_in address = address_of(arguments[0], port);
  uint64_t started = now_ns();
  close(connect_patiently(&address, (int)number_option("millis", arguments[2], 0, 600000)));
  printf("{\"reached_ms\": %.3f}\n", (double)(now_ns() - started) / 1e6);
  return 0;
}

int main(int argc, char **argv) {
  if (argc == 2 && strcmp(argv[1], "placement") == 0) return placement();
  if (argc == 2 && strcmp(argv[1], "calls") == 0) return calls();
  if (argc == 5 && strcmp(argv[1], "reach") == 0) return reach(argv + 2);
  fprintf(
      stderr,
      "usage: probe placement\n       probe calls\n       probe reach ADDRESS PORT MILLISECONDS\n");
  return 2;
}
