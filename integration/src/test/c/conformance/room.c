/* What is written in small pieces finds room, though nobody reads yet. */
#include "conformance.h"
#include "udp.h"

#define PIECE 43
#define PIECES 300 /* 12,900 bytes, less than any send buffer */
#define EARLY 12900

CASE(room, small_writes_without_waiting) {
  for (int round = 0; round < 20; round++) {
    struct conf_pair pair = conf_pair();
    conf_nonblocking(pair.client);
    conf_nonblocking(pair.server);
    uint8_t bytes[PIECE];
    for (int i = 0; i < PIECES; i++) {
      conf_fill(bytes, sizeof bytes, 1, (uint64_t)i * PIECE);
      SAME(OK(send(pair.client, bytes, sizeof bytes, MSG_NOSIGNAL)), PIECE);
      conf_fill(bytes, sizeof bytes, 2, (uint64_t)i * PIECE);
      SAME(OK(write(pair.server, bytes, sizeof bytes)), PIECE);
    }
    OK(fcntl(pair.client, F_SETFL, 0));
    OK(fcntl(pair.server, F_SETFL, 0));
    conf_expect_pattern(pair.server, 1, PIECE * PIECES);
    conf_expect_pattern(pair.client, 2, PIECE * PIECES);
    OK(close(pair.client));
    OK(close(pair.server));
    OK(close(pair.listener));
  }
}

/* By one thread, which would wait for itself. */
CASE(room, written_before_accept) {
  struct sockaddr_in where;
  int listener = conf_listen(&where);
  int client = conf_connect(&where);
  struct timeval limit = {.tv_sec = SOON / 1000};
  OK(setsockopt(client, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit));
  conf_send_pattern(client, 3, EARLY);
  int server = conf_accept(listener);
  conf_expect_pattern(server, 3, EARLY);
}

CASE(room, datagrams_without_waiting) {
  struct sockaddr_in where;
  int receiver = conf_udp_bound(&where);
  int sender = conf_udp();
  conf_nonblocking(sender);
  uint8_t bytes[500];
  for (int i = 0; i < 60; i++) {
    memset(bytes, i, sizeof bytes);
    SAME(OK(sendto(sender, bytes, sizeof bytes, 0, conf_sa(&where), sizeof where)), sizeof bytes);
  }
  for (int i = 0; i < 60; i++) {
    CHECK(conf_poll(receiver, POLLIN, SOON) & POLLIN);
    SAME(OK(recv(receiver, bytes, sizeof bytes, 0)), sizeof bytes);
    SAME(bytes[sizeof bytes - 1], i);
  }
}
