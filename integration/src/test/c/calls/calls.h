/*
 * Random sequences of socket calls. From a seed one process plays both ends of connections, one
 * call after the other, and writes a line for each: what was called, what came of it, and what all
 * descriptors are ready for then. The lines are a function of the seed and of the TCP stack below:
 * played on the kernel they are what is expected of a guest.
 *
 *   CONF_ADDR, CONF_ADDR6  addresses of this machine, besides the loopback
 *   CALLS_STEPS            calls of a seed, 60 if it is not set
 *   CALLS_LIMIT_MS         how long to wait for what must come, 60,000 if it is not set
 */
#ifndef CALLS_H
#define CALLS_H

#ifndef _GNU_SOURCE
#error "compile with -D_GNU_SOURCE"
#endif
#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define SLOTS 12
#define PORTS 8    /* that are bound to by number; the next ones are nobody's */
#define ROOM 16384 /* the most that a call moves */

enum kind { NOTHING, TCP, UDP, EPOLL, ANYTHING };

/* A descriptor has the number of its slot in the transcript. */
struct slot {
  int fd; /* -1: none */
  enum kind kind;
  int family;
  bool named;    /* bound by bind() */
  bool listened;
  int shut; /* 1: for reading, 2: for writing */
  size_t sent;   /* by this one; a connection that nobody accepted takes only so much */
  uint32_t group; /* the same for all copies of a descriptor */
  uint32_t round; /* told apart from what was in the slot before */
};
extern struct slot slots[SLOTS];

/* ---- dice.c: what happens next, and what the call is given ---- */
void dice_start(uint64_t seed, uint32_t step);
uint32_t roll(uint32_t sides); /* 0 to sides - 1 */
bool chance(uint32_t percent);
#define ONE_OF(array) ((array)[roll((uint32_t)(sizeof(array) / sizeof((array)[0])))])
int pick(enum kind kind); /* a slot, mostly one of that kind, now and then an empty one */
int pick_empty(void);     /* a slot */
int empty_slots(void);
void put(int slot, int fd, enum kind kind, int family);
void drop(int slot); /* its descriptor is closed */
int fd_of(int slot); /* a number that is never open if there is none */
const uint8_t *bytes_to_send(size_t count);

/* ---- transcript.c: lines, and what they are compared with ---- */
void say(const char *format, ...) __attribute__((format(printf, 1, 2)));
void say_result(long long result); /* the errno's name if it is negative */
void say_bytes(const void *bytes, size_t count);
struct word {
  uint32_t value;
  const char *name;
};
void say_words(uint32_t value, const struct word *words, size_t count);
#define SAY_WORDS(value, words) \
  say_words((uint32_t)(value), words, sizeof(words) / sizeof((words)[0]))
void say_events(uint32_t events);
void line_ends(void);
void line_begins(void); /* anew: what was said since it began is forgotten */
void transcript_open(const char *path, bool compare, uint64_t seed);
bool transcript_compares(void);
const char *transcript_expected(void); /* the next line, or NULL */
void transcript_close(void);
extern char line[];

/* ---- names.c: addresses and ports ---- */
struct name {
  union {
    struct sockaddr any;
    struct sockaddr_in four;
    struct sockaddr_in6 six;
    struct sockaddr_storage room;
  } address;
  socklen_t length;
};
enum place { ANY, LOOPBACK, OTHER_LOOPBACK, OWN, FOREIGN, MAPPED_OWN, MAPPED_LOOPBACK, EVERYBODY };
void names_start(uint64_t seed);
struct name name_of(int family, enum place place, uint16_t port);
uint16_t port_number(uint32_t index);
uint16_t dead_port(void);
uint16_t local_port(int slot); /* 0: none */
uint16_t peer_port(int slot);  /* 0: none */
extern int picked_last; /* whose port is spoken of, perhaps */
struct name nobody_towards(int slot);
void say_name(const struct sockaddr *address, socklen_t length);
void say_result_name(const struct sockaddr *address, socklen_t length);
bool name_towards(int from, int to, struct name *name); /* false: the one cannot reach the other */

/* ---- state.c: what all descriptors are ready for, once everything has arrived ---- */
void state_start(void);
void state_line(uint32_t step);
short ready(int fd, short events);
bool would_block(int slot, short events); /* and says so */
bool is_nonblocking(int fd);
long long now_ms(void);
long long limit_ms(void);

/* ---- the calls ---- */
struct call {
  const char *name;
  uint32_t weight;
  void (*run)(void);
};
extern const struct call calls_of_sockets[];
extern const struct call calls_of_bytes[];
extern const struct call calls_of_options[];
extern const struct call calls_of_waiting[];
extern const struct call calls_of_descriptors[];
void call_beginning(void); /* of what most calls need */
void call_any(void);
void close_slot(int slot);
void call_close(void);

#endif
