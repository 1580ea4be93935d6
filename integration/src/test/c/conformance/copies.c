/* Copies of descriptors that are refused change nothing. */
#include <linux/sockios.h>

#include "conformance.h"

CASE(copies, refused_onto_a_socket_leave_it) {
  struct conf_pair pair = conf_pair();
  struct conf_pair other = conf_pair();
  FAILS(dup3(other.client, pair.client, 1), EINVAL);
  FAILS(dup2(-1, pair.client), EBADF);
  FAILS(dup3(pair.client, pair.client, 0), EINVAL);
  conf_write_all(pair.client, "still", 5);
  conf_expect(pair.server, "still");
  conf_write_all(pair.server, "here", 4);
  conf_expect(pair.client, "here");
}

CASE(copies, onto_a_socket_close_it) {
  struct conf_pair pair = conf_pair();
  struct conf_pair other = conf_pair();
  SAME(dup2(other.client, pair.client), pair.client);
  conf_expect_eof(pair.server);
  conf_write_all(pair.client, "other", 5);
  conf_expect(other.server, "other");
}

CASE(ioctls, of_streams_are_not_for_datagrams) {
  struct sockaddr_in where = conf_address(0);
  int fd = OK(socket(AF_INET, SOCK_DGRAM, 0));
  OK(bind(fd, conf_sa(&where), sizeof where));
  int number = 7;
  FAILS(ioctl(fd, SIOCATMARK, &number), ENOTTY);
  FAILS(ioctl(fd, SIOCOUTQNSD, &number), ENOTTY);
  OK(ioctl(fd, SIOCOUTQ, &number));
  SAME(number, 0);
}
