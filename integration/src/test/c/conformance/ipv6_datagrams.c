/* UDP over IPv6: CONF_ADDR6 is the address that cases use; without it they are skipped. */
#include "udp.h"

#include <time.h>
/* struct timespec comes first */
#include <linux/errqueue.h>

static struct sockaddr_in6 named6(const char *variable, uint16_t port) {
  const char *text = getenv(variable);
  struct sockaddr_in6 address = {.sin6_family = AF_INET6, .sin6_port = htons(port)};
  if (text == NULL) {
    conf_skip("CONF_ADDR6 or CONF_PEER6 is not set");
  }
  SAME(inet_pton(AF_INET6, text, &address.sin6_addr), 1);
  return address;
}

static struct sockaddr_in6 address6(uint16_t port) { return named6("CONF_ADDR6", port); }

static struct sockaddr *sa6(struct sockaddr_in6 *address) { return (struct sockaddr *)address; }

static int udp6(void) { return OK(socket(AF_INET6, SOCK_DGRAM, 0)); }

static bool same_address(const struct sockaddr_in6 *one, const struct sockaddr_in6 *other) {
  return memcmp(&one->sin6_addr, &other->sin6_addr, 16) == 0;
}

static struct sockaddr_in6 name_of(int fd) {
  struct sockaddr_in6 name;
  socklen_t length = sizeof name;
  OK(getsockname(fd, sa6(&name), &length));
  SAME(length, sizeof name);
  SAME(name.sin6_family, AF_INET6);
  return name;
}

/* Bound to an address, which is given its port. */
static int bound6(struct sockaddr_in6 *where) {
  int fd = udp6();
  OK(bind(fd, sa6(where), sizeof *where));
  struct sockaddr_in6 name = name_of(fd);
  CHECK(same_address(&name, where));
  CHECK(name.sin6_port != 0);
  where->sin6_port = name.sin6_port;
  return fd;
}

static void say(int fd, const char *text, struct sockaddr_in6 *to) {
  SAME(sendto(fd, text, strlen(text), 0, sa6(to), sizeof *to), strlen(text));
}

static struct sockaddr_in6 hear(int fd, const char *text) {
  char got[256] = {0};
  struct sockaddr_in6 from = {0};
  socklen_t length = sizeof from;
  SAME(recvfrom(fd, got, sizeof got - 1, 0, sa6(&from), &length), strlen(text));
  SAME(length, sizeof from);
  SAME(from.sin6_family, AF_INET6);
  SAME(strcmp(got, text), 0);
  return from;
}

static struct sockaddr_in6 mapped(const struct sockaddr_in *address) {
  struct sockaddr_in6 mapped = {.sin6_family = AF_INET6, .sin6_port = address->sin_port};
  mapped.sin6_addr.s6_addr[10] = mapped.sin6_addr.s6_addr[11] = 0xff;
  memcpy(&mapped.sin6_addr.s6_addr[12], &address->sin_addr, 4);
  return mapped;
}

CASE(ipv6, udp_datagrams_both_ways) {
  struct sockaddr_in6 where = address6(0);
  int server = bound6(&where);
  int client = udp6();
  say(client, "one", &where);
  say(client, "", &where);
  struct sockaddr_in6 from = hear(server, "one");
  CHECK(same_address(&from, &where));
  SAME(from.sin6_port, name_of(client).sin6_port);
  hear(server, "");
  say(server, "back", &from);
  from = hear(client, "back");
  SAME(from.sin6_port, where.sin6_port);
}

CASE(ipv6, udp_connected) {
  struct sockaddr_in6 where = address6(0);
  int server = bound6(&where);
  int client = udp6();
  OK(connect(client, sa6(&where), sizeof where));
  struct sockaddr_in6 own = name_of(client);
  CHECK(same_address(&own, &where));
  struct sockaddr_in6 peer;
  socklen_t length = sizeof peer;
  OK(getpeername(client, sa6(&peer), &length));
  CHECK(same_address(&peer, &where));
  SAME(peer.sin6_port, where.sin6_port);
  SAME(send(client, "hello", 5, 0), 5);
  hear(server, "hello");
  say(udp6(), "stranger", &own);
  say(server, "peer", &own);
  hear(client, "peer");
  SAME(conf_poll(client, POLLIN, QUIET), 0);
}

CASE(ipv6, udp_large_and_many) {
  static uint8_t sent[65507];
  static uint8_t got[65536];
  struct sockaddr_in6 where = address6(0);
  int server = bound6(&where);
  int client = udp6();
  OK(connect(client, sa6(&where), sizeof where));
  conf_fill(sent, sizeof sent, 7, 0);
  SAME(send(client, sent, sizeof sent, 0), sizeof sent);
  SAME(recv(server, got, sizeof got, 0), sizeof sent);
  SAME(memcmp(sent, got, sizeof sent), 0);
  for (size_t size = 0; size < 3000; size += 7) {
    SAME(send(client, sent, size, 0), size);
    SAME(recv(server, got, sizeof got, 0), size);
    SAME(memcmp(sent, got, size), 0);
  }
}

CASE(ipv6, udp_any_address_takes_both) {
  struct sockaddr_in6 six = address6(0);
  struct sockaddr_in6 any = {.sin6_family = AF_INET6};
  int server = bound6(&any);
  six.sin6_port = any.sin6_port;
  struct sockaddr_in four = conf_address(ntohs(any.sin6_port));
  int old = OK(socket(AF_INET, SOCK_DGRAM, 0));
  SAME(sendto(old, "four", 4, 0, conf_sa(&four), sizeof four), 4);
  struct sockaddr_in6 from = hear(server, "four");
  CHECK(IN6_IS_ADDR_V4MAPPED(&from.sin6_addr));
  SAME(memcmp(&from.sin6_addr.s6_addr[12], &four.sin_addr, 4), 0);
  say(server, "4", &from);
  char byte;
  SAME(recv(old, &byte, 1, 0), 1);
  int young = udp6();
  say(young, "six", &six);
  from = hear(server, "six");
  CHECK(same_address(&from, &six));
  say(server, "6", &from);
  hear(young, "6");
}

CASE(ipv6, udp_v6only_leaves_ipv4) {
  struct sockaddr_in6 six = address6(0);
  struct sockaddr_in6 any = {.sin6_family = AF_INET6};
  int server = udp6();
  int on = 1;
  OK(setsockopt(server, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof on));
  OK(bind(server, sa6(&any), sizeof any));
  FAILS(setsockopt(server, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof on), EINVAL);
  six.sin6_port = name_of(server).sin6_port;
  struct sockaddr_in four = conf_address(ntohs(six.sin6_port));
  struct sockaddr_in6 there = mapped(&four);
  FAILS(sendto(server, "x", 1, 0, sa6(&there), sizeof there), ENETUNREACH);
  int old = OK(socket(AF_INET, SOCK_DGRAM, 0));
  OK(bind(old, conf_sa(&four), sizeof four)); /* the port is free there */
  say(udp6(), "six", &six);
  hear(server, "six");
}

CASE(ipv6, udp_ports_are_shared_by_families) {
  address6(0);
  struct sockaddr_in6 any = {.sin6_family = AF_INET6};
  bound6(&any);
  struct sockaddr_in four = {.sin_family = AF_INET, .sin_port = any.sin6_port};
  int old = OK(socket(AF_INET, SOCK_DGRAM, 0));
  FAILS(bind(old, conf_sa(&four), sizeof four), EADDRINUSE);
  FAILS(bind(udp6(), sa6(&any), sizeof any), EADDRINUSE);
}

CASE(ipv6, udp_mapped_addresses_are_ipv4) {
  address6(0);
  struct sockaddr_in four = conf_address(0);
  int server = OK(socket(AF_INET, SOCK_DGRAM, 0));
  OK(bind(server, conf_sa(&four), sizeof four));
  four.sin_port = htons(conf_port_of(server));
  struct sockaddr_in6 there = mapped(&four);
  int client = udp6();
  OK(connect(client, sa6(&there), sizeof there));
  struct sockaddr_in6 own = name_of(client);
  CHECK(same_address(&own, &there));
  SAME(send(client, "mapped", 6, 0), 6);
  char text[8];
  struct sockaddr_in from;
  socklen_t length = sizeof from;
  SAME(recvfrom(server, text, sizeof text, 0, conf_sa(&from), &length), 6);
  SAME(from.sin_port, own.sin6_port);
  SAME(sendto(server, "back", 4, 0, conf_sa(&from), length), 4);
  SAME(recv(client, text, sizeof text, 0), 4);
  int other = udp6();
  SAME(sendto(other, "old", 3, 0, conf_sa(&four), sizeof four), 3); /* a name of the other family */
  SAME(recv(server, text, sizeof text, 0), 3);
}

CASE(ipv6, udp_loopback) {
  address6(0);
  struct sockaddr_in6 any = {.sin6_family = AF_INET6};
  int server = bound6(&any);
  struct sockaddr_in6 where = {.sin6_family = AF_INET6, .sin6_port = any.sin6_port};
  where.sin6_addr = in6addr_loopback;
  int client = udp6();
  OK(connect(client, sa6(&where), sizeof where));
  struct sockaddr_in6 own = name_of(client);
  CHECK(IN6_IS_ADDR_LOOPBACK(&own.sin6_addr));
  SAME(send(client, "lo", 2, 0), 2);
  struct sockaddr_in6 from = hear(server, "lo");
  CHECK(same_address(&from, &where));
  SAME(from.sin6_port, own.sin6_port);
  say(server, "ol", &from);
  from = hear(client, "ol");
  CHECK(same_address(&from, &where));
  say(udp6(), "any", &any); /* which is the loopback, too */
  hear(server, "any");
}

CASE(ipv6, udp_who_is_bound_to_the_address_receives) {
  struct sockaddr_in6 own = address6(0);
  struct sockaddr_in6 any = {.sin6_family = AF_INET6};
  int on = 1;
  int wide = udp6();
  OK(setsockopt(wide, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on));
  OK(bind(wide, sa6(&any), sizeof any));
  own.sin6_port = any.sin6_port = name_of(wide).sin6_port;
  int exact = udp6();
  OK(setsockopt(exact, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on));
  OK(bind(exact, sa6(&own), sizeof own));
  struct sockaddr_in6 loopback = any;
  loopback.sin6_addr = in6addr_loopback;
  say(udp6(), "to the loopback", &loopback);
  hear(wide, "to the loopback");
  say(udp6(), "to the address", &own);
  hear(exact, "to the address");
  int later = udp6();
  OK(setsockopt(later, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on));
  OK(bind(later, sa6(&any), sizeof any));
  say(udp6(), "to the address again", &own);
  hear(exact, "to the address again");
  say(udp6(), "to the loopback again", &loopback);
  hear(later, "to the loopback again");
  close(wide);
  close(later);
  int early = udp6();
  OK(connect(early, sa6(&loopback), sizeof loopback));
  conf_unheard(early);
}

CASE(ipv6, udp_nobody_receives) {
  struct sockaddr_in6 where = address6(0);
  close(bound6(&where));
  int fd = udp6();
  OK(connect(fd, sa6(&where), sizeof where));
  conf_unheard(fd);
}

CASE(ipv6, udp_errors_in_their_own_queue) {
  struct sockaddr_in6 where = address6(0);
  close(bound6(&where));
  int fd = udp6();
  int on = 1;
  OK(setsockopt(fd, IPPROTO_IPV6, IPV6_RECVERR, &on, sizeof on));
  say(fd, "lost", &where);
  CHECK(conf_poll(fd, POLLIN, SOON) & POLLERR);
  char payload[16];
  char control[256];
  struct sockaddr_in6 name = {0};
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
  CHECK(same_address(&name, &where));
  SAME(name.sin6_port, where.sin6_port);
  struct cmsghdr *item = CMSG_FIRSTHDR(&message);
  CHECK(item != NULL);
  SAME(item->cmsg_level, IPPROTO_IPV6);
  SAME(item->cmsg_type, IPV6_RECVERR);
  struct sock_extended_err error;
  memcpy(&error, CMSG_DATA(item), sizeof error);
  SAME(error.ee_errno, ECONNREFUSED);
  SAME(error.ee_origin, SO_EE_ORIGIN_ICMP6);
  SAME(error.ee_type, 1);
  SAME(error.ee_code, 4);
  struct sockaddr_in6 offender;
  memcpy(&offender, CMSG_DATA(item) + sizeof error, sizeof offender);
  SAME(offender.sin6_family, AF_INET6);
  CHECK(same_address(&offender, &where));
  message.msg_controllen = sizeof control;
  FAILS(recvmsg(fd, &message, MSG_ERRQUEUE), EAGAIN);
}

static struct in6_pktinfo packet_info(int fd, struct sockaddr_in6 *from) {
  char text[8];
  char control[256];
  struct iovec part = {text, sizeof text};
  struct msghdr message = {.msg_name = from,
                           .msg_namelen = sizeof *from,
                           .msg_iov = &part,
                           .msg_iovlen = 1,
                           .msg_control = control,
                           .msg_controllen = sizeof control};
  SAME(recvmsg(fd, &message, 0), 5);
  struct cmsghdr *item = CMSG_FIRSTHDR(&message);
  CHECK(item != NULL);
  SAME(item->cmsg_level, IPPROTO_IPV6);
  SAME(item->cmsg_type, IPV6_PKTINFO);
  struct in6_pktinfo info;
  SAME(item->cmsg_len, CMSG_LEN(sizeof info));
  memcpy(&info, CMSG_DATA(item), sizeof info);
  return info;
}

CASE(ipv6, udp_where_a_datagram_was_sent_to) {
  struct sockaddr_in6 six = address6(0);
  struct sockaddr_in6 any = {.sin6_family = AF_INET6};
  int server = udp6();
  int on = 1;
  OK(setsockopt(server, IPPROTO_IPV6, IPV6_RECVPKTINFO, &on, sizeof on));
  OK(bind(server, sa6(&any), sizeof any));
  six.sin6_port = name_of(server).sin6_port;
  int client = udp6();
  say(client, "hello", &six);
  struct sockaddr_in6 from;
  struct in6_pktinfo info = packet_info(server, &from);
  SAME(memcmp(&info.ipi6_addr, &six.sin6_addr, 16), 0);
  struct sockaddr_in four = conf_address(ntohs(six.sin6_port));
  struct sockaddr_in6 there = mapped(&four);
  say(client, "hello", &there);
  info = packet_info(server, &from);
  SAME(memcmp(&info.ipi6_addr, &there.sin6_addr, 16), 0);
}

CASE(ipv6, udp_answers_by_the_address_that_was_asked) {
  struct sockaddr_in6 where = address6(0);
  int server = bound6(&where);
  struct sockaddr_in6 own = address6(0);
  int client = bound6(&own);
  char control[CMSG_SPACE(sizeof(struct in6_pktinfo))] = {0};
  struct iovec part = {"hello", 5};
  struct msghdr message = {.msg_name = &where,
                           .msg_namelen = sizeof where,
                           .msg_iov = &part,
                           .msg_iovlen = 1,
                           .msg_control = control,
                           .msg_controllen = sizeof control};
  struct cmsghdr *item = CMSG_FIRSTHDR(&message);
  item->cmsg_level = IPPROTO_IPV6;
  item->cmsg_type = IPV6_PKTINFO;
  item->cmsg_len = CMSG_LEN(sizeof(struct in6_pktinfo));
  struct in6_pktinfo info = {.ipi6_addr = own.sin6_addr};
  memcpy(CMSG_DATA(item), &info, sizeof info);
  SAME(sendmsg(client, &message, 0), 5);
  struct sockaddr_in6 from = hear(server, "hello");
  CHECK(same_address(&from, &own));
  SAME(from.sin6_port, own.sin6_port);
  info.ipi6_addr.s6_addr[14] ^= 0x70; /* nobody's */
  memcpy(CMSG_DATA(item), &info, sizeof info);
  FAILS(sendmsg(client, &message, 0), EINVAL);
}

CASE(ipv6, udp_errors_of_calls) {
  struct sockaddr_in6 where = address6(9);
  int fd = udp6();
  FAILS(sendto(fd, "x", 1, 0, sa6(&where), 20), EINVAL);
  FAILS(connect(fd, sa6(&where), 20), EINVAL);
  FAILS(send(fd, "x", 1, 0), EDESTADDRREQ);
  struct sockaddr_in6 nobody = address6(0);
  nobody.sin6_addr.s6_addr[14] ^= 0x70;
  FAILS(bind(udp6(), sa6(&nobody), sizeof nobody), EADDRNOTAVAIL);
  where.sin6_port = 0;
  FAILS(sendto(fd, "x", 1, 0, sa6(&where), sizeof where), EINVAL);
  int value = -1;
  socklen_t length = sizeof value;
  OK(getsockopt(fd, SOL_SOCKET, SO_DOMAIN, &value, &length));
  SAME(value, AF_INET6);
}

CASE(ipv6, udp_a_child_answers) {
  struct sockaddr_in6 where = address6(0);
  int server = bound6(&where);
  pid_t child = conf_fork();
  if (child == 0) {
    struct sockaddr_in6 name = name_of(server);
    CHECK(same_address(&name, &where));
    struct sockaddr_in6 from = hear(server, "child");
    say(server, "done", &from);
    conf_child_done();
  }
  int client = udp6();
  OK(connect(client, sa6(&where), sizeof where));
  SAME(send(client, "child", 5, 0), 5);
  hear(client, "done");
  conf_child_passes(child);
}

CASE(cross, udp6_echo) {
  static uint8_t sent[65507];
  static uint8_t got[65536];
  struct sockaddr_in6 there = named6("CONF_PEER6", CONF_PEER_UDP_PORT);
  int fd = udp6();
  OK(connect(fd, sa6(&there), sizeof there));
  conf_fill(sent, sizeof sent, 8, 0);
  size_t sizes[] = {0, 1, 1452, 1453, 3000, 20000, 65507};
  for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
    SAME(send(fd, sent, sizes[i], 0), sizes[i]);
    CHECK(conf_poll(fd, POLLIN, SOON) & POLLIN);
    SAME(recv(fd, got, sizeof got, 0), sizes[i]);
    SAME(memcmp(sent, got, sizes[i]), 0);
  }
  for (size_t i = 0; i < 300; i++) {
    size_t size = 1 + i * 37 % 1452;
    SAME(send(fd, sent, size, 0), size);
    SAME(recv(fd, got, sizeof got, 0), size);
    SAME(memcmp(sent, got, size), 0);
  }
}

CASE(cross, udp6_nobody_receives) {
  struct sockaddr_in6 there = named6("CONF_PEER6", 9);
  int fd = udp6();
  OK(connect(fd, sa6(&there), sizeof there));
  conf_unheard(fd);
}
