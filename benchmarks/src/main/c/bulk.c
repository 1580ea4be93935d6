/* SPDX-License-Identifier: Apache-2.0 */
/*
 * bulk: moves bytes as fast as they go, over one or more connections, up or down.
 *
 *   bulk server --port P
 *   bulk client --host A --port P --streams N [--reverse] [--chunk BYTES] --seconds S
 *
 * The first byte a client sends says who sends from then on. An operation is a chunk's worth of
 * bytes counted on the client: bytes that its socket took, or with --reverse, gave.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "meter.h"
#include "net.h"

#define EVENTS_AT_ONCE 64
#define MAX_CHUNK (1u << 20)
#define CLIENT_SENDS 'u'
#define SERVER_SENDS 'd'

struct options {
  const char *host;
  uint16_t port;
  uint32_t streams;
  size_t chunk;
  bool reverse;
};

struct stream {
  int fd;
  char direction; /* 0 until the first byte arrived */
};

static struct meter meter = {.warm_up_s = 0.3, .measure_s = 2.0};
static char buffer[MAX_CHUNK];

static void accept_one(int epoll, int listener) {
  int fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
  if (fd < 0) {
    if (would_block() || errno == ECONNABORTED) return;
    die("accept4");
  }
  struct stream *s = allocate(1, sizeof *s);
  s->fd = fd;
  epoll_add(epoll, fd, EPOLLIN, s);
}

/* False when the stream has ended. */
static bool serve_stream(int epoll, struct stream *s, size_t chunk) {
  ssize_t n;
  if (s->direction == 0) {
    n = read(s->fd, &s->direction, 1);
    if (n == 1 && s->direction == SERVER_SENDS) epoll_change(epoll, s->fd, EPOLLOUT, s);
  } else if (s->direction == SERVER_SENDS) {
    n = write(s->fd, buffer, chunk);
  } else {
    n = read(s->fd, buffer, chunk);
  }
  return n > 0 || (n < 0 && would_block());
}

static noreturn void serve(const struct options *o) {
  struct epoll_event events[EVENTS_AT_ONCE];
  int listener = listen_on(o->port, 128);
  int epoll = epoll_new();
  epoll_add(epoll, listener, EPOLLIN, NULL);
  signal(SIGPIPE, SIG_IGN);
  for (;;) {
    int count = epoll_wait(epoll, events, EVENTS_AT_ONCE, -1);
    if (count < 0 && errno != EINTR) die("epoll_wait");
    for (int i = 0; i < count; i++) {
      struct stream *s = events[i].data.ptr;
      if (s == NULL) {
        accept_one(epoll, listener);
      } else if (!serve_stream(epoll, s, o->chunk)) {
        close(s->fd);
        free(s);
      }
    }
  }
}

static void transfer(const struct options *o, struct stream *s) {
  ssize_t n = o->reverse ? read(s->fd, buffer, o->chunk) : write(s->fd, buffer, o->chunk);
  if (n < 0 && would_block()) return;
  if (n == 0) errno = ECONNRESET;
  if (n <= 0) die("transfer");
  meter_count(&meter, 0, (uint64_t)n);
}

static void run_client(const struct options *o) {
  struct epoll_event events[EVENTS_AT_ONCE];
  struct sockaddr_in address = address_of(o->host, o->port);
  struct stream *all = allocate(o->streams, sizeof *all);
  int epoll = epoll_new();
  char direction = o->reverse ? SERVER_SENDS : CLIENT_SENDS;
  for (uint32_t i = 0; i < o->streams; i++) {
    all[i].fd = connect_patiently(&address, CONNECT_PATIENCE_MS);
    if (write(all[i].fd, &direction, 1) != 1) die("write");
    epoll_add(epoll, all[i].fd, o->reverse ? EPOLLIN : EPOLLOUT, &all[i]);
  }
  meter_await(&meter);
  meter_start(&meter);
  for (uint64_t now = now_ns(); meter_running(&meter, now); now = now_ns()) {
    int count = epoll_wait(epoll, events, EVENTS_AT_ONCE, meter_timeout_ms(&meter, now));
    if (count < 0 && errno != EINTR) die("epoll_wait");
    for (int i = 0; i < count; i++) transfer(o, events[i].data.ptr);
  }
  meter.operations = meter.bytes / o->chunk;
  char members[96];
  snprintf(members, sizeof members, "\"streams\": %u, \"reverse\": %s, \"chunk\": %zu, ",
           o->streams, o->reverse ? "true" : "false", o->chunk);
  meter_print(&meter, "bulk", members);
}

static noreturn void usage(void) {
  fprintf(stderr,
          "usage: bulk server --port P [--chunk BYTES]\n"
          "       bulk client --host A --port P [--streams N] [--reverse] [--chunk BYTES]\n"
          "                   [--begin NS] [--seconds S] [--warm-up S] [--watch LABEL=PID,PID]...\n");
  exit(2);
}

static struct options parse(int argc, char **argv) {
  static const struct option names[] = {{"host", required_argument, NULL, 'h'},
                                        {"port", required_argument, NULL, 'p'},
                                        {"streams", required_argument, NULL, 'P'},
                                        {"reverse", no_argument, NULL, 'R'},
                                        {"chunk", required_argument, NULL, 'l'},
                                        {"seconds", required_argument, NULL, 't'},
                                        {"warm-up", required_argument, NULL, 'w'},
                                        {"watch", required_argument, NULL, 'W'},
                                        {"begin", required_argument, NULL, 'b'},
                                        {NULL, 0, NULL, 0}};
  struct options o = {.host = "127.0.0.1", .port = 7200, .streams = 1, .chunk = 128 * 1024};
  for (int option; (option = getopt_long(argc, argv, "", names, NULL)) != -1;) {
    switch (option) {
      case 'h': o.host = optarg; break;
      case 'p': o.port = (uint16_t)number_option("port", optarg, 1, 65535); break;
      case 'P': o.streams = (uint32_t)number_option("streams", optarg, 1, 1024); break;
      case 'R': o.reverse = true; break;
      case 'l': o.chunk = (size_t)number_option("chunk", optarg, 1, MAX_CHUNK); break;
      default:
        if (!meter_option(&meter, option, optarg)) usage();
    }
  }
  return o;
}

int main(int argc, char **argv) {
  if (argc < 2) usage();
  struct options o = parse(argc - 1, argv + 1);
  if (strcmp(argv[1], "server") == 0) serve(&o);
  if (strcmp(argv[1], "client") != 0) usage();
  run_client(&o);
  return 0;
}
