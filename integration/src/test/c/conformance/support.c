/* What cases share: connections, bytes, readiness, processes. */
#include <stdatomic.h>
#include <sys/epoll.h>
#include <sys/prctl.h>

#include "conformance.h"

struct sockaddr_in conf_address(uint16_t port) {
  const char *text = getenv("CONF_ADDR");
  struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(port)};
  SAME(inet_pton(AF_INET, text == NULL ? "127.0.0.1" : text, &address.sin_addr), 1);
  return address;
}

struct sockaddr *conf_sa(struct sockaddr_in *address) {
  return (struct sockaddr *)address;
}

uint16_t conf_port_of(int fd) {
  struct sockaddr_in name;
  socklen_t length = sizeof name;
  OK(getsockname(fd, conf_sa(&name), &length));
  return ntohs(name.sin_port);
}

int conf_socket(void) { return OK(socket(AF_INET, SOCK_STREAM, 0)); }

int conf_listen(struct sockaddr_in *where) {
  int fd = conf_socket();
  *where = conf_address(0);
  OK(bind(fd, conf_sa(where), sizeof *where));
  OK(listen(fd, 128));
  where->sin_port = htons(conf_port_of(fd));
  return fd;
}

int conf_connect(struct sockaddr_in *where) {
  int fd = conf_socket();
  OK(connect(fd, conf_sa(where), sizeof *where));
  return fd;
}

int conf_accept(int listener) { return OK(accept(listener, NULL, NULL)); }

struct conf_pair conf_pair(void) {
  struct sockaddr_in where;
  struct conf_pair pair;
  pair.listener = conf_listen(&where);
  pair.client = conf_connect(&where);
  pair.server = conf_accept(pair.listener);
  return pair;
}

/* What earlier cases left in TIME_WAIT holds a port against sockets of its own family only. */
uint16_t conf_port_free_for_both_families(void) {
  int on = 1;
  for (int tries = 0; tries < 100; tries++) {
    int four = conf_socket();
    struct sockaddr_in any = {.sin_family = AF_INET};
    OK(bind(four, conf_sa(&any), sizeof any));
    int six = OK(socket(AF_INET6, SOCK_STREAM, 0));
    OK(setsockopt(six, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof on));
    uint16_t port = conf_port_of(four);
    struct sockaddr_in6 any6 = {.sin6_family = AF_INET6, .sin6_port = htons(port)};
    int taken = bind(six, (struct sockaddr *)&any6, sizeof any6);
    CHECK(taken == 0 || errno == EADDRINUSE);
    OK(close(four));
    OK(close(six));
    if (taken == 0) {
      return port;
    }
  }
  conf_fail(CONF_HERE("ports"), "none of 100 is free for both families");
}

int conf_dead_port(struct sockaddr_in *where) {
  int fd = conf_socket();
  *where = conf_address(0);
  OK(bind(fd, conf_sa(where), sizeof *where));
  where->sin_port = htons(conf_port_of(fd));
  return fd; /* bound, not listening: nobody else gets the port meanwhile */
}

void conf_write_all(int fd, const void *bytes, size_t count) {
  for (size_t done = 0; done < count;) {
    done += (size_t)OK(send(fd, (const char *)bytes + done, count - done, MSG_NOSIGNAL));
  }
}

void conf_read_all(int fd, void *bytes, size_t count) {
  for (size_t done = 0; done < count;) {
    int got = OK(recv(fd, (char *)bytes + done, count - done, 0));
    CHECK(got > 0);
    done += (size_t)got;
  }
}

void conf_expect(int fd, const char *text) {
  char got[256] = {0};
  CHECK(strlen(text) < sizeof got);
  conf_read_all(fd, got, strlen(text));
  if (strcmp(got, text) != 0) {
    conf_fail(CONF_HERE("bytes received"), "\"%s\", expected \"%s\"", got, text);
  }
}

void conf_expect_eof(int fd) {
  char byte;
  SAME(recv(fd, &byte, 1, 0), 0);
}

uint64_t conf_random(uint64_t *state) {
  uint64_t mixed = (*state += UINT64_C(0x9e3779b97f4a7c15));
  mixed = (mixed ^ (mixed >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
  mixed = (mixed ^ (mixed >> 27)) * UINT64_C(0x94d049bb133111eb);
  return mixed ^ (mixed >> 31);
}

/* The stream of a seed: byte p is a byte of the p/8-th random word, whatever the chunks. */
void conf_fill(uint8_t *bytes, size_t count, uint64_t seed, uint64_t position) {
  uint64_t word = 0;
  for (size_t i = 0; i < count; i++) {
    uint64_t place = position + i;
    if (i == 0 || place % 8 == 0) {
      uint64_t state = seed + place / 8 * UINT64_C(0xda942042e4dd58b5);
      word = conf_random(&state);
    }
    bytes[i] = (uint8_t)(word >> (place % 8 * 8));
  }
}

void conf_send_pattern(int fd, uint64_t seed, uint64_t bytes) {
  static _Thread_local uint8_t chunk[1 << 17];
  uint64_t random = seed ^ 1;
  for (uint64_t sent = 0; sent < bytes;) {
    size_t size = (size_t)(conf_random(&random) >> (47 + conf_random(&random) % 17)) % sizeof chunk;
    size = size == 0 ? 1 : size;
    size = size > bytes - sent ? (size_t)(bytes - sent) : size;
    conf_fill(chunk, size, seed, sent);
    conf_write_all(fd, chunk, size);
    sent += size;
  }
}

void conf_expect_pattern(int fd, uint64_t seed, uint64_t bytes) {
  static _Thread_local uint8_t chunk[1 << 17];
  static _Thread_local uint8_t expected[1 << 17];
  uint64_t random = seed ^ 2;
  for (uint64_t got = 0; got < bytes;) {
    size_t size = (size_t)(conf_random(&random) >> (47 + conf_random(&random) % 17)) % sizeof chunk;
    size = size == 0 ? 1 : size;
    size = size > bytes - got ? (size_t)(bytes - got) : size;
    int count = OK(recv(fd, chunk, size, 0));
    if (count == 0) {
      conf_fail(CONF_HERE("recv"), "end of stream after %llu of %llu bytes",
                (unsigned long long)got, (unsigned long long)bytes);
    }
    conf_fill(expected, (size_t)count, seed, got);
    if (memcmp(chunk, expected, (size_t)count) != 0) {
      conf_fail(CONF_HERE("bytes received"), "differ in the %d bytes from %llu", count,
                (unsigned long long)got);
    }
    got += (uint64_t)count;
  }
}

static void *send_stream(void *argument) {
  struct conf_stream *stream = argument;
  conf_send_pattern(stream->fd, stream->seed, stream->bytes);
  if (stream->end) {
    OK(shutdown(stream->fd, SHUT_WR));
  }
  return NULL;
}

static void *receive_stream(void *argument) {
  struct conf_stream *stream = argument;
  conf_expect_pattern(stream->fd, stream->seed, stream->bytes);
  if (stream->end) {
    conf_expect_eof(stream->fd);
  }
  return NULL;
}

pthread_t conf_sending(struct conf_stream *stream) { return conf_thread(send_stream, stream); }

pthread_t conf_receiving(struct conf_stream *stream) { return conf_thread(receive_stream, stream); }

/*
 * Room may still come back while buffers grow, on a busy machine late. Whoever moves the bytes may
 * stand still meanwhile, so only time counts in which he has moved those of another connection.
 */
int conf_fill_up(int fd) {
  static char chunk[32768];
  struct conf_pair other = conf_pair();
  int total = 0;
  for (int quiet = 0; quiet < FULL_MS;) {
    ssize_t sent = send(fd, chunk, sizeof chunk, MSG_DONTWAIT | MSG_NOSIGNAL);
    if (sent < 0) {
      SAME(errno, EAGAIN);
      quiet += 5;
      conf_sleep_ms(5);
      conf_write_all(other.client, "m", 1);
      conf_expect(other.server, "m");
    } else {
      quiet = 0;
      total += (int)sent;
    }
  }
  OK(close(other.client));
  OK(close(other.server));
  OK(close(other.listener));
  return total;
}

void conf_nonblocking(int fd) { OK(fcntl(fd, F_SETFL, OK(fcntl(fd, F_GETFL)) | O_NONBLOCK)); }

int conf_poll(int fd, short events, int timeout_ms) {
  struct pollfd one = {.fd = fd, .events = events};
  return OK(poll(&one, 1, timeout_ms)) == 0 ? 0 : one.revents;
}

int conf_epoll(void) { return OK(epoll_create1(EPOLL_CLOEXEC)); }

void conf_epoll_add(int epoll, int fd, uint32_t events) {
  struct epoll_event event = {.events = events, .data = {.fd = fd}};
  OK(epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event));
}

uint32_t conf_epoll_next(int epoll, int timeout_ms) {
  struct epoll_event event = {0};
  return OK(epoll_wait(epoll, &event, 1, timeout_ms)) == 0 ? 0 : event.events;
}

int conf_epoll_next_fd(int epoll) {
  struct epoll_event event = {0};
  SAME(epoll_wait(epoll, &event, 1, SOON), 1);
  return event.data.fd;
}

pid_t conf_fork(void) {
  pid_t parent = getpid();
  fflush(stdout);
  pid_t child = OK(fork());
  if (child == 0) {
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != parent) {
      _exit(1);
    }
  }
  return child;
}

void conf_child_passes(pid_t child) {
  int status = 0;
  SAME(waitpid(child, &status, 0), child);
  SAME(status, 0);
}

_Noreturn void conf_child_done(void) { _exit(0); }

pthread_t conf_thread(void *(*body)(void *), void *argument) {
  pthread_t thread;
  SAME(pthread_create(&thread, NULL, body, argument), 0);
  return thread;
}

void *conf_join(pthread_t thread) {
  void *result = NULL;
  SAME(pthread_join(thread, &result), 0);
  return result;
}

static atomic_int about_to_block;

void conf_tell_thread(void) { atomic_store(&about_to_block, gettid()); }

/* 'S' of a thread that sleeps, also where nobody tells. */
static char state_of_thread(int thread) {
  char text[256] = {0};
  snprintf(text, sizeof text, "/proc/self/task/%d/stat", thread);
  int file = open(text, O_RDONLY);
  ssize_t length = file < 0 ? -1 : read(file, text, sizeof text - 1);
  if (file >= 0) {
    close(file);
  }
  const char *name_end = length < 0 ? NULL : strrchr(text, ')');
  return name_end == NULL ? 'S' : name_end[2];
}

void conf_await_blocked(void) {
  EVENTUALLY(atomic_load(&about_to_block) != 0);
  for (int asleep = 0; asleep < 5;) {
    conf_sleep_ms(10);
    asleep = state_of_thread(atomic_load(&about_to_block)) == 'S' ? asleep + 1 : 0;
  }
  atomic_store(&about_to_block, 0);
}

void conf_handle(int signal, void (*handler)(int), int flags) {
  struct sigaction action = {.sa_handler = handler, .sa_flags = flags};
  OK(sigaction(signal, &action, NULL));
}
