/* ioctl requests and fcntl commands, duplicates of descriptors. */
#include <linux/sockios.h>
#include <signal.h>
#include <sys/resource.h>

#include "conformance.h"

static int ask(int fd, unsigned long request) {
  int value = -1;
  OK(ioctl(fd, request, &value));
  return value;
}

CASE(ioctls, fionread_counts_what_is_there) {
  struct conf_pair pair = conf_pair();
  SAME(ask(pair.server, FIONREAD), 0);
  conf_write_all(pair.client, "twelve bytes", 12);
  EVENTUALLY(ask(pair.server, FIONREAD) == 12);
  conf_expect(pair.server, "twelve ");
  SAME(ask(pair.server, FIONREAD), 5);
  int value;
  FAILS(ioctl(pair.listener, FIONREAD, &value), EINVAL);
}

CASE(ioctls, tiocoutq_drains) {
  struct conf_pair pair = conf_pair();
  conf_write_all(pair.client, "twelve bytes", 12);
  conf_expect(pair.server, "twelve bytes");
  EVENTUALLY(ask(pair.client, TIOCOUTQ) == 0);
  int queued = conf_fill_up(pair.client);
  int held = ask(pair.client, TIOCOUTQ);
  CHECK(held >= 0 && held <= queued);
  CHECK(ask(pair.client, SIOCOUTQNSD) <= held);
}

CASE(ioctls, fionbio_switches) {
  struct conf_pair pair = conf_pair();
  int on = 1;
  OK(ioctl(pair.server, FIONBIO, &on));
  CHECK(OK(fcntl(pair.server, F_GETFL)) & O_NONBLOCK);
  char byte;
  FAILS(read(pair.server, &byte, 1), EAGAIN);
  on = 0;
  OK(ioctl(pair.server, FIONBIO, &on));
  CHECK(!(OK(fcntl(pair.server, F_GETFL)) & O_NONBLOCK));
}

static volatile sig_atomic_t told;

static void on_io(int signal) {
  (void)signal;
  told = 1;
}

/* Whoever is allowed to wait for SIGIO gets it. */
CASE(ioctls, signals_come_or_are_refused) {
  struct conf_pair pair = conf_pair();
  OK(signal(SIGIO, on_io) == SIG_ERR ? -1 : 0);
  OK(fcntl(pair.server, F_SETOWN, getpid()));
  int flags = OK(fcntl(pair.server, F_GETFL));
  int on = 1;
  bool by_ioctl = ioctl(pair.server, FIOASYNC, &on) == 0;
  CHECK(by_ioctl || errno == EOPNOTSUPP);
  bool by_fcntl = fcntl(pair.server, F_SETFL, flags | O_ASYNC) == 0;
  CHECK(by_fcntl || errno == EOPNOTSUPP);
  SAME(by_ioctl, by_fcntl);
  SAME((OK(fcntl(pair.server, F_GETFL)) & O_ASYNC) != 0, by_fcntl);
  conf_write_all(pair.client, "x", 1);
  conf_expect(pair.server, "x");
  EVENTUALLY(told == by_fcntl);
  OK(fcntl(pair.server, F_SETFL, flags & ~O_ASYNC));
}

CASE(ioctls, close_on_exec) {
  int fd = conf_socket();
  OK(ioctl(fd, FIOCLEX));
  CHECK(OK(fcntl(fd, F_GETFD)) & FD_CLOEXEC);
  OK(ioctl(fd, FIONCLEX));
  CHECK(!(OK(fcntl(fd, F_GETFD)) & FD_CLOEXEC));
  OK(fcntl(fd, F_SETFD, FD_CLOEXEC));
  CHECK(OK(fcntl(fd, F_GETFD)) & FD_CLOEXEC);
}

CASE(ioctls, at_mark) {
  struct conf_pair pair = conf_pair();
  SAME(ask(pair.server, SIOCATMARK), 0);
  SAME(sockatmark(pair.server), 0);
}

CASE(ioctls, unknown_request) {
  struct conf_pair pair = conf_pair();
  int value = 0;
  FAILS(ioctl(pair.client, TCGETS, (char[64]){0}), ENOTTY);
  FAILS(ioctl(-1, FIONREAD, &value), EBADF);
  SAME(isatty(pair.client), 0);
}

CASE(dup, copies_share_the_connection) {
  struct conf_pair pair = conf_pair();
  int copy = OK(dup(pair.client));
  conf_write_all(pair.client, "one", 3);
  conf_write_all(copy, "two", 3);
  conf_expect(pair.server, "onetwo");
  OK(close(pair.client));
  conf_write_all(copy, "three", 5); /* not closed while a copy lives */
  conf_expect(pair.server, "three");
  SAME(conf_poll(pair.server, POLLIN, QUIET), 0);
  OK(close(copy));
  conf_expect_eof(pair.server);
}

CASE(dup, nonblocking_is_shared_close_on_exec_is_not) {
  struct conf_pair pair = conf_pair();
  int copy = OK(dup(pair.server));
  conf_nonblocking(pair.server);
  CHECK(OK(fcntl(copy, F_GETFL)) & O_NONBLOCK);
  char byte;
  FAILS(read(copy, &byte, 1), EAGAIN);
  OK(fcntl(pair.server, F_SETFD, FD_CLOEXEC));
  CHECK(!(OK(fcntl(copy, F_GETFD)) & FD_CLOEXEC));
}

CASE(dup, dup2_onto_a_free_number) {
  struct conf_pair pair = conf_pair();
  SAME(dup2(pair.server, 200), 200);
  conf_write_all(pair.client, "two hundred", 11);
  conf_expect(200, "two hundred");
  OK(close(pair.server));
  conf_write_all(200, "back", 4);
  conf_expect(pair.client, "back");
}

CASE(dup, dup2_closes_what_was_there) {
  struct conf_pair one = conf_pair();
  struct conf_pair two = conf_pair();
  SAME(dup2(one.server, two.server), two.server);
  conf_expect_eof(two.client);
  conf_write_all(one.client, "a", 1);
  conf_expect(two.server, "a");
}

CASE(dup, dup2_onto_itself) {
  struct conf_pair pair = conf_pair();
  SAME(dup2(pair.server, pair.server), pair.server);
  FAILS(dup3(pair.server, pair.server, 0), EINVAL);
  conf_write_all(pair.client, "a", 1);
  conf_expect(pair.server, "a");
}

CASE(dup, dup2_of_a_file_over_a_socket) {
  struct conf_pair pair = conf_pair();
  int null = OK(open("/dev/null", O_RDWR));
  SAME(dup2(null, pair.server), pair.server);
  conf_expect_eof(pair.client);
  SAME(write(pair.server, "x", 1), 1); /* the file now */
}

CASE(dup, dup3_and_fcntl) {
  struct conf_pair pair = conf_pair();
  SAME(dup3(pair.server, 210, O_CLOEXEC), 210);
  CHECK(OK(fcntl(210, F_GETFD)) & FD_CLOEXEC);
  SAME(fcntl(pair.server, F_DUPFD, 220), 220);
  SAME(fcntl(pair.server, F_DUPFD_CLOEXEC, 220), 221);
  CHECK(OK(fcntl(221, F_GETFD)) & FD_CLOEXEC);
  conf_write_all(pair.client, "abc", 3);
  conf_expect(210, "a");
  conf_expect(220, "b");
  conf_expect(221, "c");
}

CASE(dup, errors) {
  struct conf_pair pair = conf_pair();
  FAILS(dup(-1), EBADF);
  FAILS(dup2(pair.client, -1), EBADF);
  FAILS(dup2(999, pair.client), EBADF);
  conf_write_all(pair.client, "a", 1); /* still there */
  conf_expect(pair.server, "a");
  struct rlimit limit;
  OK(getrlimit(RLIMIT_NOFILE, &limit));
  FAILS(dup2(pair.client, (int)limit.rlim_cur), EBADF);
}

CASE(dup, listener_copies) {
  struct sockaddr_in where;
  int listener = conf_listen(&where);
  int copy = OK(dup(listener));
  OK(close(listener));
  conf_write_all(conf_connect(&where), "a", 1);
  conf_expect(conf_accept(copy), "a");
  OK(close(copy));
  FAILS(connect(conf_socket(), conf_sa(&where), sizeof where), ECONNREFUSED);
}

CASE(dup, close_range_closes_sockets) {
  struct conf_pair pair = conf_pair();
  int low = OK(dup2(pair.server, 300));
  OK(close(pair.server));
  OK(close_range(250, 400, 0));
  FAILS(fcntl(low, F_GETFD), EBADF);
  conf_expect_eof(pair.client);
  unsigned client = (unsigned)pair.client;
  OK(close_range(client, client, CLOSE_RANGE_CLOEXEC));
  CHECK(OK(fcntl(pair.client, F_GETFD)) & FD_CLOEXEC);
}

CASE(dup, sockets_work_after_close_range_of_all) {
  struct conf_pair before = conf_pair();
  conf_write_all(before.client, "a", 1);
  OK(close_range(3, ~0U, 0)); /* what daemons do at start */
  FAILS(fcntl(before.client, F_GETFD), EBADF);
  struct conf_pair pair = conf_pair();
  conf_write_all(pair.client, "works", 5);
  conf_expect(pair.server, "works");
}

CASE(dup, sockets_work_after_closing_every_number) {
  struct conf_pair before = conf_pair();
  (void)before;
  for (int fd = 3; fd < 1100; fd++) {
    close(fd);
  }
  struct conf_pair pair = conf_pair();
  conf_write_all(pair.client, "works", 5);
  conf_expect(pair.server, "works");
}
