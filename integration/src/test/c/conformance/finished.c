/* Connections that both ends have finished, and those that are reset after one of them has. */
#include "conformance.h"

/* The peer is told of no reset: there is nothing left that could be. */
CASE(finished, closing_with_unread_bytes_is_no_reset) {
  struct conf_pair pair = conf_pair();
  conf_write_all(pair.client, "unread", 6);
  OK(shutdown(pair.server, SHUT_WR));
  OK(shutdown(pair.client, SHUT_WR));
  EVENTUALLY((conf_poll(pair.client, POLLIN | POLLRDHUP, SOON) & POLLHUP) != 0);
  EVENTUALLY((conf_poll(pair.server, POLLIN | POLLRDHUP, SOON) & POLLHUP) != 0);
  OK(close(pair.server));
  conf_sleep_ms(QUIET);
  SAME(conf_poll(pair.client, POLLIN, SOON) & POLLERR, 0);
  conf_expect_eof(pair.client);
}

/* Who reads is told of the end, who writes of the reset. */
CASE(finished, end_of_stream_comes_before_a_reset) {
  struct conf_pair pair = conf_pair();
  OK(close(pair.server));
  SAME(conf_poll(pair.client, POLLIN, SOON), POLLIN);
  SAME(send(pair.client, "x", 1, MSG_NOSIGNAL), 1);
  EVENTUALLY((conf_poll(pair.client, POLLIN, SOON) & POLLERR) != 0);
  conf_expect_eof(pair.client);
  FAILS(send(pair.client, "x", 1, MSG_NOSIGNAL), EPIPE);
  conf_expect_eof(pair.client);
}
