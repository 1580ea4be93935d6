/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE
#include "connect_server.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "net.h"

#define EVENTS_AT_ONCE 256
#define READ_SIZE 65536

/* What an event is about, packed into its 64 bits of data: a file descriptor and its kind. */
#define LISTENER_BIT (UINT64_C(1) << 32)

static void watch(int epoll, int fd, uint64_t kind) {
  struct epoll_event event = {.events = EPOLLIN, .data.u64 = kind | (uint32_t)fd};
  if (epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event) != 0) die("epoll_ctl add");
}

static void accept_all(int epoll, int listener) {
  for (;;) {
    int fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (fd >= 0) {
      watch(epoll, fd, 0);
    } else if (would_block()) {
      return;
    } else if (errno != ECONNABORTED) {
      die("accept4");
    }
  }
}

/* Requests are small and fit any send buffer, so a short write counts as a failed connection. */
static void answer(int fd) {
  static char buffer[READ_SIZE];
  ssize_t n = read(fd, buffer, sizeof buffer);
  if (n < 0 && would_block()) return;
  if (n <= 0 || write(fd, buffer, (size_t)n) != n) close(fd);
}

noreturn void connect_serve(uint16_t port, uint32_t ports) {
  struct epoll_event events[EVENTS_AT_ONCE];
  int epoll = epoll_new();
  for (uint32_t i = 0; i < ports; i++) {
    watch(epoll, listen_on((uint16_t)(port + i), 4096), LISTENER_BIT);
  }
  for (;;) {
    int count = epoll_wait(epoll, events, EVENTS_AT_ONCE, -1);
    if (count < 0 && errno != EINTR) die("epoll_wait");
    for (int i = 0; i < count; i++) {
      int fd = (int)(uint32_t)events[i].data.u64;
      if (events[i].data.u64 & LISTENER_BIT) {
        accept_all(epoll, fd);
      } else {
        answer(fd);
      }
    }
  }
}
