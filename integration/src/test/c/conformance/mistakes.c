/* Which errno comes first where several would do, and what a socket is after it was disconnected. */
#include "conformance.h"

CASE(mistakes, bind_looks_at_the_address_first) {
  struct sockaddr_in where;
  int fd = conf_listen(&where);
  struct sockaddr_in6 six = {.sin6_family = AF_INET6};
  FAILS(bind(fd, (struct sockaddr *)&six, sizeof six), EAFNOSUPPORT);
  FAILS(bind(fd, NULL, sizeof where), EFAULT);
  FAILS(bind(fd, conf_sa(&where), 3), EINVAL);
  FAILS(bind(fd, conf_sa(&where), sizeof where), EINVAL);
  char room[200] = {0};
  memcpy(room, &where, sizeof where);
  FAILS(bind(conf_socket(), (struct sockaddr *)room, sizeof room), EINVAL);
  FAILS(connect(conf_socket(), (struct sockaddr *)room, sizeof room), EINVAL);
}

CASE(mistakes, who_has_no_peer_is_told_that_first) {
  struct sockaddr_in name;
  socklen_t length = (socklen_t)-1;
  int fd = conf_socket();
  FAILS(getpeername(fd, conf_sa(&name), &length), ENOTCONN);
  FAILS(getsockname(fd, conf_sa(&name), &length), EINVAL);
}

CASE(mistakes, addresses_of_datagrams_have_a_greatest_length) {
  int fd = OK(socket(AF_INET, SOCK_DGRAM, 0));
  struct sockaddr_in where = conf_address(0);
  OK(bind(fd, conf_sa(&where), sizeof where));
  char room[200] = {0};
  where.sin_port = htons(conf_port_of(fd));
  memcpy(room, &where, sizeof where);
  FAILS(sendto(fd, "x", 1, 0, (struct sockaddr *)room, sizeof room), EINVAL);
  SAME(sendto(fd, "x", 1, 0, (struct sockaddr *)room, 128), 1);
}

CASE(mistakes, v6only_is_for_sockets_without_a_port) {
  int fd = OK(socket(AF_INET6, SOCK_STREAM, 0));
  struct sockaddr_in6 any = {.sin6_family = AF_INET6};
  int on = 1;
  OK(bind(fd, (struct sockaddr *)&any, sizeof any));
  FAILS(setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof on), EINVAL);
}

CASE(mistakes, low_water_below_zero_is_the_highest) {
  struct conf_pair pair = conf_pair();
  int low = -1;
  OK(setsockopt(pair.server, SOL_SOCKET, SO_RCVLOWAT, &low, sizeof low));
  socklen_t length = sizeof low;
  OK(getsockopt(pair.server, SOL_SOCKET, SO_RCVLOWAT, &low, &length));
  CHECK(low > 65536); /* not 1 */
}

CASE(mistakes, disconnecting_is_told_to_both_ends) {
  struct conf_pair pair = conf_pair();
  struct sockaddr nobody = {.sa_family = AF_UNSPEC};
  OK(connect(pair.client, &nobody, sizeof nobody));
  SAME(conf_poll(pair.client, POLLIN | POLLOUT, SOON), POLLOUT | POLLERR | POLLHUP);
  int error = 0;
  socklen_t length = sizeof error;
  OK(getsockopt(pair.client, SOL_SOCKET, SO_ERROR, &error, &length));
  SAME(error, ECONNRESET);
  char byte;
  FAILS(recv(pair.server, &byte, 1, 0), ECONNRESET);
  OK(connect(pair.client, &nobody, sizeof nobody)); /* there is nothing more to reset */
  SAME(conf_poll(pair.client, POLLIN | POLLOUT, SOON), POLLOUT | POLLHUP);
}

CASE(mistakes, bytes_of_bands_can_be_sent_as_datagrams) {
  int fd = OK(socket(AF_INET, SOCK_DGRAM, 0));
  struct sockaddr_in where = conf_address(0);
  OK(bind(fd, conf_sa(&where), sizeof where));
  SAME(conf_poll(fd, POLLWRBAND, SOON), POLLWRBAND);
}
