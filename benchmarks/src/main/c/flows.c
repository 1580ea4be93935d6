/* SPDX-License-Identifier: Apache-2.0 */
/*
 * flows: bytes over one or more connections as fast as they go, counted where they arrive.
 *
 *   flows server --port P
 *   flows client --host A --port P --streams N [--reverse] [--congestion NAME] --seconds S
 *
 * A connection begins with the client's order: who sends, by which congestion control, for how
 * long. The receiver counts from the end of the warm-up on, for the given time; a server that
 * receives then answers with its count, on the same connection, and the client resets it, so that
 * nothing that is still under way disturbs the next run. An operation is a byte that arrived.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <getopt.h>
#include <netinet/tcp.h>
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
#define CHUNK 65536
#define TICK_MS 5
#define PATIENCE_NS (60 * NANOS_PER_SECOND)
#define MAX_STREAMS 256

struct options {
  const char *host;
  uint16_t port;
  uint32_t streams;
  bool reverse;
  const char *congestion;
};

struct order {
  double warm_up_s;
  double measure_s;
  char congestion[15];
  char server_sends; /* 0 or 1 */
};

struct flow {
  int fd;
  struct flow *next;
  struct order order;
  size_t ordered; /* bytes of the order that are here */
  uint64_t begin_ns;
  uint64_t end_ns;
  uint64_t bytes; /* received between begin and end; on a client, the server's count */
  size_t answered;
};

static struct meter meter = {.warm_up_s = 0.3, .measure_s = 10.0};
static char buffer[CHUNK];

static void set_congestion(int fd, const char *name) {
  if (setsockopt(fd, IPPROTO_TCP, TCP_CONGESTION, name, (socklen_t)strlen(name)) != 0) {
    die("TCP_CONGESTION");
  }
}

static void count(struct flow *f, size_t bytes, uint64_t now) {
  if (now >= f->begin_ns && now < f->end_ns) f->bytes += bytes;
}

static void begin(struct flow *f, const struct order *order, uint64_t now) {
  f->begin_ns = now + (uint64_t)(order->warm_up_s * 1e9);
  f->end_ns = f->begin_ns + (uint64_t)(order->measure_s * 1e9);
}

/* False when the connection has ended; the rest of them are like that. */
static bool send_more(struct flow *f) {
  ssize_t n = write(f->fd, buffer, sizeof buffer);
  return n > 0 || (n < 0 && would_block());
}

static bool receive(struct flow *f) {
  ssize_t n = read(f->fd, buffer, sizeof buffer);
  if (n > 0) count(f, (size_t)n, now_ns());
  return n > 0 || (n < 0 && would_block());
}

static bool take_order(int epoll, struct flow *f) {
  ssize_t n = read(f->fd, (char *)&f->order + f->ordered, sizeof f->order - f->ordered);
  if (n <= 0) return n < 0 && would_block();
  f->ordered += (size_t)n;
  if (f->ordered < sizeof f->order) return true;
  f->order.congestion[sizeof f->order.congestion - 1] = '\0';
  begin(f, &f->order, now_ns());
  if (f->order.server_sends) {
    set_congestion(f->fd, f->order.congestion);
    epoll_change(epoll, f->fd, EPOLLOUT, f);
  }
  return true;
}

static bool serve_flow(int epoll, struct flow *f) {
  if (f->ordered < sizeof f->order) return take_order(epoll, f);
  return f->order.server_sends ? send_more(f) : receive(f);
}

static void accept_one(int epoll, int listener, struct flow **all) {
  int fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
  if (fd < 0) {
    if (would_block() || errno == ECONNABORTED) return;
    die("accept4");
  }
  struct flow *f = allocate(1, sizeof *f);
  f->fd = fd;
  f->next = *all;
  *all = f;
  epoll_add(epoll, fd, EPOLLIN, f);
}

/* Answers those whose time is over; forgets those that have ended. */
static void settle(struct flow **all) {
  uint64_t now = now_ns();
  for (struct flow **at = all; *at != NULL;) {
    struct flow *f = *at;
    bool counted = f->fd >= 0 && f->ordered == sizeof f->order && !f->order.server_sends;
    if (counted && f->answered == 0 && now >= f->end_ns) {
      f->answered = sizeof f->bytes;
      if (write(f->fd, &f->bytes, sizeof f->bytes) != sizeof f->bytes) {
        close(f->fd);
        f->fd = -1;
      }
    }
    if (f->fd >= 0) {
      at = &f->next;
    } else {
      *at = f->next;
      free(f);
    }
  }
}

static noreturn void serve(uint16_t port) {
  struct epoll_event events[EVENTS_AT_ONCE];
  struct flow *all = NULL;
  int listener = listen_on(port, 128);
  int epoll = epoll_new();
  epoll_add(epoll, listener, EPOLLIN, NULL);
  for (;;) {
    int ready = epoll_wait(epoll, events, EVENTS_AT_ONCE, all == NULL ? -1 : TICK_MS);
    if (ready < 0 && errno != EINTR) die("epoll_wait");
    for (int i = 0; i < ready; i++) {
      struct flow *f = events[i].data.ptr;
      if (f == NULL) {
        accept_one(epoll, listener, &all);
      } else if (!serve_flow(epoll, f)) {
        close(f->fd);
        f->fd = -1;
      }
    }
    settle(&all);
  }
}

static void read_answer(struct flow *f) {
  if (f->answered == sizeof f->bytes) return;
  ssize_t n = read(f->fd, (char *)&f->bytes + f->answered, sizeof f->bytes - f->answered);
  if (n < 0 && would_block()) return;
  if (n == 0) errno = ECONNRESET;
  if (n <= 0) die("read the server's count");
  f->answered += (size_t)n;
}

static void open_flow(const struct options *o, struct flow *f) {
  struct sockaddr_in address = address_of(o->host, o->port);
  struct linger none = {.l_onoff = 1, .l_linger = 0};
  f->fd = connect_patiently(&address, CONNECT_PATIENCE_MS);
  set_congestion(f->fd, o->congestion);
  if (setsockopt(f->fd, SOL_SOCKET, SO_LINGER, &none, sizeof none) != 0) die("SO_LINGER");
  f->order = (struct order){.warm_up_s = meter.warm_up_s,
                            .measure_s = meter.measure_s,
                            .server_sends = o->reverse};
  snprintf(f->order.congestion, sizeof f->order.congestion, "%.14s", o->congestion);
}

static void give_order(int epoll, const struct options *o, struct flow *f) {
  if (write(f->fd, &f->order, sizeof f->order) != sizeof f->order) die("write");
  begin(f, &f->order, now_ns());
  epoll_add(epoll, f->fd, o->reverse ? EPOLLIN : EPOLLIN | EPOLLOUT, f);
}

static void work(const struct options *o, const struct epoll_event *event) {
  struct flow *f = event->data.ptr;
  bool alive = true;
  if (o->reverse) {
    alive = receive(f);
  } else {
    if (event->events & ~(uint32_t)EPOLLOUT) read_answer(f);
    if (event->events & EPOLLOUT) alive = send_more(f);
  }
  if (!alive) die("a connection ended");
}

static bool done(const struct options *o, const struct flow *all, uint64_t now) {
  for (uint32_t i = 0; i < o->streams; i++) {
    if (o->reverse ? now < all[i].end_ns : all[i].answered < sizeof all[i].bytes) return false;
  }
  return true;
}

static void print(const struct options *o, const struct flow *all) {
  char members[MAX_STREAMS * 24 + 128];
  int at = snprintf(members, sizeof members, "\"reverse\": %s, \"congestion\": \"%s\", \"flows\": [",
                    o->reverse ? "true" : "false", o->congestion);
  for (uint32_t i = 0; i < o->streams; i++) {
    at += snprintf(members + at, sizeof members - (size_t)at, "%s%llu", i == 0 ? "" : ", ",
                   (unsigned long long)all[i].bytes);
    meter.bytes += all[i].bytes;
  }
  snprintf(members + at, sizeof members - (size_t)at, "], ");
  meter_print(&meter, "flows", members);
}

static void run_client(const struct options *o) {
  struct epoll_event events[EVENTS_AT_ONCE];
  struct flow *all = allocate(o->streams, sizeof *all);
  int epoll = epoll_new();
  for (uint32_t i = 0; i < o->streams; i++) open_flow(o, &all[i]);
  for (uint32_t i = 0; i < o->streams; i++) give_order(epoll, o, &all[i]);
  meter_start(&meter);
  uint64_t give_up = all[o->streams - 1].end_ns + PATIENCE_NS;
  for (uint64_t now = now_ns();; now = now_ns()) {
    bool running = meter_running(&meter, now);
    if (!running && done(o, all, now)) break;
    if (now > give_up) {
      errno = ETIMEDOUT;
      die("the server's count");
    }
    int ready = epoll_wait(epoll, events, EVENTS_AT_ONCE, TICK_MS);
    if (ready < 0 && errno != EINTR) die("epoll_wait");
    for (int i = 0; i < ready; i++) work(o, &events[i]);
  }
  for (uint32_t i = 0; i < o->streams; i++) close(all[i].fd);
  print(o, all);
}

static noreturn void usage(void) {
  fprintf(stderr,
          "usage: flows server --port P\n"
          "       flows client --host A --port P [--streams N] [--reverse] [--congestion NAME]\n"
          "                    [--seconds S] [--warm-up S] [--watch LABEL=PID,PID]...\n");
  exit(2);
}

static struct options parse(int argc, char **argv) {
  static const struct option names[] = {{"host", required_argument, NULL, 'h'},
                                        {"port", required_argument, NULL, 'p'},
                                        {"streams", required_argument, NULL, 'P'},
                                        {"reverse", no_argument, NULL, 'R'},
                                        {"congestion", required_argument, NULL, 'c'},
                                        {"seconds", required_argument, NULL, 't'},
                                        {"warm-up", required_argument, NULL, 'w'},
                                        {"watch", required_argument, NULL, 'W'},
                                        {NULL, 0, NULL, 0}};
  struct options o = {.host = "127.0.0.1", .port = 7400, .streams = 1, .congestion = "cubic"};
  for (int option; (option = getopt_long(argc, argv, "", names, NULL)) != -1;) {
    switch (option) {
      case 'h': o.host = optarg; break;
      case 'p': o.port = (uint16_t)number_option("port", optarg, 1, 65535); break;
      case 'P': o.streams = (uint32_t)number_option("streams", optarg, 1, MAX_STREAMS); break;
      case 'R': o.reverse = true; break;
      case 'c': o.congestion = optarg; break;
      default:
        if (!meter_option(&meter, option, optarg)) usage();
    }
  }
  return o;
}

int main(int argc, char **argv) {
  if (argc < 2) usage();
  struct options o = parse(argc - 1, argv + 1);
  signal(SIGPIPE, SIG_IGN);
  if (strcmp(argv[1], "server") == 0) serve(o.port);
  if (strcmp(argv[1], "client") != 0) usage();
  run_client(&o);
  return 0;
}
