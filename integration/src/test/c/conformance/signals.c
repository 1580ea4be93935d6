/* Signals during blocking calls. */
#include <sched.h>
#include <sys/epoll.h>
#include <sys/select.h>
#include <sys/time.h>

#include "conformance.h"

static volatile sig_atomic_t caught;
static int answer_with = -1;

static void on_alarm(int signal) {
  (void)signal;
  caught++;
  if (answer_with >= 0) {
    ssize_t ignored = write(answer_with, "s", 1); /* sockets work inside a handler */
    (void)ignored;
  }
}

/* And again and again: the first may come before the call that it is for. */
static void alarm_in(int milliseconds, int flags) {
  conf_handle(SIGALRM, on_alarm, flags);
  struct itimerval time = {{0, milliseconds * 1000}, {0, milliseconds * 1000}};
  OK(setitimer(ITIMER_REAL, &time, NULL));
}

CASE(signals, recv_is_interrupted) {
  struct conf_pair pair = conf_pair();
  alarm_in(50, 0);
  char byte;
  FAILS(recv(pair.server, &byte, 1, 0), EINTR);
  CHECK(caught >= 1);
}

CASE(signals, recv_restarts) {
  struct conf_pair pair = conf_pair();
  answer_with = pair.client;
  alarm_in(50, SA_RESTART);
  conf_expect(pair.server, "s");
  CHECK(caught >= 1);
}

static struct conf_pair awaited;      /* by a handler */
static struct conf_pair interrupted;  /* which somebody waits for meanwhile */
static pthread_t waiting;

static void on_signal_wait(int signal) {
  (void)signal;
  char byte;
  caught += recv(awaited.server, &byte, 1, 0) == 1 && byte == 'h';
}

/* The bytes for both come while the handler waits, its own last. */
static void *signal_and_answer(void *unused) {
  conf_sleep_ms(50);
  SAME(pthread_kill(waiting, SIGUSR1), 0);
  conf_sleep_ms(50);
  conf_write_all(interrupted.client, "r", 1);
  conf_sleep_ms(50);
  conf_write_all(awaited.client, "h", 1);
  return unused;
}

CASE(signals, handler_may_wait_for_another_socket) {
  awaited = conf_pair();
  interrupted = conf_pair();
  waiting = pthread_self();
  conf_handle(SIGUSR1, on_signal_wait, SA_RESTART);
  pthread_t other = conf_thread(signal_and_answer, NULL);
  conf_expect(interrupted.server, "r");
  conf_join(other);
  SAME(caught, 1);
}

CASE(signals, recv_with_timeout_is_interrupted_in_spite_of_restart) {
  struct conf_pair pair = conf_pair();
  struct timeval time = {SOON / 1000, 0};
  OK(setsockopt(pair.server, SOL_SOCKET, SO_RCVTIMEO, &time, sizeof time));
  alarm_in(50, SA_RESTART);
  char byte;
  FAILS(recv(pair.server, &byte, 1, 0), EINTR);
}

CASE(signals, accept_is_interrupted) {
  struct sockaddr_in where;
  int listener = conf_listen(&where);
  alarm_in(50, 0);
  FAILS(accept(listener, NULL, NULL), EINTR);
}

CASE(signals, send_is_interrupted) {
  struct conf_pair pair = conf_pair();
  conf_fill_up(pair.client);
  alarm_in(50, 0);
  FAILS(send(pair.client, "x", 1, 0), EINTR);
}

CASE(signals, partial_send_is_told) {
  struct conf_pair pair = conf_pair();
  static char huge[64 << 20];
  alarm_in(200, 0);
  ssize_t sent;
  do {
    sent = send(pair.client, huge, sizeof huge, 0);
  } while (sent < 0 && errno == EINTR); /* before the first byte went */
  CHECK(sent > 0 && sent < (int)sizeof huge);
}

CASE(signals, partial_waitall_is_told) {
  struct conf_pair pair = conf_pair();
  conf_write_all(pair.client, "abc", 3);
  SAME(conf_poll(pair.server, POLLIN, SOON), POLLIN);
  alarm_in(50, 0);
  char bytes[8];
  SAME(recv(pair.server, bytes, sizeof bytes, MSG_WAITALL), 3);
}

CASE(signals, poll_is_interrupted_even_with_restart) {
  struct conf_pair pair = conf_pair();
  alarm_in(50, SA_RESTART);
  struct pollfd one = {pair.server, POLLIN, 0};
  FAILS(poll(&one, 1, SOON), EINTR);
}

CASE(signals, select_is_interrupted) {
  struct conf_pair pair = conf_pair();
  alarm_in(50, SA_RESTART);
  fd_set reads;
  FD_ZERO(&reads);
  FD_SET(pair.server, &reads);
  FAILS(select(pair.server + 1, &reads, NULL, NULL, NULL), EINTR);
}

CASE(signals, epoll_wait_is_interrupted) {
  struct conf_pair pair = conf_pair();
  int epoll = conf_epoll();
  conf_epoll_add(epoll, pair.server, EPOLLIN);
  alarm_in(50, SA_RESTART);
  struct epoll_event event;
  FAILS(epoll_wait(epoll, &event, 1, -1), EINTR);
}

CASE(signals, ppoll_lets_a_blocked_signal_in) {
  struct conf_pair pair = conf_pair();
  sigset_t blocked;
  sigset_t open;
  sigemptyset(&open);
  sigemptyset(&blocked);
  sigaddset(&blocked, SIGALRM);
  OK(sigprocmask(SIG_BLOCK, &blocked, NULL));
  conf_handle(SIGALRM, on_alarm, 0);
  OK(raise(SIGALRM));
  struct pollfd one = {pair.server, POLLIN, 0};
  struct timespec time = {SOON / 1000, 0};
  SAME(caught, 0);
  FAILS(ppoll(&one, 1, &time, &open), EINTR);
  SAME(caught, 1);
}

CASE(signals, storm_loses_no_byte) {
  struct conf_pair pair = conf_pair();
  conf_handle(SIGALRM, on_alarm, SA_RESTART);
  struct itimerval often = {{0, 2000}, {0, 2000}};
  OK(setitimer(ITIMER_REAL, &often, NULL));
  struct conf_stream in = {pair.server, 41, 8000000, true};
  pthread_t receiver = conf_receiving(&in);
  conf_send_pattern(pair.client, 41, 8000000);
  OK(shutdown(pair.client, SHUT_WR));
  conf_join(receiver);
  conf_sleep_ms(10);
  CHECK(caught > 0);
}

static int cancelled_at; /* what the thread that is to be cancelled waits for */
static volatile int is_cancelled;

static void *waits_in_recv(void *unused) {
  char byte;
  recv(cancelled_at, &byte, 1, 0);
  return unused;
}

static void *waits_with_timeout(void *unused) {
  struct timeval time = {20, 0};
  OK(setsockopt(cancelled_at, SOL_SOCKET, SO_RCVTIMEO, &time, sizeof time));
  return waits_in_recv(unused);
}

static void *waits_when_cancelled(void *unused) {
  OK(-pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, NULL));
  while (!is_cancelled) {
    sched_yield();
  }
  OK(-pthread_setcancelstate(PTHREAD_CANCEL_ENABLE, NULL));
  return waits_in_recv(unused);
}

static void *waits_in_poll(void *unused) {
  struct pollfd one = {cancelled_at, POLLIN, 0};
  poll(&one, 1, -1);
  return unused;
}

static void *waits_in_epoll_wait(void *unused) {
  struct epoll_event event;
  epoll_wait(cancelled_at, &event, 1, -1);
  return unused;
}

static void cancel_in(void *(*body)(void *), int at) {
  cancelled_at = at;
  pthread_t thread = conf_thread(body, NULL);
  conf_sleep_ms(50);
  SAME(pthread_cancel(thread), 0);
  is_cancelled = 1;
  CHECK(conf_join(thread) == PTHREAD_CANCELED);
}

/* Others wait for it as before, and closing it is its end. */
static void check_nothing_is_left(struct conf_pair pair) {
  conf_write_all(pair.client, "a", 1);
  conf_expect(pair.server, "a");
  struct conf_stream in = {pair.server, 43, 100000, true};
  pthread_t receiver = conf_receiving(&in);
  conf_sleep_ms(20);
  conf_send_pattern(pair.client, 43, 100000);
  OK(shutdown(pair.client, SHUT_WR));
  conf_join(receiver);
  OK(close(pair.server));
  char byte;
  SAME(OK(recv(pair.client, &byte, 1, 0)), 0);
}

CASE(signals, thread_is_cancelled_in_recv) {
  struct conf_pair pair = conf_pair();
  cancel_in(waits_in_recv, pair.server);
  check_nothing_is_left(pair);
}

CASE(signals, thread_is_cancelled_in_recv_with_timeout) {
  struct conf_pair pair = conf_pair();
  cancel_in(waits_with_timeout, pair.server);
  check_nothing_is_left(pair);
}

CASE(signals, thread_is_cancelled_before_it_waits) {
  struct conf_pair pair = conf_pair();
  cancel_in(waits_when_cancelled, pair.server);
  check_nothing_is_left(pair);
}

CASE(signals, thread_is_cancelled_in_poll) {
  struct conf_pair pair = conf_pair();
  cancel_in(waits_in_poll, pair.server);
  check_nothing_is_left(pair);
}

CASE(signals, thread_is_cancelled_in_epoll_wait) {
  struct conf_pair pair = conf_pair();
  int epoll = conf_epoll();
  conf_epoll_add(epoll, pair.server, EPOLLIN);
  cancel_in(waits_in_epoll_wait, epoll);
  conf_write_all(pair.client, "b", 1);
  struct epoll_event event;
  SAME(OK(epoll_wait(epoll, &event, 1, SOON)), 1);
  conf_expect(pair.server, "b");
  OK(close(epoll));
  check_nothing_is_left(pair);
}
