/* Options with values and lengths right and wrong; SO_ERROR; requests of ioctl. */
#include <linux/sockios.h>
#include <netinet/ip.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/time.h>

#include "calls.h"

enum shape { NUMBER, LINGER, TIME, FEEDBACK };

struct option {
  int level;
  int name;
  const char *text;
  enum kind kind;    /* whose it is: ANYTHING for both */
  enum shape shape;
  bool is_told;      /* the value is the same everywhere: not a size that is a matter of taste */
};
#define OPTION(level, name, kind, shape, told) {level, name, #name, kind, shape, told}

/*
 * Left out: IP_RECVERR and IPV6_RECVERR, which are one option in a guest, IP_MTU_DISCOVER, whose other
 * values a guest refuses, TCP_NOTSENT_LOWAT, below which a guest writes less at a time, and
 * IPV6_V6ONLY, which sockets get when they are made.
 */
static const struct option options[] = {
    OPTION(SOL_SOCKET, SO_REUSEADDR, ANYTHING, NUMBER, true),
    OPTION(SOL_SOCKET, SO_REUSEPORT, ANYTHING, NUMBER, true),
    OPTION(SOL_SOCKET, SO_KEEPALIVE, ANYTHING, NUMBER, true),
    OPTION(SOL_SOCKET, SO_BROADCAST, ANYTHING, NUMBER, true),
    OPTION(SOL_SOCKET, SO_OOBINLINE, ANYTHING, NUMBER, true),
    OPTION(SOL_SOCKET, SO_PRIORITY, ANYTHING, NUMBER, true),
    OPTION(SOL_SOCKET, SO_MARK, ANYTHING, NUMBER, true),
    OPTION(SOL_SOCKET, SO_RCVLOWAT, TCP, NUMBER, true),
    OPTION(SOL_SOCKET, SO_LINGER, TCP, LINGER, true),
    OPTION(SOL_SOCKET, SO_RCVTIMEO, ANYTHING, TIME, true),
    OPTION(SOL_SOCKET, SO_SNDTIMEO, ANYTHING, TIME, true),
    OPTION(IPPROTO_TCP, TCP_NODELAY, TCP, NUMBER, true),
    OPTION(IPPROTO_TCP, TCP_CORK, TCP, NUMBER, true),
    OPTION(IPPROTO_TCP, TCP_KEEPIDLE, TCP, NUMBER, true),
    OPTION(IPPROTO_TCP, TCP_KEEPINTVL, TCP, NUMBER, true),
    OPTION(IPPROTO_TCP, TCP_KEEPCNT, TCP, NUMBER, true),
    OPTION(IPPROTO_TCP, TCP_USER_TIMEOUT, TCP, NUMBER, true),
    OPTION(IPPROTO_TCP, TCP_QUICKACK, TCP, NUMBER, false), /* the kernel changes it by itself */
    OPTION(IPPROTO_TCP, TCP_MAXSEG, TCP, NUMBER, false),   /* depends on the path */
    OPTION(IPPROTO_IP, IP_TOS, ANYTHING, NUMBER, true),
    OPTION(IPPROTO_IP, IP_TTL, ANYTHING, NUMBER, true),
    OPTION(IPPROTO_IP, IP_PKTINFO, UDP, NUMBER, true),
    OPTION(IPPROTO_IP, IP_FREEBIND, ANYTHING, NUMBER, true),
    OPTION(IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, TCP, NUMBER, true),
    OPTION(IPPROTO_IPV6, IPV6_TCLASS, ANYTHING, NUMBER, true),
    OPTION(IPPROTO_IPV6, IPV6_UNICAST_HOPS, ANYTHING, NUMBER, true),
    OPTION(IPPROTO_IPV6, IPV6_RECVPKTINFO, UDP, NUMBER, true)};
enum { OPTIONS = sizeof options / sizeof options[0] };

/* Only to be asked for. */
static const struct option facts[] = {
    OPTION(SOL_SOCKET, SO_ERROR, ANYTHING, FEEDBACK, true),
    OPTION(SOL_SOCKET, SO_ERROR, ANYTHING, FEEDBACK, true),
    OPTION(SOL_SOCKET, SO_ERROR, ANYTHING, FEEDBACK, true),
    OPTION(SOL_SOCKET, SO_TYPE, ANYTHING, FEEDBACK, true),
    OPTION(SOL_SOCKET, SO_DOMAIN, ANYTHING, FEEDBACK, true),
    OPTION(SOL_SOCKET, SO_PROTOCOL, ANYTHING, FEEDBACK, true),
    OPTION(SOL_SOCKET, SO_ACCEPTCONN, ANYTHING, FEEDBACK, true),
    OPTION(SOL_SOCKET, SO_SNDLOWAT, ANYTHING, FEEDBACK, true)};

/* Of the family that the socket has: IPv6's options of IPv4's sockets are refused everywhere. */
static const struct option *some_option(enum kind kind) {
  const struct option *option;
  do {
    option = &ONE_OF(options);
  } while (option->kind != ANYTHING && kind != NOTHING && kind != EPOLL && option->kind != kind);
  return option;
}

static uint64_t fill_value(const struct option *option, uint8_t *value) {
  static const int numbers[] = {0, 1, 1, 1, 2, 3, 5, 60, 64, 100, 127, 128, 255, 256, -1, -2};
  memset(value, 0, 64);
  if (option->shape == LINGER) {
    struct linger linger = {.l_onoff = (int)roll(2), .l_linger = chance(60) ? 0 : ONE_OF(numbers)};
    memcpy(value, &linger, sizeof linger);
    say("%d %d", linger.l_onoff, linger.l_linger);
    return sizeof linger;
  }
  if (option->shape == TIME) { /* short ones only: calls wait that long; not to be rounded to ticks */
    static const long parts[] = {0, 0, 20000, 40000, 1000000, -1};
    struct timeval time = {.tv_sec = chance(90) ? 0 : -1, .tv_usec = ONE_OF(parts)};
    memcpy(value, &time, sizeof time);
    say("%ld %ld", (long)time.tv_sec, (long)time.tv_usec);
    return sizeof time;
  }
  int number = ONE_OF(numbers);
  memcpy(value, &number, sizeof number);
  say("%d", number);
  return sizeof number;
}

static void call_setsockopt(void) {
  static const int odd[] = {0, 1, 2, 3, 5, 8, 12, 15, 32, -1};
  int slot = pick(chance(65) ? TCP : UDP);
  const struct option *option = some_option(slots[slot].kind);
  uint8_t value[64];
  say("setsockopt(%d, %s, ", slot, option->text);
  socklen_t length = (socklen_t)fill_value(option, value);
  if (chance(10)) {
    length = (socklen_t)ONE_OF(odd);
    say(" length %d", (int)length);
  }
  say(")");
  say_result(setsockopt(fd_of(slot), option->level, option->name, value, length));
}

static void get(int slot, const struct option *option) {
  static const int odd[] = {0, 1, 2, 3, 5, 8, 12, 16, 63, -1};
  uint8_t value[64];
  memset(value, 0xee, sizeof value);
  socklen_t length = sizeof value;
  if (chance(25)) {
    length = (socklen_t)ONE_OF(odd);
  }
  if (option->level == IPPROTO_IPV6 && (int)length < 0) {
    length = 4; /* which Linux takes for very long there */
  }
  say("getsockopt(%d, %s, %d)", slot, option->text, (int)length);
  int result = getsockopt(fd_of(slot), option->level, option->name, value, &length);
  say_result(result);
  if (result != 0) {
    return;
  }
  say(" %u", length);
  for (socklen_t i = 0; option->is_told && i < length && i < sizeof value; i++) {
    say("%s%02x", i % 4 == 0 ? " " : "", value[i]);
  }
}

static void call_getsockopt(void) {
  int slot = pick(chance(65) ? TCP : UDP);
  get(slot, some_option(slots[slot].kind));
}

static void call_fact(void) {
  int slot = pick(chance(70) ? TCP : UDP);
  get(slot, &ONE_OF(facts));
}

static void call_unknown_option(void) {
  static const int levels[] = {SOL_SOCKET, IPPROTO_TCP, IPPROTO_IP, IPPROTO_IPV6, IPPROTO_UDP, 9999};
  int slot = pick(chance(80) ? TCP : UDP);
  int level = ONE_OF(levels);
  int value = 1;
  socklen_t length = sizeof value;
  bool set = slots[slot].kind != UDP && chance(50); /* of UDP it makes a socket the kernel's */
  say("%ssockopt(%d, %d, unknown)", set ? "set" : "get", slot, level);
  say_result(set ? setsockopt(fd_of(slot), level, 7777, &value, sizeof value)
                 : getsockopt(fd_of(slot), level, 7777, &value, &length));
}

/* What was not acknowledged yet is, after a time. */
static void count_unsent(int slot, unsigned long request) {
  int number = 0;
  int result;
  long long end = now_ms() + limit_ms();
  do {
    result = ioctl(fd_of(slot), request, &number);
  } while (result == 0 && number != 0 && now_ms() < end && poll(NULL, 0, 1) == 0);
  say_result(result);
  say(" %d", result == 0 ? number : 0);
}

static void call_ioctl(void) {
  static const struct word requests[] = {{FIONREAD, "FIONREAD"},     {SIOCOUTQ, "SIOCOUTQ"},
                                         {SIOCOUTQNSD, "SIOCOUTQNSD"}, {SIOCATMARK, "SIOCATMARK"},
                                         {FIONBIO, "FIONBIO"},       {FIOCLEX, "FIOCLEX"},
                                         {FIONCLEX, "FIONCLEX"},     {0x77777777, "unknown"}};
  int slot = pick(chance(70) ? TCP : UDP);
  const struct word *request = &ONE_OF(requests);
  int number = (int)roll(2);
  say("ioctl(%d, %s, %d)", slot, request->name, number);
  bool counts = request->value == SIOCOUTQ || request->value == SIOCOUTQNSD;
  if (counts && (ready(fd_of(slot), 0) & POLLHUP) != 0) {
    say(" of no connection"); /* the kernel's answer has no meaning then */
    return;
  }
  if (counts) {
    count_unsent(slot, request->value);
    return;
  }
  int result = ioctl(fd_of(slot), request->value, &number);
  say_result(result);
  say(" %d", result == 0 ? number : 0);
}

const struct call calls_of_options[] = {{"setsockopt", 9, call_setsockopt},
                                        {"getsockopt", 5, call_getsockopt},
                                        {"fact", 6, call_fact},
                                        {"unknown option", 1, call_unknown_option},
                                        {"ioctl", 6, call_ioctl},
                                        {NULL, 0, NULL}};
