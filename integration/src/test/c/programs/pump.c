/*
 * One connection, kept busy, for tests of what happens when something dies.
 *
 *   pump ADDRESS PORT SECONDS    echoes checked blocks through an echo server until the time is up
 *                                ("right: N round trips", status 0) or the connection ends
 *                                ("ended: <errno name> after <ms> ms", status 3)
 *   pump idle                    makes one socket, prints "idle", waits for the end of stdin
 */
#include "conformance.h"

static int ended(const char *how, long long started) {
  printf("ended: %s after %lld ms\n", how, conf_now_ms() - started);
  return 3;
}

static int pump(char **argv) {
  struct sockaddr_in where = {.sin_family = AF_INET, .sin_port = htons((uint16_t)atoi(argv[2]))};
  SAME(inet_pton(AF_INET, argv[1], &where.sin_addr), 1);
  int fd = conf_connect(&where);
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

int main(int argc, char **argv) {
  conf_current = "pump";
  if (argc == 4) {
    return pump(argv);
  }
  if (argc == 2 && strcmp(argv[1], "idle") == 0) {
    struct sockaddr_in where = conf_address(0);
    if (getenv("CONF_ADDR") != NULL) {
      OK(bind(conf_socket(), conf_sa(&where), sizeof where));
    } else {
      conf_socket();
    }
    puts("idle");
    fflush(stdout);
    while (getchar() != EOF) {
    }
    return 0;
  }
  fprintf(stderr, "usage: pump ADDRESS PORT SECONDS | pump idle\n");
  return 2;
}
