/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE
#include "net.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "clock.h"

noreturn void die(const char *text) {
  const char *program = program_invocation_short_name;
  if (errno != 0) {
    fprintf(stderr, "%s: %s: %s\n", program, text, strerror(errno));
  } else {
    fprintf(stderr, "%s: %s\n", program, text);
  }
  exit(1);
}

double number_option(const char *option, const char *text, double low, double high) {
  char *end;
  double value = strtod(text, &end);
  if (end == text || *end != '\0' || !(value >= low && value <= high)) {
    fprintf(stderr, "%s: --%s %s: a number from %g to %g is expected\n",
            program_invocation_short_name, option, text, low, high);
    exit(2);
  }
  return value;
}

struct sockaddr_in address_of(const char *host, uint16_t port) {
  struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(port)};
  if (inet_pton(AF_INET, host, &address.sin_addr) != 1) {
    fprintf(stderr, "%s: %s is not an IPv4 address\n", program_invocation_short_name, host);
    exit(2);
  }
  return address;
}

static void set_no_delay(int fd) {
  int one = 1;
  if (setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one) != 0) die("TCP_NODELAY");
}

static void set_non_blocking(int fd) {
  int flags = fcntl(fd, F_GETFL);
  if (flags < 0 || fcntl(fd, F_SETFL, flags | O_NONBLOCK) != 0) die("O_NONBLOCK");
}

int connect_begin(const struct sockaddr_in *address) {
  int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (fd < 0) return -1;
  set_no_delay(fd);
  if (connect(fd, (const struct sockaddr *)address, sizeof *address) == 0) return fd;
  if (errno == EINPROGRESS) return fd;
  int reason = errno;
  close(fd);
  errno = reason;
  return -1;
}

int connect_patiently(const struct sockaddr_in *address, int patience_ms) {
  uint64_t give_up = now_ns() + (uint64_t)patience_ms * NANOS_PER_MILLI;
  for (;;) {
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0) die("socket");
    if (connect(fd, (const struct sockaddr *)address, sizeof *address) == 0) {
      set_no_delay(fd);
      set_non_blocking(fd);
      return fd;
    }
    if (now_ns() > give_up) die("connect");
    close(fd);
    nanosleep(&(struct timespec){.tv_nsec = 10 * (long)NANOS_PER_MILLI}, NULL);
  }
}

int listen_on(uint16_t port, int backlog) {
  int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (fd < 0) die("socket");
  int one = 1;
  if (setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one) != 0) die("SO_REUSEADDR");
  struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(port)};
  if (bind(fd, (const struct sockaddr *)&address, sizeof address) != 0) die("bind");
  if (listen(fd, backlog) != 0) die("listen");
  return fd;
}

int epoll_new(void) {
  int epoll = epoll_create1(EPOLL_CLOEXEC);
  if (epoll < 0) die("epoll_create1");
  return epoll;
}

void epoll_add(int epoll, int fd, uint32_t events, void *data) {
  struct epoll_event event = {.events = events, .data.ptr = data};
  if (epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event) != 0) die("epoll_ctl add");
}

void epoll_change(int epoll, int fd, uint32_t events, void *data) {
  struct epoll_event event = {.events = events, .data.ptr = data};
  if (epoll_ctl(epoll, EPOLL_CTL_MOD, fd, &event) != 0) die("epoll_ctl mod");
}

bool would_block(void) {
  return errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR;
}

void raise_file_limit(void) {
  struct rlimit limit;
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0) die("getrlimit");
  limit.rlim_cur = limit.rlim_max;
  if (setrlimit(RLIMIT_NOFILE, &limit) != 0) die("setrlimit");
}

void *allocate(size_t count, size_t size) {
  void *memory = calloc(count, size);
  if (memory == NULL) die("out of memory");
  return memory;
}
