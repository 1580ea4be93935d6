/* Waiting with epoll: kernel descriptors in the same set, nesting, threads, time-outs, fairness. */
#include <stdatomic.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/resource.h>
#include <sys/timerfd.h>

#include "conformance.h"

CASE(waiting, kernel_descriptors_in_the_same_set) {
  struct conf_pair pair = conf_pair();
  int epoll = conf_epoll();
  int counter = OK(eventfd(0, EFD_NONBLOCK));
  int ends[2];
  OK(pipe(ends));
  conf_epoll_add(epoll, counter, EPOLLIN);
  conf_epoll_add(epoll, ends[0], EPOLLIN);
  conf_epoll_add(epoll, pair.server, EPOLLIN);
  SAME(conf_epoll_next(epoll, QUIET), 0);
  OK(eventfd_write(counter, 1));
  conf_write_all(pair.client, "a", 1);
  SAME(write(ends[1], "p", 1), 1);
  SAME(conf_poll(pair.server, POLLIN, SOON), POLLIN);
  struct epoll_event events[8];
  int seen = 0;
  EVENTUALLY((seen = epoll_wait(epoll, events, 8, SOON)) == 3);
  eventfd_t value;
  OK(eventfd_read(counter, &value));
  conf_expect(pair.server, "a");
  SAME(epoll_wait(epoll, events, 8, SOON), 1);
  SAME(events[0].data.fd, ends[0]);
}

CASE(waiting, timer_ends_a_wait_with_sockets) {
  struct conf_pair pair = conf_pair();
  int epoll = conf_epoll();
  int timer = OK(timerfd_create(CLOCK_MONOTONIC, 0));
  struct itimerspec once = {.it_value = {.tv_nsec = 30 * 1000 * 1000}};
  OK(timerfd_settime(timer, 0, &once, NULL));
  conf_epoll_add(epoll, pair.server, EPOLLIN);
  conf_epoll_add(epoll, timer, EPOLLIN);
  struct epoll_event event;
  SAME(epoll_wait(epoll, &event, 1, SOON), 1);
  SAME(event.data.fd, timer);
}

static void *wake_by_pipe(void *argument) {
  conf_sleep_ms(50);
  OK(write(*(int *)argument, "w", 1));
  return NULL;
}

CASE(waiting, kernel_descriptor_wakes_a_sleeping_wait) {
  struct conf_pair pair = conf_pair();
  int epoll = conf_epoll();
  int ends[2];
  OK(pipe(ends));
  conf_epoll_add(epoll, pair.server, EPOLLIN);
  conf_epoll_add(epoll, ends[0], EPOLLIN);
  pthread_t waker = conf_thread(wake_by_pipe, &ends[1]);
  SAME(conf_epoll_next(epoll, SOON), EPOLLIN);
  conf_join(waker);
}

static void *wake_by_data(void *argument) {
  conf_sleep_ms(50);
  conf_write_all(*(int *)argument, "w", 1);
  return NULL;
}

CASE(waiting, data_wakes_a_sleeping_wait) {
  struct conf_pair pair = conf_pair();
  int epoll = conf_epoll();
  conf_epoll_add(epoll, pair.server, EPOLLIN);
  for (int i = 0; i < 5; i++) {
    pthread_t waker = conf_thread(wake_by_data, &pair.client);
    SAME(conf_epoll_next(epoll, SOON), EPOLLIN);
    conf_expect(pair.server, "w");
    conf_join(waker);
  }
}

static int shared_epoll;

static void *add_later(void *argument) {
  conf_sleep_ms(50);
  conf_epoll_add(shared_epoll, *(int *)argument, EPOLLIN);
  return NULL;
}

CASE(waiting, adding_a_ready_socket_wakes_a_sleeping_wait) {
  struct conf_pair pair = conf_pair();
  conf_write_all(pair.client, "a", 1);
  shared_epoll = conf_epoll();
  pthread_t adder = conf_thread(add_later, &pair.server);
  SAME(conf_epoll_next(shared_epoll, SOON), EPOLLIN);
  conf_join(adder);
}

CASE(waiting, set_in_a_set) {
  struct conf_pair pair = conf_pair();
  int inner = conf_epoll();
  int outer = conf_epoll();
  conf_epoll_add(inner, pair.server, EPOLLIN);
  conf_epoll_add(outer, inner, EPOLLIN);
  SAME(conf_epoll_next(outer, QUIET), 0);
  conf_write_all(pair.client, "a", 1);
  SAME(conf_epoll_next(outer, SOON), EPOLLIN);
  SAME(conf_epoll_next(inner, SOON), EPOLLIN);
  conf_expect(pair.server, "a");
  SAME(conf_epoll_next(inner, QUIET), 0);
  SAME(conf_epoll_next(outer, QUIET), 0);
}

CASE(waiting, set_can_be_polled) {
  struct conf_pair pair = conf_pair();
  int epoll = conf_epoll();
  conf_epoll_add(epoll, pair.server, EPOLLIN);
  SAME(conf_poll(epoll, POLLIN, QUIET), 0);
  conf_write_all(pair.client, "a", 1);
  SAME(conf_poll(epoll, POLLIN, SOON), POLLIN);
  conf_expect(pair.server, "a");
  SAME(conf_poll(epoll, POLLIN, QUIET), 0);
}

CASE(waiting, timeout_is_kept) {
  struct conf_pair pair = conf_pair();
  int epoll = conf_epoll();
  conf_epoll_add(epoll, pair.server, EPOLLIN);
  long long start = conf_now_ms();
  SAME(conf_epoll_next(epoll, 100), 0);
  long long took = conf_now_ms() - start;
  CHECK(took >= 99 && took < SOON);
  SAME(conf_epoll_next(epoll, 0), 0);
}

CASE(waiting, pwait2_takes_nanoseconds) {
  struct conf_pair pair = conf_pair();
  int epoll = conf_epoll();
  conf_epoll_add(epoll, pair.server, EPOLLIN);
  struct epoll_event event;
  struct timespec time = {0, 20 * 1000 * 1000};
  SAME(epoll_pwait2(epoll, &event, 1, &time, NULL), 0);
  conf_write_all(pair.client, "a", 1);
  time.tv_sec = SOON / 1000;
  SAME(epoll_pwait2(epoll, &event, 1, &time, NULL), 1);
}

static void on_signal(int signal) { (void)signal; }

CASE(waiting, pwait_lets_a_blocked_signal_in) {
  struct conf_pair pair = conf_pair();
  int epoll = conf_epoll();
  conf_epoll_add(epoll, pair.server, EPOLLIN);
  conf_handle(SIGUSR1, on_signal, SA_RESTART);
  sigset_t blocked;
  sigset_t open;
  sigemptyset(&open);
  sigemptyset(&blocked);
  sigaddset(&blocked, SIGUSR1);
  OK(sigprocmask(SIG_BLOCK, &blocked, NULL));
  OK(raise(SIGUSR1));
  struct epoll_event event;
  FAILS(epoll_pwait(epoll, &event, 1, SOON, &open), EINTR);
}

CASE(waiting, few_places_serve_all_in_turn) {
  struct conf_pair pairs[8];
  int epoll = conf_epoll();
  for (int i = 0; i < 8; i++) {
    pairs[i] = conf_pair();
    struct epoll_event event = {.events = EPOLLIN, .data = {.u32 = (uint32_t)i}};
    OK(epoll_ctl(epoll, EPOLL_CTL_ADD, pairs[i].server, &event));
    conf_write_all(pairs[i].client, "a", 1);
    SAME(conf_poll(pairs[i].server, POLLIN, SOON), POLLIN);
  }
  unsigned seen = 0;
  for (int i = 0; i < 8; i++) {
    struct epoll_event events[2];
    int count = OK(epoll_wait(epoll, events, 2, SOON));
    for (int k = 0; k < count; k++) {
      seen |= 1u << events[k].data.u32;
    }
  }
  SAME(seen, 0xff); /* nobody starves though nobody is read */
}

static struct conf_pair last_call; /* which ends the waiting of those whom nothing else has woken */
static atomic_int woken;           /* by anything else */

static void *wait_once(void *argument) {
  struct epoll_event event;
  SAME(epoll_wait(*(int *)argument, &event, 1, SOON), 1);
  if (event.data.fd != last_call.server) {
    atomic_fetch_add(&woken, 1);
  }
  return NULL;
}

CASE(waiting, exclusive_wakes_at_least_one) {
  struct sockaddr_in where;
  int listener = conf_listen(&where);
  int sets[3];
  pthread_t threads[3];
  last_call = conf_pair();
  for (int i = 0; i < 3; i++) {
    sets[i] = conf_epoll();
    conf_epoll_add(sets[i], listener, EPOLLIN | EPOLLEXCLUSIVE);
    conf_epoll_add(sets[i], last_call.server, EPOLLIN);
    threads[i] = conf_thread(wait_once, &sets[i]);
  }
  conf_sleep_ms(50);
  conf_connect(&where);
  EVENTUALLY(atomic_load(&woken) >= 1);
  conf_write_all(last_call.client, "e", 1);
  for (int i = 0; i < 3; i++) {
    conf_join(threads[i]);
  }
  conf_accept(listener);
}

CASE(waiting, exclusive_has_rules) {
  struct sockaddr_in where;
  int listener = conf_listen(&where);
  int epoll = conf_epoll();
  conf_epoll_add(epoll, listener, EPOLLIN | EPOLLEXCLUSIVE);
  struct epoll_event event = {.events = EPOLLIN};
  FAILS(epoll_ctl(epoll, EPOLL_CTL_MOD, listener, &event), EINVAL);
  event.events = EPOLLIN | EPOLLEXCLUSIVE | EPOLLONESHOT;
  FAILS(epoll_ctl(epoll, EPOLL_CTL_ADD, conf_socket(), &event), EINVAL);
}

CASE(waiting, edge_in_one_set_for_two_threads_wakes_one) {
  struct conf_pair pair = conf_pair();
  int epoll = conf_epoll();
  last_call = conf_pair();
  conf_epoll_add(epoll, pair.server, EPOLLIN | EPOLLET);
  conf_epoll_add(epoll, last_call.server, EPOLLIN);
  pthread_t first = conf_thread(wait_once, &epoll);
  pthread_t second = conf_thread(wait_once, &epoll);
  conf_sleep_ms(50);
  conf_write_all(pair.client, "a", 1);
  EVENTUALLY(atomic_load(&woken) == 1);
  conf_sleep_ms(QUIET);
  conf_write_all(last_call.client, "e", 1);
  conf_join(first);
  conf_join(second);
  SAME(atomic_load(&woken), 1);
}

static void *edge_reader(void *argument) {
  struct conf_pair *pair = argument;
  int epoll = conf_epoll();
  conf_nonblocking(pair->server);
  conf_epoll_add(epoll, pair->server, EPOLLIN | EPOLLET | EPOLLRDHUP);
  static uint8_t bytes[65536];
  static uint8_t expected[65536];
  uint64_t got = 0;
  for (;;) {
    CHECK(conf_epoll_next(epoll, SOON) != 0);
    ssize_t count;
    while ((count = recv(pair->server, bytes, sizeof bytes, 0)) > 0) {
      conf_fill(expected, (size_t)count, 21, got);
      SAME(memcmp(bytes, expected, (size_t)count), 0);
      got += (uint64_t)count;
    }
    if (count == 0) {
      SAME(got, 8000000);
      return NULL;
    }
    SAME(errno, EAGAIN);
  }
}

CASE(waiting, edge_reader_never_misses) {
  struct conf_pair pair = conf_pair();
  pthread_t reader = conf_thread(edge_reader, &pair);
  conf_send_pattern(pair.client, 21, 8000000);
  OK(shutdown(pair.client, SHUT_WR));
  conf_join(reader);
}

CASE(waiting, edge_writer_never_stalls) {
  struct conf_pair pair = conf_pair();
  int epoll = conf_epoll();
  conf_nonblocking(pair.client);
  conf_epoll_add(epoll, pair.client, EPOLLOUT | EPOLLET);
  struct conf_stream in = {pair.server, 22, 8000000, true};
  pthread_t reader = conf_receiving(&in);
  static uint8_t bytes[8000000];
  conf_fill(bytes, sizeof bytes, 22, 0);
  for (size_t sent = 0; sent < sizeof bytes;) {
    ssize_t count = send(pair.client, bytes + sent, sizeof bytes - sent, 0);
    if (count < 0) {
      SAME(errno, EAGAIN);
      CHECK(conf_epoll_next(epoll, SOON) & EPOLLOUT);
    } else {
      sent += (size_t)count;
    }
  }
  OK(shutdown(pair.client, SHUT_WR));
  conf_join(reader);
}

CASE(waiting, with_no_descriptor_left) {
  struct conf_pair pair = conf_pair();
  pid_t child = conf_fork();
  if (child == 0) {
    OK(close(pair.client));
    conf_expect(pair.server, "question");
    conf_sleep_ms(50);
    conf_write_all(pair.server, "answer", 6);
    conf_child_done();
  }
  OK(close(pair.server));
  struct rlimit limit = {0, 0}; /* as vsftpd does before it speaks to anybody */
  OK(setrlimit(RLIMIT_NOFILE, &limit));
  conf_write_all(pair.client, "question", 8);
  conf_expect(pair.client, "answer");
  conf_expect_eof(pair.client);
  conf_child_passes(child);
}
