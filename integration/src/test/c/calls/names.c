/* Addresses and ports by names that are the same wherever the calls are made. */
#include "calls.h"

#include <arpa/inet.h>
#include <stdlib.h>

#define FIRST_PORT 2000 /* below those that are given out */
#define APART 20
#define SEEDS_APART 1500

static uint16_t base;

static const char *const texts4[] = {
    [ANY] = "0.0.0.0", [LOOPBACK] = "127.0.0.1", [OTHER_LOOPBACK] = "127.0.0.2",
    [FOREIGN] = "192.0.2.77", [EVERYBODY] = "255.255.255.255"};
static const char *const names4[] = {[ANY] = "any",
                                     [LOOPBACK] = "loopback",
                                     [OTHER_LOOPBACK] = "loopback2",
                                     [OWN] = "own",
                                     [FOREIGN] = "foreign",
                                     [MAPPED_OWN] = "own",
                                     [MAPPED_LOOPBACK] = "loopback",
                                     [EVERYBODY] = "everybody"};
static const char *const texts6[] = {[ANY] = "::",
                                     [LOOPBACK] = "::1",
                                     [OTHER_LOOPBACK] = "::ffff:127.0.0.2",
                                     [FOREIGN] = "2001:db8::77",
                                     [MAPPED_LOOPBACK] = "::ffff:127.0.0.1",
                                     [EVERYBODY] = "::ffff:255.255.255.255"};

static const char *own(int family) {
  const char *text = getenv(family == AF_INET ? "CONF_ADDR" : "CONF_ADDR6");
  return text != NULL ? text : family == AF_INET ? "127.0.0.1" : "::1";
}

/* Seeds that are played after each other do not meet what earlier ones left in TIME_WAIT. */
void names_start(uint64_t seed) { base = (uint16_t)(FIRST_PORT + APART * (seed % SEEDS_APART)); }

uint16_t port_number(uint32_t index) { return (uint16_t)(base + index); }

uint16_t dead_port(void) { return port_number(APART - 1); }

struct name name_of(int family, enum place place, uint16_t port) {
  struct name name;
  memset(&name, 0, sizeof name);
  if (family == AF_INET) {
    place = place == MAPPED_OWN ? OWN : place == MAPPED_LOOPBACK ? LOOPBACK : place;
    name.address.four.sin_family = AF_INET;
    name.address.four.sin_port = htons(port);
    inet_pton(AF_INET, place == OWN ? own(AF_INET) : texts4[place], &name.address.four.sin_addr);
    name.length = sizeof name.address.four;
    return name;
  }
  char mapped[64];
  snprintf(mapped, sizeof mapped, "::ffff:%s", own(AF_INET));
  const char *text = place == OWN          ? own(AF_INET6)
                     : place == MAPPED_OWN ? mapped
                                           : texts6[place];
  name.address.six.sin6_family = AF_INET6;
  name.address.six.sin6_port = htons(port);
  inet_pton(AF_INET6, text, &name.address.six.sin6_addr);
  name.length = sizeof name.address.six;
  return name;
}

static uint16_t port_of(const struct sockaddr *address, socklen_t length) {
  uint16_t port = 0; /* of both families at the same place */
  if (length >= 4 && (address->sa_family == AF_INET || address->sa_family == AF_INET6)) {
    memcpy(&port, (const char *)address + 2, sizeof port);
  }
  return ntohs(port);
}

static uint16_t port_by(int (*call)(int, struct sockaddr *, socklen_t *), int slot) {
  struct name name;
  name.length = sizeof name.address;
  int error = errno;
  bool known = call(fd_of(slot), &name.address.any, &name.length) == 0;
  errno = error;
  return known ? port_of(&name.address.any, name.length) : 0;
}

static int local(int fd, struct sockaddr *address, socklen_t *length) {
  return getsockname(fd, address, length);
}

static int remote(int fd, struct sockaddr *address, socklen_t *length) {
  return getpeername(fd, address, length);
}

uint16_t local_port(int slot) { return port_by(local, slot); }

uint16_t peer_port(int slot) { return port_by(remote, slot); }

int picked_last;

static bool is_loopback(const struct in6_addr *raw) {
  return IN6_IS_ADDR_LOOPBACK(raw) || (IN6_IS_ADDR_V4MAPPED(raw) && raw->s6_addr[12] == 127);
}

/* An address of either family as one of IPv6. */
static struct in6_addr raw_of(const struct name *name) {
  struct in6_addr raw = name->address.six.sin6_addr;
  if (name->address.any.sa_family == AF_INET) {
    memset(&raw, 0, sizeof raw);
    if (name->address.four.sin_addr.s_addr != 0) {
      raw.s6_addr[10] = raw.s6_addr[11] = 0xff;
      memcpy(&raw.s6_addr[12], &name->address.four.sin_addr, 4);
    }
  }
  return raw;
}

static bool local_name(int slot, struct name *name, struct in6_addr *raw) {
  name->length = sizeof name->address;
  if (slots[slot].kind == NOTHING ||
      getsockname(slots[slot].fd, &name->address.any, &name->length) != 0) {
    return false;
  }
  *raw = raw_of(name);
  bool fresh = (ready(slots[slot].fd, POLLIN) & (POLLHUP | POLLIN)) == POLLHUP;
  if (slots[slot].kind == TCP && !(slots[slot].named && fresh) && !slots[slot].listened) {
    memset(raw, 0, sizeof *raw); /* who was connected to by 127.x may have either name */
  }
  return true;
}

/*
 * The name by which a socket reaches another one. To a guest 127.x and ::1 are other names of its
 * own address, by which it reaches what is bound to any address; so nothing else is asked of them.
 */
bool name_towards(int from, int to, struct name *name) {
  struct name own_name;
  struct in6_addr mine;
  struct in6_addr other;
  if (!local_name(from, &own_name, &mine) || !local_name(to, name, &other)) {
    return false;
  }
  picked_last = to;
  uint16_t port = ntohs(name->address.four.sin_port);
  bool six = slots[from].family == AF_INET6;
  bool six_only = !IN6_IS_ADDR_UNSPECIFIED(&mine) && !IN6_IS_ADDR_V4MAPPED(&mine);
  if (IN6_IS_ADDR_UNSPECIFIED(&other)) {
    bool old = !six || slots[to].family == AF_INET || (!six_only && chance(30)) ||
               IN6_IS_ADDR_V4MAPPED(&mine);
    bool loopback = IN6_IS_ADDR_UNSPECIFIED(&mine) ? chance(40) : is_loopback(&mine);
    *name = name_of(six ? AF_INET6 : AF_INET,
                    loopback ? (old ? MAPPED_LOOPBACK : LOOPBACK) : (old ? MAPPED_OWN : OWN), port);
    return !(old && six_only && six);
  }
  if ((!six && !IN6_IS_ADDR_V4MAPPED(&other)) || is_loopback(&other)) {
    return false;
  }
  *name = name_of(six ? AF_INET6 : AF_INET, IN6_IS_ADDR_V4MAPPED(&other) ? MAPPED_OWN : OWN, port);
  return !is_loopback(&mine) && !(six && IN6_IS_ADDR_V4MAPPED(&other) && six_only) &&
         !(six && !IN6_IS_ADDR_V4MAPPED(&other) && IN6_IS_ADDR_V4MAPPED(&mine));
}

/* In the family that it is bound in. */
struct name nobody_towards(int slot) {
  struct name name;
  struct in6_addr mine;
  bool six = slots[slot].family == AF_INET6;
  bool old = six && local_name(slot, &name, &mine) && IN6_IS_ADDR_V4MAPPED(&mine);
  return name_of(six ? AF_INET6 : AF_INET, old ? MAPPED_OWN : OWN, dead_port());
}

/* A port that was given out is named after a slot that has it: which one it is nobody can know. */
static void say_port(uint16_t port) {
  if (port == 0 || (port >= base && port < base + APART)) {
    say(port == 0 ? ":0" : ":p%d", port - base);
    return;
  }
  enum kind kind = slots[picked_last].kind; /* TCP and UDP have their own */
  for (int i = 0; i < SLOTS; i++) {
    bool is_it = slots[i].kind == kind && local_port(i) == port;
    if (is_it && (i == picked_last || local_port(picked_last) != port)) {
      say(":of %d", i);
      return;
    }
  }
  for (int i = 0; i < SLOTS; i++) {
    if (slots[i].kind == kind && peer_port(i) == port) {
      say(":of peer of %d", i);
      return;
    }
  }
  say(":of nobody");
}

static bool is_result;

static void say_four(struct in_addr address) {
  for (enum place place = ANY; place <= EVERYBODY; place++) {
    struct name name = name_of(AF_INET, place, 0);
    if (name.address.four.sin_addr.s_addr == address.s_addr) {
      bool here = is_result && place != ANY && place < FOREIGN;
      say("%s", here ? "here" : names4[place]);
      return;
    }
  }
  say("another");
}

static void say_six(const struct in6_addr *address) {
  if (IN6_IS_ADDR_V4MAPPED(address)) {
    struct in_addr four;
    memcpy(&four, &address->s6_addr[12], sizeof four);
    say("mapped ");
    say_four(four);
    return;
  }
  static const struct word places[] = {
      {ANY, "any"}, {LOOPBACK, "loopback"}, {OWN, "own"}, {FOREIGN, "foreign"}};
  for (size_t i = 0; i < sizeof places / sizeof places[0]; i++) {
    struct name name = name_of(AF_INET6, (enum place)places[i].value, 0);
    if (memcmp(&name.address.six.sin6_addr, address, sizeof *address) == 0) {
      bool here = is_result && (places[i].value == LOOPBACK || places[i].value == OWN);
      say("%s6", here ? "here" : places[i].name);
      return;
    }
  }
  say("another6");
}

void say_name(const struct sockaddr *address, socklen_t length) {
  struct name name;
  memset(&name, 0, sizeof name);
  memcpy(&name.address, address, length < sizeof name.address ? length : sizeof name.address);
  if (length >= sizeof name.address.four && name.address.any.sa_family == AF_INET) {
    say_four(name.address.four.sin_addr);
  } else if (length >= sizeof name.address.six && name.address.any.sa_family == AF_INET6) {
    say_six(&name.address.six.sin6_addr);
    if (name.address.six.sin6_scope_id != 0 || name.address.six.sin6_flowinfo != 0) {
      say("%%%u/%u", name.address.six.sin6_scope_id, name.address.six.sin6_flowinfo);
    }
  } else {
    say("family %d of %u bytes", length >= 2 ? name.address.any.sa_family : -1, length);
    return;
  }
  say_port(port_of(&name.address.any, length));
}

/* Who is connected to by 127.x may be shown either address, so these have one name as results. */
void say_result_name(const struct sockaddr *address, socklen_t length) {
  is_result = true;
  say_name(address, length);
  is_result = false;
}
