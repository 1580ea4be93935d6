/* Half close, full close, reset, linger. */
#include "conformance.h"

static void linger(int fd, int on, int seconds) {
  struct linger value = {on, seconds};
  OK(setsockopt(fd, SOL_SOCKET, SO_LINGER, &value, sizeof value));
}

CASE(closing, close_gives_end_of_stream_again_and_again) {
  struct conf_pair pair = conf_pair();
  conf_write_all(pair.client, "last", 4);
  OK(close(pair.client));
  conf_expect(pair.server, "last");
  conf_expect_eof(pair.server);
  conf_expect_eof(pair.server);
}

CASE(closing, half_close_keeps_the_other_direction) {
  struct conf_pair pair = conf_pair();
  conf_write_all(pair.client, "request", 7);
  OK(shutdown(pair.client, SHUT_WR));
  conf_expect(pair.server, "request");
  conf_expect_eof(pair.server);
  conf_write_all(pair.server, "response", 8);
  OK(close(pair.server));
  conf_expect(pair.client, "response");
  conf_expect_eof(pair.client);
}

CASE(closing, half_close_then_large_answer) {
  struct conf_pair pair = conf_pair();
  OK(shutdown(pair.client, SHUT_WR));
  conf_expect_eof(pair.server);
  struct conf_stream answer = {pair.server, 9, 5000000, true};
  pthread_t sender = conf_sending(&answer);
  conf_expect_pattern(pair.client, 9, 5000000);
  conf_expect_eof(pair.client);
  conf_join(sender);
}

CASE(closing, both_half_close) {
  struct conf_pair pair = conf_pair();
  OK(shutdown(pair.client, SHUT_WR));
  OK(shutdown(pair.server, SHUT_WR));
  conf_expect_eof(pair.server);
  conf_expect_eof(pair.client);
  signal(SIGPIPE, SIG_IGN);
  FAILS(write(pair.client, "x", 1), EPIPE);
}

CASE(closing, shutdown_read_ends_own_reads) {
  struct conf_pair pair = conf_pair();
  OK(shutdown(pair.client, SHUT_RD));
  conf_expect_eof(pair.client);
  conf_write_all(pair.client, "still writing", 13);
  conf_expect(pair.server, "still writing");
}

static void *see_end(void *argument) {
  conf_expect_eof(*(int *)argument);
  return NULL;
}

CASE(closing, shutdown_read_wakes_a_reader) {
  struct conf_pair pair = conf_pair();
  pthread_t reader = conf_thread(see_end, &pair.client);
  conf_sleep_ms(50);
  OK(shutdown(pair.client, SHUT_RD));
  conf_join(reader);
}

CASE(closing, shutdown_both) {
  struct conf_pair pair = conf_pair();
  OK(shutdown(pair.client, SHUT_RDWR));
  conf_expect_eof(pair.client);
  conf_expect_eof(pair.server);
  FAILS(send(pair.client, "x", 1, MSG_NOSIGNAL), EPIPE);
}

CASE(closing, shutdown_twice_is_fine) {
  struct conf_pair pair = conf_pair();
  OK(shutdown(pair.client, SHUT_WR));
  OK(shutdown(pair.client, SHUT_WR));
  OK(shutdown(pair.client, SHUT_RD));
  conf_expect_eof(pair.server);
}

CASE(closing, shutdown_needs_a_connection) {
  FAILS(shutdown(conf_socket(), SHUT_WR), ENOTCONN);
  struct conf_pair pair = conf_pair();
  FAILS(shutdown(pair.client, 7), EINVAL);
}

CASE(closing, linger_zero_resets) {
  struct conf_pair pair = conf_pair();
  linger(pair.client, 1, 0);
  OK(close(pair.client));
  char byte;
  FAILS(recv(pair.server, &byte, 1, 0), ECONNRESET);
  conf_expect_eof(pair.server); /* the error was told once */
  FAILS(send(pair.server, "x", 1, MSG_NOSIGNAL), EPIPE);
}

CASE(closing, reset_is_in_so_error) {
  struct conf_pair pair = conf_pair();
  linger(pair.client, 1, 0);
  OK(close(pair.client));
  CHECK(conf_poll(pair.server, POLLIN, SOON) & POLLERR);
  int error = 0;
  socklen_t length = sizeof error;
  OK(getsockopt(pair.server, SOL_SOCKET, SO_ERROR, &error, &length));
  SAME(error, ECONNRESET);
  OK(getsockopt(pair.server, SOL_SOCKET, SO_ERROR, &error, &length));
  SAME(error, 0);
}

CASE(closing, unread_data_at_close_resets) {
  struct conf_pair pair = conf_pair();
  conf_write_all(pair.client, "never read", 10);
  SAME(conf_poll(pair.server, POLLIN, SOON), POLLIN);
  OK(close(pair.server));
  char byte;
  FAILS(recv(pair.client, &byte, 1, 0), ECONNRESET);
}

CASE(closing, writing_to_a_closed_peer) {
  struct conf_pair pair = conf_pair();
  OK(close(pair.server));
  conf_expect_eof(pair.client);
  SAME(send(pair.client, "x", 1, MSG_NOSIGNAL), 1); /* answered by a reset */
  EVENTUALLY(send(pair.client, "x", 1, MSG_NOSIGNAL) == -1);
  CHECK(errno == EPIPE || errno == ECONNRESET);
}

CASE(closing, linger_with_time_delivers_all) {
  struct conf_pair pair = conf_pair();
  struct conf_stream in = {pair.server, 10, 3000000, true};
  pthread_t receiver = conf_receiving(&in);
  linger(pair.client, 1, 60);
  conf_send_pattern(pair.client, 10, 3000000);
  OK(close(pair.client));
  conf_join(receiver);
}

CASE(closing, linger_ends_after_its_time) {
  struct conf_pair pair = conf_pair();
  conf_fill_up(pair.client);
  linger(pair.client, 1, 1);
  long long start = conf_now_ms();
  OK(close(pair.client));
  long long took = conf_now_ms() - start;
  CHECK(took >= 900 && took < SOON);
}

CASE(closing, large_data_then_close_arrives_whole) {
  struct conf_pair pair = conf_pair();
  struct conf_stream in = {pair.server, 11, 4000000, true};
  pthread_t receiver = conf_receiving(&in);
  conf_send_pattern(pair.client, 11, 4000000);
  OK(close(pair.client));
  conf_join(receiver);
}

CASE(closing, reset_leaves_received_data_readable) {
  struct conf_pair pair = conf_pair();
  conf_write_all(pair.client, "kept!", 5);
  SAME(conf_poll(pair.server, POLLIN, SOON), POLLIN);
  linger(pair.client, 1, 0);
  OK(close(pair.client));
  EVENTUALLY(conf_poll(pair.server, POLLIN, SOON) & POLLERR);
  char bytes[8];
  SAME(recv(pair.server, bytes, sizeof bytes, 0), 5);
  FAILS(recv(pair.server, bytes, sizeof bytes, 0), ECONNRESET);
  conf_expect_eof(pair.server);
}

CASE(closing, peer_name_is_gone_after_reset) {
  struct conf_pair pair = conf_pair();
  linger(pair.client, 1, 0);
  OK(close(pair.client));
  char byte;
  FAILS(recv(pair.server, &byte, 1, 0), ECONNRESET);
  struct sockaddr_in name;
  socklen_t length = sizeof name;
  FAILS(getpeername(pair.server, conf_sa(&name), &length), ENOTCONN);
}

CASE(closing, port_is_reusable_by_many_short_connections) {
  struct sockaddr_in where;
  int listener = conf_listen(&where);
  for (int i = 0; i < 2000; i++) {
    int client = conf_connect(&where);
    int server = conf_accept(listener);
    conf_write_all(client, "s", 1);
    conf_expect(server, "s");
    OK(close(client));
    conf_expect_eof(server);
    OK(close(server));
  }
}

CASE(closing, next_socket_knows_nothing_of_the_last) {
  struct sockaddr_in dead;
  conf_dead_port(&dead);
  for (int i = 0; i < 30; i++) {
    struct sockaddr_in where;
    int listener = conf_listen(&where);
    int client = conf_connect(&where);
    OK(close(conf_accept(listener)));
    conf_expect_eof(client);
    OK(close(listener));
    OK(close(client));
    conf_sleep_ms(i % 10);
    int next = conf_socket();
    FAILS(connect(next, conf_sa(&dead), sizeof dead), ECONNREFUSED);
    OK(close(next));
  }
}
