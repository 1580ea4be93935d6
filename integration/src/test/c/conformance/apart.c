/* What each socket of a process has for itself, whatever is behind its number. */
#include <sys/resource.h>

#include "conformance.h"

static int flags_of(int fd) { return OK(fcntl(fd, F_GETFL)); }

CASE(apart, flags) {
  struct conf_pair one = conf_pair();
  struct conf_pair two = conf_pair();
  int fresh = conf_socket();
  SAME(flags_of(one.server) & (O_ACCMODE | O_NONBLOCK), O_RDWR);
  OK(fcntl(one.server, F_SETFL, O_NONBLOCK));
  OK(fcntl(two.client, F_SETFL, O_NONBLOCK | O_APPEND));
  SAME(flags_of(one.server) & (O_ACCMODE | O_NONBLOCK | O_APPEND), O_RDWR | O_NONBLOCK);
  SAME(flags_of(two.client) & (O_ACCMODE | O_NONBLOCK | O_APPEND), O_RDWR | O_NONBLOCK | O_APPEND);
  int others[] = {one.client, two.server, fresh, one.listener, conf_socket()};
  for (size_t i = 0; i < sizeof others / sizeof others[0]; i++) {
    SAME(flags_of(others[i]) & (O_ACCMODE | O_NONBLOCK | O_APPEND), O_RDWR);
  }
  char byte;
  FAILS(read(one.server, &byte, 1), EAGAIN);
  FAILS(read(two.client, &byte, 1), EAGAIN);
  OK(fcntl(two.client, F_SETFL, 0));
  SAME(flags_of(two.client) & (O_NONBLOCK | O_APPEND), 0);
  FAILS(fcntl(two.server, F_SETFL, O_DIRECT), EINVAL);
  conf_write_all(two.server, "still", 5);
  conf_expect(two.client, "still");
}

CASE(apart, flags_by_ioctl) {
  struct conf_pair one = conf_pair();
  struct conf_pair two = conf_pair();
  int on = 1;
  OK(ioctl(one.client, FIONBIO, &on));
  CHECK(flags_of(one.client) & O_NONBLOCK);
  CHECK(!(flags_of(two.client) & O_NONBLOCK));
  FAILS(ioctl(two.client, FIONBIO, (int *)8), EFAULT);
  on = 0;
  OK(ioctl(one.client, FIONBIO, &on));
  CHECK(!(flags_of(one.client) & O_NONBLOCK));
}

CASE(apart, flags_given_at_the_start) {
  struct sockaddr_in where;
  int listener = conf_listen(&where);
  int client = OK(socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  SAME(flags_of(client), O_RDWR | O_NONBLOCK);
  SAME(fcntl(client, F_GETFD), FD_CLOEXEC);
  int other = conf_connect(&where);
  SAME(flags_of(other), O_RDWR);
  SAME(fcntl(other, F_GETFD), 0);
  int server = OK(accept4(listener, NULL, NULL, SOCK_NONBLOCK));
  SAME(flags_of(server), O_RDWR | O_NONBLOCK);
  SAME(fcntl(server, F_GETFD), 0);
  conf_connect(&where);
  server = OK(accept4(listener, NULL, NULL, SOCK_CLOEXEC));
  SAME(flags_of(server), O_RDWR);
  SAME(fcntl(server, F_GETFD), FD_CLOEXEC);
}

CASE(apart, owners_of_signals) {
  struct conf_pair one = conf_pair();
  struct conf_pair two = conf_pair();
  OK(fcntl(one.server, F_SETOWN, getpid()));
  int owner = getpid();
  OK(ioctl(two.server, FIOSETOWN, &owner));
  SAME(fcntl(one.server, F_GETOWN), getpid());
  SAME(fcntl(two.server, F_GETOWN), getpid());
  SAME(fcntl(one.client, F_GETOWN), 0);
  SAME(fcntl(conf_socket(), F_GETOWN), 0);
  OK(fcntl(one.server, F_SETSIG, SIGUSR1));
  SAME(fcntl(one.server, F_GETSIG), SIGUSR1);
  SAME(fcntl(two.server, F_GETSIG), 0);
  conf_write_all(one.client, "x", 1);
  conf_expect(one.server, "x");
}

static int option(int fd, int level, int name) {
  int value = -1;
  socklen_t length = sizeof value;
  OK(getsockopt(fd, level, name, &value, &length));
  return value;
}

static void set_option(int fd, int level, int name, int value) {
  OK(setsockopt(fd, level, name, &value, sizeof value));
}

CASE(apart, options) {
  struct conf_pair one = conf_pair();
  struct conf_pair two = conf_pair();
  set_option(one.client, SOL_SOCKET, SO_PRIORITY, 5);
  set_option(two.server, SOL_SOCKET, SO_PRIORITY, 3);
  set_option(two.server, SOL_SOCKET, SO_PRIORITY, 4);
  SAME(option(one.client, SOL_SOCKET, SO_PRIORITY), 5);
  SAME(option(two.server, SOL_SOCKET, SO_PRIORITY), 4);
  SAME(option(one.server, SOL_SOCKET, SO_PRIORITY), 0);
  SAME(option(conf_socket(), SOL_SOCKET, SO_PRIORITY), 0);
  SAME(option(one.server, SOL_SOCKET, SO_BROADCAST), 0);
  set_option(one.server, SOL_SOCKET, SO_BROADCAST, 1);
  SAME(option(one.server, SOL_SOCKET, SO_BROADCAST), 1);
  SAME(option(two.client, SOL_SOCKET, SO_BROADCAST), 0);
  OK(dup2(one.client, 300));
  SAME(option(300, SOL_SOCKET, SO_PRIORITY), 5);
  conf_write_all(300, "x", 1);
  conf_expect(one.server, "x");
}

static uint64_t cookie(int fd) {
  uint64_t value = 0;
  socklen_t length = sizeof value;
  OK(getsockopt(fd, SOL_SOCKET, SO_COOKIE, &value, &length));
  return value;
}

CASE(apart, cookies) {
  struct conf_pair pair = conf_pair();
  int fresh = conf_socket();
  uint64_t first = cookie(pair.client);
  CHECK(first != cookie(pair.server));
  CHECK(first != cookie(fresh));
  CHECK(cookie(fresh) != cookie(pair.server));
  SAME(cookie(pair.client), first);
}

static void set_many(int fd) {
  set_option(fd, SOL_SOCKET, SO_REUSEADDR, 1);
  set_option(fd, SOL_SOCKET, SO_KEEPALIVE, 1);
  set_option(fd, SOL_SOCKET, SO_OOBINLINE, 1);
  set_option(fd, IPPROTO_TCP, TCP_NODELAY, 1);
  set_option(fd, IPPROTO_TCP, TCP_KEEPIDLE, 77);
  set_option(fd, IPPROTO_TCP, TCP_KEEPIDLE, 78);
  struct linger linger = {1, 9};
  OK(setsockopt(fd, SOL_SOCKET, SO_LINGER, &linger, sizeof linger));
  struct timeval time = {3, 0};
  OK(setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &time, sizeof time));
}

static void expect_many(int fd) {
  SAME(option(fd, SOL_SOCKET, SO_REUSEADDR), 1);
  SAME(option(fd, SOL_SOCKET, SO_KEEPALIVE), 1);
  SAME(option(fd, SOL_SOCKET, SO_OOBINLINE), 1);
  CHECK(option(fd, IPPROTO_TCP, TCP_NODELAY) != 0);
  SAME(option(fd, IPPROTO_TCP, TCP_KEEPIDLE), 78);
  struct linger linger = {0};
  socklen_t length = sizeof linger;
  OK(getsockopt(fd, SOL_SOCKET, SO_LINGER, &linger, &length));
  SAME(linger.l_onoff, 1);
  SAME(linger.l_linger, 9);
  struct timeval time = {0};
  length = sizeof time;
  OK(getsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &time, &length));
  SAME(time.tv_sec, 3);
}

static struct sockaddr_in loopback(void) {
  return (struct sockaddr_in){.sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)}};
}

static void bind_to_loopback(int fd, struct sockaddr_in *where) {
  *where = loopback();
  socklen_t length = sizeof *where;
  OK(bind(fd, conf_sa(where), sizeof *where));
  OK(getsockname(fd, conf_sa(where), &length));
}

/* Options that were set before the address of a socket says whose it is. */
CASE(apart, options_set_early) {
  for (int more = 0; more < 2; more++) {
    int fd = conf_socket();
    set_many(fd);
    if (more != 0) { /* than are set in common programs */
      set_option(fd, SOL_SOCKET, SO_RCVLOWAT, 2);
      set_option(fd, SOL_SOCKET, SO_PRIORITY, 2);
      set_option(fd, IPPROTO_TCP, TCP_KEEPINTVL, 8);
      set_option(fd, IPPROTO_TCP, TCP_KEEPCNT, 7);
    }
    struct sockaddr_in where;
    bind_to_loopback(fd, &where);
    expect_many(fd);
    if (more != 0) {
      SAME(option(fd, SOL_SOCKET, SO_RCVLOWAT), 2);
      SAME(option(fd, SOL_SOCKET, SO_PRIORITY), 2);
      SAME(option(fd, IPPROTO_TCP, TCP_KEEPINTVL), 8);
      SAME(option(fd, IPPROTO_TCP, TCP_KEEPCNT), 7);
    }
  }
  int other = conf_socket();
  SAME(option(other, SOL_SOCKET, SO_KEEPALIVE), 0);
  SAME(option(other, SOL_SOCKET, SO_OOBINLINE), 0);
}

CASE(apart, copies_stay_copies) {
  int fd = conf_socket();
  SAME(dup2(fd, 400), 400);
  SAME(fcntl(fd, F_DUPFD_CLOEXEC, 401), 401);
  int beside = conf_socket();
  struct sockaddr_in where;
  struct sockaddr_in other;
  bind_to_loopback(fd, &where);
  bind_to_loopback(beside, &other);
  CHECK(where.sin_port != other.sin_port);
  OK(listen(400, 5));
  SAME(fcntl(400, F_GETFD), 0);
  SAME(fcntl(401, F_GETFD), FD_CLOEXEC);
  OK(close(fd));
  int client = conf_socket();
  OK(connect(client, conf_sa(&where), sizeof where));
  int server = OK(accept(401, NULL, NULL));
  conf_write_all(client, "copy", 4);
  conf_expect(server, "copy");
}

/* A connection that does not come about leaves nothing with other sockets. */
CASE(apart, refused_on_the_loopback) {
  struct sockaddr_in where;
  int fd = conf_socket();
  bind_to_loopback(fd, &where);
  OK(close(fd));
  int one = conf_socket();
  int two = conf_socket();
  FAILS(connect(one, conf_sa(&where), sizeof where), ECONNREFUSED);
  FAILS(connect(two, conf_sa(&where), sizeof where), ECONNREFUSED);
  int listener = conf_socket();
  bind_to_loopback(listener, &where);
  OK(listen(listener, 5));
  OK(connect(two, conf_sa(&where), sizeof where));
  int server = OK(accept(listener, NULL, NULL));
  conf_write_all(two, "two", 3);
  conf_expect(server, "two");
}

static void after_exec(void) {
  for (int fd = 500; fd < 503; fd++) {
    struct sockaddr_in where;
    bind_to_loopback(fd, &where);
    OK(listen(fd, 5));
    int client = conf_socket();
    OK(connect(client, conf_sa(&where), sizeof where));
    int server = OK(accept(fd, NULL, NULL));
    conf_write_all(client, "again", 5);
    conf_expect(server, "again");
  }
  expect_many(501);
}

/* Sockets that another program makes something of. */
CASE(apart, across_exec) {
  if (getenv("CONF_AFTER_EXEC") != NULL) {
    after_exec();
    return;
  }
  for (int fd = 500; fd < 503; fd++) {
    int fresh = conf_socket();
    SAME(dup2(fresh, fd), fd);
    OK(close(fresh));
  }
  set_many(501);
  setenv("CONF_AFTER_EXEC", "1", 1);
  execl("/proc/self/exe", "conformance", "--run", "apart.across_exec", (char *)NULL);
  conf_fail(CONF_HERE("execl"), "errno %d", errno);
}

CASE(apart, across_fork) {
  struct conf_pair pair = conf_pair();
  int fresh = conf_socket();
  pid_t child = conf_fork();
  if (child == 0) {
    OK(fcntl(conf_socket(), F_SETFL, O_NONBLOCK | O_APPEND));
    set_option(conf_socket(), SOL_SOCKET, SO_PRIORITY, 6);
    struct conf_pair own = conf_pair();
    OK(fcntl(own.client, F_SETOWN, getpid()));
    conf_write_all(own.client, "child", 5);
    conf_expect(own.server, "child");
    struct sockaddr_in where;
    bind_to_loopback(fresh, &where);
    OK(listen(fresh, 5));
    OK(connect(conf_socket(), conf_sa(&where), sizeof where));
    OK(accept(fresh, NULL, NULL));
    conf_child_done();
  }
  conf_child_passes(child);
  int later = conf_socket();
  SAME(flags_of(later), O_RDWR);
  SAME(option(later, SOL_SOCKET, SO_PRIORITY), 0);
  SAME(fcntl(pair.client, F_GETOWN), 0);
  conf_write_all(pair.client, "parent", 6);
  conf_expect(pair.server, "parent");
}

/* As servers do that have many connections: the limit counts each of them. */
CASE(apart, the_limit_of_descriptors) {
  struct sockaddr_in where;
  int listener = conf_listen(&where);
  int client = conf_connect(&where);
  struct rlimit limit;
  OK(getrlimit(RLIMIT_NOFILE, &limit));
  limit.rlim_cur = (rlim_t)client + 3;
  OK(setrlimit(RLIMIT_NOFILE, &limit));
  int last = client;
  int fd;
  while ((fd = socket(AF_INET, SOCK_STREAM, 0)) >= 0) {
    SAME(fd, ++last);
  }
  SAME(errno, EMFILE);
  FAILS(accept(listener, NULL, NULL), EMFILE);
  OK(close(last));
  SAME(accept(listener, NULL, NULL), last);
}
