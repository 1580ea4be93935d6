/* SPDX-License-Identifier: Apache-2.0 */
/*
 * mcload: load on memcached, text or binary protocol, with or without checking every answer.
 *
 *   mcload --host A --port P [--connections C] [--depth D] [--value-size N] [--keys N] [--binary]
 *   mcload --check ...       mixed load with values of 1 B to 1 MB; exit status 1 if any is wrong
 *
 * Common keys are stored before the warm-up, so a get always hits. With --check each connection
 * also has keys of its own, whose state it knows exactly: version, bytes, or deleted.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <getopt.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>

#include "mc_connection.h"
#include "mc_values.h"
#include "net.h"

#define EVENTS_AT_ONCE 256
#define LARGEST_VALUE (1u << 20)
#define ANSWER_PATIENCE_MS 60000

struct target {
  const char *host;
  uint16_t port;
};

static struct workload workload = {.depth = 1,
                                   .connections = 1,
                                   .keys = 1000,
                                   .set_share = 10,
                                   .low = 100,
                                   .high = 100,
                                   .random = 1,
                                   .meter = {.warm_up_s = 0.3, .measure_s = 1.0}};

static void await(struct connection *c, short events) {
  struct pollfd p = {.fd = c->fd, .events = events};
  int ready = poll(&p, 1, ANSWER_PATIENCE_MS);
  if (ready == 0) errno = ETIMEDOUT;
  if (ready <= 0 && errno != EINTR) die("memcached does not answer");
}

/* Stores every common key once, one after the other, over one connection. */
static void preload(struct connection *c) {
  for (uint32_t key = 0; key < workload.keys; key++) {
    connection_store(c, &workload, key, now_ns());
    while (!connection_flush(c)) await(c, POLLOUT);
    while (c->count != 0) {
      await(c, POLLIN);
      connection_receive(c, &workload);
    }
  }
}

static void send_or_wait(int epoll, struct connection *c, bool was_waiting) {
  bool waits = !connection_flush(c);
  if (waits == was_waiting) return;
  epoll_change(epoll, c->fd, waits ? EPOLLIN | EPOLLOUT : EPOLLIN, c);
}

static void on_event(int epoll, struct connection *c, uint32_t events) {
  bool was_waiting = c->out_done < c->out_length;
  if (events & ~(uint32_t)EPOLLOUT) {
    uint32_t answers = connection_receive(c, &workload);
    uint64_t now = answers == 0 ? 0 : now_ns();
    for (uint32_t i = 0; i < answers; i++) connection_ask(c, &workload, now);
  }
  if (c->out_done < c->out_length) send_or_wait(epoll, c, was_waiting);
}

static void start(int epoll, struct connection *all) {
  for (uint32_t i = 0; i < workload.connections; i++) {
    epoll_add(epoll, all[i].fd, EPOLLIN, &all[i]);
    uint64_t now = now_ns();
    for (uint32_t d = 0; d < workload.depth; d++) connection_ask(&all[i], &workload, now);
    send_or_wait(epoll, &all[i], false);
  }
}

static uint32_t starved(const struct connection *all) {
  uint32_t count = 0;
  for (uint32_t i = 0; i < workload.connections; i++) count += all[i].answered == 0;
  return count;
}

static int report(const struct connection *all) {
  const struct workload *w = &workload;
  char members[512];
  snprintf(members, sizeof members,
           "\"protocol\": \"%s\", \"check\": %s, \"connections\": %u, \"depth\": %u, "
           "\"value_min\": %zu, \"value_max\": %zu, \"hits\": %llu, \"misses\": %llu, "
           "\"stored\": %llu, \"verified_bytes\": %llu, \"starved\": %u, ",
           w->binary ? "binary" : "text", w->check ? "true" : "false", w->connections, w->depth,
           w->low, w->high, (unsigned long long)w->hits, (unsigned long long)w->misses,
           (unsigned long long)w->stored, (unsigned long long)w->verified_bytes, starved(all));
  meter_print(&w->meter, "mcload", members);
  return w->meter.errors != 0 || (w->check && starved(all) != 0) ? 1 : 0;
}

static int run(const struct target *target) {
  struct epoll_event events[EVENTS_AT_ONCE];
  struct sockaddr_in address = address_of(target->host, target->port);
  struct connection *all = allocate(workload.connections, sizeof *all);
  workload.versions =
      allocate((size_t)workload.connections * workload.own_keys + 1, sizeof *workload.versions);
  for (uint32_t i = 0; i < workload.connections; i++) {
    connection_open(&all[i], &workload, i, connect_patiently(&address, CONNECT_PATIENCE_MS));
  }
  preload(&all[0]);
  int epoll = epoll_new();
  start(epoll, all);
  struct meter *meter = &workload.meter;
  meter_start(meter);
  for (uint64_t now = now_ns(); meter_running(meter, now); now = now_ns()) {
    int count = epoll_wait(epoll, events, EVENTS_AT_ONCE, meter_timeout_ms(meter, now));
    if (count < 0 && errno != EINTR) die("epoll_wait");
    for (int i = 0; i < count; i++) on_event(epoll, events[i].data.ptr, events[i].events);
  }
  return report(all);
}

static noreturn void usage(void) {
  fprintf(stderr,
          "usage: mcload --host A --port P [--connections C] [--depth D] [--keys N] [--binary]\n"
          "              [--value-size N] [--sets PERCENT] [--check] [--seconds S]\n"
          "              [--warm-up S] [--watch LABEL=PID,PID]...\n"
          "--check: 200 connections, depth 4, values of 1 B to 1 MB, 35 %% sets, 5 %% deletes,\n"
          "         no warm-up, unless an option after it says otherwise.\n");
  exit(2);
}

static void choose_check(void) {
  workload.check = true;
  workload.run = (uint32_t)mix64(now_ns());
  workload.connections = 200;
  workload.depth = 4;
  workload.keys = 64;
  workload.own_keys = 2;
  workload.set_share = 35;
  workload.delete_share = 5;
  workload.low = 1;
  workload.high = LARGEST_VALUE;
  workload.meter.warm_up_s = 0;
}

static void apply(int option, struct target *target) {
  struct workload *w = &workload;
  switch (option) {
    case 'h': target->host = optarg; break;
    case 'p': target->port = (uint16_t)number_option("port", optarg, 1, 65535); break;
    case 'c': w->connections = (uint32_t)number_option("connections", optarg, 1, 1e5); break;
    case 'd': w->depth = (uint32_t)number_option("depth", optarg, 1, 4096); break;
    case 'k': w->keys = (uint32_t)number_option("keys", optarg, 1, 1e7); break;
    case 'n':
      w->low = w->high = (size_t)number_option("value-size", optarg, 1, LARGEST_VALUE);
      break;
    case 's': w->set_share = (uint32_t)number_option("sets", optarg, 0, 100); break;
    case 'b': w->binary = true; break;
    case 'C': choose_check(); break;
    default:
      if (!meter_option(&w->meter, option, optarg)) usage();
  }
}

int main(int argc, char **argv) {
  static const struct option names[] = {{"host", required_argument, NULL, 'h'},
                                        {"port", required_argument, NULL, 'p'},
                                        {"connections", required_argument, NULL, 'c'},
                                        {"depth", required_argument, NULL, 'd'},
                                        {"keys", required_argument, NULL, 'k'},
                                        {"value-size", required_argument, NULL, 'n'},
                                        {"sets", required_argument, NULL, 's'},
                                        {"binary", no_argument, NULL, 'b'},
                                        {"check", no_argument, NULL, 'C'},
                                        {"seconds", required_argument, NULL, 't'},
                                        {"warm-up", required_argument, NULL, 'w'},
                                        {"watch", required_argument, NULL, 'W'},
                                        {NULL, 0, NULL, 0}};
  struct target target = {.host = "127.0.0.1", .port = 11211};
  for (int option; (option = getopt_long(argc, argv, "", names, NULL)) != -1;) {
    apply(option, &target);
  }
  raise_file_limit();
  return run(&target);
}
