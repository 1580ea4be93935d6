/*
 * Many connections.
 *
 *   connections serve PORT                       echoes; prints "serving"
 *   connections hold ADDRESS PORT COUNT          prints "ready", waits for a line on stdin, opens
 *                                                COUNT, echoes on each, prints "open COUNT", waits
 *                                                for a line, echoes again on each, prints "right"
 *   connections burst ADDRESS PORT COUNT BYTES   opens COUNT and prints "ready"; for each line on
 *                                                stdin echoes so many bytes on each, "done N"
 *   connections short ADDRESS PORT COUNT TIMES   opens, echoes and closes COUNT times; prints
 *                                                "done COUNT" and waits for a line; all TIMES times
 */
#include <sys/epoll.h>
#include <sys/resource.h>

#include "conformance.h"

static void raise_descriptor_limit(void) {
  struct rlimit limit = {65536, 65536};
  if (setrlimit(RLIMIT_NOFILE, &limit) < 0) {
    OK(getrlimit(RLIMIT_NOFILE, &limit));
    limit.rlim_cur = limit.rlim_max;
    OK(setrlimit(RLIMIT_NOFILE, &limit));
  }
}

static struct sockaddr_in address_of(char **argv) {
  struct sockaddr_in where = {.sin_family = AF_INET, .sin_port = htons((uint16_t)atoi(argv[3]))};
  SAME(inet_pton(AF_INET, argv[2], &where.sin_addr), 1);
  return where;
}

/* Whatever ends a connection, also in the middle of an answer, ends it alone. */
static void answer(int fd) {
  char bytes[512];
  ssize_t got = recv(fd, bytes, sizeof bytes, MSG_DONTWAIT);
  if (got < 0 && errno == EAGAIN) {
    return;
  }
  ssize_t sent = got > 0 ? 0 : -1;
  for (ssize_t done = 0; sent >= 0 && done < got; done += sent) {
    sent = send(fd, bytes + done, (size_t)(got - done), MSG_NOSIGNAL);
  }
  if (sent < 0) {
    close(fd);
  }
}

static _Noreturn void serve(const char *port) {
  int listener = conf_socket();
  struct sockaddr_in any = {.sin_family = AF_INET, .sin_port = htons((uint16_t)atoi(port))};
  OK(bind(listener, conf_sa(&any), sizeof any));
  OK(listen(listener, 4096));
  conf_nonblocking(listener);
  int epoll = conf_epoll();
  conf_epoll_add(epoll, listener, EPOLLIN);
  puts("serving");
  fflush(stdout);
  for (;;) {
    struct epoll_event events[256];
    int count = OK(epoll_wait(epoll, events, 256, -1));
    for (int i = 0; i < count; i++) {
      if (events[i].data.fd != listener) {
        answer(events[i].data.fd);
        continue;
      }
      for (int fd; (fd = accept4(listener, NULL, NULL, 0)) >= 0;) {
        conf_epoll_add(epoll, fd, EPOLLIN);
      }
    }
  }
}

static void echo(int fd, int number) {
  char out[32];
  char back[32] = {0};
  size_t length = (size_t)snprintf(out, sizeof out, "connection %d", number);
  conf_write_all(fd, out, length);
  conf_read_all(fd, back, length);
  CHECK(strcmp(out, back) == 0);
}

static void await_line(void) {
  fflush(stdout);
  char line[64];
  if (fgets(line, sizeof line, stdin) == NULL) {
    exit(0);
  }
}

static int hold(char **argv) {
  int count = atoi(argv[4]);
  int *fds = calloc((size_t)count, sizeof *fds);
  struct sockaddr_in where = address_of(argv);
  puts("ready");
  await_line();
  for (int i = 0; i < count; i++) {
    fds[i] = conf_connect(&where);
    echo(fds[i], i);
  }
  printf("open %d\n", count);
  await_line();
  for (int i = 0; i < count; i++) {
    echo(fds[i], count - i);
  }
  for (int i = 0; i < count; i++) {
    OK(close(fds[i]));
  }
  free(fds);
  puts("right");
  await_line();
  return 0;
}

/* Writes while there is room, and reads what comes back. */
static void burst_on(int fd, size_t total, unsigned seed) {
  size_t out = 0;
  size_t in = 0;
  while (in < total) {
    unsigned char bytes[40000];
    struct pollfd ready = {.fd = fd, .events = (short)(POLLIN | (out < total ? POLLOUT : 0))};
    OK(poll(&ready, 1, -1));
    if (out < total && (ready.revents & POLLOUT)) {
      size_t count = total - out < sizeof bytes ? total - out : sizeof bytes;
      for (size_t i = 0; i < count; i++) {
        bytes[i] = (unsigned char)((out + i) * seed >> 3);
      }
      ssize_t sent = send(fd, bytes, count, MSG_DONTWAIT);
      out += sent > 0 ? (size_t)sent : 0;
    }
    ssize_t got = recv(fd, bytes, sizeof bytes, MSG_DONTWAIT);
    CHECK(got != 0);
    for (ssize_t i = 0; i < got; i++, in++) {
      SAME(bytes[i], (unsigned char)(in * seed >> 3));
    }
  }
}

static _Noreturn void burst(char **argv) {
  int count = atoi(argv[4]);
  int *fds = calloc((size_t)count, sizeof *fds);
  struct sockaddr_in where = address_of(argv);
  for (int i = 0; i < count; i++) {
    fds[i] = conf_connect(&where);
  }
  puts("ready");
  for (int times = 1;; times++) {
    fflush(stdout);
    struct pollfd waits[2] = {{.fd = 0, .events = POLLIN}, {.fd = fds[0], .events = POLLIN}};
    OK(poll(waits, 2, -1)); /* as a program does that has nothing to do: it hears of its sockets */
    await_line();
    for (int i = 0; i < count; i++) {
      burst_on(fds[i], (size_t)atoi(argv[5]), (unsigned)(2 * i + times));
    }
    printf("done %d\n", times);
  }
}

static int come_and_go(char **argv) {
  int count = atoi(argv[4]);
  struct sockaddr_in where = address_of(argv);
  for (int times = atoi(argv[5]); times > 0; times--) {
    for (int i = 0; i < count; i++) {
      int fd = conf_connect(&where);
      echo(fd, i);
      OK(close(fd));
    }
    printf("done %d\n", count);
    await_line();
  }
  return 0;
}

int main(int argc, char **argv) {
  conf_current = "connections";
  raise_descriptor_limit();
  if (argc == 3 && strcmp(argv[1], "serve") == 0) {
    serve(argv[2]);
  }
  if (argc == 5 && strcmp(argv[1], "hold") == 0) {
    return hold(argv);
  }
  if (argc == 6 && strcmp(argv[1], "burst") == 0) {
    burst(argv);
  }
  if (argc == 6 && strcmp(argv[1], "short") == 0) {
    return come_and_go(argv);
  }
  fprintf(stderr,
          "usage: connections serve PORT | hold ADDRESS PORT COUNT | "
          "burst ADDRESS PORT COUNT BYTES | short ADDRESS PORT COUNT TIMES\n");
  return 2;
}
