/*
 * After each call all that is on its way is waited for, and what then changed is written down. The
 * kernel delivers on its loopback before a call returns, or in the order in which it was told; so
 * does a host stack. What each does later, after a time, is waited for by what can be asked for.
 */
#include "calls.h"

#include <fcntl.h>
#include <linux/sockios.h>
#include <netinet/tcp.h>
#include <sched.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <time.h>

#define BARRIERS 3 /* an answer to an answer */

struct state {
  uint32_t round;
  int events;
  int readable; /* -errno */
  int phase;    /* of TCP */
};
static struct state before[SLOTS];
static int barrier_from;
static int barrier_to;

long long now_ms(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return time.tv_sec * 1000LL + time.tv_nsec / 1000000;
}

long long limit_ms(void) {
  const char *text = getenv("CALLS_LIMIT_MS");
  return text == NULL ? 60000 : atoll(text);
}

short ready(int fd, short events) {
  struct pollfd one = {.fd = fd, .events = events};
  return poll(&one, 1, 0) <= 0 ? 0 : one.revents;
}

bool is_nonblocking(int fd) { return (fcntl(fd, F_GETFL) & O_NONBLOCK) != 0; }

bool would_block(int slot, short events) {
  int fd = fd_of(slot);
  if (fd < 0 || is_nonblocking(fd) || ready(fd, events) != 0) {
    return false;
  }
  say(" would block");
  return true;
}

/* Datagrams to oneself: what was told before them has been done when they come. */
void state_start(void) {
  if (!transcript_compares()) { /* what waits on another processor would be overtaken */
    cpu_set_t one;
    CPU_ZERO(&one);
    CPU_SET((size_t)sched_getcpu(), &one);
    sched_setaffinity(0, sizeof one, &one);
  }
  struct name name = name_of(AF_INET, OWN, 0);
  barrier_to = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  barrier_from = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  if (bind(barrier_to, &name.address.any, name.length) < 0 ||
      getsockname(barrier_to, &name.address.any, &name.length) < 0 ||
      connect(barrier_from, &name.address.any, name.length) < 0) {
    perror("datagrams to oneself");
    exit(2);
  }
  for (int i = 0; i < SLOTS; i++) {
    drop(i);
    before[i].round = slots[i].round;
  }
}

static void barrier(void) {
  char byte = 0;
  for (int i = 0; i < BARRIERS; i++) {
    if (send(barrier_from, &byte, 1, 0) != 1 || recv(barrier_to, &byte, 1, 0) != 1) {
      perror("a datagram to oneself");
      exit(2);
    }
  }
}

static int phase_of(int fd) {
  struct tcp_info info;
  socklen_t length = sizeof info;
  memset(&info, 0, sizeof info);
  if (getsockopt(fd, IPPROTO_TCP, TCP_INFO, &info, &length) < 0) {
    return -errno;
  }
  return info.tcpi_state == TCP_FIN_WAIT1 ? TCP_FIN_WAIT2 : info.tcpi_state;
}

/* On the kernel, until nothing will change any more by itself; others are to come to the same. */
static bool is_under_way(const struct slot *slot) {
  if (slot->kind != TCP) {
    return false;
  }
  int unsent = 0;
  int phase = phase_of(slot->fd);
  return phase == TCP_SYN_SENT || phase == TCP_SYN_RECV || phase == TCP_LAST_ACK ||
         phase == TCP_CLOSING ||
         (ioctl(slot->fd, SIOCOUTQNSD, &unsent) == 0 && unsent != 0 && phase != TCP_CLOSE);
}

static void settle(void) {
  barrier();
  long long end = now_ms() + limit_ms();
  for (int i = 0; i < SLOTS && !transcript_compares(); i++) {
    while (is_under_way(&slots[i]) && now_ms() < end) {
      poll(NULL, 0, 1);
    }
  }
  barrier();
}

static struct state look(const struct slot *slot) {
  struct state state = {.round = slot->round};
  if (slot->kind == NOTHING) {
    return state;
  }
  state.events = (uint16_t)ready(slot->fd, POLLIN | POLLPRI | POLLOUT | POLLRDHUP);
  if (slot->kind != EPOLL && ioctl(slot->fd, FIONREAD, &state.readable) < 0) {
    state.readable = -errno;
  }
  state.phase = slot->kind == TCP ? phase_of(slot->fd) : 0;
  return state;
}

static void say_state(int slot, const struct state *state) {
  static const char *const phases[] = {"?",         "ESTABLISHED", "SYN_SENT", "SYN_RECV",
                                       "FIN_WAIT1", "FIN_WAIT",    "TIME_WAIT", "CLOSE",
                                       "CLOSE_WAIT", "LAST_ACK",   "LISTEN",   "CLOSING"};
  say(" %d:", slot);
  if (slots[slot].kind == NOTHING) {
    say("none");
    return;
  }
  say_events((uint32_t)state->events);
  if (state->readable >= 0) {
    say(",%d", state->readable);
  } else {
    say(",%s", strerrorname_np(-state->readable));
  }
  if (slots[slot].kind == TCP) {
    say(",%s", state->phase < 0 || state->phase > 11 ? strerrorname_np(-state->phase)
                                                     : phases[state->phase]);
  }
}

static void say_changes(uint32_t step, struct state *after) {
  say("%u:", step);
  for (int i = 0; i < SLOTS; i++) {
    after[i] = look(&slots[i]);
    if (memcmp(&after[i], &before[i], sizeof after[i]) != 0) {
      say_state(i, &after[i]);
    }
  }
}

void state_line(uint32_t step) {
  struct state after[SLOTS];
  settle();
  say_changes(step, after);
  if (transcript_compares()) {
    const char *expected = transcript_expected();
    long long end = now_ms() + limit_ms();
    while (expected != NULL && strcmp(expected, line) != 0 && now_ms() < end) {
      poll(NULL, 0, 1);
      line_begins();
      say_changes(step, after);
    }
  }
  memcpy(before, after, sizeof before);
  line_ends();
}
