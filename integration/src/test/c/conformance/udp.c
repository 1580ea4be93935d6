/* UDP sockets: datagrams, names, errors, readiness. */
#include "udp.h"

#include <sys/epoll.h>
#include <sys/select.h>
#include <time.h>
/* struct timespec comes first */
#include <linux/errqueue.h>

int conf_udp(void) { return OK(socket(AF_INET, SOCK_DGRAM, 0)); }

int conf_udp_bound(struct sockaddr_in *where) {
  int fd = conf_udp();
  *where = conf_address(0);
  OK(bind(fd, conf_sa(where), sizeof *where));
  where->sin_port = htons(conf_port_of(fd));
  return fd;
}

void conf_say(int fd, const char *text, struct sockaddr_in *to) {
  SAME(sendto(fd, text, strlen(text), 0, conf_sa(to), sizeof *to), strlen(text));
}

struct sockaddr_in conf_hear(int fd, const char *text) {
  char got[256] = {0};
  struct sockaddr_in from = {0};
  socklen_t length = sizeof from;
  SAME(recvfrom(fd, got, sizeof got - 1, 0, conf_sa(&from), &length), strlen(text));
  SAME(length, sizeof from);
  SAME(strcmp(got, text), 0);
  return from;
}

void conf_unheard(int fd) {
  SAME(send(fd, "x", 1, 0), 1);
  CHECK(conf_poll(fd, POLLIN, SOON) & POLLERR);
  char byte;
  FAILS(recv(fd, &byte, 1, 0), ECONNREFUSED);
}

struct conf_two conf_two(void) {
  struct conf_two two;
  two.server = conf_udp_bound(&two.where);
  two.client = conf_udp();
  OK(connect(two.client, conf_sa(&two.where), sizeof two.where));
  return two;
}

CASE(udp, datagrams_keep_their_borders) {
  struct sockaddr_in where;
  int server = conf_udp_bound(&where);
  int client = conf_udp();
  conf_say(client, "one", &where);
  conf_say(client, "", &where);
  conf_say(client, "three", &where);
  struct sockaddr_in from = conf_hear(server, "one");
  SAME(from.sin_family, AF_INET);
  SAME(ntohs(from.sin_port), conf_port_of(client));
  SAME(from.sin_addr.s_addr, where.sin_addr.s_addr);
  conf_hear(server, "");
  conf_hear(server, "three");
  conf_say(server, "back", &from);
  from = conf_hear(client, "back");
  SAME(from.sin_port, where.sin_port);
}

CASE(udp, long_datagrams_are_cut_and_say_so) {
  struct conf_two two = conf_two();
  char text[8];
  struct iovec part = {text, 4};
  struct msghdr message = {.msg_iov = &part, .msg_iovlen = 1};
  SAME(send(two.client, "too long", 8, 0), 8);
  SAME(send(two.client, "next", 4, 0), 4);
  SAME(recv(two.server, text, 4, MSG_PEEK | MSG_TRUNC), 8);
  SAME(recv(two.server, text, 2, MSG_PEEK), 2);
  SAME(recvmsg(two.server, &message, 0), 4);
  CHECK(message.msg_flags & MSG_TRUNC);
  SAME(recvmsg(two.server, &message, 0), 4);
  CHECK(!(message.msg_flags & MSG_TRUNC));
  SAME(memcmp(text, "next", 4), 0);
}

CASE(udp, the_largest_datagram) {
  static char sent[65507];
  static char got[65536];
  struct conf_two two = conf_two();
  for (size_t i = 0; i < sizeof sent; i++) {
    sent[i] = (char)(i * 7 + i / 251);
  }
  SAME(send(two.client, sent, sizeof sent, 0), sizeof sent);
  SAME(recv(two.server, got, sizeof got, 0), sizeof sent);
  SAME(memcmp(sent, got, sizeof sent), 0);
  FAILS(send(two.client, got, 65508, 0), EMSGSIZE);
}

CASE(udp, many_datagrams_of_every_size) {
  static uint8_t sent[4096];
  static uint8_t got[4096];
  struct conf_two two = conf_two();
  uint64_t random = 71;
  for (int i = 0; i < 3000; i++) {
    size_t size = (size_t)(conf_random(&random) % sizeof sent);
    conf_fill(sent, size, (uint64_t)i, 0);
    SAME(send(two.client, sent, size, 0), size);
    SAME(recv(two.server, got, sizeof got, 0), size);
    SAME(memcmp(sent, got, size), 0);
  }
}

CASE(udp, gather_and_scatter) {
  struct conf_two two = conf_two();
  struct iovec out[3] = {{"ga", 2}, {NULL, 0}, {"ther", 4}};
  SAME(writev(two.client, out, 3), 6);
  char one[3], other[8];
  struct iovec in[2] = {{one, sizeof one}, {other, sizeof other}};
  SAME(readv(two.server, in, 2), 6);
  SAME(memcmp(one, "gat", 3), 0);
  SAME(memcmp(other, "her", 3), 0);
  SAME(write(two.client, "w", 1), 1);
  SAME(read(two.server, one, 3), 1);
}

CASE(udp, several_at_once) {
  struct conf_two two = conf_two();
  struct iovec parts[4];
  struct mmsghdr messages[4];
  char texts[4][8] = {"a", "bb", "ccc", "dddd"};
  memset(messages, 0, sizeof messages);
  for (int i = 0; i < 4; i++) {
    parts[i] = (struct iovec){texts[i], (size_t)i + 1};
    messages[i].msg_hdr = (struct msghdr){.msg_iov = &parts[i], .msg_iovlen = 1};
  }
  SAME(sendmmsg(two.client, messages, 4, 0), 4);
  SAME(messages[3].msg_len, 4);
  for (int i = 0; i < 4; i++) {
    parts[i].iov_len = sizeof texts[i];
  }
  SAME(recvmmsg(two.server, messages, 4, 0, NULL), 4);
  for (unsigned i = 0; i < 4; i++) {
    SAME(messages[i].msg_len, i + 1);
  }
  FAILS(recvmmsg(two.server, messages, 4, MSG_DONTWAIT, NULL), EAGAIN);
  SAME(send(two.client, "x", 1, 0), 1);
  SAME(recvmmsg(two.server, messages, 4, MSG_WAITFORONE, NULL), 1);
}

CASE(udp, connected_sockets_hear_their_peer_only) {
  struct conf_two two = conf_two();
  struct sockaddr_in name;
  socklen_t length = sizeof name;
  OK(getsockname(two.client, conf_sa(&name), &length));
  SAME(name.sin_addr.s_addr, two.where.sin_addr.s_addr);
  OK(getpeername(two.client, conf_sa(&name), &length));
  SAME(name.sin_port, two.where.sin_port);
  OK(getsockname(two.client, conf_sa(&name), &length));
  int other = conf_udp();
  conf_say(other, "no", &name);
  conf_say(two.server, "yes", &name);
  conf_hear(two.client, "yes");
  SAME(conf_poll(two.client, POLLIN, QUIET), 0);
  FAILS(getpeername(other, conf_sa(&name), &length), ENOTCONN);
}

CASE(udp, connect_again_and_dissolve) {
  struct conf_two two = conf_two();
  struct sockaddr_in second;
  int other = conf_udp_bound(&second);
  OK(connect(two.client, conf_sa(&second), sizeof second));
  SAME(send(two.client, "second", 6, 0), 6);
  conf_hear(other, "second");
  conf_say(two.client, "first", &two.where); /* sendto() overrules */
  conf_hear(two.server, "first");
  struct sockaddr nobody = {.sa_family = AF_UNSPEC};
  OK(connect(two.client, &nobody, sizeof nobody));
  FAILS(send(two.client, "nobody", 6, 0), EDESTADDRREQ);
  struct sockaddr_in name;
  socklen_t length = sizeof name;
  FAILS(getpeername(two.client, conf_sa(&name), &length), ENOTCONN);
  conf_say(two.client, "again", &two.where);
  conf_hear(two.server, "again");
}

CASE(udp, a_bound_socket_keeps_its_port_when_dissolved) {
  struct sockaddr_in where;
  struct sockaddr_in peer_name;
  struct sockaddr nobody = {.sa_family = AF_UNSPEC};
  int peer = conf_udp_bound(&peer_name);
  OK(close(conf_udp_bound(&where)));
  int fd = conf_udp();
  OK(bind(fd, conf_sa(&where), sizeof where));
  OK(connect(fd, conf_sa(&peer_name), sizeof peer_name));
  OK(connect(fd, &nobody, sizeof nobody));
  SAME(conf_port_of(fd), ntohs(where.sin_port));
  conf_say(peer, "still here", &where);
  conf_hear(fd, "still here");
}

CASE(udp, nobody_receives) {
  struct sockaddr_in where;
  int gone = conf_udp_bound(&where);
  OK(close(gone));
  int fd = conf_udp();
  OK(connect(fd, conf_sa(&where), sizeof where));
  conf_unheard(fd);
  char byte;
  FAILS(recv(fd, &byte, 1, MSG_DONTWAIT), EAGAIN); /* told once */
  SAME(send(fd, "b", 1, 0), 1);
  EVENTUALLY(conf_poll(fd, POLLIN, 0) & POLLERR);
  FAILS(send(fd, "c", 1, 0), ECONNREFUSED);
  SAME(send(fd, "d", 1, 0), 1);
  EVENTUALLY(conf_poll(fd, POLLIN, 0) & POLLERR);
  int error = 0;
  socklen_t length = sizeof error;
  OK(getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &length));
  SAME(error, ECONNREFUSED);
  OK(getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &length));
  SAME(error, 0);
}

CASE(udp, unconnected_sockets_are_not_told) {
  struct sockaddr_in where;
  OK(close(conf_udp_bound(&where)));
  int fd = conf_udp();
  conf_say(fd, "a", &where);
  SAME(conf_poll(fd, POLLIN, QUIET), 0);
  conf_say(fd, "b", &where);
}

CASE(udp, errors_in_their_own_queue) {
  struct sockaddr_in where;
  int on = 1;
  OK(close(conf_udp_bound(&where)));
  int fd = conf_udp();
  OK(setsockopt(fd, IPPROTO_IP, IP_RECVERR, &on, sizeof on));
  conf_say(fd, "lost", &where);
  CHECK(conf_poll(fd, POLLIN, SOON) & POLLERR);
  char payload[16];
  char control[256];
  struct sockaddr_in name = {0};
  struct iovec part = {payload, sizeof payload};
  struct msghdr message = {.msg_name = &name,
                           .msg_namelen = sizeof name,
                           .msg_iov = &part,
                           .msg_iovlen = 1,
                           .msg_control = control,
                           .msg_controllen = sizeof control};
  SAME(recvmsg(fd, &message, MSG_ERRQUEUE), 4);
  SAME(memcmp(payload, "lost", 4), 0);
  CHECK(message.msg_flags & MSG_ERRQUEUE);
  SAME(name.sin_port, where.sin_port);
  SAME(name.sin_addr.s_addr, where.sin_addr.s_addr);
  struct cmsghdr *item = CMSG_FIRSTHDR(&message);
  CHECK(item != NULL);
  SAME(item->cmsg_level, IPPROTO_IP);
  SAME(item->cmsg_type, IP_RECVERR);
  struct sock_extended_err error;
  memcpy(&error, CMSG_DATA(item), sizeof error);
  SAME(error.ee_errno, ECONNREFUSED);
  SAME(error.ee_origin, SO_EE_ORIGIN_ICMP);
  SAME(error.ee_type, 3);
  SAME(error.ee_code, 3);
  message.msg_controllen = sizeof control;
  FAILS(recvmsg(fd, &message, MSG_ERRQUEUE), EAGAIN);
  SAME(conf_poll(fd, POLLIN, 0), 0);
}

CASE(udp, where_a_datagram_was_sent_to) {
  struct sockaddr_in where = {.sin_family = AF_INET};
  int server = conf_udp();
  int on = 1;
  OK(setsockopt(server, IPPROTO_IP, IP_PKTINFO, &on, sizeof on));
  OK(bind(server, conf_sa(&where), sizeof where));
  where = conf_address(conf_port_of(server));
  int client = conf_udp();
  conf_say(client, "hello", &where);
  char text[8];
  char control[256];
  struct iovec part = {text, sizeof text};
  struct msghdr message = {.msg_iov = &part,
                           .msg_iovlen = 1,
                           .msg_control = control,
                           .msg_controllen = sizeof control};
  SAME(recvmsg(server, &message, 0), 5);
  struct cmsghdr *item = CMSG_FIRSTHDR(&message);
  CHECK(item != NULL);
  SAME(item->cmsg_type, IP_PKTINFO);
  struct in_pktinfo info;
  memcpy(&info, CMSG_DATA(item), sizeof info);
  SAME(info.ipi_addr.s_addr, where.sin_addr.s_addr);
  conf_say(client, "hello", &where);
  message.msg_controllen = 4;
  SAME(recvmsg(server, &message, 0), 5);
  CHECK(message.msg_flags & MSG_CTRUNC);
}

CASE(udp, answers_by_the_address_that_was_asked) {
  struct sockaddr_in where = conf_address(0);
  int server = conf_udp();
  OK(bind(server, conf_sa(&where), sizeof where));
  where.sin_port = htons(conf_port_of(server));
  int client = conf_udp();
  OK(connect(client, conf_sa(&where), sizeof where));
  SAME(send(client, "ask", 3, 0), 3);
  struct sockaddr_in from = conf_hear(server, "ask");
  char control[CMSG_SPACE(sizeof(struct in_pktinfo))] = {0};
  struct iovec part = {"answer", 6};
  struct msghdr message = {.msg_name = &from,
                           .msg_namelen = sizeof from,
                           .msg_iov = &part,
                           .msg_iovlen = 1,
                           .msg_control = control,
                           .msg_controllen = sizeof control};
  struct cmsghdr *item = CMSG_FIRSTHDR(&message);
  item->cmsg_level = IPPROTO_IP;
  item->cmsg_type = IP_PKTINFO;
  item->cmsg_len = CMSG_LEN(sizeof(struct in_pktinfo));
  struct in_pktinfo info = {.ipi_spec_dst = where.sin_addr};
  memcpy(CMSG_DATA(item), &info, sizeof info);
  SAME(sendmsg(server, &message, 0), 6);
  conf_hear(client, "answer");
}

CASE(udp, readiness) {
  struct conf_two two = conf_two();
  SAME(conf_poll(two.server, POLLIN | POLLOUT, 0), POLLOUT);
  SAME(conf_poll(two.client, POLLIN | POLLOUT, 0), POLLOUT);
  SAME(conf_poll(conf_udp(), POLLIN | POLLOUT, 0), POLLOUT);
  SAME(send(two.client, "a", 1, 0), 1);
  SAME(conf_poll(two.server, POLLIN, SOON), POLLIN);
  fd_set in;
  FD_ZERO(&in);
  FD_SET(two.server, &in);
  struct timeval none = {0, 0};
  SAME(select(two.server + 1, &in, NULL, NULL, &none), 1);
  char byte;
  SAME(recv(two.server, &byte, 1, 0), 1);
  SAME(conf_poll(two.server, POLLIN, 0), 0);
}

CASE(udp, epoll_level_and_edge) {
  struct conf_two two = conf_two();
  int level = conf_epoll();
  int edge = conf_epoll();
  conf_epoll_add(level, two.server, EPOLLIN);
  conf_epoll_add(edge, two.server, EPOLLIN | EPOLLET);
  SAME(conf_epoll_next(level, 0), 0);
  SAME(send(two.client, "a", 1, 0), 1);
  SAME(conf_epoll_next(level, SOON), EPOLLIN);
  SAME(conf_epoll_next(edge, SOON), EPOLLIN);
  SAME(conf_epoll_next(level, 0), EPOLLIN);
  SAME(conf_epoll_next(edge, 0), 0);
  SAME(send(two.client, "b", 1, 0), 1);
  SAME(conf_epoll_next(edge, SOON), EPOLLIN);
  char byte;
  SAME(recv(two.server, &byte, 1, 0), 1);
  SAME(recv(two.server, &byte, 1, 0), 1);
  SAME(conf_epoll_next(level, 0), 0);
}

CASE(udp, epoll_before_the_first_datagram) {
  struct sockaddr_in where;
  int server = conf_udp_bound(&where);
  int client = conf_udp();
  int epoll = conf_epoll();
  conf_epoll_add(epoll, client, EPOLLIN);
  SAME(conf_epoll_next(epoll, 0), 0);
  conf_say(client, "ask", &where);
  struct sockaddr_in from = conf_hear(server, "ask");
  conf_say(server, "answer", &from);
  SAME(conf_epoll_next(epoll, SOON), EPOLLIN);
  conf_hear(client, "answer");
}

CASE(udp, not_blocking_and_time_limits) {
  struct sockaddr_in where;
  int fd = conf_udp_bound(&where);
  char byte;
  FAILS(recv(fd, &byte, 1, MSG_DONTWAIT), EAGAIN);
  struct timeval limit = {0, 60000};
  OK(setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit));
  long long before = conf_now_ms();
  FAILS(recv(fd, &byte, 1, 0), EAGAIN);
  CHECK(conf_now_ms() - before >= 50);
  conf_nonblocking(fd);
  FAILS(recv(fd, &byte, 1, 0), EAGAIN);
}

static void *receive_one(void *argument) {
  conf_hear(*(int *)argument, "awaited");
  return NULL;
}

CASE(udp, a_blocked_reader_wakes) {
  struct conf_two two = conf_two();
  pthread_t reader = conf_thread(receive_one, &two.server);
  conf_sleep_ms(QUIET);
  SAME(send(two.client, "awaited", 7, 0), 7);
  conf_join(reader);
}

CASE(udp, what_finds_no_room_is_dropped) {
  struct conf_two two = conf_two();
  int small = 4096;
  OK(setsockopt(two.server, SOL_SOCKET, SO_RCVBUF, &small, sizeof small));
  char datagram[512] = {0};
  for (int i = 0; i < 500; i++) {
    memcpy(datagram, &i, sizeof i);
    SAME(send(two.client, datagram, sizeof datagram, 0), sizeof datagram);
  }
  struct sockaddr_in elsewhere;
  int other = conf_udp_bound(&elsewhere);
  conf_say(two.client, "after all of them", &elsewhere);
  conf_hear(other, "after all of them");
  int got = 0;
  int last = -1;
  while (recv(two.server, datagram, sizeof datagram, MSG_DONTWAIT) == sizeof datagram) {
    int number;
    memcpy(&number, datagram, sizeof number);
    CHECK(number > last && (got > 0 || number == 0)); /* the first one was kept */
    last = number;
    got++;
  }
  SAME(errno, EAGAIN);
  CHECK(got > 0 && got < 500);
  SAME(send(two.client, "room", 4, 0), 4);
  while (recv(two.server, datagram, sizeof datagram, 0) == sizeof datagram) {
  }
  SAME(memcmp(datagram, "room", 4), 0);
}

CASE(udp, fionread_tells_the_next_ones_size) {
  struct conf_two two = conf_two();
  int bytes = -1;
  OK(ioctl(two.server, FIONREAD, &bytes));
  SAME(bytes, 0);
  SAME(send(two.client, "twelve bytes", 12, 0), 12);
  SAME(send(two.client, "more", 4, 0), 4);
  EVENTUALLY(ioctl(two.server, FIONREAD, &bytes) == 0 && bytes == 12);
  conf_hear(two.server, "twelve bytes");
  EVENTUALLY(ioctl(two.server, FIONREAD, &bytes) == 0 && bytes == 4);
}
