/* Moving bytes: every call that reads or writes, and what it returns. */
#include "conformance.h"

CASE(data, echo) {
  struct conf_pair pair = conf_pair();
  conf_write_all(pair.client, "hello", 5);
  conf_expect(pair.server, "hello");
  conf_write_all(pair.server, "world", 5);
  conf_expect(pair.client, "world");
}

CASE(data, read_takes_what_is_there) {
  struct conf_pair pair = conf_pair();
  conf_write_all(pair.client, "abc", 3);
  char bytes[64];
  SAME(read(pair.server, bytes, sizeof bytes), 3);
}

CASE(data, reads_may_be_smaller_than_writes) {
  struct conf_pair pair = conf_pair();
  conf_write_all(pair.client, "abcdef", 6);
  conf_expect(pair.server, "ab");
  conf_expect(pair.server, "c");
  conf_expect(pair.server, "def");
}

CASE(data, writes_join_into_one_stream) {
  struct conf_pair pair = conf_pair();
  for (int i = 0; i < 1000; i++) {
    conf_write_all(pair.client, "0123456789", 10);
  }
  char bytes[10000];
  conf_read_all(pair.server, bytes, sizeof bytes);
  for (size_t i = 0; i < sizeof bytes; i++) {
    SAME(bytes[i], '0' + (int)(i % 10));
  }
}

CASE(data, ten_thousand_round_trips) {
  struct conf_pair pair = conf_pair();
  for (int i = 0; i < 10000; i++) {
    int back = -1;
    SAME(write(pair.client, &i, sizeof i), sizeof i);
    conf_read_all(pair.server, &back, sizeof back);
    SAME(back, i);
    SAME(write(pair.server, &back, sizeof back), sizeof back);
    conf_read_all(pair.client, &back, sizeof back);
    SAME(back, i);
  }
}

CASE(data, zero_bytes_are_no_event) {
  struct conf_pair pair = conf_pair();
  SAME(write(pair.client, "", 0), 0);
  SAME(send(pair.client, "", 0, 0), 0);
  SAME(conf_poll(pair.server, POLLIN, QUIET), 0);
  conf_write_all(pair.client, "x", 1);
  SAME(conf_poll(pair.server, POLLIN, SOON), POLLIN);
  char byte = 'y';
  SAME(read(pair.server, &byte, 0), 0);
  SAME(recv(pair.server, &byte, 0, 0), 0);
  SAME(byte, 'y');
  conf_expect(pair.server, "x");
}

CASE(data, writev_and_readv) {
  struct conf_pair pair = conf_pair();
  struct iovec out[4] = {{"one", 3}, {"", 0}, {"two", 3}, {"three", 5}};
  SAME(writev(pair.client, out, 4), 11);
  char a[2];
  char b[7];
  char c[16];
  struct iovec in[3] = {{a, sizeof a}, {b, sizeof b}, {c, sizeof c}};
  SAME(readv(pair.server, in, 3), 11);
  SAME(memcmp(a, "on", 2), 0);
  SAME(memcmp(b, "etwothr", 7), 0);
  SAME(memcmp(c, "ee", 2), 0);
}

CASE(data, many_vectors) {
  struct conf_pair pair = conf_pair();
  static struct iovec vectors[1025];
  char bytes[1024];
  for (int i = 0; i < 1024; i++) {
    bytes[i] = (char)i;
    vectors[i] = (struct iovec){&bytes[i], 1};
  }
  SAME(writev(pair.client, vectors, 1024), 1024);
  char got[1024];
  conf_read_all(pair.server, got, sizeof got);
  SAME(memcmp(got, bytes, sizeof got), 0);
  FAILS(writev(pair.client, vectors, 1025), EINVAL);
  volatile int negative = -1;
  FAILS(readv(pair.client, vectors, negative), EINVAL);
  SAME(writev(pair.client, vectors, 0), 0);
}

CASE(data, sendmsg_and_recvmsg) {
  struct conf_pair pair = conf_pair();
  struct iovec out[2] = {{"mess", 4}, {"age", 3}};
  struct msghdr message = {.msg_iov = out, .msg_iovlen = 2};
  SAME(sendmsg(pair.client, &message, 0), 7);
  char bytes[32];
  char control[64];
  struct sockaddr_in name;
  struct iovec in = {bytes, sizeof bytes};
  struct msghdr got = {.msg_name = &name,
                       .msg_namelen = sizeof name,
                       .msg_iov = &in,
                       .msg_iovlen = 1,
                       .msg_control = control,
                       .msg_controllen = sizeof control,
                       .msg_flags = -1};
  SAME(recvmsg(pair.server, &got, 0), 7);
  SAME(memcmp(bytes, "message", 7), 0);
  SAME(got.msg_controllen, 0);
  SAME(got.msg_namelen, 0);
  SAME(got.msg_flags, 0);
}

CASE(data, sendto_and_recvfrom) {
  struct conf_pair pair = conf_pair();
  SAME(sendto(pair.client, "abc", 3, 0, NULL, 0), 3);
  char bytes[8];
  struct sockaddr_in name;
  socklen_t length = sizeof name;
  SAME(recvfrom(pair.server, bytes, sizeof bytes, 0, conf_sa(&name), &length), 3);
  SAME(length, 0); /* a stream's data has no address of its own */
}

CASE(data, sendmmsg_and_recvmmsg) {
  struct conf_pair pair = conf_pair();
  struct iovec out[2] = {{"first", 5}, {"second", 6}};
  struct mmsghdr messages[2] = {{.msg_hdr = {.msg_iov = &out[0], .msg_iovlen = 1}},
                                {.msg_hdr = {.msg_iov = &out[1], .msg_iovlen = 1}}};
  SAME(sendmmsg(pair.client, messages, 2, 0), 2);
  SAME(messages[0].msg_len, 5);
  SAME(messages[1].msg_len, 6);
  EVENTUALLY(recv(pair.server, (char[16]){0}, 16, MSG_PEEK) == 11);
  char bytes[2][6] = {{0}};
  struct iovec in[2] = {{bytes[0], 5}, {bytes[1], 6}};
  messages[0].msg_hdr.msg_iov = &in[0];
  messages[1].msg_hdr.msg_iov = &in[1];
  SAME(recvmmsg(pair.server, messages, 2, 0, NULL), 2);
  SAME(memcmp(bytes[0], "first", 5), 0);
  SAME(memcmp(bytes[1], "second", 6), 0);
}

CASE(data, preadv2_and_pwritev2_at_the_current_place) {
  struct conf_pair pair = conf_pair();
  struct iovec out = {"vector", 6};
  SAME(pwritev2(pair.client, &out, 1, -1, 0), 6);
  char bytes[16];
  struct iovec in = {bytes, sizeof bytes};
  SAME(preadv2(pair.server, &in, 1, -1, 0), 6);
  FAILS(preadv2(pair.server, &in, 1, -1, RWF_NOWAIT), EAGAIN);
}

CASE(data, seeking_is_refused) {
  struct conf_pair pair = conf_pair();
  char byte = 0;
  FAILS(lseek(pair.client, 0, SEEK_CUR), ESPIPE);
  FAILS(pread(pair.client, &byte, 1, 0), ESPIPE);
  FAILS(pwrite(pair.client, &byte, 1, 0), ESPIPE);
}

CASE(data, nonblocking_read_of_nothing) {
  struct conf_pair pair = conf_pair();
  conf_nonblocking(pair.server);
  char byte;
  FAILS(read(pair.server, &byte, 1), EAGAIN);
  FAILS(recv(pair.server, &byte, 1, 0), EAGAIN);
  struct iovec in = {&byte, 1};
  FAILS(readv(pair.server, &in, 1), EAGAIN);
}

CASE(data, nonblocking_write_stops_when_full_and_goes_on) {
  struct conf_pair pair = conf_pair();
  conf_nonblocking(pair.client);
  int queued = conf_fill_up(pair.client);
  CHECK(queued > 4096);
  SAME(conf_poll(pair.client, POLLOUT, QUIET), 0);
  char *bytes = malloc((size_t)queued);
  conf_read_all(pair.server, bytes, (size_t)queued);
  free(bytes);
  SAME(conf_poll(pair.client, POLLOUT, SOON), POLLOUT);
  conf_write_all(pair.client, "on", 2);
  conf_expect(pair.server, "on");
}

CASE(data, nonblocking_write_may_be_partial) {
  struct conf_pair pair = conf_pair();
  conf_nonblocking(pair.client);
  static char huge[64 << 20];
  int sent = OK(write(pair.client, huge, sizeof huge));
  CHECK(sent > 0 && sent < (int)sizeof huge);
}

static void *drain_later(void *argument) {
  struct conf_pair *pair = argument;
  conf_sleep_ms(100);
  conf_expect_pattern(pair->server, 7, 16 << 20);
  return NULL;
}

CASE(data, blocking_write_waits_and_writes_all) {
  struct conf_pair pair = conf_pair();
  pthread_t reader = conf_thread(drain_later, &pair);
  size_t size = 16 << 20;
  uint8_t *bytes = malloc(size);
  conf_fill(bytes, size, 7, 0);
  SAME(write(pair.client, bytes, size), (long long)size);
  conf_join(reader);
  free(bytes);
}

static void *write_later(void *argument) {
  conf_sleep_ms(50);
  conf_write_all(*(int *)argument, "late", 4);
  return NULL;
}

CASE(data, blocking_read_waits) {
  struct conf_pair pair = conf_pair();
  pthread_t writer = conf_thread(write_later, &pair.client);
  char bytes[16];
  SAME(read(pair.server, bytes, sizeof bytes), 4);
  conf_join(writer);
}

CASE(data, ten_megabytes_one_way) {
  struct conf_pair pair = conf_pair();
  struct conf_stream out = {pair.client, 11, 10000000, true};
  struct conf_stream in = {pair.server, 11, 10000000, true};
  pthread_t sender = conf_sending(&out);
  conf_join(conf_receiving(&in));
  conf_join(sender);
}

CASE(data, ten_megabytes_both_ways_at_once) {
  struct conf_pair pair = conf_pair();
  struct conf_stream streams[4] = {{pair.client, 11, 10000000, true},
                                   {pair.server, 11, 10000000, true},
                                   {pair.server, 12, 10000000, true},
                                   {pair.client, 12, 10000000, true}};
  pthread_t threads[4] = {conf_sending(&streams[0]), conf_receiving(&streams[1]),
                          conf_sending(&streams[2]), conf_receiving(&streams[3])};
  for (int i = 0; i < 4; i++) {
    conf_join(threads[i]);
  }
}

CASE(data, bytes_of_a_slow_reader_are_kept) {
  struct conf_pair pair = conf_pair();
  conf_nonblocking(pair.client);
  int queued = 0;
  uint8_t chunk[1000];
  for (;;) {
    conf_fill(chunk, sizeof chunk, 5, (uint64_t)queued);
    ssize_t sent = write(pair.client, chunk, sizeof chunk);
    if (sent < 0) {
      SAME(errno, EAGAIN);
      break;
    }
    queued += (int)sent;
  }
  OK(close(pair.client));
  conf_sleep_ms(50);
  conf_expect_pattern(pair.server, 5, (uint64_t)queued);
  conf_expect_eof(pair.server);
}

CASE(data, one_byte_writes_one_byte_reads) {
  struct conf_pair pair = conf_pair();
  int on = 1;
  OK(setsockopt(pair.client, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on));
  for (int i = 0; i < 5000; i++) {
    char byte = (char)i;
    SAME(write(pair.client, &byte, 1), 1);
  }
  for (int i = 0; i < 5000; i++) {
    char byte;
    SAME(read(pair.server, &byte, 1), 1);
    SAME(byte, (char)i);
  }
}

CASE(data, every_size_around_ring_edges) {
  struct conf_pair pair = conf_pair();
  static uint8_t out[70000];
  static uint8_t in[70000];
  uint64_t seed = 1;
  for (size_t base = 1; base <= 65536; base *= 2) {
    for (size_t size = base > 2 ? base - 2 : 1; size <= base + 2; size++) {
      conf_fill(out, size, seed, 0);
      conf_write_all(pair.client, out, size);
      conf_read_all(pair.server, in, size);
      SAME(memcmp(out, in, size), 0);
      seed++;
    }
  }
}
