/* TCP over IPv6: CONF_ADDR6 is the address that cases use; without it they are skipped. */
#include "conformance.h"

static struct sockaddr_in6 address6(uint16_t port) {
  const char *text = getenv("CONF_ADDR6");
  struct sockaddr_in6 address = {.sin6_family = AF_INET6, .sin6_port = htons(port)};
  if (text == NULL) {
    conf_skip("CONF_ADDR6 is not set");
  }
  SAME(inet_pton(AF_INET6, text, &address.sin6_addr), 1);
  return address;
}

static struct sockaddr *sa6(struct sockaddr_in6 *address) { return (struct sockaddr *)address; }

static int stream6(void) { return OK(socket(AF_INET6, SOCK_STREAM, 0)); }

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

static struct sockaddr_in6 peer_of(int fd) {
  struct sockaddr_in6 name;
  socklen_t length = sizeof name;
  OK(getpeername(fd, sa6(&name), &length));
  SAME(length, sizeof name);
  SAME(name.sin6_family, AF_INET6);
  return name;
}

/* A listener on an address, which is given its port. */
static int listener6(struct sockaddr_in6 *where, bool only) {
  int fd = stream6();
  int value = only;
  OK(setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &value, sizeof value));
  OK(bind(fd, sa6(where), sizeof *where));
  OK(listen(fd, 16));
  struct sockaddr_in6 name = name_of(fd);
  CHECK(same_address(&name, where));
  CHECK(name.sin6_port != 0);
  where->sin6_port = name.sin6_port;
  return fd;
}

static int connect6(struct sockaddr_in6 *where) {
  int fd = stream6();
  OK(connect(fd, sa6(where), sizeof *where));
  return fd;
}

CASE(ipv6, stream) {
  struct sockaddr_in6 where = address6(0);
  int listener = listener6(&where, true);
  int client = connect6(&where);
  struct sockaddr_in6 peer;
  socklen_t length = sizeof peer;
  int server = OK(accept(listener, sa6(&peer), &length));
  SAME(length, sizeof peer);
  struct sockaddr_in6 own = name_of(client);
  CHECK(same_address(&own, &where) && same_address(&peer, &own));
  SAME(peer.sin6_port, own.sin6_port);
  struct sockaddr_in6 served = name_of(server);
  CHECK(same_address(&served, &where));
  SAME(served.sin6_port, where.sin6_port);
  struct sockaddr_in6 other = peer_of(client);
  CHECK(same_address(&other, &where));
  conf_send_pattern(client, 6, 300);
  conf_expect_pattern(server, 6, 300);
  conf_write_all(server, "back", 4);
  conf_expect(client, "back");
  close(client);
  conf_expect_eof(server);
}

CASE(ipv6, much) {
  struct sockaddr_in6 where = address6(0);
  int listener = listener6(&where, true);
  struct conf_stream out = {.fd = connect6(&where), .seed = 66, .bytes = 5000000, .end = true};
  pthread_t sender = conf_sending(&out);
  conf_expect_pattern(conf_accept(listener), 66, 5000000);
  conf_join(sender);
}

CASE(ipv6, dual_listener_takes_both) {
  struct sockaddr_in6 own = address6(0);
  struct sockaddr_in6 any = {.sin6_family = AF_INET6};
  int listener = listener6(&any, false);
  own.sin6_port = any.sin6_port;
  struct sockaddr_in where = conf_address(ntohs(any.sin6_port));
  int old = conf_connect(&where);
  struct sockaddr_in6 peer;
  socklen_t length = sizeof peer;
  int server = OK(accept(listener, sa6(&peer), &length));
  CHECK(IN6_IS_ADDR_V4MAPPED(&peer.sin6_addr));
  conf_write_all(old, "four", 4);
  conf_expect(server, "four");
  int new = connect6(&own);
  length = sizeof peer;
  server = OK(accept(listener, sa6(&peer), &length));
  CHECK(same_address(&peer, &own));
  struct sockaddr_in6 served = name_of(server);
  CHECK(same_address(&served, &own));
  conf_write_all(new, "six", 3);
  conf_expect(server, "six");
}

CASE(ipv6, v6only_listener_refuses_ipv4) {
  struct sockaddr_in6 own = address6(0);
  struct sockaddr_in6 any = {.sin6_family = AF_INET6};
  int listener = listener6(&any, true);
  struct sockaddr_in where = conf_address(ntohs(any.sin6_port));
  FAILS(connect(conf_socket(), conf_sa(&where), sizeof where), ECONNREFUSED);
  own.sin6_port = any.sin6_port;
  connect6(&own);
  conf_accept(listener);
}

CASE(ipv6, listener_on_one_address_refuses_ipv4) {
  struct sockaddr_in6 own = address6(0);
  listener6(&own, false);
  struct sockaddr_in where = conf_address(ntohs(own.sin6_port));
  FAILS(connect(conf_socket(), conf_sa(&where), sizeof where), ECONNREFUSED);
}

CASE(ipv6, ipv4_listener_refuses_ipv6) {
  struct sockaddr_in6 own = address6(0);
  struct sockaddr_in where;
  conf_listen(&where);
  own.sin6_port = where.sin_port;
  FAILS(connect(stream6(), sa6(&own), sizeof own), ECONNREFUSED);
}

CASE(ipv6, one_port_of_each_family) {
  struct sockaddr_in6 own = address6(0);
  struct sockaddr_in where = conf_address(conf_port_free_for_both_families());
  own.sin6_port = where.sin_port;
  int four = conf_socket();
  OK(bind(four, conf_sa(&where), sizeof where));
  OK(listen(four, 16));
  int six = listener6(&own, false);
  connect6(&own);
  conf_accept(six);
  conf_connect(&where);
  conf_accept(four);
}

CASE(ipv6, port_in_use) {
  struct sockaddr_in6 own = address6(0);
  struct sockaddr_in6 any = {.sin6_family = AF_INET6};
  listener6(&any, false);
  own.sin6_port = any.sin6_port;
  FAILS(bind(stream6(), sa6(&own), sizeof own), EADDRINUSE);
  FAILS(bind(stream6(), sa6(&any), sizeof any), EADDRINUSE);
}

CASE(ipv6, loopback_reaches_own_listener) {
  address6(0);
  struct sockaddr_in6 any = {.sin6_family = AF_INET6};
  int listener = listener6(&any, false);
  struct sockaddr_in6 loopback = {.sin6_family = AF_INET6,
                                  .sin6_port = any.sin6_port,
                                  .sin6_addr = IN6ADDR_LOOPBACK_INIT};
  int client = connect6(&loopback);
  int server = conf_accept(listener);
  struct sockaddr_in6 own = name_of(client);
  struct sockaddr_in6 peer = peer_of(client);
  CHECK(IN6_IS_ADDR_LOOPBACK(&own.sin6_addr) && IN6_IS_ADDR_LOOPBACK(&peer.sin6_addr));
  SAME(peer.sin6_port, any.sin6_port);
  conf_write_all(client, "lo", 2);
  conf_expect(server, "lo");
  struct sockaddr_in6 nowhere = any; /* :: is taken for the loopback, too */
  conf_write_all(connect6(&nowhere), "any", 3);
  conf_expect(conf_accept(listener), "any");
}

CASE(ipv6, refusals) {
  struct sockaddr_in6 dead = address6(0);
  int listener = listener6(&dead, true);
  close(listener);
  FAILS(connect(stream6(), sa6(&dead), sizeof dead), ECONNREFUSED);
  struct sockaddr_in6 foreign = address6(0);
  foreign.sin6_addr.s6_addr[15] ^= 0x55;
  FAILS(bind(stream6(), sa6(&foreign), sizeof foreign), EADDRNOTAVAIL);
  struct sockaddr_in where = conf_address(1);
  FAILS(connect(stream6(), conf_sa(&where), sizeof where), EINVAL);
  int fd = stream6();
  OK(bind(fd, sa6(&dead), sizeof dead));
  FAILS(bind(fd, sa6(&dead), sizeof dead), EINVAL);
  FAILS(connect(conf_socket(), sa6(&dead), sizeof dead), EAFNOSUPPORT);
}

CASE(ipv6, v6only_socket_has_no_way_to_ipv4) {
  address6(0);
  struct sockaddr_in where;
  conf_listen(&where);
  struct sockaddr_in6 mapped = {.sin6_family = AF_INET6, .sin6_port = where.sin_port};
  mapped.sin6_addr.s6_addr[10] = mapped.sin6_addr.s6_addr[11] = 0xff;
  memcpy(&mapped.sin6_addr.s6_addr[12], &where.sin_addr, 4);
  int fd = stream6();
  int on = 1;
  OK(setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof on));
  FAILS(connect(fd, sa6(&mapped), sizeof mapped), ENETUNREACH);
  mapped.sin6_port = 0;
  FAILS(bind(fd, sa6(&mapped), sizeof mapped), EINVAL);
}

CASE(ipv6, bound_client) {
  struct sockaddr_in6 where = address6(0);
  int listener = listener6(&where, true);
  struct sockaddr_in6 own = address6(0);
  int client = stream6();
  OK(bind(client, sa6(&own), sizeof own));
  uint16_t port = name_of(client).sin6_port;
  CHECK(port != 0);
  OK(connect(client, sa6(&where), sizeof where));
  SAME(name_of(client).sin6_port, port);
  SAME(peer_of(conf_accept(listener)).sin6_port, port);
}

CASE(ipv6, accepted_by_a_child) {
  struct sockaddr_in6 where = address6(0);
  int listener = listener6(&where, true);
  pid_t child = conf_fork();
  if (child == 0) {
    struct sockaddr_in6 name = name_of(listener);
    CHECK(same_address(&name, &where));
    SAME(name.sin6_port, where.sin6_port);
    int server = conf_accept(listener);
    struct sockaddr_in6 peer = peer_of(server);
    CHECK(same_address(&peer, &where));
    conf_expect(server, "child");
    conf_write_all(server, "done", 4);
    conf_child_done();
  }
  int client = connect6(&where);
  conf_write_all(client, "child", 5);
  conf_expect(client, "done");
  conf_child_passes(child);
}

CASE(ipv6, nonblocking_connect) {
  struct sockaddr_in6 where = address6(0);
  listener6(&where, true);
  int fd = stream6();
  conf_nonblocking(fd);
  int result = connect(fd, sa6(&where), sizeof where);
  CHECK(result == 0 || errno == EINPROGRESS);
  CHECK(conf_poll(fd, POLLOUT, SOON) & POLLOUT);
  int error = -1;
  socklen_t length = sizeof error;
  OK(getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &length));
  SAME(error, 0);
}
