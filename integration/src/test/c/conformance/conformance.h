/*
 * Conformance cases for TCP sockets: one program, many named cases, each run in a process of its
 * own. The kernel is the oracle: a case is right only if it passes on a plain kernel.
 *
 *   CONF_ADDR   the address cases bind and connect to (default 127.0.0.1)
 *   CONF_ADDR6  the IPv6 address of cases that need one
 *   CONF_PEER   address of another machine running "conformance --peer"; enables the cross cases
 */
#ifndef CONFORMANCE_H
#define CONFORMANCE_H

#ifndef _GNU_SOURCE
#error "compile with -D_GNU_SOURCE"
#endif
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/types.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

struct conf_case {
  const char *name; /* area.what */
  void (*run)(void);
  struct conf_case *next;
};

void conf_register(struct conf_case *one);

/* Defines and registers a case. It passes by returning; any failed check ends the process. */
#define CASE(area, what)                                                                 \
  static void area##_##what(void);                                                       \
  static struct conf_case area##_##what##_case = {#area "." #what, area##_##what, NULL}; \
  __attribute__((constructor)) static void area##_##what##_register(void) {              \
    conf_register(&area##_##what##_case);                                                \
  }                                                                                      \
  static void area##_##what(void)

struct conf_place {
  const char *file;
  int line;
  const char *text;
};
extern const char *conf_current;    /* the running case */
extern struct conf_place conf_last; /* the check looked at last */
#define CONF_SKIPPED 77             /* exit status of a case that cannot run here */
#define CONF_HERE(text) \
  (struct conf_place) { __FILE__, __LINE__, text }

_Noreturn void conf_fail(struct conf_place at, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
_Noreturn void conf_skip(const char *why);
void conf_check(bool holds, struct conf_place at);
void conf_same(long long actual, long long expected, struct conf_place at);
int conf_ok(long long result, struct conf_place at);
void conf_fails(long long result, int expected_errno, struct conf_place at);

#define CHECK(condition) conf_check((condition), CONF_HERE(#condition))
#define SAME(actual, expected) \
  conf_same((long long)(actual), (long long)(expected), CONF_HERE(#actual))
#define OK(call) conf_ok((call), CONF_HERE(#call)) /* result >= 0, else fails with errno */
#define FAILS(call, error) conf_fails((call), (error), CONF_HERE(#call))
/* Waits for a condition: what one end does reaches the other after some time. */
#define EVENTUALLY(condition)                                     \
  do {                                                            \
    long long give_up = conf_now_ms() + SOON;                     \
    while (!(condition)) {                                        \
      conf_check(conf_now_ms() < give_up, CONF_HERE(#condition)); \
      conf_sleep_ms(1);                                           \
    }                                                             \
  } while (0)

#define SOON 30000  /* ms: limit for what must happen, on a busy machine, too */
#define FULL_MS 500 /* without room: buffers are full, even where all is slow */
#define QUIET 40    /* ms: how long to look for what must not happen */

long long conf_now_ms(void);
void conf_sleep_ms(int milliseconds);

/* Addresses and connections. */
struct sockaddr_in conf_address(uint16_t port);
struct sockaddr *conf_sa(struct sockaddr_in *address);
uint16_t conf_port_of(int fd);
uint16_t conf_port_free_for_both_families(void);
int conf_socket(void);
int conf_listen(struct sockaddr_in *where); /* any port of the own address, backlog 128 */
int conf_connect(struct sockaddr_in *where);
int conf_accept(int listener);
struct conf_pair {
  int client;
  int server;
  int listener;
};
struct conf_pair conf_pair(void);
int conf_peer_connect(const char *command);    /* cross cases only; skips without CONF_PEER */
int conf_dead_port(struct sockaddr_in *where); /* a port nobody listens on */
int conf_peer_main(void);
#define CONF_PEER_UDP_PORT 7001 /* the peer echoes datagrams */

/* Bytes. */
void conf_write_all(int fd, const void *bytes, size_t count);
void conf_read_all(int fd, void *bytes, size_t count);
void conf_expect(int fd, const char *text);
void conf_expect_eof(int fd);
void conf_fill(uint8_t *bytes, size_t count, uint64_t seed, uint64_t position);
void conf_send_pattern(int fd, uint64_t seed, uint64_t bytes);
void conf_expect_pattern(int fd, uint64_t seed, uint64_t bytes);
struct conf_stream {
  int fd;
  uint64_t seed;
  uint64_t bytes;
  bool end; /* sender: shut down for writing afterwards; receiver: end of stream must follow */
};
pthread_t conf_sending(struct conf_stream *stream); /* in a thread of its own */
pthread_t conf_receiving(struct conf_stream *stream);
int conf_fill_up(int fd); /* non-blocking writes until EAGAIN stays; bytes written */
uint64_t conf_random(uint64_t *state);

/* Readiness. */
void conf_nonblocking(int fd);
int conf_poll(int fd, short events, int timeout_ms); /* revents, 0 on time-out */
int conf_epoll(void);
void conf_epoll_add(int epoll, int fd, uint32_t events);
uint32_t conf_epoll_next(int epoll, int timeout_ms); /* events of one, 0 on time-out */
int conf_epoll_next_fd(int epoll); /* whose they are */

/* Processes and threads. */
pid_t conf_fork(void); /* the child dies with its parent */
void conf_child_passes(pid_t child);
_Noreturn void conf_child_done(void);
pthread_t conf_thread(void *(*body)(void *), void *argument);
void *conf_join(pthread_t thread);
void conf_tell_thread(void);    /* the calling thread is about to block */
void conf_await_blocked(void); /* until the thread that told so sleeps in the kernel */
void conf_handle(int signal, void (*handler)(int), int flags);

#endif
