/* Files, pipes and stdio on one side, a socket on the other. */
#include <sys/mman.h>
#include <sys/sendfile.h>

#include "conformance.h"

static int pattern_file(uint64_t seed, size_t size) {
  int file = OK(memfd_create("pattern", 0));
  uint8_t chunk[8192];
  for (size_t done = 0; done < size; done += sizeof chunk) {
    conf_fill(chunk, sizeof chunk, seed, done);
    SAME(write(file, chunk, sizeof chunk), sizeof chunk);
  }
  OK(ftruncate(file, (off_t)size));
  OK(lseek(file, 0, SEEK_SET));
  return file;
}

CASE(files, sendfile_with_offset_leaves_the_file_position) {
  struct conf_pair pair = conf_pair();
  int file = pattern_file(1, 10000);
  off_t offset = 100;
  SAME(sendfile(pair.client, file, &offset, 1000), 1000);
  SAME(offset, 1100);
  SAME(lseek(file, 0, SEEK_CUR), 0);
  uint8_t expected[1000];
  uint8_t got[1000];
  conf_fill(expected, sizeof expected, 1, 100);
  conf_read_all(pair.server, got, sizeof got);
  SAME(memcmp(got, expected, sizeof got), 0);
}

CASE(files, sendfile_without_offset_moves_the_file_position) {
  struct conf_pair pair = conf_pair();
  int file = pattern_file(2, 5000);
  SAME(sendfile(pair.client, file, NULL, 3000), 3000);
  SAME(lseek(file, 0, SEEK_CUR), 3000);
  SAME(sendfile(pair.client, file, NULL, 3000), 2000);
  SAME(sendfile(pair.client, file, NULL, 3000), 0);
  conf_expect_pattern(pair.server, 2, 5000);
}

CASE(files, sendfile_past_the_end_sends_nothing) {
  struct conf_pair pair = conf_pair();
  int file = pattern_file(3, 10);
  off_t offset = 10;
  SAME(sendfile(pair.client, file, &offset, 100), 0);
  SAME(offset, 10);
}

CASE(files, sendfile_stops_when_the_socket_is_full) {
  struct conf_pair pair = conf_pair();
  conf_nonblocking(pair.client);
  size_t size = 48 << 20;
  int file = pattern_file(4, size);
  off_t offset = 0;
  int first = OK(sendfile(pair.client, file, &offset, size));
  CHECK(first > 0 && (size_t)first < size);
  SAME(offset, first);
  struct conf_stream in = {pair.server, 4, size, false};
  pthread_t receiver = conf_receiving(&in);
  while ((size_t)offset < size) {
    SAME(conf_poll(pair.client, POLLOUT, SOON), POLLOUT);
    ssize_t sent = sendfile(pair.client, file, &offset, size - (size_t)offset);
    CHECK(sent > 0 || (sent < 0 && errno == EAGAIN));
  }
  conf_join(receiver);
}

CASE(files, blocking_sendfile_of_a_large_file) {
  struct conf_pair pair = conf_pair();
  size_t size = (20 << 20) + 17;
  int file = pattern_file(5, size);
  struct conf_stream in = {pair.server, 5, size, false};
  pthread_t receiver = conf_receiving(&in);
  off_t offset = 0;
  while ((size_t)offset < size) {
    CHECK(OK(sendfile64(pair.client, file, &offset, size)) > 0);
  }
  conf_join(receiver);
}

CASE(files, sendfile_errors) {
  struct conf_pair pair = conf_pair();
  int file = pattern_file(6, 100);
  FAILS(sendfile(pair.client, -1, NULL, 10), EBADF);
  OK(shutdown(pair.client, SHUT_WR));
  signal(SIGPIPE, SIG_IGN);
  FAILS(sendfile(pair.client, file, NULL, 10), EPIPE);
}

CASE(files, splice_from_and_to_a_pipe) {
  struct conf_pair pair = conf_pair();
  int ends[2];
  OK(pipe(ends));
  SAME(write(ends[1], "spliced", 7), 7);
  SAME(splice(ends[0], NULL, pair.client, NULL, 7, 0), 7);
  SAME(conf_poll(pair.server, POLLIN, SOON), POLLIN);
  SAME(splice(pair.server, NULL, ends[1], NULL, 100, 0), 7);
  char bytes[8];
  SAME(read(ends[0], bytes, sizeof bytes), 7);
  SAME(memcmp(bytes, "spliced", 7), 0);
}

CASE(files, splice_nonblocking) {
  struct conf_pair pair = conf_pair();
  int ends[2];
  OK(pipe(ends));
  conf_nonblocking(pair.server);
  FAILS(splice(pair.server, NULL, ends[1], NULL, 100, SPLICE_F_NONBLOCK), EAGAIN);
  OK(close(pair.client));
  SAME(conf_poll(pair.server, POLLIN, SOON), POLLIN);
  SAME(splice(pair.server, NULL, ends[1], NULL, 100, SPLICE_F_NONBLOCK), 0);
}

/* Pages that hold little: the pipe is full long before it holds as many bytes as it could. */
static void splice_beside_small_pieces(int flags) {
  enum { PIECE = 2100, PIECES = 15, BYTES = 30000 };
  static uint8_t sent[BYTES];
  static uint8_t got[BYTES + PIECES * PIECE];
  struct conf_pair pair = conf_pair();
  int ends[2];
  OK(pipe2(ends, flags));
  OK(fcntl(ends[1], F_SETPIPE_SZ, 65536));
  conf_fill(sent, sizeof sent, 9, 0);
  conf_write_all(pair.client, sent, sizeof sent);
  for (int i = 0; i < PIECES; i++) {
    SAME(write(ends[1], got, PIECE), PIECE);
  }
  size_t before = PIECES * PIECE;
  conf_nonblocking(pair.server);
  OK(shutdown(pair.client, SHUT_WR));
  int there = 0;
  EVENTUALLY(OK(ioctl(pair.server, FIONREAD, &there)) == 0 && there == BYTES);
  size_t in = 0;
  size_t out = 0;
  alarm(SOON / 1000); /* nobody but this thread empties the pipe */
  for (long long count = -1; count != 0;) {
    count = splice(pair.server, NULL, ends[1], NULL, BYTES, SPLICE_F_NONBLOCK);
    in += count > 0 ? (size_t)count : 0;
    CHECK(count >= 0 || errno == EAGAIN);
    while (count < 0 && conf_poll(ends[0], POLLIN, 0) != 0) {
      out += (size_t)OK(read(ends[0], got + out, sizeof got - out));
    }
  }
  while (out < before + in) {
    out += (size_t)OK(read(ends[0], got + out, sizeof got - out));
  }
  alarm(0);
  SAME(in, BYTES);
  SAME(memcmp(got + before, sent, BYTES), 0);
}

CASE(files, splice_into_a_pipe_of_small_pieces) { splice_beside_small_pieces(0); }

CASE(files, splice_into_a_nonblocking_pipe_of_small_pieces) {
  splice_beside_small_pieces(O_NONBLOCK);
}

CASE(files, dprintf_writes) {
  struct conf_pair pair = conf_pair();
  SAME(dprintf(pair.client, "%s-%d", "number", 42), 9);
  conf_expect(pair.server, "number-42");
}

CASE(files, copy_between_two_sockets) {
  struct conf_pair one = conf_pair();
  struct conf_pair two = conf_pair();
  struct conf_stream out = {one.client, 8, 3000000, true};
  struct conf_stream in = {two.server, 8, 3000000, false};
  pthread_t sender = conf_sending(&out);
  pthread_t receiver = conf_receiving(&in);
  char bytes[5000];
  for (int got; (got = OK(read(one.server, bytes, sizeof bytes))) > 0;) {
    conf_write_all(two.client, bytes, (size_t)got);
  }
  conf_join(sender);
  conf_join(receiver);
}
