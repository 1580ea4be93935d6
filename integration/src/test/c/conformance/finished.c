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

static bool has_unread(int fd, int count) {
  int unread = 0;
  OK(ioctl(fd, FIONREAD, &unread));
  return unread == count;
}

/* Whose bytes come too late is told, and so is who did not want them. */
CASE(finished, data_for_who_shut_both_halves_is_refused) {
  for (int at_once = 0; at_once < 2; at_once++) {
    struct conf_pair pair = conf_pair();
    if (at_once) {
      OK(shutdown(pair.server, SHUT_RDWR));
    } else {
      OK(shutdown(pair.server, SHUT_RD));
      conf_write_all(pair.client, "taken", 5);
      EVENTUALLY(has_unread(pair.server, 5)); /* read sooner there is the end */
      conf_expect(pair.server, "taken");
      OK(shutdown(pair.server, SHUT_WR));
    }
    SAME(conf_poll(pair.client, POLLIN, SOON), POLLIN);
    SAME(send(pair.client, "x", 1, MSG_NOSIGNAL), 1);
    EVENTUALLY((conf_poll(pair.client, POLLIN, SOON) & POLLERR) != 0);
    EVENTUALLY((conf_poll(pair.server, POLLIN, SOON) & POLLERR) != 0);
    FAILS(send(pair.client, "x", 1, MSG_NOSIGNAL), EPIPE);
    char byte;
    FAILS(recv(pair.server, &byte, 1, 0), ECONNRESET);
    SAME(recv(pair.server, &byte, 1, 0), 0);
  }
}

CASE(finished, data_from_before_both_halves_were_shut_is_there) {
  struct conf_pair pair = conf_pair();
  conf_write_all(pair.client, "before", 6);
  SAME(conf_poll(pair.server, POLLIN, SOON), POLLIN);
  OK(shutdown(pair.server, SHUT_RDWR));
  conf_expect(pair.server, "before");
  conf_expect_eof(pair.server);
  conf_expect_eof(pair.client);
  SAME(conf_poll(pair.client, POLLIN, SOON) & POLLERR, 0);
}
