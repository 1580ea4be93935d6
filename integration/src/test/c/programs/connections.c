/*
 * Many connections.
 *
 *   connections serve PORT                       echoes; prints "serving"
 *   connections hold ADDRESS PORT COUNT          prints "ready", waits for a line on stdin, opens
 *                                                COUNT, echoes on each, prints "open COUNT", waits
 *                                                for a line, echoes again on each, prints "right"
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

static void answer(int fd) {
  char bytes[512];
  ssize_t got = recv(fd, bytes, sizeof bytes, MSG_DONTWAIT);
  if (got > 0) {
    conf_write_all(fd, bytes, (size_t)got);
  } else if (got == 0 || errno != EAGAIN) {
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
  if (argc == 6 && strcmp(argv[1], "short") == 0) {
    return come_and_go(argv);
  }
  fprintf(stderr,
          "usage: connections serve PORT | hold ADDRESS PORT COUNT | "
          "short ADDRESS PORT COUNT TIMES\n");
  return 2;
}
