/* SPDX-License-Identifier: Apache-2.0 */
/*
 * hold: opens many connections to an echo server (`rpc server`), lets every one of them echo, holds
 * them open, lets every one echo again, and tells how much memory the watched processes took.
 *
 *   hold --host A --port P --connections N [--hold S] [--timeout S] [--watch LABEL=PID,PID]...
 *
 * Each message names its connection and round, and each answer is compared with it. Exit status 1
 * when any echo is wrong or missing. Memory is the sum of Pss of /proc/PID/smaps_rollup, in which a
 * page shared by k processes counts 1/k in each, before the first connection and with all open.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "cpu.h"
#include "meter.h"
#include "net.h"

#define EVENTS_AT_ONCE 256
#define MESSAGE_SIZE 64

struct connection {
  int fd;
  uint32_t number;
  uint32_t round; /* of the last complete and right answer */
  size_t received;
  char answer[MESSAGE_SIZE];
};

struct options {
  const char *host;
  uint16_t port;
  uint32_t connections;
  double hold_s;
  double timeout_s;
};

static struct cpu_watch watch;
static int epoll;

static uint64_t pss_kib(pid_t pid) {
  char path[64], line[256];
  snprintf(path, sizeof path, "/proc/%d/smaps_rollup", (int)pid);
  FILE *file = fopen(path, "r");
  if (file == NULL) return 0;
  unsigned long long kib = 0;
  while (fgets(line, sizeof line, file) != NULL) {
    if (sscanf(line, "Pss: %llu kB", &kib) == 1) break;
  }
  fclose(file);
  return kib;
}

static void measure_memory(uint64_t *self_kib, uint64_t group_kib[CPU_MAX_GROUPS]) {
  *self_kib = pss_kib(getpid());
  for (int g = 0; g < watch.group_count; g++) {
    group_kib[g] = 0;
    for (int p = 0; p < watch.groups[g].pid_count; p++) {
      group_kib[g] += pss_kib(watch.groups[g].pids[p]);
    }
  }
}

static void compose(char message[MESSAGE_SIZE], uint32_t number, uint32_t round) {
  memset(message, '.', MESSAGE_SIZE);
  int length = snprintf(message, MESSAGE_SIZE, "connection %u round %u", number, round);
  message[length] = '\n';
}

/* Takes what arrived; true when this round's answer is complete and right. */
static bool take_answer(struct connection *c, uint32_t round) {
  char expected[MESSAGE_SIZE];
  ssize_t n = read(c->fd, c->answer + c->received, MESSAGE_SIZE - c->received);
  if (n < 0 && would_block()) return false;
  if (n == 0) errno = ECONNRESET;
  if (n <= 0) die("read");
  c->received += (size_t)n;
  if (c->received < MESSAGE_SIZE) return false;
  compose(expected, c->number, round);
  errno = 0;
  if (memcmp(expected, c->answer, MESSAGE_SIZE) != 0) die("an answer differs from its request");
  c->received = 0;
  c->round = round;
  return true;
}

/* Every connection sends once; returns how many answered within the time limit. */
static uint32_t echo_round(const struct options *o, struct connection *all, uint32_t round) {
  struct epoll_event events[EVENTS_AT_ONCE];
  uint64_t give_up = now_ns() + (uint64_t)(o->timeout_s * 1e9);
  uint32_t sent = 0, answered = 0;
  while (answered < o->connections && now_ns() < give_up) {
    char message[MESSAGE_SIZE];
    for (uint32_t i = 0; i < EVENTS_AT_ONCE && sent < o->connections; i++, sent++) {
      compose(message, all[sent].number, round);
      if (write(all[sent].fd, message, MESSAGE_SIZE) != MESSAGE_SIZE) die("write");
    }
    int count = epoll_wait(epoll, events, EVENTS_AT_ONCE, sent < o->connections ? 0 : 100);
    if (count < 0 && errno != EINTR) die("epoll_wait");
    for (int i = 0; i < count; i++) {
      if (take_answer(events[i].data.ptr, round)) answered++;
    }
  }
  return answered;
}

static void print_memory(uint64_t self_before, uint64_t self_after,
                         const uint64_t before[CPU_MAX_GROUPS],
                         const uint64_t after[CPU_MAX_GROUPS], uint32_t connections) {
  double total = (double)self_after - (double)self_before;
  printf(", \"pss_self_kib\": [%llu, %llu]", (unsigned long long)self_before,
         (unsigned long long)self_after);
  for (int g = 0; g < watch.group_count; g++) {
    printf(", \"pss_%s_kib\": [%llu, %llu]", watch.groups[g].label, (unsigned long long)before[g],
           (unsigned long long)after[g]);
    total += (double)after[g] - (double)before[g];
  }
  printf(", \"kib_per_connection\": %.3f}\n", total / connections);
}

static int run(const struct options *o) {
  struct connection *all = allocate(o->connections, sizeof *all);
  memset(all, 1, o->connections * sizeof *all); /* resident before, so as not to be counted */
  uint64_t self_before, self_after, before[CPU_MAX_GROUPS], after[CPU_MAX_GROUPS];
  struct sockaddr_in address = address_of(o->host, o->port);
  epoll = epoll_new();
  close(connect_patiently(&address, CONNECT_PATIENCE_MS));
  measure_memory(&self_before, before);
  uint64_t started = now_ns();
  for (uint32_t i = 0; i < o->connections; i++) {
    all[i] = (struct connection){.fd = connect_patiently(&address, CONNECT_PATIENCE_MS), .number = i};
    epoll_add(epoll, all[i].fd, EPOLLIN, &all[i]);
  }
  uint64_t opened = now_ns();
  uint32_t first = echo_round(o, all, 1);
  uint64_t echoed = now_ns();
  if (o->hold_s > 0) usleep((useconds_t)(o->hold_s * 1e6));
  uint32_t second = echo_round(o, all, 2);
  measure_memory(&self_after, after);
  for (uint32_t i = 0; i < o->connections; i++) close(all[i].fd);
  printf("{\"tool\": \"hold\", \"connections\": %u, \"open_s\": %.3f, \"echo_s\": %.3f",
         o->connections, (double)(opened - started) / 1e9, (double)(echoed - opened) / 1e9);
  printf(", \"echoed_first\": %u, \"echoed_after_hold\": %u", first, second);
  print_memory(self_before, self_after, before, after, o->connections);
  return first == o->connections && second == o->connections ? 0 : 1;
}

static noreturn void usage(void) {
  fprintf(stderr,
          "usage: hold --host A --port P [--connections N] [--hold S] [--timeout S]\n"
          "            [--watch LABEL=PID,PID]...\n");
  exit(2);
}

int main(int argc, char **argv) {
  static const struct option names[] = {{"host", required_argument, NULL, 'h'},
                                        {"port", required_argument, NULL, 'p'},
                                        {"connections", required_argument, NULL, 'c'},
                                        {"hold", required_argument, NULL, 'H'},
                                        {"timeout", required_argument, NULL, 't'},
                                        {"watch", required_argument, NULL, 'W'},
                                        {NULL, 0, NULL, 0}};
  struct options o = {
      .host = "127.0.0.1", .port = 7000, .connections = 10000, .hold_s = 1, .timeout_s = 30};
  for (int option; (option = getopt_long(argc, argv, "", names, NULL)) != -1;) {
    switch (option) {
      case 'h': o.host = optarg; break;
      case 'p': o.port = (uint16_t)number_option("port", optarg, 1, 65535); break;
      case 'c': o.connections = (uint32_t)number_option("connections", optarg, 1, 1e6); break;
      case 'H': o.hold_s = number_option("hold", optarg, 0, 3600); break;
      case 't': o.timeout_s = number_option("timeout", optarg, 0.1, 3600); break;
      case 'W':
        if (cpu_watch_add(&watch, optarg) == 0) break;
        usage();
      default: usage();
    }
  }
  raise_file_limit();
  return run(&o);
}
