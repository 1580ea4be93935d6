/* poll, select and epoll. Times are 0 but where something is ready: nothing is waited for in vain. */
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/select.h>

#include "calls.h"

#define WATCHED 5

static void call_poll(void) {
  static const short choices[] = {POLLIN, POLLOUT, POLLIN | POLLOUT, POLLRDHUP, POLLPRI, 0,
                                  POLLIN | POLLRDHUP,
                                  POLLRDNORM | POLLRDBAND | POLLWRNORM | POLLWRBAND};
  struct pollfd some[WATCHED];
  int whose[WATCHED];
  nfds_t count = 1 + roll(WATCHED);
  bool with_time = chance(40);
  say("%s(", with_time ? "ppoll" : "poll");
  for (nfds_t i = 0; i < count; i++) {
    whose[i] = pick(ANYTHING);
    some[i] = (struct pollfd){.fd = chance(95) ? fd_of(whose[i]) : 900, .events = ONE_OF(choices)};
    say("%s%d:", i == 0 ? "" : " ", whose[i]);
    say_events((uint32_t)(uint16_t)some[i].events);
  }
  say(")");
  struct timespec none = {0, 0};
  int result = with_time ? ppoll(some, count, &none, NULL) : poll(some, count, 0);
  say_result(result);
  for (nfds_t i = 0; i < count; i++) {
    say(" ");
    say_events((uint32_t)(uint16_t)some[i].revents);
  }
}

static void say_set(const char *name, const fd_set *set) {
  say(" %s", name);
  for (int i = 0; i < SLOTS; i++) {
    if (slots[i].kind != NOTHING && FD_ISSET(slots[i].fd, set)) {
      say(" %d", i);
    }
  }
}

static void call_select(void) {
  fd_set sets[3];
  int highest = 0;
  for (int i = 0; i < 3; i++) {
    FD_ZERO(&sets[i]);
    for (uint32_t more = roll(4); more > 0; more--) {
      int slot = pick(ANYTHING);
      if (slots[slot].kind != NOTHING) {
        FD_SET(slots[slot].fd, &sets[i]);
        highest = slots[slot].fd > highest ? slots[slot].fd : highest;
      }
    }
  }
  bool with_mask = chance(30);
  say("%s(", with_mask ? "pselect" : "select");
  say_set("read", &sets[0]);
  say_set("write", &sets[1]);
  say_set("except", &sets[2]);
  say(")");
  struct timeval none = {0, 0};
  struct timespec none_either = {0, 0};
  int result = with_mask
                   ? pselect(highest + 1, &sets[0], &sets[1], &sets[2], &none_either, NULL)
                   : select(highest + 1, &sets[0], &sets[1], &sets[2], &none);
  say_result(result);
  if (result >= 0) {
    say_set("read", &sets[0]);
    say_set("write", &sets[1]);
    say_set("except", &sets[2]);
  }
}

static void call_epoll_create(void) {
  int slot = pick_empty();
  int flag = chance(90) ? 0 : chance(50) ? EPOLL_CLOEXEC : 1;
  say("%d epoll_create1(%d)", slot, flag);
  int fd = epoll_create1(flag);
  say_result(fd < 0 ? -1 : 0);
  put(slot, fd, EPOLL, 0);
}

static void call_epoll_ctl(void) {
  static const int operations[] = {EPOLL_CTL_ADD, EPOLL_CTL_ADD, EPOLL_CTL_ADD, EPOLL_CTL_ADD,
                                   EPOLL_CTL_MOD, EPOLL_CTL_MOD, EPOLL_CTL_DEL, 77};
  static const uint32_t choices[] = {EPOLLIN,  EPOLLIN, EPOLLOUT, EPOLLIN | EPOLLOUT,
                                     EPOLLIN | EPOLLRDHUP, EPOLLPRI, 0,
                                     EPOLLIN | EPOLLOUT | EPOLLRDHUP};
  static const uint32_t modes[] = {0, 0, EPOLLET, EPOLLET, EPOLLONESHOT, EPOLLET | EPOLLONESHOT,
                                   EPOLLEXCLUSIVE};
  int epoll = pick(EPOLL);
  int slot = chance(97) ? pick(chance(70) ? TCP : UDP) : pick(ANYTHING);
  int operation = ONE_OF(operations);
  struct epoll_event event = {.events = ONE_OF(choices) | ONE_OF(modes),
                              .data = {.u64 = (uint64_t)slot}};
  say("epoll_ctl(%d, %s, %d, ", epoll,
      operation == EPOLL_CTL_ADD   ? "ADD"
      : operation == EPOLL_CTL_MOD ? "MOD"
      : operation == EPOLL_CTL_DEL ? "DEL"
                                   : "?",
      slot);
  say_events(event.events);
  say(")");
  say_result(epoll_ctl(fd_of(epoll), operation, fd_of(slot), &event));
}

static int by_slot(const void *one, const void *other) {
  uint64_t left = ((const struct epoll_event *)one)->data.u64;
  uint64_t right = ((const struct epoll_event *)other)->data.u64;
  return left < right ? -1 : left > right;
}

/* All that is ready, in the order of slots: its own order is nobody's promise. */
static void call_epoll_wait(void) {
  struct epoll_event events[32];
  int epoll = pick(EPOLL);
  int most = chance(96) ? 32 : (int)roll(2) - 1;
  say("epoll_wait(%d, %d)", epoll, most);
  struct timespec none = {0, 0};
  int result = chance(80) ? epoll_wait(fd_of(epoll), events, most, 0)
                          : epoll_pwait2(fd_of(epoll), events, most, &none, NULL);
  say_result(result);
  if (result > 0) {
    qsort(events, (size_t)result, sizeof events[0], by_slot);
  }
  for (int i = 0; i < result; i++) {
    say(" %d:", (int)events[i].data.u64);
    say_events(events[i].events);
  }
}

const struct call calls_of_waiting[] = {{"poll", 6, call_poll},
                                        {"select", 3, call_select},
                                        {"epoll_create", 2, call_epoll_create},
                                        {"epoll_ctl", 8, call_epoll_ctl},
                                        {"epoll_wait", 9, call_epoll_wait},
                                        {NULL, 0, NULL}};
