/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE
#include "rpc_server.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "net.h"

#define EVENTS_AT_ONCE 256
#define READ_SIZE 65536

struct peer {
  int fd;
  char *unsent; /* what the peer would not take yet; NULL when nothing waits */
  size_t unsent_length;
  size_t unsent_done;
};

static void drop(struct peer *p) {
  close(p->fd);
  free(p->unsent);
  free(p);
}

static void accept_all(int epoll, int listener) {
  for (;;) {
    int fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (fd < 0) {
      if (would_block() || errno == ECONNABORTED) return;
      die("accept4");
    }
    struct peer *p = allocate(1, sizeof *p);
    p->fd = fd;
    epoll_add(epoll, fd, EPOLLIN, p);
  }
}

/* Stops reading from a peer that does not take its answers, and keeps what is left of them. */
static void keep_unsent(int epoll, struct peer *p, const char *data, size_t length) {
  p->unsent = allocate(1, length);
  memcpy(p->unsent, data, length);
  p->unsent_length = length;
  p->unsent_done = 0;
  epoll_change(epoll, p->fd, EPOLLOUT, p);
}

static void on_writable(int epoll, struct peer *p) {
  ssize_t n = write(p->fd, p->unsent + p->unsent_done, p->unsent_length - p->unsent_done);
  if (n < 0) {
    if (!would_block()) drop(p);
    return;
  }
  p->unsent_done += (size_t)n;
  if (p->unsent_done < p->unsent_length) return;
  free(p->unsent);
  p->unsent = NULL;
  epoll_change(epoll, p->fd, EPOLLIN, p);
}

static void on_readable(int epoll, struct peer *p, char *buffer) {
  ssize_t n = read(p->fd, buffer, READ_SIZE);
  if (n <= 0) {
    if (n == 0 || !would_block()) drop(p);
    return;
  }
  ssize_t sent = write(p->fd, buffer, (size_t)n);
  if (sent < 0) {
    if (!would_block()) {
      drop(p);
      return;
    }
    sent = 0;
  }
  if (sent < n) keep_unsent(epoll, p, buffer + sent, (size_t)(n - sent));
}

noreturn void rpc_serve(uint16_t port, int spin) {
  static char buffer[READ_SIZE];
  struct epoll_event events[EVENTS_AT_ONCE];
  int listener = listen_on(port, 4096);
  int epoll = epoll_new();
  epoll_add(epoll, listener, EPOLLIN, NULL);
  for (;;) {
    int count = epoll_wait(epoll, events, EVENTS_AT_ONCE, spin ? 0 : -1);
    if (count < 0 && errno != EINTR) die("epoll_wait");
    for (int i = 0; i < count; i++) {
      struct peer *p = events[i].data.ptr;
      if (p == NULL) {
        accept_all(epoll, listener);
      } else if (p->unsent != NULL) {
        on_writable(epoll, p);
      } else {
        on_readable(epoll, p, buffer);
      }
    }
  }
}
