/* fork: shared listeners, connections handed to children, what lives how long. */
#include <sys/epoll.h>

#include "conformance.h"

static void serve_one(int listener, const char *text) {
  int server = conf_accept(listener);
  conf_write_all(server, text, strlen(text));
  OK(close(server));
}

CASE(fork, child_accepts_on_the_parents_listener) {
  struct sockaddr_in where;
  int listener = conf_listen(&where);
  pid_t child = conf_fork();
  if (child == 0) {
    serve_one(listener, "child");
    conf_child_done();
  }
  int client = conf_connect(&where);
  conf_expect(client, "child");
  conf_expect_eof(client);
  conf_child_passes(child);
}

CASE(fork, parent_accepts_after_the_child_is_gone) {
  struct sockaddr_in where;
  int listener = conf_listen(&where);
  pid_t child = conf_fork();
  if (child == 0) {
    serve_one(listener, "child");
    conf_child_done();
  }
  conf_expect(conf_connect(&where), "child");
  conf_child_passes(child);
  int client = conf_connect(&where);
  serve_one(listener, "parent");
  conf_expect(client, "parent");
}

CASE(fork, connection_waiting_for_a_dead_child_is_not_lost) {
  struct sockaddr_in where;
  int listener = conf_listen(&where);
  pid_t child = conf_fork();
  if (child == 0) { /* looks, so that it counts as one who accepts, but never takes */
    conf_poll(listener, POLLIN, SOON);
    raise(SIGKILL);
  }
  int client = conf_connect(&where);
  int status;
  SAME(waitpid(child, &status, 0), child);
  conf_write_all(client, "kept", 4);
  SAME(conf_poll(listener, POLLIN, SOON), POLLIN);
  conf_expect(conf_accept(listener), "kept");
}

CASE(fork, several_children_accept) {
  struct sockaddr_in where;
  int listener = conf_listen(&where);
  pid_t children[4];
  for (int i = 0; i < 4; i++) {
    children[i] = conf_fork();
    if (children[i] == 0) {
      for (;;) { /* until the end mark */
        int server = conf_accept(listener);
        char byte = 0;
        conf_read_all(server, &byte, 1);
        conf_write_all(server, &byte, 1);
        OK(close(server));
        if (byte == '.') {
          conf_child_done();
        }
      }
    }
  }
  for (int i = 0; i < 200; i++) {
    char byte = (char)('a' + i % 26);
    char back = 0;
    int client = conf_connect(&where);
    conf_write_all(client, &byte, 1);
    conf_read_all(client, &back, 1);
    SAME(back, byte);
    OK(close(client));
  }
  for (int i = 0; i < 4; i++) {
    int client = conf_connect(&where);
    conf_write_all(client, ".", 1);
    conf_expect(client, ".");
    OK(close(client));
  }
  for (int i = 0; i < 4; i++) {
    conf_child_passes(children[i]);
  }
}

/* Serves one connection after the other, each to its end; 1 if the last byte was the end mark. */
static bool echo_to_the_end(int server) {
  char byte = 0;
  while (OK(recv(server, &byte, 1, 0)) == 1) {
    conf_write_all(server, &byte, 1);
  }
  OK(close(server));
  return byte == '.';
}

static void serve_in_turn(int listener, bool by_epoll) {
  int epoll = conf_epoll();
  if (by_epoll) {
    conf_nonblocking(listener);
    conf_epoll_add(epoll, listener, EPOLLIN);
  }
  for (;;) {
    if (by_epoll) {
      SAME(conf_epoll_next(epoll, -1), EPOLLIN);
    }
    int server = accept(listener, NULL, NULL);
    if (server < 0 && by_epoll && errno == EAGAIN) {
      continue; /* another child was quicker */
    }
    if (echo_to_the_end(OK(server))) {
      conf_child_done();
    }
  }
}

static int echoing(struct sockaddr_in *where, const char *byte) {
  int client = conf_connect(where);
  conf_write_all(client, byte, 1);
  conf_expect(client, byte);
  return client;
}

static void expect_the_idle_to_serve(bool by_epoll) {
  struct sockaddr_in where;
  int listener = conf_listen(&where);
  pid_t children[4];
  int busy[3];
  for (int i = 0; i < 4; i++) {
    children[i] = conf_fork();
    if (children[i] == 0) {
      serve_in_turn(listener, by_epoll);
    }
  }
  for (int lap = 0; lap < 5; lap++) {
    for (int i = 0; i < 3; i++) {
      busy[i] = echoing(&where, "b");
    }
    for (int i = 0; i < 20; i++) {
      OK(close(echoing(&where, "q"))); /* by the one child that is left */
    }
    for (int i = 0; i < 3; i++) {
      OK(close(busy[i]));
    }
  }
  for (int i = 0; i < 4; i++) {
    OK(close(echoing(&where, ".")));
  }
  for (int i = 0; i < 4; i++) {
    conf_child_passes(children[i]);
  }
}

CASE(fork, no_connection_waits_for_a_busy_child) { expect_the_idle_to_serve(false); }

CASE(fork, no_connection_waits_for_a_busy_child_with_epoll) { expect_the_idle_to_serve(true); }

CASE(fork, child_serves_behind_another_root) {
  if (geteuid() != 0) {
    conf_skip("only root may change it");
  }
  struct sockaddr_in where;
  int listener = conf_listen(&where);
  struct conf_pair pair = conf_pair();
  pid_t child = conf_fork();
  if (child == 0) {
    OK(chroot("/proc/self/fdinfo")); /* nothing can be found there */
    OK(chdir("/"));
    conf_write_all(pair.server, "inherited", 9);
    serve_one(listener, "accepted");
    int client = conf_connect(&where);
    conf_expect(client, "opened");
    conf_child_done();
  }
  conf_expect(pair.client, "inherited");
  conf_expect(conf_connect(&where), "accepted");
  serve_one(listener, "opened");
  conf_child_passes(child);
}

CASE(fork, children_listen_on_what_the_parent_bound) {
  struct sockaddr_in where = conf_address(0);
  int listener = conf_socket();
  OK(bind(listener, conf_sa(&where), sizeof where));
  where = conf_address(conf_port_of(listener));
  for (int i = 0; i < 3; i++) { /* one after the other, as Varnish's */
    pid_t child = conf_fork();
    if (child == 0) {
      OK(listen(listener, 5));
      serve_one(listener, "child");
      conf_child_done();
    }
    int client = conf_socket();
    EVENTUALLY(connect(client, conf_sa(&where), sizeof where) == 0);
    conf_expect(client, "child");
    conf_child_passes(child);
    OK(close(client));
  }
}

CASE(fork, connection_moves_though_its_bytes_are_on_their_way) {
  struct conf_pair pair = conf_pair();
  conf_nonblocking(pair.server);
  uint64_t written = (uint64_t)conf_fill_up(pair.server);
  pid_t child = conf_fork();
  if (child == 0) {
    OK(close(pair.client));
    SAME(conf_poll(pair.server, POLLOUT, SOON), POLLOUT);
    conf_write_all(pair.server, "!", 1);
    conf_child_done();
  }
  OK(close(pair.server));
  conf_sleep_ms(50); /* the child tries, and nothing has been read */
  char bytes[4096];
  size_t part = 0;
  for (uint64_t left = written + 1; left > 0; left -= part) {
    part = left < sizeof bytes ? (size_t)left : sizeof bytes;
    conf_read_all(pair.client, bytes, part);
  }
  SAME(bytes[part - 1], '!');
  conf_expect_eof(pair.client);
  conf_child_passes(child);
}

CASE(fork, master_keeps_listening_while_children_come_and_go) {
  struct sockaddr_in where;
  int listener = conf_listen(&where);
  for (int i = 0; i < 10; i++) {
    pid_t child = conf_fork();
    if (child == 0) {
      serve_one(listener, "next");
      conf_child_done();
    }
    conf_expect(conf_connect(&where), "next");
    conf_child_passes(child);
  }
}

CASE(fork, master_may_close_while_the_child_listens) {
  struct sockaddr_in where;
  int listener = conf_listen(&where);
  pid_t child = conf_fork();
  if (child == 0) {
    serve_one(listener, "one");
    serve_one(listener, "two");
    conf_child_done();
  }
  OK(close(listener));
  conf_expect(conf_connect(&where), "one");
  conf_expect(conf_connect(&where), "two");
  conf_child_passes(child);
  EVENTUALLY(connect(conf_socket(), conf_sa(&where), sizeof where) == -1 && errno == ECONNREFUSED);
}

CASE(fork, connection_is_handed_to_a_child) {
  struct sockaddr_in where;
  int listener = conf_listen(&where);
  for (int i = 0; i < 5; i++) { /* a process per connection, as PostgreSQL does */
    int client = conf_connect(&where);
    int server = conf_accept(listener);
    pid_t child = conf_fork();
    if (child == 0) {
      OK(close(listener));
      OK(close(client));
      conf_expect(server, "question");
      conf_write_all(server, "answer", 6);
      conf_child_done();
    }
    OK(close(server));
    conf_write_all(client, "question", 8);
    conf_expect(client, "answer");
    conf_expect_eof(client);
    OK(close(client));
    conf_child_passes(child);
  }
}

CASE(fork, close_in_the_parent_does_not_end_it) {
  struct conf_pair pair = conf_pair();
  int gate[2];
  OK(pipe(gate));
  pid_t child = conf_fork();
  if (child == 0) {
    char byte;
    OK(close(gate[1]));
    OK(close(pair.client));
    SAME(read(gate[0], &byte, 1), 0);
    conf_child_done();
  }
  OK(close(pair.server));
  SAME(conf_poll(pair.client, POLLIN, QUIET), 0); /* the child still holds it */
  OK(close(gate[1]));
  conf_child_passes(child);
  conf_expect_eof(pair.client);
}

CASE(fork, close_in_the_child_does_not_end_it) {
  struct conf_pair pair = conf_pair();
  pid_t child = conf_fork();
  if (child == 0) {
    OK(close(pair.client));
    OK(close(pair.server));
    OK(close(pair.listener));
    conf_child_done();
  }
  conf_child_passes(child);
  SAME(conf_poll(pair.client, POLLIN, QUIET), 0);
  conf_write_all(pair.client, "a", 1);
  conf_expect(pair.server, "a");
  struct sockaddr_in where = conf_address(conf_port_of(pair.listener));
  OK(close(conf_connect(&where)));
}

CASE(fork, data_before_the_fork_reaches_the_child) {
  struct conf_pair pair = conf_pair();
  conf_write_all(pair.client, "before", 6);
  SAME(conf_poll(pair.server, POLLIN, SOON), POLLIN);
  pid_t child = conf_fork();
  if (child == 0) {
    conf_expect(pair.server, "before");
    conf_child_done();
  }
  OK(close(pair.server));
  conf_child_passes(child);
}

CASE(fork, killed_child_ends_its_connections) {
  struct conf_pair pair = conf_pair();
  pid_t child = conf_fork();
  if (child == 0) {
    pause();
    conf_child_done();
  }
  OK(close(pair.server));
  SAME(conf_poll(pair.client, POLLIN, QUIET), 0);
  OK(close(pair.listener));
  kill(child, SIGKILL);
  int status;
  SAME(waitpid(child, &status, 0), child);
  SAME(conf_poll(pair.client, POLLIN, SOON) & POLLIN, POLLIN);
  conf_expect_eof(pair.client);
}

CASE(fork, child_opens_sockets_of_its_own) {
  struct sockaddr_in where;
  int listener = conf_listen(&where);
  pid_t child = conf_fork();
  if (child == 0) {
    struct conf_pair own = conf_pair();
    conf_write_all(own.client, "own", 3);
    conf_expect(own.server, "own");
    int client = conf_connect(&where);
    conf_expect(client, "hi");
    conf_child_done();
  }
  serve_one(listener, "hi");
  conf_child_passes(child);
}

CASE(fork, grandchild_serves) {
  struct sockaddr_in where;
  int listener = conf_listen(&where);
  pid_t child = conf_fork();
  if (child == 0) {
    pid_t grandchild = conf_fork();
    if (grandchild == 0) {
      serve_one(listener, "grand");
      conf_child_done();
    }
    conf_child_passes(grandchild);
    conf_child_done();
  }
  conf_expect(conf_connect(&where), "grand");
  conf_child_passes(child);
}

CASE(fork, many_bytes_between_parent_and_child) {
  struct sockaddr_in where;
  int listener = conf_listen(&where);
  pid_t child = conf_fork();
  if (child == 0) {
    int client = conf_connect(&where);
    conf_send_pattern(client, 31, 6000000);
    OK(shutdown(client, SHUT_WR));
    conf_expect_pattern(client, 32, 6000000);
    conf_child_done();
  }
  int server = conf_accept(listener);
  conf_expect_pattern(server, 31, 6000000);
  conf_expect_eof(server);
  conf_send_pattern(server, 32, 6000000);
  conf_child_passes(child);
}

CASE(fork, last_words_of_a_child_arrive) {
  for (int i = 0; i < 20; i++) {
    struct conf_pair pair = conf_pair();
    pid_t child = conf_fork();
    if (child == 0) {
      conf_write_all(pair.server, "words", 5);
      OK(shutdown(pair.server, SHUT_WR));
      conf_child_done(); /* ends at once, while the parent holds the connection, too */
    }
    conf_expect(pair.client, "words");
    conf_expect_eof(pair.client);
    conf_child_passes(child);
    OK(close(pair.server));
    OK(close(pair.client));
  }
}

CASE(fork, both_processes_write_on_one_connection) {
  struct conf_pair pair = conf_pair();
  pid_t child = conf_fork();
  if (child == 0) {
    conf_write_all(pair.client, "child", 5);
    conf_child_done();
  }
  conf_child_passes(child);
  conf_write_all(pair.client, "parent", 6);
  conf_expect(pair.server, "childparent");
}

CASE(fork, name_of_an_inherited_socket) {
  struct conf_pair pair = conf_pair();
  uint16_t port = conf_port_of(pair.client);
  pid_t child = conf_fork();
  if (child == 0) {
    SAME(conf_port_of(pair.client), port);
    int type = 0;
    socklen_t length = sizeof type;
    OK(getsockopt(pair.listener, SOL_SOCKET, SO_ACCEPTCONN, &type, &length));
    SAME(type, 1);
    conf_child_done();
  }
  conf_child_passes(child);
}

static int bind_to(int type, uint16_t port) {
  int fd = OK(socket(AF_INET, type, 0));
  struct sockaddr_in where = conf_address(port);
  OK(bind(fd, conf_sa(&where), sizeof where));
  if (type == SOCK_STREAM) {
    OK(listen(fd, 1));
  }
  return fd;
}

/* In a child, which ends then, by itself or by a signal. */
static void bind_and_end(int type, uint16_t port, bool killed) {
  int told[2];
  OK(pipe(told));
  pid_t child = conf_fork();
  if (child == 0) {
    bind_to(type, port);
    SAME(write(told[1], "", 1), 1);
    while (killed) {
      pause();
    }
    conf_child_done();
  }
  char byte;
  SAME(read(told[0], &byte, 1), 1);
  if (killed) {
    OK(kill(child, SIGKILL));
  }
  int status;
  SAME(waitpid(child, &status, 0), child);
  SAME(WIFSIGNALED(status), killed);
  OK(close(told[0]));
  OK(close(told[1]));
}

static void bind_after_others(int type) {
  int first = bind_to(type, 0);
  uint16_t port = conf_port_of(first);
  OK(close(first));
  for (int round = 0; round < 60; round++) {
    bind_and_end(type, port, round % 2 == 0);
    OK(close(bind_to(type, port)));
  }
}

CASE(ports, of_a_listener_are_free_when_its_process_is_gone) { bind_after_others(SOCK_STREAM); }

CASE(ports, of_datagrams_are_free_when_their_process_is_gone) { bind_after_others(SOCK_DGRAM); }
