/* epoll: level and edge, one-shot, errors of epoll_ctl, life of a registration. */
#include <sys/epoll.h>

#include "conformance.h"

#define BOTH (EPOLLIN | EPOLLOUT)

static int modify(int epoll, int fd, uint32_t events) {
  struct epoll_event event = {.events = events, .data = {.fd = fd}};
  return epoll_ctl(epoll, EPOLL_CTL_MOD, fd, &event);
}

CASE(epoll, level_repeats_until_read) {
  struct conf_pair pair = conf_pair();
  int epoll = conf_epoll();
  conf_epoll_add(epoll, pair.server, EPOLLIN);
  SAME(conf_epoll_next(epoll, QUIET), 0);
  conf_write_all(pair.client, "ab", 2);
  SAME(conf_epoll_next(epoll, SOON), EPOLLIN);
  conf_expect(pair.server, "a");
  SAME(conf_epoll_next(epoll, SOON), EPOLLIN);
  conf_expect(pair.server, "b");
  SAME(conf_epoll_next(epoll, QUIET), 0);
}

CASE(epoll, edge_tells_once) {
  struct conf_pair pair = conf_pair();
  int epoll = conf_epoll();
  conf_epoll_add(epoll, pair.server, EPOLLIN | EPOLLET);
  conf_write_all(pair.client, "a", 1);
  SAME(conf_epoll_next(epoll, SOON), EPOLLIN);
  SAME(conf_epoll_next(epoll, QUIET), 0);
}

CASE(epoll, edge_tells_again_on_new_data) {
  struct conf_pair pair = conf_pair();
  int epoll = conf_epoll();
  conf_epoll_add(epoll, pair.server, EPOLLIN | EPOLLET);
  for (int i = 0; i < 50; i++) {
    conf_write_all(pair.client, "a", 1); /* never read: each arrival is an edge of its own */
    SAME(conf_epoll_next(epoll, SOON), EPOLLIN);
  }
}

CASE(epoll, edge_write_after_drain) {
  struct conf_pair pair = conf_pair();
  int epoll = conf_epoll();
  conf_nonblocking(pair.client);
  conf_epoll_add(epoll, pair.client, EPOLLOUT | EPOLLET);
  SAME(conf_epoll_next(epoll, SOON), EPOLLOUT);
  SAME(conf_epoll_next(epoll, QUIET), 0);
  int queued = conf_fill_up(pair.client);
  while (conf_epoll_next(epoll, 0) != 0) { /* edges of the filling */
  }
  char *bytes = malloc((size_t)queued);
  conf_read_all(pair.server, bytes, (size_t)queued);
  free(bytes);
  SAME(conf_epoll_next(epoll, SOON), EPOLLOUT);
}

CASE(epoll, edge_if_ready_when_added) {
  struct conf_pair pair = conf_pair();
  conf_write_all(pair.client, "a", 1);
  SAME(conf_poll(pair.server, POLLIN, SOON), POLLIN);
  int epoll = conf_epoll();
  conf_epoll_add(epoll, pair.server, EPOLLIN | EPOLLET);
  SAME(conf_epoll_next(epoll, SOON), EPOLLIN);
  SAME(conf_epoll_next(epoll, QUIET), 0);
}

CASE(epoll, modify_rearms_an_edge) {
  struct conf_pair pair = conf_pair();
  int epoll = conf_epoll();
  conf_epoll_add(epoll, pair.server, EPOLLIN | EPOLLET);
  conf_write_all(pair.client, "a", 1);
  SAME(conf_epoll_next(epoll, SOON), EPOLLIN);
  SAME(conf_epoll_next(epoll, QUIET), 0);
  OK(modify(epoll, pair.server, EPOLLIN | EPOLLET));
  SAME(conf_epoll_next(epoll, SOON), EPOLLIN);
}

CASE(epoll, oneshot_tells_once_until_rearmed) {
  struct conf_pair pair = conf_pair();
  int epoll = conf_epoll();
  conf_epoll_add(epoll, pair.server, EPOLLIN | EPOLLONESHOT);
  conf_write_all(pair.client, "a", 1);
  SAME(conf_epoll_next(epoll, SOON), EPOLLIN);
  conf_write_all(pair.client, "b", 1);
  SAME(conf_epoll_next(epoll, QUIET), 0);
  OK(modify(epoll, pair.server, EPOLLIN | EPOLLONESHOT));
  SAME(conf_epoll_next(epoll, SOON), EPOLLIN);
  SAME(conf_epoll_next(epoll, QUIET), 0);
}

CASE(epoll, writable_at_once_and_again) {
  struct conf_pair pair = conf_pair();
  int epoll = conf_epoll();
  conf_epoll_add(epoll, pair.client, BOTH);
  SAME(conf_epoll_next(epoll, SOON), EPOLLOUT);
  SAME(conf_epoll_next(epoll, SOON), EPOLLOUT);
  conf_write_all(pair.server, "a", 1);
  EVENTUALLY(conf_epoll_next(epoll, SOON) == BOTH);
}

CASE(epoll, peer_close_is_in_and_rdhup) {
  struct conf_pair pair = conf_pair();
  int epoll = conf_epoll();
  conf_epoll_add(epoll, pair.server, EPOLLIN | EPOLLRDHUP);
  OK(close(pair.client));
  SAME(conf_epoll_next(epoll, SOON), EPOLLIN | EPOLLRDHUP);
}

CASE(epoll, rdhup_only_if_asked) {
  struct conf_pair pair = conf_pair();
  int epoll = conf_epoll();
  conf_epoll_add(epoll, pair.server, EPOLLIN);
  OK(shutdown(pair.client, SHUT_WR));
  SAME(conf_epoll_next(epoll, SOON), EPOLLIN);
}

CASE(epoll, edge_close_after_data) {
  struct conf_pair pair = conf_pair();
  int epoll = conf_epoll();
  conf_epoll_add(epoll, pair.server, EPOLLIN | EPOLLRDHUP | EPOLLET);
  conf_write_all(pair.client, "a", 1);
  SAME(conf_epoll_next(epoll, SOON), EPOLLIN);
  OK(shutdown(pair.client, SHUT_WR));
  SAME(conf_epoll_next(epoll, SOON), EPOLLIN | EPOLLRDHUP);
  SAME(conf_epoll_next(epoll, QUIET), 0);
}

CASE(epoll, both_closed_is_hup) {
  struct conf_pair pair = conf_pair();
  int epoll = conf_epoll();
  conf_epoll_add(epoll, pair.server, EPOLLIN);
  OK(shutdown(pair.server, SHUT_WR));
  OK(close(pair.client));
  EVENTUALLY(conf_epoll_next(epoll, SOON) == (EPOLLIN | EPOLLHUP));
}

CASE(epoll, reset_is_error_and_hup) {
  struct conf_pair pair = conf_pair();
  int epoll = conf_epoll();
  conf_epoll_add(epoll, pair.server, EPOLLIN | EPOLLRDHUP);
  struct linger now = {1, 0};
  OK(setsockopt(pair.client, SOL_SOCKET, SO_LINGER, &now, sizeof now));
  OK(close(pair.client));
  SAME(conf_epoll_next(epoll, SOON), EPOLLIN | EPOLLERR | EPOLLHUP | EPOLLRDHUP);
}

CASE(epoll, fresh_socket_is_hup) {
  int epoll = conf_epoll();
  conf_epoll_add(epoll, conf_socket(), EPOLLIN | EPOLLOUT);
  SAME(conf_epoll_next(epoll, SOON), EPOLLOUT | EPOLLHUP);
}

CASE(epoll, refused_connect_is_error) {
  struct sockaddr_in where;
  conf_dead_port(&where);
  int client = conf_socket();
  conf_nonblocking(client);
  int epoll = conf_epoll();
  FAILS(connect(client, conf_sa(&where), sizeof where), EINPROGRESS);
  conf_epoll_add(epoll, client, EPOLLOUT);
  EVENTUALLY(conf_epoll_next(epoll, SOON) == (EPOLLOUT | EPOLLERR | EPOLLHUP));
}

CASE(epoll, connect_ends_writable) {
  struct sockaddr_in where;
  int listener = conf_listen(&where);
  int client = conf_socket();
  conf_nonblocking(client);
  int epoll = conf_epoll();
  conf_epoll_add(epoll, client, EPOLLOUT | EPOLLIN | EPOLLET);
  conf_epoll_next(epoll, 0); /* HUP of the fresh socket */
  CHECK(connect(client, conf_sa(&where), sizeof where) == 0 || errno == EINPROGRESS);
  EVENTUALLY(conf_epoll_next(epoll, SOON) & EPOLLOUT);
  conf_accept(listener);
}

CASE(epoll, listener_level) {
  struct sockaddr_in where;
  int listener = conf_listen(&where);
  int epoll = conf_epoll();
  conf_epoll_add(epoll, listener, EPOLLIN);
  conf_connect(&where);
  conf_connect(&where);
  SAME(conf_epoll_next(epoll, SOON), EPOLLIN);
  conf_accept(listener);
  SAME(conf_epoll_next(epoll, SOON), EPOLLIN);
  conf_accept(listener);
  SAME(conf_epoll_next(epoll, QUIET), 0);
}

CASE(epoll, listener_edge) {
  struct sockaddr_in where;
  int listener = conf_listen(&where);
  conf_nonblocking(listener);
  int epoll = conf_epoll();
  conf_epoll_add(epoll, listener, EPOLLIN | EPOLLET);
  for (int i = 0; i < 10; i++) {
    conf_connect(&where);
    SAME(conf_epoll_next(epoll, SOON), EPOLLIN);
    conf_accept(listener);
    FAILS(accept(listener, NULL, NULL), EAGAIN);
  }
  SAME(conf_epoll_next(epoll, QUIET), 0);
}

CASE(epoll, control_errors) {
  struct conf_pair pair = conf_pair();
  int epoll = conf_epoll();
  struct epoll_event event = {.events = EPOLLIN};
  FAILS(epoll_ctl(epoll, EPOLL_CTL_MOD, pair.client, &event), ENOENT);
  FAILS(epoll_ctl(epoll, EPOLL_CTL_DEL, pair.client, NULL), ENOENT);
  conf_epoll_add(epoll, pair.client, EPOLLIN);
  FAILS(epoll_ctl(epoll, EPOLL_CTL_ADD, pair.client, &event), EEXIST);
  FAILS(epoll_ctl(epoll, 77, pair.client, &event), EINVAL);
  FAILS(epoll_ctl(pair.server, EPOLL_CTL_ADD, pair.client, &event), EINVAL);
  FAILS(epoll_ctl(epoll, EPOLL_CTL_ADD, epoll, &event), EINVAL);
  FAILS(epoll_ctl(epoll, EPOLL_CTL_ADD, 999, &event), EBADF);
  FAILS(epoll_ctl(999, EPOLL_CTL_ADD, pair.client, &event), EBADF);
  FAILS(epoll_wait(epoll, &event, 0, 0), EINVAL);
  FAILS(epoll_wait(pair.server, &event, 1, 0), EINVAL);
  FAILS(epoll_wait(999, &event, 1, 0), EBADF);
}

CASE(epoll, deleted_is_silent) {
  struct conf_pair pair = conf_pair();
  int epoll = conf_epoll();
  conf_epoll_add(epoll, pair.server, EPOLLIN);
  conf_write_all(pair.client, "a", 1);
  SAME(conf_epoll_next(epoll, SOON), EPOLLIN);
  OK(epoll_ctl(epoll, EPOLL_CTL_DEL, pair.server, NULL));
  SAME(conf_epoll_next(epoll, QUIET), 0);
  conf_epoll_add(epoll, pair.server, EPOLLIN);
  SAME(conf_epoll_next(epoll, SOON), EPOLLIN);
}

CASE(epoll, closed_descriptor_leaves_the_set) {
  struct conf_pair pair = conf_pair();
  int epoll = conf_epoll();
  conf_epoll_add(epoll, pair.server, EPOLLIN);
  conf_write_all(pair.client, "a", 1);
  SAME(conf_epoll_next(epoll, SOON), EPOLLIN);
  OK(close(pair.server));
  SAME(conf_epoll_next(epoll, QUIET), 0);
  struct conf_pair next = conf_pair(); /* reuses the number */
  conf_epoll_add(epoll, pair.server, EPOLLIN);
  CHECK(next.client == pair.server || next.server == pair.server || next.listener == pair.server);
}

CASE(epoll, duplicate_keeps_the_registration) {
  struct conf_pair pair = conf_pair();
  int epoll = conf_epoll();
  conf_epoll_add(epoll, pair.server, EPOLLIN);
  int copy = OK(dup(pair.server));
  OK(close(pair.server));
  conf_write_all(pair.client, "a", 1);
  SAME(conf_epoll_next(epoll, SOON), EPOLLIN); /* the description lives on */
  conf_expect(copy, "a");
  OK(close(copy));
  SAME(conf_epoll_next(epoll, QUIET), 0);
}

CASE(epoll, user_data_is_returned_unchanged) {
  struct conf_pair pair = conf_pair();
  int epoll = conf_epoll();
  struct epoll_event event = {.events = EPOLLOUT, .data = {.u64 = 0xfedcba9876543210}};
  OK(epoll_ctl(epoll, EPOLL_CTL_ADD, pair.client, &event));
  struct epoll_event got;
  SAME(epoll_wait(epoll, &got, 1, SOON), 1);
  CHECK(got.data.u64 == 0xfedcba9876543210);
  event.data.u64 = 5;
  OK(epoll_ctl(epoll, EPOLL_CTL_MOD, pair.client, &event));
  SAME(epoll_wait(epoll, &got, 1, SOON), 1);
  CHECK(got.data.u64 == 5);
}

CASE(epoll, modify_changes_interest) {
  struct conf_pair pair = conf_pair();
  int epoll = conf_epoll();
  conf_epoll_add(epoll, pair.client, EPOLLIN);
  SAME(conf_epoll_next(epoll, QUIET), 0);
  OK(modify(epoll, pair.client, EPOLLOUT));
  SAME(conf_epoll_next(epoll, SOON), EPOLLOUT);
  OK(modify(epoll, pair.client, 0));
  SAME(conf_epoll_next(epoll, QUIET), 0);
  OK(close(pair.server));
  EVENTUALLY(conf_poll(pair.client, POLLIN | POLLRDHUP, SOON) & POLLRDHUP);
  SAME(conf_epoll_next(epoll, QUIET), 0);
}

CASE(epoll, one_socket_in_two_sets) {
  struct conf_pair pair = conf_pair();
  int first = conf_epoll();
  int second = conf_epoll();
  conf_epoll_add(first, pair.server, EPOLLIN);
  conf_epoll_add(second, pair.server, EPOLLIN | EPOLLET);
  conf_write_all(pair.client, "a", 1);
  SAME(conf_epoll_next(first, SOON), EPOLLIN);
  SAME(conf_epoll_next(second, SOON), EPOLLIN);
  SAME(conf_epoll_next(first, SOON), EPOLLIN);
  SAME(conf_epoll_next(second, QUIET), 0);
  conf_write_all(pair.client, "b", 1);
  SAME(conf_epoll_next(second, SOON), EPOLLIN);
}

#define MANY 24

/* As a server has it that gives each connection a set of its own, beside the one for all that are idle. */
CASE(epoll, sockets_of_many_sets) {
  struct conf_pair pairs[MANY];
  int own[MANY];
  int all = conf_epoll();
  for (int round = 0; round < 3; round++) {
    for (int i = 0; i < MANY; i++) {
      pairs[i] = conf_pair();
      own[i] = conf_epoll();
      conf_epoll_add(own[i], pairs[i].server, EPOLLIN);
      conf_epoll_add(all, pairs[i].server, EPOLLIN);
    }
    for (int i = 0; i < MANY; i++) {
      conf_write_all(pairs[i].client, "a", 1);
      SAME(conf_epoll_next_fd(all), pairs[i].server);
      SAME(conf_epoll_next(own[i], SOON), EPOLLIN);
      conf_expect(pairs[i].server, "a");
      SAME(conf_epoll_next(own[i], 0), 0);
    }
    SAME(conf_epoll_next(all, QUIET), 0);
    for (int i = 0; i < MANY; i++) {
      OK(close(own[i]));
      conf_write_all(pairs[i].client, "b", 1);
      SAME(conf_epoll_next_fd(all), pairs[i].server);
      OK(close(pairs[i].server));
      OK(close(pairs[i].client));
      OK(close(pairs[i].listener));
    }
  }
}

/* As a daemon has it that leaves its parent after it has set up its event loop. */
CASE(epoll, goes_on_in_a_child) {
  struct sockaddr_in where;
  int ends[2];
  int listener = conf_listen(&where);
  int epoll = conf_epoll();
  OK(pipe(ends));
  conf_nonblocking(listener);
  conf_epoll_add(epoll, listener, EPOLLIN);
  conf_epoll_add(epoll, ends[0], EPOLLIN);
  pid_t child = conf_fork();
  if (child == 0) {
    OK(close(ends[1]));
    SAME(conf_epoll_next_fd(epoll), listener);
    int server = conf_accept(listener);
    conf_epoll_add(epoll, server, EPOLLIN | EPOLLRDHUP);
    SAME(conf_epoll_next_fd(epoll), server);
    conf_expect(server, "ask");
    conf_write_all(server, "answer", 6);
    SAME(conf_epoll_next_fd(epoll), ends[0]);
    conf_child_done();
  }
  OK(close(listener));
  OK(close(epoll));
  OK(close(ends[0]));
  int client = conf_connect(&where);
  conf_write_all(client, "ask", 3);
  conf_expect(client, "answer");
  OK(close(ends[1]));
  conf_child_passes(child);
}

CASE(epoll, set_in_a_set_goes_on_in_a_child) {
  struct conf_pair pair = conf_pair();
  int inner = conf_epoll();
  int outer = conf_epoll();
  conf_epoll_add(inner, pair.server, EPOLLIN);
  conf_epoll_add(outer, inner, EPOLLIN);
  pid_t child = conf_fork();
  if (child == 0) {
    SAME(conf_epoll_next_fd(outer), inner);
    SAME(conf_epoll_next_fd(inner), pair.server);
    conf_expect(pair.server, "a");
    SAME(conf_epoll_next(inner, QUIET), 0);
    SAME(conf_epoll_next(outer, QUIET), 0);
    conf_child_done();
  }
  OK(close(pair.server));
  conf_write_all(pair.client, "a", 1);
  conf_child_passes(child);
}

CASE(epoll, goes_on_in_a_child_with_connections) {
  struct conf_pair pair = conf_pair();
  int epoll = conf_epoll();
  int copy = OK(dup(epoll));
  conf_epoll_add(epoll, pair.server, EPOLLIN | EPOLLET);
  conf_epoll_add(copy, pair.client, EPOLLIN | EPOLLONESHOT);
  pid_t child = conf_fork();
  if (child == 0) {
    pid_t grandchild = conf_fork();
    if (grandchild == 0) {
      SAME(conf_epoll_next_fd(copy), pair.server);
      conf_expect(pair.server, "one");
      SAME(conf_epoll_next(epoll, QUIET), 0);
      conf_write_all(pair.server, "two", 3);
      SAME(conf_epoll_next_fd(epoll), pair.client);
      SAME(conf_epoll_next(copy, QUIET), 0);
      conf_expect(pair.client, "two");
      OK(modify(epoll, pair.client, EPOLLIN));
      SAME(conf_epoll_next(copy, QUIET), 0);
      OK(close(pair.server));
      SAME(conf_epoll_next_fd(epoll), pair.client);
      conf_expect_eof(pair.client);
      conf_child_done();
    }
    OK(close(pair.server));
    conf_child_passes(grandchild);
    conf_child_done();
  }
  OK(close(pair.server));
  conf_write_all(pair.client, "one", 3);
  OK(close(pair.client));
  OK(close(copy));
  conf_child_passes(child);
}
