/* SPDX-License-Identifier: Apache-2.0 */
/*
 * rpc: requests of a fixed size, each answered by its echo, over many connections.
 *
 *   rpc server --port P [--spin]
 *   rpc client --host A --port P --size N --connections C --depth D --seconds S [--warm-up S]
 *
 * Depth is the number of requests that a connection has under way. Latency runs from the write that
 * carried a request to the read that completed its answer. A client sends as many new requests as a
 * read brought answers, in one write, so at depth 1 it is one read and one write per request.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "meter.h"
#include "net.h"
#include "rpc_server.h"

#define EVENTS_AT_ONCE 256
#define READ_SIZE 65536

struct options {
  const char *host;
  uint16_t port;
  size_t size;
  uint32_t connections;
  uint32_t depth;
  int spin;
};

struct connection {
  int fd;
  uint32_t oldest;   /* index in sent_at of the oldest unanswered request */
  size_t partial;    /* bytes of the answer that is arriving */
  size_t unsent;     /* bytes of requests that the socket did not take yet */
  uint64_t *sent_at; /* one time per request under way, a ring of `depth` */
};

static struct meter meter = {.warm_up_s = 0.3, .measure_s = 1.0};
static char *requests; /* depth * size bytes, all alike, so a partial write may go on anywhere */
static int epoll;

static void send_some(struct connection *c) {
  ssize_t n = write(c->fd, requests, c->unsent);
  if (n < 0 && !would_block()) die("write");
  size_t sent = n < 0 ? 0 : (size_t)n;
  bool blocked = sent < c->unsent;
  c->unsent -= sent;
  if (blocked) epoll_change(epoll, c->fd, EPOLLIN | EPOLLOUT, c);
}

static void on_writable(struct connection *c) {
  if (c->unsent != 0) send_some(c);
  if (c->unsent == 0) epoll_change(epoll, c->fd, EPOLLIN, c);
}

/* One clock reading serves as the end of the answered requests and the start of the next ones. */
static void on_readable(const struct options *o, struct connection *c) {
  static char buffer[READ_SIZE];
  ssize_t n = read(c->fd, buffer, sizeof buffer);
  if (n < 0 && would_block()) return;
  if (n == 0) errno = ECONNRESET;
  if (n <= 0) die("read");
  size_t bytes = c->partial + (size_t)n;
  uint32_t answers = (uint32_t)(bytes / o->size);
  c->partial = bytes % o->size;
  if (answers == 0) return;
  uint64_t now = now_ns();
  for (uint32_t i = 0; i < answers; i++) {
    meter_latency(&meter, now - c->sent_at[c->oldest]);
    c->sent_at[c->oldest] = now;
    c->oldest = c->oldest + 1 == o->depth ? 0 : c->oldest + 1;
  }
  meter_count(&meter, answers, answers * o->size);
  c->unsent += answers * o->size;
  send_some(c);
}

static void open_connections(const struct options *o, struct connection *all) {
  struct sockaddr_in address = address_of(o->host, o->port);
  for (uint32_t i = 0; i < o->connections; i++) {
    struct connection *c = &all[i];
    c->fd = connect_patiently(&address, CONNECT_PATIENCE_MS);
    c->sent_at = allocate(o->depth, sizeof *c->sent_at);
    epoll_add(epoll, c->fd, EPOLLIN, c);
  }
}

static void send_first(const struct options *o, struct connection *all) {
  for (uint32_t i = 0; i < o->connections; i++) {
    uint64_t now = now_ns();
    for (uint32_t d = 0; d < o->depth; d++) all[i].sent_at[d] = now;
    all[i].unsent = o->depth * o->size;
    send_some(&all[i]);
  }
}

static void run_client(const struct options *o) {
  requests = allocate(o->depth, o->size);
  memset(requests, 'x', o->depth * o->size);
  epoll = epoll_new();
  struct connection *all = allocate(o->connections, sizeof *all);
  struct epoll_event events[EVENTS_AT_ONCE];
  open_connections(o, all);
  meter_await(&meter);
  send_first(o, all);
  meter_start(&meter);
  for (uint64_t now = now_ns(); meter_running(&meter, now); now = now_ns()) {
    int timeout = o->spin ? 0 : meter_timeout_ms(&meter, now);
    int count = epoll_wait(epoll, events, EVENTS_AT_ONCE, timeout);
    if (count < 0 && errno != EINTR) die("epoll_wait");
    for (int i = 0; i < count; i++) {
      if (events[i].events & EPOLLOUT) on_writable(events[i].data.ptr);
      if (events[i].events & ~(uint32_t)EPOLLOUT) on_readable(o, events[i].data.ptr);
    }
  }
  char members[128];
  snprintf(members, sizeof members, "\"size\": %zu, \"connections\": %u, \"depth\": %u, ", o->size,
           o->connections, o->depth);
  meter_print(&meter, "rpc", members);
}

static noreturn void usage(void) {
  fprintf(stderr,
          "usage: rpc server --port P [--spin]\n"
          "       rpc client --host A --port P [--size N] [--connections C] [--depth D] [--spin]\n"
          "                  [--begin NS] [--seconds S] [--warm-up S] [--linger S]\n"
          "                  [--watch LABEL=PID,PID]...\n");
  exit(2);
}

static struct options parse(int argc, char **argv) {
  static const struct option names[] = {
      {"host", required_argument, NULL, 'h'},    {"port", required_argument, NULL, 'p'},
      {"size", required_argument, NULL, 'n'},    {"connections", required_argument, NULL, 'c'},
      {"depth", required_argument, NULL, 'd'},   {"spin", no_argument, NULL, 's'},
      {"seconds", required_argument, NULL, 't'}, {"warm-up", required_argument, NULL, 'w'},
      {"watch", required_argument, NULL, 'W'},   {"begin", required_argument, NULL, 'b'},
      {"linger", required_argument, NULL, 'l'},
      {NULL, 0, NULL, 0}};
  struct options o = {.host = "127.0.0.1", .port = 7000, .size = 64, .connections = 1, .depth = 1};
  for (int option; (option = getopt_long(argc, argv, "", names, NULL)) != -1;) {
    switch (option) {
      case 'h': o.host = optarg; break;
      case 'p': o.port = (uint16_t)number_option("port", optarg, 1, 65535); break;
      case 'n': o.size = (size_t)number_option("size", optarg, 1, 1 << 20); break;
      case 'c': o.connections = (uint32_t)number_option("connections", optarg, 1, 1e6); break;
      case 'd': o.depth = (uint32_t)number_option("depth", optarg, 1, 4096); break;
      case 's': o.spin = 1; break;
      default:
        if (!meter_option(&meter, option, optarg)) usage();
    }
  }
  return o;
}

int main(int argc, char **argv) {
  if (argc < 2) usage();
  struct options o = parse(argc - 1, argv + 1);
  raise_file_limit();
  if (strcmp(argv[1], "server") == 0) rpc_serve(o.port, o.spin);
  if (strcmp(argv[1], "client") != 0) usage();
  run_client(&o);
  return 0;
}
