/* poll, ppoll, select, pselect. */
#include <sys/eventfd.h>
#include <sys/select.h>

#include "conformance.h"

CASE(poll, readable_and_writable) {
  struct conf_pair pair = conf_pair();
  SAME(conf_poll(pair.server, POLLIN, QUIET), 0);
  SAME(conf_poll(pair.server, POLLIN | POLLOUT, SOON), POLLOUT);
  conf_write_all(pair.client, "a", 1);
  SAME(conf_poll(pair.server, POLLIN, SOON), POLLIN);
  SAME(conf_poll(pair.server, POLLIN | POLLOUT | POLLRDNORM | POLLWRNORM, SOON),
       POLLIN | POLLOUT | POLLRDNORM | POLLWRNORM);
}

CASE(poll, closed_and_negative_descriptors) {
  int fd = conf_socket();
  OK(close(fd));
  SAME(conf_poll(fd, POLLIN, SOON), POLLNVAL);
  struct pollfd entries[2] = {{-1, POLLIN, 99}, {fd, POLLIN, 0}};
  SAME(poll(entries, 2, SOON), 1);
  SAME(entries[0].revents, 0);
  SAME(entries[1].revents, POLLNVAL);
}

CASE(poll, fresh_socket_and_listener) {
  SAME(conf_poll(conf_socket(), POLLIN | POLLOUT, SOON), POLLOUT | POLLHUP);
  struct sockaddr_in where;
  int listener = conf_listen(&where);
  SAME(conf_poll(listener, POLLIN | POLLOUT, QUIET), 0);
  conf_connect(&where);
  SAME(conf_poll(listener, POLLIN | POLLOUT, SOON), POLLIN);
}

CASE(poll, peer_closed) {
  struct conf_pair pair = conf_pair();
  OK(close(pair.client));
  EVENTUALLY(conf_poll(pair.server, POLLIN | POLLRDHUP | POLLOUT, SOON) ==
             (POLLIN | POLLRDHUP | POLLOUT));
  SAME(conf_poll(pair.server, 0, QUIET), 0);
  OK(shutdown(pair.server, SHUT_WR));
  EVENTUALLY(conf_poll(pair.server, 0, SOON) == POLLHUP);
}

CASE(poll, own_write_side_closed_stays_writable) {
  struct conf_pair pair = conf_pair();
  OK(shutdown(pair.client, SHUT_WR));
  SAME(conf_poll(pair.client, POLLIN | POLLOUT, SOON), POLLOUT);
}

CASE(poll, kernel_descriptors_too) {
  struct conf_pair pair = conf_pair();
  int counter = OK(eventfd(0, 0));
  struct pollfd entries[3] = {
      {pair.server, POLLIN, 0}, {counter, POLLIN, 0}, {pair.client, POLLIN, 0}};
  SAME(poll(entries, 3, QUIET), 0);
  OK(eventfd_write(counter, 1));
  SAME(poll(entries, 3, SOON), 1);
  SAME(entries[1].revents, POLLIN);
  conf_write_all(pair.client, "a", 1);
  EVENTUALLY(poll(entries, 3, SOON) == 2);
  SAME(entries[0].revents, POLLIN);
  SAME(entries[2].revents, 0);
}

CASE(poll, timeout_is_kept) {
  struct conf_pair pair = conf_pair();
  long long start = conf_now_ms();
  SAME(conf_poll(pair.server, POLLIN, 100), 0);
  long long took = conf_now_ms() - start;
  CHECK(took >= 99 && took < SOON);
  struct pollfd one = {pair.server, POLLIN, 0};
  struct timespec time = {0, 30 * 1000 * 1000};
  SAME(ppoll(&one, 1, &time, NULL), 0);
}

static void *answer(void *argument) {
  conf_sleep_ms(50);
  conf_write_all(*(int *)argument, "now", 3);
  return NULL;
}

CASE(poll, endless_wait_ends_by_data) {
  struct conf_pair pair = conf_pair();
  pthread_t writer = conf_thread(answer, &pair.client);
  SAME(conf_poll(pair.server, POLLIN, -1), POLLIN);
  conf_join(writer);
}

CASE(poll, endless_wait_ends_by_room) {
  struct conf_pair pair = conf_pair();
  conf_fill_up(pair.client);
  SAME(conf_poll(pair.client, POLLOUT, QUIET), 0);
  OK(close(pair.server)); /* unread data: reset */
  CHECK(conf_poll(pair.client, POLLOUT, -1) & (POLLERR | POLLHUP));
}

CASE(poll, many_sockets) {
  enum { PAIRS = 150 };
  struct sockaddr_in where;
  int listener = conf_listen(&where);
  int clients[PAIRS];
  struct pollfd entries[PAIRS];
  for (int i = 0; i < PAIRS; i++) {
    clients[i] = conf_connect(&where);
    entries[i] = (struct pollfd){conf_accept(listener), POLLIN, 0};
  }
  SAME(poll(entries, PAIRS, 0), 0);
  for (int i = 0; i < PAIRS; i += 3) {
    conf_write_all(clients[i], "a", 1);
  }
  EVENTUALLY(poll(entries, PAIRS, SOON) == PAIRS / 3);
  for (int i = 0; i < PAIRS; i++) {
    SAME(entries[i].revents, i % 3 == 0 ? POLLIN : 0);
  }
}

CASE(poll, same_descriptor_twice) {
  struct conf_pair pair = conf_pair();
  conf_write_all(pair.client, "a", 1);
  struct pollfd entries[2] = {{pair.server, POLLIN, 0}, {pair.server, POLLOUT, 0}};
  EVENTUALLY(poll(entries, 2, SOON) == 2);
  SAME(entries[0].revents, POLLIN);
  SAME(entries[1].revents, POLLOUT);
}

CASE(select, readable_and_writable) {
  struct conf_pair pair = conf_pair();
  fd_set reads;
  fd_set writes;
  FD_ZERO(&reads);
  FD_ZERO(&writes);
  FD_SET(pair.server, &reads);
  FD_SET(pair.client, &writes);
  struct timeval time = {SOON / 1000, 0};
  SAME(select(pair.server + 1, &reads, &writes, NULL, &time), 1);
  CHECK(!FD_ISSET(pair.server, &reads) && FD_ISSET(pair.client, &writes));
  conf_write_all(pair.client, "a", 1);
  FD_SET(pair.server, &reads);
  FD_ZERO(&writes);
  SAME(select(pair.server + 1, &reads, NULL, NULL, &time), 1);
  CHECK(FD_ISSET(pair.server, &reads));
}

CASE(select, times_out_and_clears) {
  struct conf_pair pair = conf_pair();
  fd_set reads;
  FD_ZERO(&reads);
  FD_SET(pair.server, &reads);
  struct timeval time = {0, 50000};
  SAME(select(pair.server + 1, &reads, NULL, NULL, &time), 0);
  CHECK(!FD_ISSET(pair.server, &reads));
  SAME(time.tv_sec, 0);
  SAME(time.tv_usec, 0); /* Linux counts the rest down */
}

CASE(select, kernel_descriptors_too) {
  struct conf_pair pair = conf_pair();
  int ends[2];
  OK(pipe(ends));
  OK(write(ends[1], "p", 1));
  conf_write_all(pair.client, "a", 1);
  SAME(conf_poll(pair.server, POLLIN, SOON), POLLIN);
  fd_set reads;
  FD_ZERO(&reads);
  FD_SET(pair.server, &reads);
  FD_SET(pair.client, &reads);
  FD_SET(ends[0], &reads);
  struct timespec time = {SOON / 1000, 0};
  SAME(pselect(ends[1] + 1, &reads, NULL, NULL, &time, NULL), 2);
  CHECK(FD_ISSET(pair.server, &reads) && FD_ISSET(ends[0], &reads));
}

/* Ends belong to the set of what is readable: ncat leaves its standard input in the third one. */
CASE(select, waits_on_beside_ends_of_other_sets) {
  struct conf_pair pair = conf_pair();
  struct conf_pair ended = conf_pair();
  int ends[2];
  OK(pipe(ends));
  OK(close(ends[1]));
  OK(close(ended.client));
  OK(shutdown(ended.server, SHUT_WR));
  EVENTUALLY(conf_poll(ended.server, 0, SOON) == POLLHUP);
  pid_t child = conf_fork();
  if (child == 0) {
    usleep(100000);
    conf_write_all(pair.client, "x", 1);
    _exit(0);
  }
  fd_set reads, excepts;
  FD_ZERO(&reads);
  FD_ZERO(&excepts);
  FD_SET(pair.server, &reads);
  FD_SET(ends[0], &excepts);
  FD_SET(ended.server, &excepts);
  struct timeval time = {60, 0};
  int count = (ended.server > ends[0] ? ended.server : ends[0]) + 1;
  SAME(select(count, &reads, NULL, &excepts, &time), 1);
  CHECK(FD_ISSET(pair.server, &reads) && !FD_ISSET(ends[0], &excepts));
  CHECK(!FD_ISSET(ended.server, &excepts));
  conf_child_passes(child);
}

CASE(select, closed_descriptor_is_an_error) {
  int fd = conf_socket();
  OK(close(fd));
  fd_set reads;
  FD_ZERO(&reads);
  FD_SET(fd, &reads);
  struct timeval time = {0, 0};
  FAILS(select(fd + 1, &reads, NULL, NULL, &time), EBADF);
}

CASE(select, end_of_stream_is_readable) {
  struct conf_pair pair = conf_pair();
  OK(close(pair.client));
  fd_set reads;
  FD_ZERO(&reads);
  FD_SET(pair.server, &reads);
  struct timeval time = {SOON / 1000, 0};
  SAME(select(pair.server + 1, &reads, NULL, NULL, &time), 1);
  conf_expect_eof(pair.server);
}
