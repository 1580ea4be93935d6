/* SPDX-License-Identifier: Apache-2.0 */
/*
 * connect: short connections. Each one connects, sends one request, reads its answer and closes.
 *
 *   connect server --port P [--ports N]
 *   connect client --host A --port P [--ports N] --connections C --seconds S [--count N]
 *
 * The client closes first, so the TIME_WAIT is on its side. Connections visit the server's N ports
 * in turn, because one server port would leave the client only 64 k local ports per minute.
 * Latency runs from connect to the close after the answer; a failed connection is an error and is
 * tried again.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "connect_server.h"
#include "meter.h"
#include "net.h"

#define EVENTS_AT_ONCE 256
#define MAX_SIZE 4096

struct options {
  const char *host;
  uint16_t port;
  uint32_t ports;
  uint32_t connections;
  size_t size;
};

/* One of the `connections` lanes; in each, a connection follows the other. */
struct lane {
  int fd;
  bool connecting;
  size_t received;
  uint64_t started_ns;
};

static struct meter meter = {.warm_up_s = 0.3, .measure_s = 1.0};
static struct options options = {
    .host = "127.0.0.1", .port = 7100, .ports = 16, .connections = 1, .size = 64};
static struct sockaddr_in *addresses;
static uint32_t next_address;
static int epoll;
static char request[MAX_SIZE];

static void begin(struct lane *lane) {
  for (uint32_t tries = 0;; tries++) {
    lane->started_ns = now_ns();
    lane->fd = connect_begin(&addresses[next_address]);
    next_address = next_address + 1 == options.ports ? 0 : next_address + 1;
    if (lane->fd >= 0) break;
    meter.errors++;
    if (tries == 1000) die("connect");
  }
  lane->connecting = true;
  lane->received = 0;
  epoll_add(epoll, lane->fd, EPOLLOUT, lane);
}

static void fail(struct lane *lane) {
  meter.errors++;
  close(lane->fd);
  begin(lane);
}

static void on_connected(struct lane *lane) {
  if (write(lane->fd, request, options.size) != (ssize_t)options.size) {
    fail(lane);
    return;
  }
  lane->connecting = false;
  epoll_change(epoll, lane->fd, EPOLLIN, lane);
}

static void on_answer(struct lane *lane) {
  char buffer[MAX_SIZE];
  ssize_t n = read(lane->fd, buffer, sizeof buffer);
  if (n < 0 && would_block()) return;
  if (n <= 0) {
    fail(lane);
    return;
  }
  lane->received += (size_t)n;
  if (lane->received < options.size) return;
  close(lane->fd);
  meter_latency(&meter, now_ns() - lane->started_ns);
  meter_count(&meter, 1, options.size);
  begin(lane);
}

static void wait_for_server(void) {
  for (uint32_t i = 0; i < options.ports; i++) close(connect_patiently(&addresses[i], CONNECT_PATIENCE_MS));
}

static void run_client(void) {
  struct epoll_event events[EVENTS_AT_ONCE];
  struct lane *lanes = allocate(options.connections, sizeof *lanes);
  addresses = allocate(options.ports, sizeof *addresses);
  for (uint32_t i = 0; i < options.ports; i++) {
    addresses[i] = address_of(options.host, (uint16_t)(options.port + i));
  }
  wait_for_server();
  epoll = epoll_new();
  meter_await(&meter);
  for (uint32_t i = 0; i < options.connections; i++) begin(&lanes[i]);
  meter_start(&meter);
  for (uint64_t now = now_ns(); meter_running(&meter, now); now = now_ns()) {
    int count = epoll_wait(epoll, events, EVENTS_AT_ONCE, meter_timeout_ms(&meter, now));
    if (count < 0 && errno != EINTR) die("epoll_wait");
    for (int i = 0; i < count; i++) {
      struct lane *lane = events[i].data.ptr;
      if (lane->connecting) {
        on_connected(lane);
      } else {
        on_answer(lane);
      }
    }
  }
  char members[64];
  snprintf(members, sizeof members, "\"size\": %zu, \"connections\": %u, ", options.size,
           options.connections);
  meter_print(&meter, "connect", members);
}

static noreturn void usage(void) {
  fprintf(stderr,
          "usage: connect server --port P [--ports N]\n"
          "       connect client --host A --port P [--ports N] [--size N] [--connections C]\n"
          "                      [--seconds S] [--count N] [--warm-up S] [--begin NS]\n"
          "                      [--linger S] [--watch LABEL=PID]...\n");
  exit(2);
}

static void parse(int argc, char **argv) {
  static const struct option names[] = {
      {"host", required_argument, NULL, 'h'},        {"port", required_argument, NULL, 'p'},
      {"ports", required_argument, NULL, 'P'},       {"size", required_argument, NULL, 'n'},
      {"connections", required_argument, NULL, 'c'}, {"seconds", required_argument, NULL, 't'},
      {"count", required_argument, NULL, 'N'},       {"warm-up", required_argument, NULL, 'w'},
      {"watch", required_argument, NULL, 'W'},       {"begin", required_argument, NULL, 'b'},
      {"linger", required_argument, NULL, 'l'},
      {NULL, 0, NULL, 0}};
  for (int option; (option = getopt_long(argc, argv, "", names, NULL)) != -1;) {
    switch (option) {
      case 'h': options.host = optarg; break;
      case 'p': options.port = (uint16_t)number_option("port", optarg, 1, 65535); break;
      case 'P': options.ports = (uint32_t)number_option("ports", optarg, 1, 1000); break;
      case 'n': options.size = (size_t)number_option("size", optarg, 1, MAX_SIZE); break;
      case 'c': options.connections = (uint32_t)number_option("connections", optarg, 1, 1e5); break;
      case 'N': meter.limit = (uint64_t)number_option("count", optarg, 1, 1e12); break;
      default:
        if (!meter_option(&meter, option, optarg)) usage();
    }
  }
}

int main(int argc, char **argv) {
  if (argc < 2) usage();
  parse(argc - 1, argv + 1);
  raise_file_limit();
  if (strcmp(argv[1], "server") == 0) connect_serve(options.port, options.ports);
  if (strcmp(argv[1], "client") != 0) usage();
  run_client();
  return 0;
}
