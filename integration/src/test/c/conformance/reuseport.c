/* SO_REUSEPORT: several listeners of one port. */
#include "conformance.h"

static int listen_reuseport(struct sockaddr_in *where) {
  int fd = conf_socket();
  OK(setsockopt(fd, SOL_SOCKET, SO_REUSEPORT, &(int){1}, sizeof(int)));
  OK(bind(fd, conf_sa(where), sizeof *where));
  OK(listen(fd, 128));
  where->sin_port = htons(conf_port_of(fd));
  conf_nonblocking(fd);
  return fd;
}

CASE(reuseport, spreads_connections) {
  struct sockaddr_in where = conf_address(0);
  int first = listen_reuseport(&where);
  int second = listen_reuseport(&where);
  for (int i = 0; i < 64; i++) {
    conf_connect(&where);
  }
  int counts[2] = {0, 0};
  while (counts[0] + counts[1] < 64) {
    struct pollfd entries[2] = {{first, POLLIN, 0}, {second, POLLIN, 0}};
    CHECK(poll(entries, 2, SOON) > 0);
    counts[0] += accept(first, NULL, NULL) >= 0;
    counts[1] += accept(second, NULL, NULL) >= 0;
  }
  CHECK(counts[0] >= 5 && counts[1] >= 5);
}

CASE(reuseport, goes_on_when_one_closes) {
  struct sockaddr_in where = conf_address(0);
  int first = listen_reuseport(&where);
  int second = listen_reuseport(&where);
  OK(close(first));
  for (int i = 0; i < 20; i++) {
    conf_connect(&where);
    SAME(conf_poll(second, POLLIN, SOON), POLLIN);
    conf_accept(second);
  }
}

CASE(reuseport, must_be_on_all) {
  struct sockaddr_in where = conf_address(0);
  listen_reuseport(&where);
  FAILS(bind(conf_socket(), conf_sa(&where), sizeof where), EADDRINUSE);
}
