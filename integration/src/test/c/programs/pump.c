/*
 * One connection, kept busy, for tests of what happens when something dies.
 *
 *   pump ADDRESS PORT SECONDS    echoes checked blocks through an echo server until the time is up
 *                                ("right: N round trips", status 0) or the connection ends
 *                                ("ended: <errno name> after <ms> ms", status 3)
 *   pump wait ADDRESS PORT       connects, prints "waiting" and waits in recv, ends as above
 *   pump listen                  listens on CONF_ADDR, prints "listening", waits in poll for ever
 */
#include "conformance.h"

static int ended(const char *how, long long started) {
  printf("ended: %s after %lld ms\n", how, conf_now_ms() - started);
  return 3;
}

/* Else who has an acknowledgement, but no echo, would wait for ever once its peer is forgotten. */
static void look_for_peer(int fd) {
  int on = 1;
  int seconds = 1;
  int tries = 127;
  OK(setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &on, sizeof on));
  OK(setsockopt(fd, IPPROTO_TCP, TCP_KEEPIDLE, &seconds, sizeof seconds));
  OK(setsockopt(fd, IPPROTO_TCP, TCP_KEEPINTVL, &seconds, sizeof seconds));
  OK(setsockopt(fd, IPPROTO_TCP, TCP_KEEPCNT, &tries, sizeof tries));
}

static int pump(char **argv) {
  struct sockaddr_in where = {.sin_family = AF_INET, .sin_port = htons((uint16_t)atoi(argv[2]))};
  SAME(inet_pton(AF_INET, argv[1], &where.sin_addr), 1);
  int fd = conf_connect(&where);
  look_for_peer(fd);
  puts("connected");
  fflush(stdout);
  long long started = conf_now_ms();
  uint64_t trips = 0;
  uint8_t out[400];
  uint8_t back[sizeof out];
  while (conf_now_ms() - started < atoi(argv[3]) * 1000LL) {
    conf_fill(out, sizeof out, trips, 0);
    if (send(fd, out, sizeof out, MSG_NOSIGNAL) < 0) {
      return ended(strerrorname_np(errno), started);
    }
    for (size_t have = 0; have < sizeof back;) {
      ssize_t got = recv(fd, back + have, sizeof back - have, 0);
      if (got <= 0) {
        return ended(got == 0 ? "end of stream" : strerrorname_np(errno), started);
      }
      have += (size_t)got;
    }
    SAME(memcmp(out, back, sizeof out), 0);
    trips++;
  }
  printf("right: %llu round trips\n", (unsigned long long)trips);
  return 0;
}

static int wait_for_data(char **argv) {
  struct sockaddr_in where = {.sin_family = AF_INET, .sin_port = htons((uint16_t)atoi(argv[3]))};
  SAME(inet_pton(AF_INET, argv[2], &where.sin_addr), 1);
  int fd = conf_connect(&where);
  puts("waiting");
  fflush(stdout);
  long long started = conf_now_ms();
  char byte;
  ssize_t got = recv(fd, &byte, 1, 0);
  return ended(got == 0 ? "end of stream" : strerrorname_np(errno), started);
}

static int listen_idle(void) {
  struct sockaddr_in where;
  int listener = conf_listen(&where);
  puts("listening");
  fflush(stdout);
  conf_poll(listener, POLLIN, -1);
  return 0;
}

int main(int argc, char **argv) {
  conf_current = "pump";
  if (argc == 4 && strcmp(argv[1], "wait") == 0) {
    return wait_for_data(argv);
  }
  if (argc == 4) {
    return pump(argv);
  }
  if (argc == 2 && strcmp(argv[1], "listen") == 0) {
    return listen_idle();
  }
  fprintf(stderr, "usage: pump ADDRESS PORT SECONDS | pump wait ADDRESS PORT | pump listen\n");
  return 2;
}
