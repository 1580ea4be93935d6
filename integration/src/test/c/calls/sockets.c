/* Sockets come to life, get names and peers, and end. */
#include <limits.h>
#include <stdlib.h>

#include "calls.h"

static const int families[] = {AF_INET, AF_INET, AF_INET6};
/* What is bound to a loopback address is the kernel's in a guest, too, as is what connects to it. */
static const enum place places[] = {ANY, ANY, OWN, OWN, MAPPED_OWN};
static const struct word types[] = {{SOCK_STREAM, "STREAM"},     {SOCK_DGRAM, "DGRAM"},
                                    {SOCK_SEQPACKET, "SEQPACKET"}, {SOCK_NONBLOCK, "NONBLOCK"},
                                    {SOCK_CLOEXEC, "CLOEXEC"}};

static void say_type(int type) {
  for (size_t i = 0; i < 3; i++) {
    if ((type & 0xf) == (int)types[i].value) {
      say("%s", types[i].name);
      type &= ~0xf;
    }
  }
  if (type != 0) {
    say("|");
    say_words((uint32_t)type, types + 3, 2);
  }
}

static int open_socket(int slot, int family, int type, int protocol) {
  int fd = socket(family, type, protocol);
  int error = errno;
  put(slot, fd, (type & 0xf) == SOCK_STREAM ? TCP : UDP, family);
  errno = error;
  return fd;
}

static void say_family(int family) {
  say("%s", family == AF_INET ? "INET" : family == AF_INET6 ? "INET6" : "?");
}

static void call_socket(void) {
  int slot = pick_empty();
  int family = ONE_OF(families);
  int type = (chance(60) ? SOCK_STREAM : SOCK_DGRAM) | (chance(50) ? SOCK_NONBLOCK : 0) |
             (chance(10) ? SOCK_CLOEXEC : 0);
  say("%d socket(", slot);
  say_family(family);
  say(", ");
  say_type(type);
  say(")");
  int fd = open_socket(slot, family, type, 0);
  say_result(fd < 0 ? -1 : 0);
  if (chance(20)) {
    int on = 1;
    say(" V6ONLY");
    say_result(setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof on));
  }
}

static void call_socket_wrong(void) {
  static const int odd_types[] = {0, SOCK_STREAM, SOCK_DGRAM, SOCK_SEQPACKET, SOCK_RDM, 77};
  static const int odd_flags[] = {0, 0x10, SOCK_NONBLOCK, 0x100000};
  static const int odd_protocols[] = {0, IPPROTO_TCP, IPPROTO_UDP, IPPROTO_ICMP, 254, 9999, -1};
  static const int odd_families[] = {AF_INET, AF_INET6, AF_INET, 77, -1, AF_UNSPEC};
  int family = ONE_OF(odd_families);
  int type = ONE_OF(odd_types) | ONE_OF(odd_flags);
  int protocol = ONE_OF(odd_protocols);
  say("socket(%d, %#x, %d)", family, (unsigned)type, protocol);
  int fd = socket(family, type, protocol);
  say_result(fd < 0 ? -1 : 0);
  if (fd >= 0) {
    close(fd);
  }
}

static uint16_t some_port(void) {
  return chance(25) ? 0 : port_number(roll(PORTS));
}

/* Right mostly; else the wrong family, or a length that is short or long. */
static void distort(struct name *name) {
  static const socklen_t lengths[] = {0, 1, 2, 8, 15, 16, 20, 24, 27, 28, 128, 129, 1000};
  static const uint16_t odd_families[] = {AF_INET, AF_INET6, AF_UNIX, 77};
  if (chance(85)) {
    return;
  }
  if (chance(50)) {
    name->length = ONE_OF(lengths);
    say(" length %u", name->length);
  } else {
    name->address.any.sa_family = ONE_OF(odd_families);
    say(" family %d", name->address.any.sa_family);
  }
}

static int family_of(int slot) {
  int family = slots[slot].family == AF_INET6 ? AF_INET6 : AF_INET;
  return chance(94) ? family : family == AF_INET ? AF_INET6 : AF_INET;
}

static bool is_listener(int slot) {
  int on = 0;
  socklen_t length = sizeof on;
  return slots[slot].kind == TCP &&
         getsockopt(slots[slot].fd, SOL_SOCKET, SO_ACCEPTCONN, &on, &length) == 0 && on != 0;
}

static void is_named(int slot, int result, bool listened) {
  int error = errno;
  for (int i = 0; result == 0 && i < SLOTS; i++) {
    bool same = slots[i].group == slots[slot].group;
    slots[i].named |= same;
    slots[i].listened |= same && listened;
  }
  errno = error;
}

/*
 * Where a listener was before. The connections that it left keep Linux from giving the port to
 * another one without SO_REUSEADDR, a guest they do not.
 */
static bool was_left(int slot, uint16_t port) {
  static bool used[PORTS];
  if (slots[slot].kind != TCP || port == 0) {
    return false;
  }
  bool before = used[port - port_number(0)];
  used[port - port_number(0)] = true;
  for (int i = 0; i < SLOTS; i++) {
    bool holds = is_listener(i) || (slots[i].named && !slots[i].listened);
    if (i != slot && slots[i].kind == TCP && holds && local_port(i) == port) {
      return false;
    }
  }
  return before;
}

static void call_bind(void) {
  int slot = pick(chance(60) ? TCP : UDP);
  short ended = ready(fd_of(slot), POLLIN) & (POLLIN | POLLHUP);
  if (slots[slot].kind == TCP && (slots[slot].listened || ended == (POLLIN | POLLHUP))) {
    say("bind(%d) after its end", slot); /* to Linux it is a new one then */
    return;
  }
  enum place place = chance(94) || local_port(slot) != 0 ? ONE_OF(places)
                     : chance(50)                       ? FOREIGN
                                                        : EVERYBODY;
  uint16_t port = some_port();
  struct name name = name_of(family_of(slot), place, was_left(slot, port) ? 0 : port);
  say("bind(%d, ", slot);
  say_name(&name.address.any, name.length);
  distort(&name);
  say(")");
  int result = bind(fd_of(slot), chance(1) ? NULL : &name.address.any, name.length);
  is_named(slot, result, false);
  say_result(result);
}

/* No small backlogs: what does not fit is tried again by the client, which takes seconds. */
static void call_listen(void) {
  static const int backlogs[] = {64, 128, 4096, -1, INT_MAX, INT_MIN};
  int slot = pick(chance(95) ? TCP : UDP);
  int backlog = ONE_OF(backlogs);
  say("listen(%d, %d)", slot, backlog);
  int result = listen(fd_of(slot), backlog);
  is_named(slot, result, true);
  say_result(result);
}

/* Of listeners that share a port one is chosen by a hash of the connection's ports. */
static bool has_many_listeners(uint16_t port) {
  int count = 0;
  for (int i = 0; i < SLOTS; i++) {
    count += is_listener(i) && local_port(i) == port;
  }
  return count > 1;
}

/* Somebody, or nobody at this machine's address: there nobody is the guest's, too. */
static struct name target_of(int slot) {
  int start = (int)roll(SLOTS);
  bool itself = chance(15) && slots[slot].kind == UDP; /* a guest's TCP does not open with itself */
  bool nobody = chance(20);
  struct name name;
  for (int i = 0; i < SLOTS && !nobody; i++) {
    int other = (start + i) % SLOTS;
    bool fits = slots[slot].kind == TCP ? is_listener(other) : slots[other].kind == UDP;
    if ((fits || (itself && other == slot && slots[slot].named)) && local_port(other) != 0 &&
        name_towards(slot, other, &name)) {
      return name;
    }
  }
  return nobody_towards(slot);
}

/* A guest is connected by 127.x at once, also if it did not want to wait: what is said later counts. */
static int connect_soon(int slot, const struct sockaddr *address, socklen_t length) {
  int result = connect(fd_of(slot), address, length);
  if (result < 0 && errno == EINPROGRESS) {
    struct pollfd one = {.fd = fd_of(slot), .events = POLLOUT};
    poll(&one, 1, (int)limit_ms());
    result = connect(fd_of(slot), address, length);
  }
  return result;
}

static bool is_loopback(const struct name *name) {
  const uint8_t *six = name->address.six.sin6_addr.s6_addr;
  return name->address.any.sa_family == AF_INET
             ? (ntohl(name->address.four.sin_addr.s_addr) >> 24) == 127
             : IN6_IS_ADDR_LOOPBACK(&name->address.six.sin6_addr) || six[12] == 127;
}

static void call_connect(void) {
  int slot = pick(chance(65) ? TCP : UDP);
  struct name name = target_of(slot);
  if (slots[slot].kind == UDP && is_loopback(&name)) {
    name = nobody_towards(slot); /* its own name would be the loopback's on Linux for ever */
  }
  say("connect(%d, ", slot);
  bool kept = slots[slot].kind == TCP && (slots[slot].named || is_listener(slot));
  if ((ready(fd_of(slot), POLLIN) & (POLLIN | POLLERR)) != 0) {
    kept = true; /* a guest's loses what it has not read, or what its peer has not */
  }
  if (chance(8) && !kept) { /* a port that bind() chose is given up with the connection */
    name.address.any.sa_family = AF_UNSPEC;
    say("AF_UNSPEC");
    if (slots[slot].kind == TCP) { /* Linux keeps some of its former name; it is left alone then */
      is_named(slot, 0, true);
    }
  } else {
    say_name(&name.address.any, name.length);
    if (slots[slot].kind == TCP) {
      distort(&name);
    }
  }
  say(")");
  uint16_t port = ntohs(name.address.four.sin_port);
  if (slots[slot].kind == TCP && (slots[slot].listened || has_many_listeners(port))) {
    say(" has several listeners, or was one");
    return;
  }
  const struct sockaddr *address = chance(1) ? NULL : &name.address.any;
  say_result(is_loopback(&name) ? connect_soon(slot, address, name.length)
                                : connect(fd_of(slot), address, name.length));
}

static void call_accept(void) {
  static const struct word flags[] = {{SOCK_NONBLOCK, "NONBLOCK"}, {SOCK_CLOEXEC, "CLOEXEC"}};
  static const int choices[] = {0, 0, SOCK_NONBLOCK, SOCK_NONBLOCK | SOCK_CLOEXEC, SOCK_CLOEXEC};
  static const socklen_t lengths[] = {128, 128, 128, 28, 16, 8, 0};
  int slot = pick(TCP);
  for (int i = 0; i < SLOTS && (slots[slot].kind == UDP || chance(80)) && !is_listener(slot); i++) {
    slot = pick(TCP);
  }
  int place = pick_empty();
  int flag = ONE_OF(choices);
  struct name name;
  memset(&name, 0, sizeof name);
  name.length = ONE_OF(lengths);
  bool nameless = chance(30);
  say("%d accept4(%d, %u, ", place, slot, nameless ? 0 : name.length);
  SAY_WORDS(flag, flags);
  say(")");
  if (would_block(slot, POLLIN)) {
    return;
  }
  int family = slots[slot].family;
  socklen_t given = name.length;
  int fd = accept4(fd_of(slot), nameless ? NULL : &name.address.any,
                   nameless ? NULL : &name.length, flag);
  say_result(fd < 0 ? -1 : 0);
  if (fd >= 0) {
    put(place, fd, TCP, family);
    if (!nameless) {
      say(" %u ", name.length);
      say_result_name(&name.address.any, name.length < given ? name.length : given);
    }
  }
}

static void call_names(void) {
  static const int lengths[] = {128, 128, 128, 28, 16, 8, 2, 1, 0, -1};
  int slot = pick(chance(70) ? TCP : UDP);
  if (slots[slot].kind == TCP && slots[slot].listened && (ready(fd_of(slot), 0) & POLLHUP) != 0) {
    say("names(%d) of what was connected", slot);
    return;
  }
  bool own = chance(50) || (ready(fd_of(slot), 0) & POLLHUP) != 0; /* a peer that was */
  struct name name;
  memset(&name, 0, sizeof name);
  name.length = (socklen_t)ONE_OF(lengths);
  socklen_t given = name.length;
  say("%s(%d, %d)", own ? "getsockname" : "getpeername", slot, (int)name.length);
  int result = own ? getsockname(fd_of(slot), &name.address.any, &name.length)
                   : getpeername(fd_of(slot), &name.address.any, &name.length);
  say_result(result);
  if (result == 0) {
    say(" %u ", name.length);
    say_result_name(&name.address.any, name.length < given ? name.length : given);
  }
}

static void call_shutdown(void) {
  static const int hows[] = {SHUT_WR, SHUT_WR, SHUT_WR, SHUT_RD, SHUT_RD, SHUT_RDWR, SHUT_RDWR, 3, -1};
  int slot = pick(chance(88) ? TCP : UDP);
  int how = ONE_OF(hows);
  say("shutdown(%d, %d)", slot, how);
  if (slots[slot].kind == UDP ? peer_port(slot) == 0
                              : (ready(fd_of(slot), 0) & POLLHUP) != 0) {
    say(" not connected"); /* the kernel refuses it, and yet remembers it */
    return;
  }
  int result = shutdown(fd_of(slot), how);
  say_result(result);
  for (int i = 0; result == 0 && i < SLOTS; i++) {
    slots[i].shut |= slots[i].group == slots[slot].group ? how + 1 : 0;
  }
}

void close_slot(int slot) {
  say("close(%d)", slot);
  say_result(close(fd_of(slot)));
  drop(slot);
}

void call_close(void) { close_slot(pick(ANYTHING)); }

static void call_abort(void) {
  struct linger linger = {.l_onoff = 1, .l_linger = chance(80) ? 0 : 5};
  int slot = pick(TCP);
  say("linger(%d, %d)", slot, linger.l_linger);
  say_result(setsockopt(fd_of(slot), SOL_SOCKET, SO_LINGER, &linger, sizeof linger));
  if (chance(60)) {
    say("; ");
    close_slot(slot);
  }
}

/* ---- the usual beginnings, so that the other calls find something ---- */

static int make(int slot, int family, int type) {
  return open_socket(slot, family, type | (chance(60) ? SOCK_NONBLOCK : 0), 0);
}

static int named_listener(int slot, int family, enum place place, uint16_t port) {
  struct name name = name_of(family, place, port);
  int on = 1;
  int fd = make(slot, family, SOCK_STREAM);
  if (chance(50)) {
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    say(" REUSEADDR");
  }
  int result = bind(fd, &name.address.any, name.length);
  slots[slot].named = slots[slot].listened = true;
  return result < 0 ? result : listen(fd, 64);
}

static void call_listener(void) {
  int slot = pick_empty();
  int family = ONE_OF(families);
  enum place place = ONE_OF(places);
  slots[slot].kind = TCP;
  uint16_t port = some_port();
  port = was_left(slot, port) ? 0 : port;
  slots[slot].kind = NOTHING;
  struct name name = name_of(family, place, port);
  say("%d listener(", slot);
  say_name(&name.address.any, name.length);
  say(")");
  say_result(named_listener(slot, family, place, port));
}

static void call_pair(void) {
  int listener = pick_empty();
  int family = ONE_OF(families);
  enum place place = ONE_OF(places);
  say("%d pair(", listener);
  struct name name = name_of(family, place, 0);
  say_name(&name.address.any, name.length);
  say(")");
  int result = named_listener(listener, family, place, 0);
  say_result(result);
  if (result < 0) {
    return;
  }
  getsockname(fd_of(listener), &name.address.any, &name.length);
  say("; ");
  int client = pick_empty();
  int fd = open_socket(client, family, SOCK_STREAM, 0);
  name_towards(client, listener, &name);
  say(" %d connects", client);
  result = connect(fd, &name.address.any, name.length);
  say_result(result);
  say("; ");
  int server = pick_empty();
  say(" %d accepts", server);
  struct pollfd one = {.fd = fd_of(listener), .events = POLLIN};
  if (result == 0 && poll(&one, 1, (int)limit_ms()) == 1) {
    fd = accept4(fd_of(listener), NULL, NULL, chance(60) ? SOCK_NONBLOCK : 0);
    say_result(fd < 0 ? -1 : 0);
    put(server, fd, TCP, family);
  }
  if (chance(60) && slots[listener].kind == TCP) {
    say("; ");
    close_slot(listener);
  }
}

static void call_udp_pair(void) {
  int family = ONE_OF(families);
  enum place place = chance(30) ? ANY : OWN;
  struct name name = name_of(family, place, 0);
  int one = pick_empty();
  say("%d udp pair(", one);
  say_name(&name.address.any, name.length);
  say(")");
  int fd = make(one, family, SOCK_DGRAM);
  say_result(bind(fd, &name.address.any, name.length));
  getsockname(fd, &name.address.any, &name.length);
  say("; ");
  int other = pick_empty();
  say(" %d connects", other);
  fd = make(other, family, SOCK_DGRAM);
  uint16_t port = local_port(one);
  name = name_of(family, OWN, port);
  say_result(connect(fd, &name.address.any, name.length));
  if (chance(50)) {
    name.length = sizeof name.address;
    getsockname(fd, &name.address.any, &name.length);
    say(" back");
    say_result(connect(fd_of(one), &name.address.any, name.length));
  }
}

void call_beginning(void) {
  if (chance(60)) {
    call_pair();
  } else if (chance(60)) {
    call_udp_pair();
  } else {
    call_listener();
  }
}

const struct call calls_of_sockets[] = {
    {"socket", 3, call_socket},     {"wrong socket", 1, call_socket_wrong},
    {"bind", 6, call_bind},         {"listen", 4, call_listen},
    {"connect", 9, call_connect},   {"accept", 8, call_accept},
    {"names", 8, call_names},       {"shutdown", 6, call_shutdown},
    {"close", 6, call_close},       {"abort", 2, call_abort},
    {"listener", 4, call_listener}, {"pair", 7, call_pair},
    {"udp pair", 4, call_udp_pair}, {NULL, 0, NULL}};
