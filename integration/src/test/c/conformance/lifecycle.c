/* Making, binding, listening, accepting, connecting, closing. */
#include <sys/resource.h>
#include <sys/stat.h>

#include "conformance.h"

CASE(lifecycle, socket_flags_reach_the_descriptor) {
  int fd = OK(socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, IPPROTO_TCP));
  CHECK(OK(fcntl(fd, F_GETFL)) & O_NONBLOCK);
  CHECK(OK(fcntl(fd, F_GETFD)) & FD_CLOEXEC);
  int plain = conf_socket();
  CHECK(!(OK(fcntl(plain, F_GETFL)) & O_NONBLOCK));
  CHECK(!(OK(fcntl(plain, F_GETFD)) & FD_CLOEXEC));
  SAME(OK(fcntl(plain, F_GETFL)) & O_ACCMODE, O_RDWR);
}

CASE(lifecycle, descriptor_is_a_socket) {
  struct conf_pair pair = conf_pair();
  struct stat status;
  OK(fstat(pair.client, &status));
  CHECK(S_ISSOCK(status.st_mode));
  OK(fstat(pair.server, &status));
  CHECK(S_ISSOCK(status.st_mode));
}

CASE(lifecycle, lowest_free_number_is_used) {
  int first = conf_socket();
  int second = conf_socket();
  OK(close(first));
  SAME(conf_socket(), first);
  OK(close(second));
  SAME(OK(dup(first)), second);
}

CASE(lifecycle, accepted_socket_takes_lowest_number) {
  struct sockaddr_in where;
  int listener = conf_listen(&where);
  int gap = conf_socket();
  int client = conf_connect(&where);
  CHECK(client > gap);
  OK(close(gap));
  SAME(conf_accept(listener), gap);
}

CASE(lifecycle, port_zero_is_known_after_bind) {
  int fd = conf_socket();
  struct sockaddr_in where = conf_address(0);
  OK(bind(fd, conf_sa(&where), sizeof where));
  struct sockaddr_in name = {0};
  socklen_t length = sizeof name;
  OK(getsockname(fd, conf_sa(&name), &length));
  SAME(length, sizeof name);
  SAME(name.sin_family, AF_INET);
  CHECK(name.sin_port != 0);
  SAME(name.sin_addr.s_addr, where.sin_addr.s_addr);
}

CASE(lifecycle, unbound_socket_has_no_name) {
  int fd = conf_socket();
  struct sockaddr_in name;
  socklen_t length = sizeof name;
  OK(getsockname(fd, conf_sa(&name), &length));
  SAME(name.sin_port, 0);
  SAME(name.sin_addr.s_addr, 0);
}

CASE(lifecycle, listen_without_bind_takes_a_port) {
  int fd = conf_socket();
  OK(listen(fd, 5));
  uint16_t port = conf_port_of(fd);
  CHECK(port != 0);
  struct sockaddr_in where = conf_address(port);
  int client = conf_connect(&where);
  int server = conf_accept(fd);
  conf_write_all(client, "x", 1);
  conf_expect(server, "x");
}

CASE(lifecycle, bind_any_then_accepted_has_real_address) {
  int fd = conf_socket();
  struct sockaddr_in any = {.sin_family = AF_INET};
  OK(bind(fd, conf_sa(&any), sizeof any));
  OK(listen(fd, 5));
  struct sockaddr_in name;
  socklen_t length = sizeof name;
  OK(getsockname(fd, conf_sa(&name), &length));
  SAME(name.sin_addr.s_addr, 0);
  struct sockaddr_in where = conf_address(ntohs(name.sin_port));
  int client = conf_connect(&where);
  int server = conf_accept(fd);
  OK(getsockname(server, conf_sa(&name), &length));
  SAME(name.sin_addr.s_addr, where.sin_addr.s_addr);
  SAME(name.sin_port, where.sin_port);
  OK(close(client));
}

CASE(lifecycle, both_ends_agree_on_names) {
  struct conf_pair pair = conf_pair();
  struct sockaddr_in names[4];
  socklen_t length = sizeof names[0];
  OK(getsockname(pair.client, conf_sa(&names[0]), &length));
  OK(getpeername(pair.client, conf_sa(&names[1]), &length));
  OK(getsockname(pair.server, conf_sa(&names[2]), &length));
  OK(getpeername(pair.server, conf_sa(&names[3]), &length));
  SAME(names[0].sin_port, names[3].sin_port);
  SAME(names[1].sin_port, names[2].sin_port);
  SAME(names[0].sin_addr.s_addr, names[3].sin_addr.s_addr);
  SAME(names[1].sin_addr.s_addr, names[2].sin_addr.s_addr);
  SAME(ntohs(names[1].sin_port), conf_port_of(pair.listener));
}

CASE(lifecycle, accept_tells_the_peer) {
  struct sockaddr_in where;
  int listener = conf_listen(&where);
  int client = conf_connect(&where);
  struct sockaddr_in peer;
  socklen_t length = sizeof peer;
  OK(accept(listener, conf_sa(&peer), &length));
  SAME(length, sizeof peer);
  SAME(peer.sin_family, AF_INET);
  SAME(ntohs(peer.sin_port), conf_port_of(client));
}

CASE(lifecycle, names_are_cut_to_the_given_length) {
  struct conf_pair pair = conf_pair();
  struct sockaddr_in name;
  memset(&name, 0xee, sizeof name);
  socklen_t length = 4;
  OK(getpeername(pair.client, conf_sa(&name), &length));
  SAME(length, sizeof name);
  SAME(ntohs(name.sin_port), conf_port_of(pair.listener));
  SAME(name.sin_addr.s_addr, 0xeeeeeeee);
}

CASE(lifecycle, accept4_flags) {
  struct sockaddr_in where;
  int listener = conf_listen(&where);
  conf_connect(&where);
  int fd = OK(accept4(listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC));
  CHECK(OK(fcntl(fd, F_GETFL)) & O_NONBLOCK);
  CHECK(OK(fcntl(fd, F_GETFD)) & FD_CLOEXEC);
  FAILS(accept4(listener, NULL, NULL, 0x10), EINVAL);
}

CASE(lifecycle, accepted_socket_does_not_inherit_nonblocking) {
  struct sockaddr_in where;
  int listener = conf_listen(&where);
  conf_nonblocking(listener);
  FAILS(accept(listener, NULL, NULL), EAGAIN);
  conf_connect(&where);
  SAME(conf_poll(listener, POLLIN, SOON), POLLIN);
  int fd = conf_accept(listener);
  CHECK(!(OK(fcntl(fd, F_GETFL)) & O_NONBLOCK));
}

CASE(lifecycle, data_sent_before_accept_arrives) {
  struct sockaddr_in where;
  int listener = conf_listen(&where);
  int client = conf_connect(&where);
  conf_write_all(client, "early", 5);
  conf_sleep_ms(20);
  int server = conf_accept(listener);
  conf_expect(server, "early");
}

CASE(lifecycle, connection_closed_before_accept_is_still_accepted) {
  struct sockaddr_in where;
  int listener = conf_listen(&where);
  int client = conf_connect(&where);
  conf_write_all(client, "bye", 3);
  OK(close(client));
  conf_sleep_ms(20);
  int server = conf_accept(listener);
  conf_expect(server, "bye");
  conf_expect_eof(server);
}

CASE(lifecycle, connections_are_accepted_in_order) {
  struct sockaddr_in where;
  int listener = conf_listen(&where);
  for (char i = 'a'; i < 'a' + 20; i++) {
    conf_write_all(conf_connect(&where), &i, 1);
  }
  for (char i = 'a'; i < 'a' + 20; i++) {
    char expected[2] = {i, 0};
    conf_expect(conf_accept(listener), expected);
  }
}

/* Many clients bind to any address and port before they connect. */
CASE(lifecycle, client_bound_to_any_reaches_the_loopback) {
  struct sockaddr_in loopback = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
  struct sockaddr_in any = {.sin_family = AF_INET};
  int listener = conf_socket();
  OK(bind(listener, conf_sa(&loopback), sizeof loopback));
  OK(listen(listener, 5));
  loopback.sin_port = htons(conf_port_of(listener));
  for (int nonblocking = 0; nonblocking < 2; nonblocking++) {
    int client = conf_socket();
    OK(bind(client, conf_sa(&any), sizeof any));
    uint16_t port = conf_port_of(client);
    if (nonblocking) {
      conf_nonblocking(client);
    }
    CHECK(connect(client, conf_sa(&loopback), sizeof loopback) == 0 || errno == EINPROGRESS);
    int server = conf_accept(listener);
    CHECK(conf_poll(client, POLLOUT, SOON) & POLLOUT);
    SAME(conf_port_of(client), port);
    struct sockaddr_in name;
    socklen_t length = sizeof name;
    OK(getpeername(client, conf_sa(&name), &length));
    SAME(name.sin_addr.s_addr, loopback.sin_addr.s_addr);
    length = sizeof name;
    OK(getsockname(client, conf_sa(&name), &length));
    SAME(name.sin_addr.s_addr, loopback.sin_addr.s_addr);
    conf_write_all(client, "hello", 5);
    conf_expect(server, "hello");
  }
  OK(close(listener));
  int client = conf_socket();
  OK(bind(client, conf_sa(&any), sizeof any));
  FAILS(connect(client, conf_sa(&loopback), sizeof loopback), ECONNREFUSED);
}

CASE(lifecycle, port_of_a_client_bound_to_any_is_taken_on_the_loopback) {
  struct sockaddr_in any = {.sin_family = AF_INET};
  int client = conf_socket();
  OK(bind(client, conf_sa(&any), sizeof any));
  struct sockaddr_in loopback = {.sin_family = AF_INET,
                                 .sin_port = htons(conf_port_of(client)),
                                 .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
  FAILS(bind(conf_socket(), conf_sa(&loopback), sizeof loopback), EADDRINUSE);
}

CASE(lifecycle, closing_a_listener_refuses_new_connections) {
  struct sockaddr_in where;
  int listener = conf_listen(&where);
  OK(close(listener));
  FAILS(connect(conf_socket(), conf_sa(&where), sizeof where), ECONNREFUSED);
}

CASE(lifecycle, closing_a_listener_resets_waiting_connections) {
  struct sockaddr_in where;
  int listener = conf_listen(&where);
  int client = conf_connect(&where);
  OK(close(listener));
  char byte;
  FAILS(recv(client, &byte, 1, 0), ECONNRESET);
}

CASE(lifecycle, accepted_connection_outlives_its_listener) {
  struct conf_pair pair = conf_pair();
  OK(close(pair.listener));
  conf_write_all(pair.client, "still", 5);
  conf_expect(pair.server, "still");
}

CASE(lifecycle, port_can_be_bound_again_after_close) {
  struct sockaddr_in where;
  int listener = conf_listen(&where);
  OK(close(listener));
  int again = conf_socket();
  OK(bind(again, conf_sa(&where), sizeof where));
  OK(listen(again, 5));
  int client = conf_connect(&where);
  conf_accept(again);
  OK(close(client));
}

static int reusable_listener(struct sockaddr_in *where) {
  int fd = conf_socket();
  int on = 1;
  OK(setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on));
  OK(bind(fd, conf_sa(where), sizeof *where));
  OK(listen(fd, 128));
  return fd;
}

CASE(lifecycle, server_restarts_on_its_port_with_reuseaddr) {
  struct sockaddr_in where = conf_address(0);
  int listener = reusable_listener(&where);
  where.sin_port = htons(conf_port_of(listener));
  int client = conf_connect(&where);
  OK(close(conf_accept(listener))); /* the server's side closes first and lingers in TIME_WAIT */
  conf_expect_eof(client);
  OK(close(client));
  OK(close(listener));
  int again = reusable_listener(&where);
  client = conf_connect(&where);
  conf_accept(again);
  OK(close(client));
}

CASE(lifecycle, listen_again_changes_the_backlog) {
  struct sockaddr_in where;
  int listener = conf_listen(&where);
  OK(listen(listener, 1));
  OK(listen(listener, 64));
  conf_connect(&where);
  conf_accept(listener);
}

CASE(lifecycle, listen_zero_accepts_one) {
  int fd = conf_socket();
  struct sockaddr_in where = conf_address(0);
  OK(bind(fd, conf_sa(&where), sizeof where));
  OK(listen(fd, 0));
  where.sin_port = htons(conf_port_of(fd));
  int client = conf_connect(&where);
  conf_write_all(client, "q", 1);
  conf_expect(conf_accept(fd), "q");
}

CASE(lifecycle, loopback_reaches_own_any_listener) {
  int fd = conf_socket();
  struct sockaddr_in any = {.sin_family = AF_INET};
  OK(bind(fd, conf_sa(&any), sizeof any));
  OK(listen(fd, 5));
  struct sockaddr_in local = {.sin_family = AF_INET, .sin_port = htons(conf_port_of(fd))};
  local.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  int client = conf_connect(&local);
  int server = conf_accept(fd);
  conf_write_all(client, "lo", 2);
  conf_expect(server, "lo");
  conf_write_all(server, "ol", 2);
  conf_expect(client, "ol");
}

CASE(lifecycle, zero_address_reaches_own_listener) {
  int fd = conf_socket();
  struct sockaddr_in any = {.sin_family = AF_INET};
  OK(bind(fd, conf_sa(&any), sizeof any));
  OK(listen(fd, 5));
  any.sin_port = htons(conf_port_of(fd));
  int client = conf_connect(&any);
  int server = conf_accept(fd);
  conf_write_all(client, "0", 1);
  conf_expect(server, "0");
}

CASE(lifecycle, client_may_choose_its_port) {
  struct sockaddr_in where;
  int listener = conf_listen(&where);
  int client = conf_socket();
  struct sockaddr_in own = conf_address(0);
  OK(bind(client, conf_sa(&own), sizeof own));
  uint16_t port = conf_port_of(client);
  OK(connect(client, conf_sa(&where), sizeof where));
  SAME(conf_port_of(client), port);
  struct sockaddr_in peer;
  socklen_t length = sizeof peer;
  OK(accept(listener, conf_sa(&peer), &length));
  SAME(ntohs(peer.sin_port), port);
}

CASE(lifecycle, refused_socket_may_try_again) {
  struct sockaddr_in where;
  int holder = conf_dead_port(&where);
  int client = conf_socket();
  FAILS(connect(client, conf_sa(&where), sizeof where), ECONNREFUSED);
  OK(listen(holder, 5));
  OK(connect(client, conf_sa(&where), sizeof where));
  conf_write_all(client, "r", 1);
  conf_expect(conf_accept(holder), "r");
}

CASE(lifecycle, descriptor_limit_is_obeyed) {
  struct sockaddr_in where;
  int listener = conf_listen(&where);
  int client = conf_connect(&where);
  struct rlimit limit;
  OK(getrlimit(RLIMIT_NOFILE, &limit));
  rlim_t before = limit.rlim_cur;
  limit.rlim_cur = (rlim_t)client + 1;
  OK(setrlimit(RLIMIT_NOFILE, &limit));
  FAILS(socket(AF_INET, SOCK_STREAM, 0), EMFILE);
  FAILS(accept(listener, NULL, NULL), EMFILE);
  limit.rlim_cur = before;
  OK(setrlimit(RLIMIT_NOFILE, &limit));
  conf_write_all(client, "kept", 4);
  conf_expect(conf_accept(listener), "kept"); /* the connection was not lost */
}

CASE(lifecycle, unaccelerated_families_work) {
  int pair[2];
  OK(socketpair(AF_UNIX, SOCK_STREAM, 0, pair));
  conf_write_all(pair[0], "unix", 4);
  conf_expect(pair[1], "unix");
  int datagram = OK(socket(AF_INET, SOCK_DGRAM, 0));
  struct sockaddr_in local = {.sin_family = AF_INET};
  local.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  OK(bind(datagram, conf_sa(&local), sizeof local));
  local.sin_port = htons(conf_port_of(datagram));
  SAME(sendto(datagram, "udp", 3, 0, conf_sa(&local), sizeof local), 3);
  conf_expect(datagram, "udp");
}
