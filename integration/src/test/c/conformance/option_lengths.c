/* Lengths of options of connected sockets: too short ones are refused, short answers are cut. */
#include "conformance.h"

struct option {
  int level;
  int name;
  socklen_t shortest; /* that is accepted */
};

/* Of ints, but for two; what a byte would do for has none that is too short. */
static const struct option options[] = {
    {SOL_SOCKET, SO_KEEPALIVE, sizeof(int)},
    {SOL_SOCKET, SO_REUSEADDR, sizeof(int)},
    {SOL_SOCKET, SO_SNDBUF, sizeof(int)},
    {SOL_SOCKET, SO_RCVBUF, sizeof(int)},
    {SOL_SOCKET, SO_RCVLOWAT, sizeof(int)},
    {SOL_SOCKET, SO_LINGER, sizeof(struct linger)},
    {SOL_SOCKET, SO_RCVTIMEO, sizeof(struct timeval)},
    {SOL_SOCKET, SO_SNDTIMEO, sizeof(struct timeval)},
    {IPPROTO_TCP, TCP_NODELAY, sizeof(int)},
    {IPPROTO_TCP, TCP_CORK, sizeof(int)},
    {IPPROTO_TCP, TCP_KEEPIDLE, sizeof(int)},
    {IPPROTO_TCP, TCP_KEEPINTVL, sizeof(int)},
    {IPPROTO_TCP, TCP_KEEPCNT, sizeof(int)},
    {IPPROTO_TCP, TCP_USER_TIMEOUT, sizeof(int)},
    {IPPROTO_TCP, TCP_NOTSENT_LOWAT, sizeof(int)},
    {IPPROTO_TCP, TCP_QUICKACK, sizeof(int)},
};
enum { COUNT = sizeof options / sizeof options[0], ROOM = 64 };

static void still_moves_bytes(struct conf_pair *pair) {
  conf_write_all(pair->client, "there", 5);
  conf_expect(pair->server, "there");
  conf_write_all(pair->server, "back", 4);
  conf_expect(pair->client, "back");
}

CASE(options, too_short_ones_are_refused) {
  struct conf_pair pair = conf_pair();
  for (int i = 0; i < COUNT; i++) {
    const struct option *one = &options[i];
    unsigned char before[ROOM] = {0};
    unsigned char after[ROOM] = {0};
    const unsigned char value[ROOM] = {1};
    socklen_t length = sizeof before;
    OK(getsockopt(pair.client, one->level, one->name, before, &length));
    for (socklen_t bytes = 0; bytes < one->shortest; bytes++) {
      FAILS(setsockopt(pair.client, one->level, one->name, value, bytes), EINVAL);
    }
    FAILS(setsockopt(pair.client, one->level, one->name, value, (socklen_t)-1), EINVAL);
    length = sizeof after;
    OK(getsockopt(pair.client, one->level, one->name, after, &length));
    SAME(memcmp(before, after, sizeof before), 0);
  }
  still_moves_bytes(&pair);
}

CASE(options, answers_are_cut_to_any_length) {
  struct conf_pair pair = conf_pair();
  for (int i = 0; i < COUNT; i++) {
    const struct option *one = &options[i];
    unsigned char whole[ROOM] = {0};
    socklen_t full = sizeof whole;
    OK(getsockopt(pair.client, one->level, one->name, whole, &full));
    SAME(full, one->shortest);
    for (socklen_t bytes = 0; bytes < full; bytes++) {
      unsigned char part[ROOM];
      memset(part, 0xee, sizeof part);
      socklen_t length = bytes;
      OK(getsockopt(pair.client, one->level, one->name, part, &length));
      SAME(length, bytes);
      SAME(memcmp(part, whole, bytes), 0);
      SAME(part[bytes], 0xee);
    }
    socklen_t negative = (socklen_t)-1;
    FAILS(getsockopt(pair.client, one->level, one->name, whole, &negative), EINVAL);
  }
  still_moves_bytes(&pair);
}

CASE(options, names_of_congestion_control_of_no_length) {
  struct conf_pair pair = conf_pair();
  FAILS(setsockopt(pair.client, IPPROTO_TCP, TCP_CONGESTION, "cubic", 0), EINVAL);
  FAILS(setsockopt(pair.client, IPPROTO_TCP, TCP_CONGESTION, "cubic", (socklen_t)-1), EINVAL);
  char name[16];
  memset(name, 0xee, sizeof name);
  socklen_t length = 3;
  OK(getsockopt(pair.client, IPPROTO_TCP, TCP_CONGESTION, name, &length));
  SAME(length, 3);
  SAME((unsigned char)name[3], 0xee);
  still_moves_bytes(&pair);
}
