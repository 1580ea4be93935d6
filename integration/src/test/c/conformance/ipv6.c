/* AF_INET6 sockets that carry IPv4: dual-stack listeners and mapped addresses. */
#include "conformance.h"

static struct sockaddr_in6 mapped(const struct sockaddr_in *where) {
  struct sockaddr_in6 address = {.sin6_family = AF_INET6, .sin6_port = where->sin_port};
  address.sin6_addr.s6_addr[10] = 0xff;
  address.sin6_addr.s6_addr[11] = 0xff;
  memcpy(&address.sin6_addr.s6_addr[12], &where->sin_addr, 4);
  return address;
}

static int socket6(void) {
  int fd = socket(AF_INET6, SOCK_STREAM, 0);
  if (fd < 0 && errno == EAFNOSUPPORT) {
    conf_skip("no IPv6 on this machine");
  }
  return OK(fd);
}

static int dual_listener(struct sockaddr_in *where) {
  int fd = socket6();
  int off = 0;
  OK(setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof off));
  struct sockaddr_in6 any = {.sin6_family = AF_INET6};
  OK(bind(fd, (struct sockaddr *)&any, sizeof any));
  OK(listen(fd, 16));
  struct sockaddr_in6 name;
  socklen_t length = sizeof name;
  OK(getsockname(fd, (struct sockaddr *)&name, &length));
  SAME(length, sizeof name);
  SAME(name.sin6_family, AF_INET6);
  CHECK(name.sin6_port != 0);
  *where = conf_address(ntohs(name.sin6_port));
  return fd;
}

CASE(ipv6, dual_listener_takes_ipv4) {
  struct sockaddr_in where;
  int listener = dual_listener(&where);
  int client = conf_connect(&where);
  struct sockaddr_in6 peer;
  socklen_t length = sizeof peer;
  int server = OK(accept(listener, (struct sockaddr *)&peer, &length));
  SAME(length, sizeof peer);
  SAME(peer.sin6_family, AF_INET6);
  CHECK(IN6_IS_ADDR_V4MAPPED(&peer.sin6_addr));
  SAME(memcmp(&peer.sin6_addr.s6_addr[12], &where.sin_addr, 4), 0);
  struct sockaddr_in6 own;
  OK(getsockname(server, (struct sockaddr *)&own, &length));
  CHECK(IN6_IS_ADDR_V4MAPPED(&own.sin6_addr));
  conf_write_all(client, "dual", 4);
  conf_expect(server, "dual");
}

CASE(ipv6, mapped_connect) {
  struct sockaddr_in where;
  int listener = conf_listen(&where);
  int client = socket6();
  struct sockaddr_in6 address = mapped(&where);
  OK(connect(client, (struct sockaddr *)&address, sizeof address));
  struct sockaddr_in peer;
  socklen_t length = sizeof peer;
  int server = OK(accept(listener, conf_sa(&peer), &length));
  SAME(peer.sin_family, AF_INET);
  SAME(length, sizeof peer);
  struct sockaddr_in6 other;
  length = sizeof other;
  OK(getpeername(client, (struct sockaddr *)&other, &length));
  CHECK(IN6_IS_ADDR_V4MAPPED(&other.sin6_addr));
  SAME(other.sin6_port, where.sin_port);
  conf_write_all(client, "mapped", 6);
  conf_expect(server, "mapped");
}

CASE(ipv6, mapped_bind) {
  int fd = socket6();
  struct sockaddr_in where = conf_address(0);
  struct sockaddr_in6 address = mapped(&where);
  OK(bind(fd, (struct sockaddr *)&address, sizeof address));
  OK(listen(fd, 4));
  struct sockaddr_in6 name;
  socklen_t length = sizeof name;
  OK(getsockname(fd, (struct sockaddr *)&name, &length));
  where.sin_port = name.sin6_port;
  conf_write_all(conf_connect(&where), "m", 1);
  conf_expect(conf_accept(fd), "m");
}

CASE(ipv6, domain_and_v6only) {
  int fd = socket6();
  int value = 0;
  socklen_t length = sizeof value;
  OK(getsockopt(fd, SOL_SOCKET, SO_DOMAIN, &value, &length));
  SAME(value, AF_INET6);
  int on = 1;
  OK(setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof on));
  OK(getsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &value, &length));
  SAME(value, 1);
}

CASE(ipv6, v6only_and_ipv4_share_a_port) {
  int fd = socket6();
  int on = 1;
  OK(setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof on));
  uint16_t port = conf_port_free_for_both_families();
  struct sockaddr_in6 any = {.sin6_family = AF_INET6, .sin6_port = htons(port)};
  OK(bind(fd, (struct sockaddr *)&any, sizeof any));
  OK(listen(fd, 4));
  int four = conf_socket(); /* as nginx does with listen 80 and listen [::]:80 */
  struct sockaddr_in where = conf_address(port);
  OK(bind(four, conf_sa(&where), sizeof where));
  OK(listen(four, 4));
  conf_connect(&where);
  conf_accept(four);
}

CASE(ipv6, dual_listener_blocks_the_ipv4_port) {
  struct sockaddr_in where;
  dual_listener(&where);
  FAILS(bind(conf_socket(), conf_sa(&where), sizeof where), EADDRINUSE);
}
