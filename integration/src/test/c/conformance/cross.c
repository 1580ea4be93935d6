/*
 * Cases against another machine: CONF_PEER runs "conformance --peer" on port 7000. Each connection
 * to it starts with a line that says what the peer shall do.
 */
#include "conformance.h"

CASE(cross, echo) {
  int fd = conf_peer_connect("echo");
  conf_write_all(fd, "over there", 10);
  conf_expect(fd, "over there");
  OK(shutdown(fd, SHUT_WR));
  conf_expect_eof(fd);
}

CASE(cross, thousand_round_trips) {
  int fd = conf_peer_connect("echo");
  for (int i = 0; i < 1000; i++) {
    int back = -1;
    SAME(write(fd, &i, sizeof i), sizeof i);
    conf_read_all(fd, &back, sizeof back);
    SAME(back, i);
  }
}

CASE(cross, ten_megabytes_there) {
  int fd = conf_peer_connect("sink 61 10000000");
  conf_send_pattern(fd, 61, 10000000);
  OK(shutdown(fd, SHUT_WR));
  conf_expect(fd, "right");
  conf_expect_eof(fd);
}

CASE(cross, ten_megabytes_here) {
  int fd = conf_peer_connect("source 62 10000000");
  conf_expect_pattern(fd, 62, 10000000);
  conf_expect_eof(fd);
}

CASE(cross, ten_megabytes_there_and_back) {
  int fd = conf_peer_connect("echo");
  struct conf_stream out = {fd, 63, 10000000, true};
  pthread_t sender = conf_sending(&out);
  conf_expect_pattern(fd, 63, 10000000);
  conf_expect_eof(fd);
  conf_join(sender);
}

CASE(cross, slow_reader_loses_nothing) {
  int fd = conf_peer_connect("source 64 6000000");
  conf_sleep_ms(700); /* windows close; probes and updates must open them again */
  conf_expect_pattern(fd, 64, 1000000);
  conf_sleep_ms(300);
  uint8_t *rest = malloc(5000000);
  uint8_t *expected = malloc(5000000);
  conf_read_all(fd, rest, 5000000);
  conf_fill(expected, 5000000, 64, 1000000);
  SAME(memcmp(rest, expected, 5000000), 0);
  free(rest);
  free(expected);
}

CASE(cross, peer_reads_slowly) {
  int fd = conf_peer_connect("slow 65 4000000");
  conf_send_pattern(fd, 65, 4000000);
  OK(shutdown(fd, SHUT_WR));
  conf_expect(fd, "right");
}

CASE(cross, peer_closes) {
  int fd = conf_peer_connect("close");
  conf_expect_eof(fd);
}

CASE(cross, peer_resets) {
  int fd = conf_peer_connect("reset");
  char byte;
  FAILS(recv(fd, &byte, 1, 0), ECONNRESET);
}

CASE(cross, we_reset) {
  int fd = conf_peer_connect("until-reset");
  conf_expect(fd, "!");
  struct linger now = {1, 0};
  OK(setsockopt(fd, SOL_SOCKET, SO_LINGER, &now, sizeof now));
  OK(close(fd));
  int check = conf_peer_connect("was-reset");
  conf_expect(check, "yes");
}

CASE(cross, closing_with_unread_data_resets) {
  int fd = conf_peer_connect("until-reset");
  SAME(conf_poll(fd, POLLIN, SOON), POLLIN);
  OK(close(fd));
  int check = conf_peer_connect("was-reset");
  conf_expect(check, "yes");
}

CASE(cross, data_after_close_is_refused) {
  int fd = conf_peer_connect("answer-until-reset");
  conf_expect(fd, "!");
  OK(close(fd));
  int check = conf_peer_connect("was-reset");
  conf_expect(check, "yes");
}

CASE(cross, half_close) {
  int fd = conf_peer_connect("answer-after-end");
  conf_write_all(fd, "question", 8);
  OK(shutdown(fd, SHUT_WR));
  conf_expect(fd, "answer 8");
  conf_expect_eof(fd);
}

/* Both are told: who did not want the answer, and who sent it. */
CASE(cross, answer_to_who_shut_both_halves_is_refused) {
  int fd = conf_peer_connect("answer-until-reset");
  conf_expect(fd, "!");
  OK(shutdown(fd, SHUT_RDWR));
  EVENTUALLY((conf_poll(fd, POLLIN, SOON) & POLLERR) != 0);
  char byte;
  FAILS(recv(fd, &byte, 1, 0), ECONNRESET);
  SAME(recv(fd, &byte, 1, 0), 0);
  int check = conf_peer_connect("was-reset");
  conf_expect(check, "yes");
}

CASE(cross, refused) {
  int fd = conf_peer_connect("dead-port");
  char text[8] = {0};
  conf_read_all(fd, text, 5);
  struct sockaddr_in where;
  socklen_t length = sizeof where;
  OK(getpeername(fd, conf_sa(&where), &length));
  where.sin_port = htons((uint16_t)atoi(text));
  FAILS(connect(conf_socket(), conf_sa(&where), sizeof where), ECONNREFUSED);
}

CASE(cross, peer_connects_to_us) {
  int listener = conf_socket();
  struct sockaddr_in any = {.sin_family = AF_INET};
  OK(bind(listener, conf_sa(&any), sizeof any));
  OK(listen(listener, 16));
  char command[32];
  snprintf(command, sizeof command, "dial %u", conf_port_of(listener));
  int control = conf_peer_connect(command);
  int fd = conf_accept(listener);
  struct conf_stream out = {fd, 66, 3000000, true};
  pthread_t sender = conf_sending(&out);
  conf_expect_pattern(fd, 66, 3000000);
  conf_expect_eof(fd);
  conf_join(sender);
  OK(close(control));
}

CASE(cross, hundred_connections) {
  int fds[100];
  for (int i = 0; i < 100; i++) {
    fds[i] = conf_peer_connect("echo");
  }
  for (int i = 0; i < 100; i++) {
    conf_write_all(fds[i], &fds[i], sizeof fds[i]);
  }
  for (int i = 0; i < 100; i++) {
    int back = -1;
    conf_read_all(fds[i], &back, sizeof back);
    SAME(back, fds[i]);
    OK(close(fds[i]));
  }
}

CASE(cross, three_hundred_short_connections) {
  for (int i = 0; i < 300; i++) {
    int fd = conf_peer_connect("echo");
    conf_write_all(fd, "s", 1);
    conf_expect(fd, "s");
    OK(close(fd));
  }
}

CASE(cross, small_writes_with_and_without_nodelay) {
  for (int on = 0; on < 2; on++) {
    int fd = conf_peer_connect("sink 67 3000");
    OK(setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on));
    uint8_t bytes[3000];
    conf_fill(bytes, sizeof bytes, 67, 0);
    for (size_t i = 0; i < sizeof bytes; i += 3) {
      SAME(write(fd, bytes + i, 3), 3);
    }
    OK(shutdown(fd, SHUT_WR));
    conf_expect(fd, "right");
  }
}

CASE(cross, eight_streams_at_once) {
  struct conf_stream streams[16];
  pthread_t threads[16];
  for (int i = 0; i < 8; i++) {
    int fd = conf_peer_connect("echo");
    streams[2 * i] = (struct conf_stream){fd, (uint64_t)i, 1000000, true};
    streams[2 * i + 1] = (struct conf_stream){fd, (uint64_t)i, 1000000, true};
    threads[2 * i] = conf_sending(&streams[2 * i]);
    threads[2 * i + 1] = conf_receiving(&streams[2 * i + 1]);
  }
  for (int i = 0; i < 16; i++) {
    conf_join(threads[i]);
  }
}
