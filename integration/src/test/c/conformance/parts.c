/* Messages in parts: all are filled, none is looked at that must not be there; and of no bytes. */
#include <limits.h>

#include "udp.h"

CASE(parts, are_all_filled_by_a_peek) {
  struct conf_pair pair = conf_pair();
  conf_write_all(pair.client, "abcdefgh", 8);
  int there = 0;
  EVENTUALLY(ioctl(pair.server, FIONREAD, &there) == 0 && there == 8);
  char one[3] = {0};
  char two[4] = {0};
  char three[5] = {0};
  struct iovec parts[] = {{one, 2}, {NULL, 0}, {two, 3}, {three, 4}};
  struct msghdr message = {.msg_iov = parts, .msg_iovlen = 4};
  SAME(recvmsg(pair.server, &message, MSG_PEEK), 8);
  SAME(strcmp(one, "ab"), 0);
  SAME(strcmp(two, "cde"), 0);
  SAME(strcmp(three, "fgh"), 0);
  conf_expect(pair.server, "abcdefgh");
}

/* Not even looked at: there is but one. */
CASE(parts, too_many_are_refused) {
  struct conf_pair pair = conf_pair();
  struct sockaddr_in where = conf_address(0);
  int datagrams = OK(socket(AF_INET, SOCK_DGRAM, 0));
  OK(bind(datagrams, conf_sa(&where), sizeof where));
  where.sin_port = htons(conf_port_of(datagrams));
  OK(connect(datagrams, conf_sa(&where), sizeof where));
  char byte = 'x';
  struct iovec part = {&byte, 1};
  struct msghdr message = {.msg_iov = &part, .msg_iovlen = SIZE_MAX / 32};
  int fds[] = {pair.client, datagrams};
  volatile int too_many = IOV_MAX + 1; /* unknown to the compiler, which would warn */
  for (int i = 0; i < 2; i++) {
    FAILS(sendmsg(fds[i], &message, 0), EMSGSIZE);
    FAILS(recvmsg(fds[i], &message, MSG_DONTWAIT), EMSGSIZE);
    FAILS(writev(fds[i], &part, too_many), EINVAL);
    FAILS(readv(fds[i], &part, too_many), EINVAL);
  }
}

/* write() and send() of no bytes ask the socket, read(), readv() and writev() do not. */
CASE(parts, of_no_bytes) {
  struct conf_pair pair = conf_pair();
  int fresh = conf_socket();
  struct iovec none = {NULL, 0};
  SAME(readv(fresh, &none, 1), 0);
  SAME(writev(fresh, &none, 1), 0);
  SAME(read(fresh, NULL, 0), 0);
  SAME(readv(pair.server, &none, 1), 0);
  FAILS(recv(pair.server, NULL, 0, MSG_DONTWAIT), EAGAIN);
  struct msghdr message = {.msg_iov = &none, .msg_iovlen = 1};
  FAILS(recvmsg(fresh, &message, 0), ENOTCONN);
  conf_write_all(pair.client, "x", 1);
  SAME(conf_poll(pair.server, POLLIN, SOON), POLLIN);
  SAME(recv(pair.server, NULL, 0, 0), 0);
  conf_expect(pair.server, "x");
}

/* A UDP socket that is connected to itself. */
static int to_itself(void) {
  struct sockaddr_in where = conf_address(0);
  int fd = OK(socket(AF_INET, SOCK_DGRAM, 0));
  OK(bind(fd, conf_sa(&where), sizeof where));
  where.sin_port = htons(conf_port_of(fd));
  OK(connect(fd, conf_sa(&where), sizeof where));
  return fd;
}

CASE(parts, no_datagram_is_sent_of_no_bytes_by_writev) {
  int fd = to_itself();
  struct iovec none = {NULL, 0};
  SAME(writev(fd, &none, 1), 0);
  SAME(write(fd, NULL, 0), 0);
  SAME(conf_poll(fd, POLLIN, SOON), POLLIN);
  SAME(recv(fd, NULL, 0, 0), 0);
  FAILS(recv(fd, NULL, 0, MSG_DONTWAIT), EAGAIN);
}

/* Of a stream that has ended each message is an end. */
CASE(parts, many_messages_after_the_end) {
  struct conf_pair pair = conf_pair();
  OK(close(pair.client));
  char byte;
  struct iovec part = {&byte, 1};
  struct mmsghdr messages[3] = {{.msg_hdr = {.msg_iov = &part, .msg_iovlen = 1}},
                                {.msg_hdr = {.msg_iov = &part, .msg_iovlen = 1}},
                                {.msg_hdr = {.msg_iov = &part, .msg_iovlen = 1}}};
  SAME(conf_poll(pair.server, POLLIN, SOON), POLLIN);
  SAME(recvmmsg(pair.server, messages, 3, 0, NULL), 3);
  SAME(messages[2].msg_len, 0);
}

/* After shutdown() only those who would wait are told of an end. */
CASE(parts, datagrams_after_shutdown) {
  int fd = to_itself();
  OK(shutdown(fd, SHUT_RD));
  char byte;
  SAME(recv(fd, &byte, 1, 0), 0);
  FAILS(recv(fd, &byte, 1, MSG_DONTWAIT), EAGAIN);
}
