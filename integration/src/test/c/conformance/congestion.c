/* Congestion control and pacing: what is chosen is true. */
#include "conformance.h"

static int get_rate(int fd) {
  int value = 0;
  socklen_t length = sizeof value;
  OK(getsockopt(fd, SOL_SOCKET, SO_MAX_PACING_RATE, &value, &length));
  SAME(length, sizeof value);
  return value;
}

static int set_rate(int fd, int value) {
  return setsockopt(fd, SOL_SOCKET, SO_MAX_PACING_RATE, &value, sizeof value);
}

static uint64_t max_rate_in_info(int fd) {
  uint64_t info[32] = {0};
  socklen_t length = sizeof info;
  OK(getsockopt(fd, IPPROTO_TCP, TCP_INFO, info, &length));
  CHECK(length >= 120);
  return info[14]; /* tcpi_max_pacing_rate, which the C library's header may lack */
}

CASE(congestion, control_has_a_name) {
  int fd = conf_socket();
  char name[16] = {0};
  socklen_t length = sizeof name;
  OK(getsockopt(fd, IPPROTO_TCP, TCP_CONGESTION, name, &length));
  CHECK(strlen(name) > 0);
  OK(setsockopt(fd, IPPROTO_TCP, TCP_CONGESTION, name, (socklen_t)strlen(name)));
  FAILS(setsockopt(fd, IPPROTO_TCP, TCP_CONGESTION, "nonesuch", 8), ENOENT);
}

CASE(congestion, control_can_be_chosen) {
  struct conf_pair pair = conf_pair();
  for (int i = 0; i < 2; i++) {
    const char* wanted = i == 0 ? "reno" : "cubic";
    char name[16] = {0};
    socklen_t length = sizeof name;
    OK(setsockopt(pair.client, IPPROTO_TCP, TCP_CONGESTION, wanted, (socklen_t)strlen(wanted)));
    OK(getsockopt(pair.client, IPPROTO_TCP, TCP_CONGESTION, name, &length));
    CHECK(strcmp(name, wanted) == 0);
    SAME(write(pair.client, wanted, strlen(wanted)), strlen(wanted));
    SAME(recv(pair.server, name, strlen(wanted), MSG_WAITALL), strlen(wanted));
  }
}

/* The kernel may lack it, or keep it from those who are not root. */
CASE(congestion, dctcp_can_be_chosen) {
  struct conf_pair pair = conf_pair();
  char name[16] = {0};
  socklen_t length = sizeof name;
  if (setsockopt(pair.client, IPPROTO_TCP, TCP_CONGESTION, "dctcp", 5) != 0) {
    CHECK(errno == ENOENT || errno == EPERM);
    return;
  }
  OK(getsockopt(pair.client, IPPROTO_TCP, TCP_CONGESTION, name, &length));
  CHECK(strncmp(name, "dctcp", 5) == 0);
  SAME(write(pair.client, "ping", 4), 4);
  SAME(recv(pair.server, name, 4, MSG_WAITALL), 4);
}

CASE(congestion, bbr_can_be_chosen) {
  struct conf_pair pair = conf_pair();
  char name[16] = {0};
  socklen_t length = sizeof name;
  if (setsockopt(pair.client, IPPROTO_TCP, TCP_CONGESTION, "bbr", 3) != 0) {
    CHECK(errno == ENOENT || errno == EPERM);
    return;
  }
  OK(getsockopt(pair.client, IPPROTO_TCP, TCP_CONGESTION, name, &length));
  CHECK(strncmp(name, "bbr", 4) == 0);
  SAME(write(pair.client, "ping", 4), 4);
  SAME(recv(pair.server, name, 4, MSG_WAITALL), 4);
}

static uint64_t max_pacing_rate(int fd) {
  uint64_t rate = 0;
  socklen_t length = sizeof rate;
  OK(getsockopt(fd, SOL_SOCKET, SO_MAX_PACING_RATE, &rate, &length));
  SAME(length, sizeof rate);
  return rate;
}

CASE(congestion, max_pacing_rate_has_32_or_64_bits) {
  int fd = conf_socket();
  CHECK(max_pacing_rate(fd) == UINT64_MAX);
  SAME(get_rate(fd), -1);
  OK(set_rate(fd, 1000000));
  CHECK(max_pacing_rate(fd) == 1000000);
  uint64_t wide = UINT64_C(10000000000);
  OK(setsockopt(fd, SOL_SOCKET, SO_MAX_PACING_RATE, &wide, sizeof wide));
  CHECK(max_pacing_rate(fd) == wide);
  SAME(get_rate(fd), -1);
  OK(set_rate(fd, -1));
  CHECK(max_pacing_rate(fd) == UINT64_MAX);
  FAILS(setsockopt(fd, SOL_SOCKET, SO_MAX_PACING_RATE, &wide, 2), EINVAL);
}

CASE(congestion, max_pacing_rate_of_connections) {
  struct sockaddr_in where;
  int listener = conf_listen(&where);
  OK(set_rate(listener, 5000000));
  int client = conf_connect(&where);
  int server = conf_accept(listener);
  SAME(get_rate(server), 5000000);
  CHECK(max_rate_in_info(server) == 5000000);
  OK(set_rate(client, 3000000));
  conf_write_all(client, "paced", 5);
  conf_expect(server, "paced");
  SAME(get_rate(client), 3000000);
  CHECK(max_rate_in_info(client) == 3000000);
}
