/* MSG_ flags of send and receive calls. */
#include "conformance.h"

CASE(flags, peek_leaves_the_bytes) {
  struct conf_pair pair = conf_pair();
  conf_write_all(pair.client, "peek", 4);
  char bytes[16];
  SAME(recv(pair.server, bytes, 2, MSG_PEEK), 2);
  SAME(recv(pair.server, bytes, sizeof bytes, MSG_PEEK), 4);
  SAME(memcmp(bytes, "peek", 4), 0);
  SAME(conf_poll(pair.server, POLLIN, SOON), POLLIN);
  conf_expect(pair.server, "peek");
  FAILS(recv(pair.server, bytes, 1, MSG_PEEK | MSG_DONTWAIT), EAGAIN);
}

CASE(flags, peek_sees_end_of_stream) {
  struct conf_pair pair = conf_pair();
  OK(close(pair.client));
  char byte;
  SAME(recv(pair.server, &byte, 1, MSG_PEEK), 0);
  SAME(recv(pair.server, &byte, 1, MSG_PEEK), 0);
}

static void *two_parts(void *argument) {
  conf_write_all(*(int *)argument, "half", 4);
  conf_sleep_ms(50);
  conf_write_all(*(int *)argument, "rest", 4);
  return NULL;
}

CASE(flags, waitall_waits_for_all) {
  struct conf_pair pair = conf_pair();
  pthread_t writer = conf_thread(two_parts, &pair.client);
  char bytes[8];
  SAME(recv(pair.server, bytes, sizeof bytes, MSG_WAITALL), 8);
  SAME(memcmp(bytes, "halfrest", 8), 0);
  conf_join(writer);
}

CASE(flags, waitall_over_vectors) {
  struct conf_pair pair = conf_pair();
  pthread_t writer = conf_thread(two_parts, &pair.client);
  char a[3];
  char b[5];
  struct iovec in[2] = {{a, sizeof a}, {b, sizeof b}};
  struct msghdr message = {.msg_iov = in, .msg_iovlen = 2};
  SAME(recvmsg(pair.server, &message, MSG_WAITALL), 8);
  SAME(memcmp(b, "frest", 5), 0);
  conf_join(writer);
}

CASE(flags, waitall_ends_short_at_end_of_stream) {
  struct conf_pair pair = conf_pair();
  conf_write_all(pair.client, "abc", 3);
  OK(shutdown(pair.client, SHUT_WR));
  char bytes[8];
  SAME(recv(pair.server, bytes, sizeof bytes, MSG_WAITALL), 3);
  SAME(recv(pair.server, bytes, sizeof bytes, MSG_WAITALL), 0);
}

CASE(flags, waitall_larger_than_the_buffers) {
  struct conf_pair pair = conf_pair();
  struct conf_stream out = {pair.client, 3, 12000000, false};
  pthread_t sender = conf_sending(&out);
  static uint8_t got[12000000];
  static uint8_t expected[sizeof got];
  SAME(recv(pair.server, got, sizeof got, MSG_WAITALL), sizeof got);
  conf_fill(expected, sizeof expected, 3, 0);
  SAME(memcmp(got, expected, sizeof got), 0);
  conf_join(sender);
}

CASE(flags, dontwait_is_for_one_call) {
  struct conf_pair pair = conf_pair();
  char byte;
  FAILS(recv(pair.server, &byte, 1, MSG_DONTWAIT), EAGAIN);
  CHECK(!(OK(fcntl(pair.server, F_GETFL)) & O_NONBLOCK));
  int queued = conf_fill_up(pair.client);
  FAILS(send(pair.client, "x", 1, MSG_DONTWAIT), EAGAIN);
  CHECK(queued > 0);
}

CASE(flags, trunc_throws_bytes_away) {
  struct conf_pair pair = conf_pair();
  conf_write_all(pair.client, "discard me", 10);
  char bytes[16] = "untouched";
  SAME(recv(pair.server, bytes, 8, MSG_TRUNC), 8);
  SAME(memcmp(bytes, "untouched", 9), 0);
  conf_expect(pair.server, "me");
}

CASE(flags, more_is_sent_at_last) {
  struct conf_pair pair = conf_pair();
  SAME(send(pair.client, "head", 4, MSG_MORE), 4);
  SAME(send(pair.client, "tail", 4, 0), 4);
  char bytes[8];
  conf_read_all(pair.server, bytes, 8);
  SAME(memcmp(bytes, "headtail", 8), 0);
}

CASE(flags, more_alone_does_not_wait_forever) {
  struct conf_pair pair = conf_pair();
  SAME(send(pair.client, "alone", 5, MSG_MORE), 5);
  conf_expect(pair.server, "alone");
}

CASE(flags, nosignal_gives_epipe_only) {
  struct conf_pair pair = conf_pair();
  OK(shutdown(pair.client, SHUT_WR));
  FAILS(send(pair.client, "x", 1, MSG_NOSIGNAL), EPIPE);
  struct iovec out = {"x", 1};
  struct msghdr message = {.msg_iov = &out, .msg_iovlen = 1};
  FAILS(sendmsg(pair.client, &message, MSG_NOSIGNAL), EPIPE);
}

CASE(flags, error_queue_is_empty) {
  struct conf_pair pair = conf_pair();
  char byte;
  FAILS(recv(pair.client, &byte, 1, MSG_ERRQUEUE), EAGAIN);
}

CASE(flags, no_urgent_data_is_einval) {
  struct conf_pair pair = conf_pair();
  char byte;
  FAILS(recv(pair.client, &byte, 1, MSG_OOB), EINVAL);
}
