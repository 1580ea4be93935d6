/* UDP sockets: loopback, ports, refusals, several processes, another machine. */
#include "udp.h"

CASE(udp, loopback) {
  struct sockaddr_in any = {.sin_family = AF_INET};
  int server = conf_udp();
  OK(bind(server, conf_sa(&any), sizeof any));
  struct sockaddr_in where = any;
  where.sin_port = htons(conf_port_of(server));
  where.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  int client = conf_udp();
  conf_say(client, "by 127.0.0.1", &where);
  struct sockaddr_in from = conf_hear(server, "by 127.0.0.1");
  SAME(from.sin_addr.s_addr, htonl(INADDR_LOOPBACK));
  conf_say(server, "back", &from);
  from = conf_hear(client, "back");
  SAME(from.sin_addr.s_addr, htonl(INADDR_LOOPBACK));
  SAME(from.sin_port, where.sin_port);
  int fixed = conf_udp();
  OK(connect(fixed, conf_sa(&where), sizeof where));
  SAME(send(fixed, "connected", 9, 0), 9);
  from = conf_hear(server, "connected");
  conf_say(server, "answer", &from);
  conf_hear(fixed, "answer");
  socklen_t length = sizeof from;
  OK(getsockname(fixed, conf_sa(&from), &length));
  SAME(from.sin_addr.s_addr, htonl(INADDR_LOOPBACK));
}

CASE(udp, bound_to_loopback) {
  struct sockaddr_in where = {.sin_family = AF_INET};
  where.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  int server = conf_udp();
  OK(bind(server, conf_sa(&where), sizeof where));
  where.sin_port = htons(conf_port_of(server));
  int client = conf_udp();
  OK(connect(client, conf_sa(&where), sizeof where));
  SAME(send(client, "hello", 5, 0), 5);
  struct sockaddr_in from = conf_hear(server, "hello");
  conf_say(server, "back", &from);
  conf_hear(client, "back");
}

static int bound_beside_others(struct sockaddr_in *where) {
  int on = 1;
  int fd = conf_udp();
  OK(setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on));
  OK(bind(fd, conf_sa(where), sizeof *where));
  return fd;
}

CASE(udp, who_is_bound_to_the_address_receives) {
  struct sockaddr_in own = conf_address(0);
  struct sockaddr_in loopback = {.sin_family = AF_INET};
  loopback.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (own.sin_addr.s_addr == loopback.sin_addr.s_addr) {
    conf_skip("there is one address only");
  }
  int first = bound_beside_others(&own);
  own.sin_port = loopback.sin_port = htons(conf_port_of(first));
  struct sockaddr_in any = {.sin_family = AF_INET, .sin_port = own.sin_port};
  int wide = bound_beside_others(&any);
  int client = conf_udp();
  conf_say(client, "to the address", &own);
  conf_hear(first, "to the address");
  conf_say(client, "to the loopback", &loopback);
  conf_hear(wide, "to the loopback");
  int last = bound_beside_others(&own);
  conf_say(client, "to the last", &own);
  conf_hear(last, "to the last");
  conf_say(client, "to the loopback again", &loopback);
  conf_hear(wide, "to the loopback again");
  OK(connect(wide, conf_sa(&own), sizeof own)); /* then it is bound there, too */
  conf_say(wide, "to whom it is connected", &own);
  struct sockaddr_in from = conf_hear(wide, "to whom it is connected");
  SAME(from.sin_port, own.sin_port);
}

CASE(udp, the_loopback_is_another_address) {
  struct sockaddr_in own;
  int server = conf_udp_bound(&own);
  struct sockaddr_in loopback = own;
  loopback.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (own.sin_addr.s_addr == loopback.sin_addr.s_addr) {
    conf_skip("there is one address only");
  }
  int early = conf_udp();
  OK(connect(early, conf_sa(&loopback), sizeof loopback));
  conf_unheard(early);
  int beside = conf_udp();
  OK(bind(beside, conf_sa(&loopback), sizeof loopback));
  conf_say(conf_udp(), "to the loopback", &loopback);
  conf_hear(beside, "to the loopback");
  conf_say(conf_udp(), "to the address", &own);
  conf_hear(server, "to the address");
}

CASE(udp, who_is_bound_to_the_address_is_answered_there) {
  struct sockaddr_in any = {.sin_family = AF_INET};
  struct sockaddr_in own;
  int server = conf_udp();
  OK(bind(server, conf_sa(&any), sizeof any));
  struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(conf_port_of(server))};
  to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  int client = conf_udp_bound(&own);
  conf_say(client, "question", &to);
  struct sockaddr_in from = conf_hear(server, "question");
  SAME(from.sin_addr.s_addr, own.sin_addr.s_addr);
  SAME(from.sin_port, own.sin_port);
  conf_say(server, "answer", &from);
  conf_hear(client, "answer");
}

CASE(udp, a_socket_of_one_family_comes_first) {
  struct sockaddr_in old = {.sin_family = AF_INET};
  int one = bound_beside_others(&old);
  struct sockaddr_in where = conf_address(conf_port_of(one));
  struct sockaddr_in6 any = {.sin6_family = AF_INET6, .sin6_port = where.sin_port};
  int on = 1;
  int both = OK(socket(AF_INET6, SOCK_DGRAM, 0));
  OK(setsockopt(both, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on));
  OK(bind(both, (struct sockaddr *)&any, sizeof any));
  conf_say(conf_udp(), "x", &where);
  conf_hear(one, "x");
}

CASE(udp, bound_to_any_port_of_any_address) {
  struct sockaddr_in any = {.sin_family = AF_INET};
  struct sockaddr_in where;
  int server = conf_udp_bound(&where);
  int client = conf_udp();
  OK(bind(client, conf_sa(&any), sizeof any)); /* as resolvers do */
  FAILS(bind(client, conf_sa(&any), sizeof any), EINVAL);
  conf_say(client, "hello", &where);
  struct sockaddr_in from = conf_hear(server, "hello");
  SAME(ntohs(from.sin_port), conf_port_of(client));
  SAME(from.sin_addr.s_addr, where.sin_addr.s_addr);
}

CASE(udp, ports_and_who_may_share_them) {
  struct sockaddr_in where;
  int first = conf_udp_bound(&where);
  int second = conf_udp();
  FAILS(bind(second, conf_sa(&where), sizeof where), EADDRINUSE);
  OK(close(first));
  OK(bind(second, conf_sa(&where), sizeof where));
  int on = 1;
  int one = conf_udp();
  int other = conf_udp();
  struct sockaddr_in shared = conf_address(0);
  OK(setsockopt(one, SOL_SOCKET, SO_REUSEPORT, &on, sizeof on));
  OK(setsockopt(other, SOL_SOCKET, SO_REUSEPORT, &on, sizeof on));
  OK(bind(one, conf_sa(&shared), sizeof shared));
  shared.sin_port = htons(conf_port_of(one));
  OK(bind(other, conf_sa(&shared), sizeof shared));
  for (int i = 0; i < 32; i++) {
    conf_say(conf_udp(), "x", &shared);
  }
  EVENTUALLY(conf_poll(one, POLLIN, 0) == POLLIN && conf_poll(other, POLLIN, 0) == POLLIN);
}

CASE(udp, a_tcp_port_is_another) {
  struct sockaddr_in where;
  conf_listen(&where);
  int fd = conf_udp();
  OK(bind(fd, conf_sa(&where), sizeof where));
}

CASE(udp, errors_of_calls) {
  struct sockaddr_in where;
  int server = conf_udp_bound(&where);
  int fd = conf_udp();
  FAILS(send(fd, "a", 1, 0), EDESTADDRREQ);
  FAILS(listen(server, 1), EOPNOTSUPP);
  FAILS(accept(server, NULL, NULL), EOPNOTSUPP);
  struct sockaddr_in bad = where;
  bad.sin_port = 0;
  FAILS(sendto(fd, "a", 1, 0, conf_sa(&bad), sizeof bad), EINVAL);
  FAILS(sendto(fd, "a", 1, 0, conf_sa(&where), 4), EINVAL);
  bad.sin_family = AF_INET6;
  FAILS(sendto(fd, "a", 1, 0, conf_sa(&bad), sizeof bad), EAFNOSUPPORT);
  char byte;
  FAILS(recv(fd, &byte, 1, MSG_ERRQUEUE), EAGAIN);
}

CASE(udp, shutdown) {
  struct conf_two two = conf_two();
  OK(shutdown(two.client, SHUT_WR));
  FAILS(send(two.client, "a", 1, 0), EPIPE);
  FAILS(shutdown(two.server, SHUT_RD), ENOTCONN);
  struct conf_two again = conf_two();
  OK(shutdown(again.client, SHUT_RD));
  char byte;
  SAME(recv(again.client, &byte, 1, 0), 0);
  CHECK(conf_poll(again.client, POLLIN, 0) & POLLIN);
  SAME(send(again.client, "still", 5, 0), 5);
  conf_hear(again.server, "still");
}

CASE(udp, options_tell_what_they_are) {
  int fd = conf_udp();
  int value = -1;
  socklen_t length = sizeof value;
  OK(getsockopt(fd, SOL_SOCKET, SO_TYPE, &value, &length));
  SAME(value, SOCK_DGRAM);
  OK(getsockopt(fd, SOL_SOCKET, SO_PROTOCOL, &value, &length));
  SAME(value, IPPROTO_UDP);
  struct sockaddr_in where;
  int here = conf_udp_bound(&where);
  OK(getsockopt(here, SOL_SOCKET, SO_TYPE, &value, &length));
  SAME(value, SOCK_DGRAM);
  int size = 100000;
  OK(setsockopt(here, SOL_SOCKET, SO_RCVBUF, &size, sizeof size));
  OK(getsockopt(here, SOL_SOCKET, SO_RCVBUF, &value, &length));
  SAME(value, 200000);
  FAILS(setsockopt(here, IPPROTO_TCP, TCP_NODELAY, &size, sizeof size), ENOPROTOOPT);
}

CASE(udp, what_the_header_has) {
  struct conf_two two = conf_two();
  const int options[][2] = {{IP_TOS, 0x2a}, {IP_TTL, 9}, {IP_MTU_DISCOVER, IP_PMTUDISC_DONT},
                            {IP_MTU_DISCOVER, IP_PMTUDISC_OMIT},
                            {IP_MTU_DISCOVER, IP_PMTUDISC_WANT}};
  for (size_t i = 0; i < sizeof options / sizeof options[0]; i++) {
    int value = options[i][1];
    socklen_t length = sizeof value;
    OK(setsockopt(two.client, IPPROTO_IP, options[i][0], &value, sizeof value));
    value = -1;
    OK(getsockopt(two.client, IPPROTO_IP, options[i][0], &value, &length));
    SAME(value, options[i][1]);
    SAME(send(two.client, "marked", 6, 0), 6);
    conf_hear(two.server, "marked");
  }
  int wrong = 300;
  FAILS(setsockopt(two.client, IPPROTO_IP, IP_TTL, &wrong, sizeof wrong), EINVAL);
  int fresh = conf_udp();
  OK(setsockopt(fresh, IPPROTO_IP, IP_TTL, &(int){-1}, sizeof(int)));
  OK(setsockopt(fresh, IPPROTO_IP, IP_TOS, &(unsigned char){0x10}, 1));
}

CASE(udp, copies_share_the_socket) {
  struct conf_two two = conf_two();
  int copy = OK(dup(two.server));
  OK(close(two.server));
  SAME(send(two.client, "for the copy", 12, 0), 12);
  conf_hear(copy, "for the copy");
  OK(close(copy));
  SAME(send(two.client, "a", 1, 0), 1);
  CHECK(conf_poll(two.client, POLLIN, SOON) & POLLERR);
}

CASE(udp, a_child_answers_and_the_parent_goes_on) {
  struct conf_two two = conf_two();
  pid_t child = conf_fork();
  if (child == 0) {
    struct sockaddr_in from = conf_hear(two.server, "to the child");
    conf_say(two.server, "from the child", &from);
    conf_child_done();
  }
  SAME(send(two.client, "to the child", 12, 0), 12);
  conf_hear(two.client, "from the child");
  conf_child_passes(child);
  conf_sleep_ms(QUIET);
  SAME(send(two.client, "to the parent", 13, 0), 13);
  conf_hear(two.server, "to the parent");
}

/* As socat's UDP-RECVFROM with "fork": who comes next must not find again what a child has read. */
CASE(udp, what_a_child_has_read_is_gone) {
  struct conf_two two = conf_two();
  for (int round = 0; round < 20; round++) {
    char text[16];
    int length = snprintf(text, sizeof text, "round %d", round);
    SAME(send(two.client, text, (size_t)length, 0), length);
    CHECK(conf_poll(two.server, POLLIN, SOON) & POLLIN);
    char byte;
    SAME(recv(two.server, &byte, 1, MSG_PEEK), 1);
    pid_t child = conf_fork();
    if (child == 0) {
      conf_hear(two.server, text);
      conf_child_done();
    }
    conf_child_passes(child);
    FAILS(recv(two.server, &byte, 1, MSG_DONTWAIT), EAGAIN);
  }
}

CASE(udp, passed_in_a_message) {
  struct conf_two two = conf_two();
  int pair[2];
  OK(socketpair(AF_UNIX, SOCK_DGRAM, 0, pair));
  pid_t child = conf_fork();
  if (child == 0) {
    char byte;
    char control[CMSG_SPACE(sizeof(int))];
    struct iovec part = {&byte, 1};
    struct msghdr message = {.msg_iov = &part,
                             .msg_iovlen = 1,
                             .msg_control = control,
                             .msg_controllen = sizeof control};
    close(two.server);
    SAME(recvmsg(pair[1], &message, 0), 1);
    int fd;
    memcpy(&fd, CMSG_DATA(CMSG_FIRSTHDR(&message)), sizeof fd);
    conf_hear(fd, "by message");
    conf_child_done();
  }
  char control[CMSG_SPACE(sizeof(int))] = {0};
  struct iovec part = {"f", 1};
  struct msghdr message = {.msg_iov = &part,
                           .msg_iovlen = 1,
                           .msg_control = control,
                           .msg_controllen = sizeof control};
  struct cmsghdr *item = CMSG_FIRSTHDR(&message);
  item->cmsg_level = SOL_SOCKET;
  item->cmsg_type = SCM_RIGHTS;
  item->cmsg_len = CMSG_LEN(sizeof(int));
  memcpy(CMSG_DATA(item), &two.server, sizeof(int));
  SAME(sendmsg(pair[0], &message, 0), 1);
  OK(close(two.server));
  SAME(send(two.client, "by message", 10, 0), 10);
  conf_child_passes(child);
}

/* ---- against another machine ---------------------------------------------------------------- */

static int peer_socket(void) {
  const char *peer = getenv("CONF_PEER");
  if (peer == NULL) {
    conf_skip("CONF_PEER is not set");
  }
  struct sockaddr_in where = {.sin_family = AF_INET, .sin_port = htons(CONF_PEER_UDP_PORT)};
  SAME(inet_pton(AF_INET, peer, &where.sin_addr), 1);
  int fd = conf_udp();
  OK(connect(fd, conf_sa(&where), sizeof where));
  return fd;
}

static void echo_of(int fd, size_t size) {
  static uint8_t sent[65536];
  static uint8_t got[65536];
  conf_fill(sent, size, size, 0);
  SAME(send(fd, sent, size, 0), size);
  SAME(conf_poll(fd, POLLIN, SOON), POLLIN);
  SAME(recv(fd, got, sizeof got, 0), size);
  SAME(memcmp(sent, got, size), 0);
}

CASE(cross, udp_echo) {
  int fd = peer_socket();
  echo_of(fd, 5);
  echo_of(fd, 0);
  echo_of(fd, 1472);
  for (int i = 0; i < 500; i++) {
    echo_of(fd, (size_t)(i * 37 % 1473));
  }
}

CASE(cross, udp_echo_in_fragments) {
  int fd = peer_socket();
  for (size_t size = 1473; size < 65507; size += 4273) {
    echo_of(fd, size);
  }
  echo_of(fd, 65507);
}

CASE(cross, udp_nobody_receives) {
  int fd = peer_socket();
  struct sockaddr_in where;
  socklen_t length = sizeof where;
  OK(getpeername(fd, conf_sa(&where), &length));
  where.sin_port = htons(9);
  OK(connect(fd, conf_sa(&where), sizeof where));
  conf_unheard(fd);
}
