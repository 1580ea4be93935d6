/* Which errno for which mistake. */
#include "conformance.h"

CASE(errors, refused) {
  struct sockaddr_in where;
  conf_dead_port(&where);
  FAILS(connect(conf_socket(), conf_sa(&where), sizeof where), ECONNREFUSED);
}

CASE(errors, refused_without_blocking) {
  struct sockaddr_in where;
  conf_dead_port(&where);
  int client = conf_socket();
  conf_nonblocking(client);
  FAILS(connect(client, conf_sa(&where), sizeof where), EINPROGRESS);
  CHECK(conf_poll(client, POLLOUT, SOON) & POLLERR);
  int error = 0;
  socklen_t length = sizeof error;
  OK(getsockopt(client, SOL_SOCKET, SO_ERROR, &error, &length));
  SAME(error, ECONNREFUSED);
  OK(getsockopt(client, SOL_SOCKET, SO_ERROR, &error, &length));
  SAME(error, 0);
}

CASE(errors, connect_without_blocking) {
  struct sockaddr_in where;
  int listener = conf_listen(&where);
  int client = conf_socket();
  conf_nonblocking(client);
  FAILS(connect(client, conf_sa(&where), sizeof where), EINPROGRESS);
  SAME(conf_poll(client, POLLOUT, SOON), POLLOUT);
  int error = -1;
  socklen_t length = sizeof error;
  OK(getsockopt(client, SOL_SOCKET, SO_ERROR, &error, &length));
  SAME(error, 0);
  conf_write_all(client, "a", 1);
  conf_expect(conf_accept(listener), "a");
}

CASE(errors, second_connect_tells_the_outcome) {
  struct sockaddr_in where;
  conf_listen(&where);
  int client = conf_socket();
  conf_nonblocking(client);
  FAILS(connect(client, conf_sa(&where), sizeof where), EINPROGRESS);
  SAME(conf_poll(client, POLLOUT, SOON), POLLOUT);
  SAME(connect(client, conf_sa(&where), sizeof where), 0);
  FAILS(connect(client, conf_sa(&where), sizeof where), EISCONN);
}

CASE(errors, connect_to_nowhere_is_in_progress) {
  int client = conf_socket();
  conf_nonblocking(client);
  const char *silent = getenv("CONF_SILENT"); /* an address that never answers */
  if (silent == NULL) {
    conf_skip("CONF_SILENT is not set");
  }
  struct sockaddr_in where = conf_address(9);
  SAME(inet_pton(AF_INET, silent, &where.sin_addr), 1);
  FAILS(connect(client, conf_sa(&where), sizeof where), EINPROGRESS);
  FAILS(connect(client, conf_sa(&where), sizeof where), EALREADY);
  SAME(conf_poll(client, POLLOUT, QUIET), 0);
  char byte;
  FAILS(recv(client, &byte, 1, 0), EAGAIN);
  FAILS(send(client, "x", 1, MSG_NOSIGNAL), EAGAIN);
  OK(close(client));
}

CASE(errors, not_connected) {
  int fd = conf_socket();
  char byte;
  struct sockaddr_in name;
  socklen_t length = sizeof name;
  FAILS(recv(fd, &byte, 1, 0), ENOTCONN);
  FAILS(read(fd, &byte, 1), ENOTCONN);
  FAILS(send(fd, "x", 1, MSG_NOSIGNAL), EPIPE);
  FAILS(getpeername(fd, conf_sa(&name), &length), ENOTCONN);
  FAILS(shutdown(fd, SHUT_RDWR), ENOTCONN);
}

CASE(errors, listener_moves_no_data) {
  struct sockaddr_in where;
  int listener = conf_listen(&where);
  char byte;
  struct sockaddr_in name;
  socklen_t length = sizeof name;
  FAILS(recv(listener, &byte, 1, 0), ENOTCONN);
  FAILS(send(listener, "x", 1, MSG_NOSIGNAL), EPIPE);
  FAILS(getpeername(listener, conf_sa(&name), &length), ENOTCONN);
  FAILS(connect(listener, conf_sa(&where), sizeof where), EISCONN);
}

CASE(errors, accept_needs_a_listener) {
  FAILS(accept(conf_socket(), NULL, NULL), EINVAL);
  struct conf_pair pair = conf_pair();
  FAILS(accept(pair.client, NULL, NULL), EINVAL);
  FAILS(listen(pair.client, 5), EINVAL);
}

CASE(errors, connect_twice) {
  struct sockaddr_in where;
  conf_listen(&where);
  int client = conf_connect(&where);
  FAILS(connect(client, conf_sa(&where), sizeof where), EISCONN);
}

CASE(errors, bind_mistakes) {
  struct sockaddr_in where = conf_address(0);
  int fd = conf_socket();
  OK(bind(fd, conf_sa(&where), sizeof where));
  FAILS(bind(fd, conf_sa(&where), sizeof where), EINVAL);
  int other = conf_socket();
  FAILS(bind(other, conf_sa(&where), 4), EINVAL);
  struct sockaddr_in foreign = {.sin_family = AF_INET};
  foreign.sin_addr.s_addr = htonl(0xc6336401); /* 198.51.100.1: nobody's */
  FAILS(bind(other, conf_sa(&foreign), sizeof foreign), EADDRNOTAVAIL);
  struct sockaddr_in family = where;
  family.sin_family = AF_UNIX;
  FAILS(bind(other, conf_sa(&family), sizeof family), EAFNOSUPPORT);
}

CASE(errors, address_in_use) {
  struct sockaddr_in where;
  conf_listen(&where);
  FAILS(bind(conf_socket(), conf_sa(&where), sizeof where), EADDRINUSE);
  int other = conf_socket();
  int on = 1;
  OK(setsockopt(other, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on));
  FAILS(bind(other, conf_sa(&where), sizeof where), EADDRINUSE); /* listening: no sharing */
  struct sockaddr_in any = {.sin_family = AF_INET, .sin_port = where.sin_port};
  FAILS(bind(conf_socket(), conf_sa(&any), sizeof any), EADDRINUSE);
}

CASE(errors, in_use_although_only_bound) {
  struct sockaddr_in where;
  conf_dead_port(&where);
  FAILS(bind(conf_socket(), conf_sa(&where), sizeof where), EADDRINUSE);
}

CASE(errors, connect_mistakes) {
  struct sockaddr_in where;
  conf_listen(&where);
  int fd = conf_socket();
  FAILS(connect(fd, conf_sa(&where), 3), EINVAL);
  struct sockaddr_in family = where;
  family.sin_family = 99;
  FAILS(connect(fd, conf_sa(&family), sizeof family), EAFNOSUPPORT);
  OK(connect(fd, conf_sa(&where), sizeof where)); /* still usable */
}

CASE(errors, bad_descriptor) {
  int fd = conf_socket();
  OK(close(fd));
  char byte;
  FAILS(close(fd), EBADF);
  FAILS(read(fd, &byte, 1), EBADF);
  FAILS(send(fd, "x", 1, 0), EBADF);
  FAILS(listen(fd, 1), EBADF);
  FAILS(accept(fd, NULL, NULL), EBADF);
  FAILS(shutdown(fd, SHUT_WR), EBADF);
  FAILS(fcntl(fd, F_GETFL), EBADF);
}

CASE(errors, not_a_socket) {
  int fd = OK(open("/dev/null", O_RDWR));
  char byte;
  FAILS(recv(fd, &byte, 1, 0), ENOTSOCK);
  FAILS(send(fd, "x", 1, 0), ENOTSOCK);
  FAILS(listen(fd, 1), ENOTSOCK);
  FAILS(accept(fd, NULL, NULL), ENOTSOCK);
  FAILS(shutdown(fd, SHUT_WR), ENOTSOCK);
  FAILS(getsockopt(fd, SOL_SOCKET, SO_TYPE, &byte, &(socklen_t){1}), ENOTSOCK);
}

CASE(errors, wrong_kinds_of_socket) {
  FAILS(socket(AF_INET, SOCK_STREAM, IPPROTO_UDP), EPROTONOSUPPORT);
  FAILS(socket(AF_INET, 99, 0), EINVAL);
  FAILS(socket(4711, SOCK_STREAM, 0), EAFNOSUPPORT);
}

CASE(errors, broken_pipe_kills) {
  struct conf_pair pair = conf_pair();
  OK(shutdown(pair.client, SHUT_WR));
  pid_t child = conf_fork();
  if (child == 0) {
    signal(SIGPIPE, SIG_DFL);
    int done = (int)write(pair.client, "x", 1);
    _exit(done == -1 ? 1 : 2);
  }
  int status = 0;
  SAME(waitpid(child, &status, 0), child);
  CHECK(WIFSIGNALED(status));
  SAME(WTERMSIG(status), SIGPIPE);
}

static volatile sig_atomic_t pipes;
static void count_pipe(int signal) {
  (void)signal;
  pipes++;
}

CASE(errors, broken_pipe_signals) {
  struct conf_pair pair = conf_pair();
  conf_handle(SIGPIPE, count_pipe, 0);
  OK(shutdown(pair.client, SHUT_WR));
  FAILS(write(pair.client, "x", 1), EPIPE);
  SAME(pipes, 1);
  struct iovec out = {"x", 1};
  FAILS(writev(pair.client, &out, 1), EPIPE);
  SAME(pipes, 2);
  FAILS(send(pair.client, "x", 1, MSG_NOSIGNAL), EPIPE);
  SAME(pipes, 2);
}

CASE(errors, backlog_overflow_loses_nobody_who_connected) {
  int listener = conf_socket();
  struct sockaddr_in where = conf_address(0);
  OK(bind(listener, conf_sa(&where), sizeof where));
  OK(listen(listener, 3));
  where.sin_port = htons(conf_port_of(listener));
  struct pollfd clients[8];
  for (int i = 0; i < 8; i++) {
    clients[i] = (struct pollfd){.fd = conf_socket(), .events = POLLOUT};
    conf_nonblocking(clients[i].fd);
    FAILS(connect(clients[i].fd, conf_sa(&where), sizeof where), EINPROGRESS);
    conf_poll(clients[i].fd, POLLOUT, QUIET / 2);
  }
  EVENTUALLY(poll(clients, 8, 0) >= 3);
  conf_sleep_ms(QUIET);
  int connected = OK(poll(clients, 8, 0));
  CHECK(connected < 8);
  for (int i = 0; i < connected; i++) {
    SAME(conf_poll(listener, POLLIN, SOON), POLLIN);
    conf_accept(listener);
  }
}

static int state_of(int fd) {
  struct tcp_info info;
  socklen_t length = sizeof info;
  OK(getsockopt(fd, IPPROTO_TCP, TCP_INFO, &info, &length));
  return info.tcpi_state;
}

CASE(errors, failed_connections_are_closed_to_tcp_info) {
  struct sockaddr_in where;
  conf_dead_port(&where);
  int fd = conf_socket();
  FAILS(connect(fd, conf_sa(&where), sizeof where), ECONNREFUSED);
  SAME(state_of(fd), TCP_CLOSE);
  struct conf_pair pair = conf_pair();
  OK(shutdown(pair.server, SHUT_WR));
  EVENTUALLY(state_of(pair.client) == TCP_CLOSE_WAIT);
  conf_write_all(pair.client, "unread", 6);
  SAME(conf_poll(pair.server, POLLIN, SOON) & POLLIN, POLLIN);
  OK(close(pair.server)); /* resets */
  EVENTUALLY(state_of(pair.client) == TCP_CLOSE);
}
