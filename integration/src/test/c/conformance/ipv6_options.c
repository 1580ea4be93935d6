/* Options of IPv6 of TCP sockets: CONF_ADDR6 is the address that connections use. */
#include "conformance.h"

static int stream6(void) { return OK(socket(AF_INET6, SOCK_STREAM, 0)); }

static int set(int fd, int name, int value) {
  return setsockopt(fd, IPPROTO_IPV6, name, &value, sizeof value);
}

static int get(int fd, int name) {
  int value = -7;
  socklen_t length = sizeof value;
  OK(getsockopt(fd, IPPROTO_IPV6, name, &value, &length));
  SAME(length, sizeof value);
  return value;
}

CASE(ipv6, traffic_class) {
  static const int pairs[][2] = {{0x10, 0x10}, {0xb8, 0xb8}, {255, 252}, {-1, 0}, {0x13, 0x10}};
  int fd = stream6();
  SAME(get(fd, IPV6_TCLASS), 0);
  for (size_t i = 0; i < sizeof pairs / sizeof pairs[0]; i++) {
    OK(set(fd, IPV6_TCLASS, pairs[i][0]));
    SAME(get(fd, IPV6_TCLASS), pairs[i][1]);
  }
  FAILS(set(fd, IPV6_TCLASS, 256), EINVAL);
  FAILS(set(fd, IPV6_TCLASS, -2), EINVAL);
  unsigned char byte = 8;
  FAILS(setsockopt(fd, IPPROTO_IPV6, IPV6_TCLASS, &byte, 1), EINVAL);
  SAME(get(fd, IPV6_TCLASS), 0x10);
}

CASE(ipv6, unicast_hops) {
  int fd = stream6();
  int usual = get(fd, IPV6_UNICAST_HOPS);
  CHECK(usual > 0 && usual < 256);
  OK(set(fd, IPV6_UNICAST_HOPS, 77));
  SAME(get(fd, IPV6_UNICAST_HOPS), 77);
  FAILS(set(fd, IPV6_UNICAST_HOPS, 256), EINVAL);
  FAILS(set(fd, IPV6_UNICAST_HOPS, -2), EINVAL);
  SAME(get(fd, IPV6_UNICAST_HOPS), 77);
  OK(set(fd, IPV6_UNICAST_HOPS, -1));
  SAME(get(fd, IPV6_UNICAST_HOPS), usual);
}

CASE(ipv6, options_of_connections) {
  const char *text = getenv("CONF_ADDR6");
  if (text == NULL) {
    conf_skip("CONF_ADDR6 is not set");
  }
  struct sockaddr_in6 where = {.sin6_family = AF_INET6};
  socklen_t length = sizeof where;
  SAME(inet_pton(AF_INET6, text, &where.sin6_addr), 1);
  int listener = stream6();
  OK(set(listener, IPV6_TCLASS, 0x20));
  OK(bind(listener, (struct sockaddr *)&where, sizeof where));
  OK(listen(listener, 4));
  OK(set(listener, IPV6_UNICAST_HOPS, 33));
  OK(getsockname(listener, (struct sockaddr *)&where, &length));
  int client = stream6();
  OK(set(client, IPV6_TCLASS, 0x10));
  OK(setsockopt(client, IPPROTO_IP, IP_TOS, &(int){0x28}, sizeof(int)));
  OK(connect(client, (struct sockaddr *)&where, sizeof where));
  int server = conf_accept(listener);
  SAME(get(server, IPV6_TCLASS), 0x20);
  SAME(get(server, IPV6_UNICAST_HOPS), 33);
  OK(set(server, IPV6_TCLASS, 8));
  OK(set(client, IPV6_UNICAST_HOPS, 44));
  conf_write_all(client, "marked", 6);
  conf_expect(server, "marked");
  conf_write_all(server, "back", 4);
  conf_expect(client, "back");
  SAME(get(client, IPV6_TCLASS), 0x10);
  SAME(get(client, IPV6_UNICAST_HOPS), 44);
  SAME(get(server, IPV6_TCLASS), 8);
}

CASE(ipv6, options_of_the_other_family) {
  int old = conf_socket();
  FAILS(set(old, IPV6_TCLASS, 8), ENOPROTOOPT);
  FAILS(set(old, IPV6_UNICAST_HOPS, 8), ENOPROTOOPT);
  FAILS(set(stream6(), 199, 1), ENOPROTOOPT);
}
