/* SPDX-License-Identifier: Apache-2.0 */
/*
 * spin: two programs that take all the processor time that they get, and use no network: what a
 * neighbour costs that only shares the processors.
 *
 *   spin server
 *   spin client [--begin NS] [--seconds S] [--warm-up S] [--linger S]
 *               [--watch LABEL=PID,PID]...
 *
 * The server runs until it is killed. An operation of the client is a fixed piece of arithmetic.
 */
#define _GNU_SOURCE
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "meter.h"
#include "net.h"

#define ROUNDS 1000

static struct meter meter = {.warm_up_s = 0.3, .measure_s = 1.0};
static volatile uint64_t result;

static void spin(void) {
  uint64_t x = result;
  for (uint32_t i = 0; i < ROUNDS; i++) x = x * 6364136223846793005u + 1442695040888963407u;
  result = x;
}

static void run_client(void) {
  meter_await(&meter);
  meter_start(&meter);
  while (meter_running(&meter, now_ns())) {
    spin();
    meter_count(&meter, 1, 0);
  }
  meter_print(&meter, "spin", "");
}

static noreturn void usage(void) {
  fprintf(stderr,
          "usage: spin server\n"
          "       spin client [--begin NS] [--seconds S] [--warm-up S] [--linger S]\n"
          "                   [--watch LABEL=PID,PID]...\n");
  exit(2);
}

int main(int argc, char **argv) {
  static const struct option names[] = {{"seconds", required_argument, NULL, 't'},
                                        {"warm-up", required_argument, NULL, 'w'},
                                        {"watch", required_argument, NULL, 'W'},
                                        {"begin", required_argument, NULL, 'b'},
                                        {"linger", required_argument, NULL, 'l'},
                                        {NULL, 0, NULL, 0}};
  if (argc == 2 && strcmp(argv[1], "server") == 0) {
    for (;;) spin();
  }
  if (argc < 2 || strcmp(argv[1], "client") != 0) usage();
  for (int option; (option = getopt_long(argc - 1, argv + 1, "", names, NULL)) != -1;) {
    if (!meter_option(&meter, option, optarg)) usage();
  }
  run_client();
  return 0;
}
