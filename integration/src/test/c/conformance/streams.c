/* The C library's streams on sockets: fdopen(), and standard streams whose numbers are sockets. */
#include <stdio_ext.h>

#include "conformance.h"

static void expect_line(FILE *in, const char *line) {
  char got[64];
  CHECK(fgets(got, sizeof got, in) != NULL);
  if (strcmp(got, line) != 0) {
    conf_fail(CONF_HERE("expect_line"), "got \"%s\" instead of \"%s\"", got, line);
  }
}

CASE(streams, one_for_each_end) {
  struct conf_pair pair = conf_pair();
  FILE *out = fdopen(pair.client, "w");
  FILE *in = fdopen(pair.server, "r");
  CHECK(out != NULL && in != NULL);
  SAME(fileno(out), pair.client);
  SAME(fprintf(out, "line %d\nnext\n", 1), 12);
  SAME(fflush(out), 0);
  expect_line(in, "line 1\n");
  expect_line(in, "next\n");
  SAME(fclose(out), 0);
  SAME(fgetc(in), EOF);
  CHECK(feof(in) && !ferror(in));
}

CASE(streams, one_for_each_direction) {
  struct conf_pair pair = conf_pair();
  FILE *in = fdopen(pair.client, "r");
  FILE *out = fdopen(dup(pair.client), "w");
  conf_write_all(pair.server, "question\n", 9);
  expect_line(in, "question\n");
  fputs("answer\n", out);
  SAME(fclose(out), 0);
  conf_expect(pair.server, "answer\n");
  conf_write_all(pair.server, "more\n", 5);
  expect_line(in, "more\n");
  SAME(fclose(in), 0);
  conf_expect_eof(pair.server);
}

CASE(streams, write_only_when_full_or_flushed) {
  struct conf_pair pair = conf_pair();
  FILE *out = fdopen(pair.client, "w");
  fputs("kept back", out);
  SAME(__fpending(out), 9);
  SAME(conf_poll(pair.server, POLLIN, QUIET), 0);
  static char much[100000];
  memset(much, 'm', sizeof much);
  SAME(fwrite(much, 1, sizeof much, out), sizeof much);
  SAME(fflush(out), 0);
  conf_expect(pair.server, "kept back");
  char got[sizeof much];
  conf_read_all(pair.server, got, sizeof got);
  SAME(memcmp(got, much, sizeof got), 0);
}

CASE(streams, line_buffered_and_unbuffered) {
  struct conf_pair pair = conf_pair();
  FILE *out = fdopen(pair.client, "w");
  setlinebuf(out);
  fputs("a line\nand", out);
  conf_expect(pair.server, "a line\n");
  SAME(fflush(out), 0);
  setvbuf(out, NULL, _IONBF, 0);
  fputs(" more", out);
  conf_expect(pair.server, "and more");
}

CASE(streams, close_closes_the_number) {
  struct conf_pair pair = conf_pair();
  FILE *out = fdopen(pair.client, "w");
  fputs("last", out);
  SAME(fclose(out), 0);
  FAILS(fcntl(pair.client, F_GETFD), EBADF);
  conf_expect(pair.server, "last");
  conf_expect_eof(pair.server);
}

CASE(streams, reopened_as_a_file) {
  struct conf_pair pair = conf_pair();
  FILE *out = fdopen(pair.client, "w");
  fputs("sent", out);
  CHECK(freopen("/dev/null", "w", out) == out);
  SAME(fileno(out), pair.client);
  fputs("not sent", out);
  SAME(fclose(out), 0);
  conf_expect(pair.server, "sent");
  conf_expect_eof(pair.server);
}

CASE(streams, seek_nowhere) {
  struct conf_pair pair = conf_pair();
  FILE *out = fdopen(pair.client, "r+");
  FAILS(fseek(out, 0, SEEK_SET), ESPIPE);
  FAILS(ftell(out), ESPIPE);
  FAILS(fseek(out, 3, SEEK_CUR), ESPIPE);
}

CASE(streams, no_such_mode) {
  struct conf_pair pair = conf_pair();
  errno = 0;
  CHECK(fdopen(pair.client, "x") == NULL);
  SAME(errno, EINVAL);
  OK(fcntl(pair.client, F_GETFD));
}

CASE(streams, error_when_the_peer_is_gone) {
  struct conf_pair pair = conf_pair();
  signal(SIGPIPE, SIG_IGN);
  FILE *out = fdopen(pair.client, "w");
  conf_write_all(pair.client, "unread", 6);
  SAME(conf_poll(pair.server, POLLIN, SOON), POLLIN);
  OK(close(pair.server)); /* with unread data: a reset */
  EVENTUALLY(conf_poll(pair.client, POLLOUT, 0) & POLLERR);
  fputs("to nobody", out);
  FAILS(fflush(out), ECONNRESET);
  CHECK(ferror(out));
  clearerr(out);
  fputs("to nobody", out);
  FAILS(fflush(out), EPIPE);
}

CASE(streams, nothing_there_for_a_nonblocking_one) {
  struct conf_pair pair = conf_pair();
  conf_nonblocking(pair.client);
  FILE *in = fdopen(pair.client, "r");
  FAILS(fgetc(in), EAGAIN);
  CHECK(ferror(in) && !feof(in));
  clearerr(in);
  conf_write_all(pair.server, "c", 1);
  SAME(conf_poll(pair.client, POLLIN, SOON), POLLIN);
  SAME(fgetc(in), 'c');
}

CASE(streams, child_goes_on_with_it) {
  struct conf_pair pair = conf_pair();
  FILE *in = fdopen(pair.client, "r");
  FILE *out = fdopen(dup(pair.client), "w");
  conf_write_all(pair.server, "for the parent\nfor the child\n", 29);
  expect_line(in, "for the parent\n");
  pid_t child = conf_fork();
  if (child == 0) {
    expect_line(in, "for the child\n"); /* whether it was read ahead or not */
    fputs("by the child\n", out);
    SAME(fclose(out), 0);
    conf_child_done();
  }
  conf_child_passes(child);
  conf_expect(pair.server, "by the child\n");
}

/* ---- the standard streams ------------------------------------------------------------------ */

static int moved(int fd, int number) {
  int kept = OK(dup(number));
  fflush(stdout);
  SAME(dup2(fd, number), number);
  return kept;
}

static void back(int kept, int number) {
  SAME(dup2(kept, number), number);
  OK(close(kept));
}

CASE(streams, standard_output) {
  struct conf_pair pair = conf_pair();
  int kept = moved(pair.client, 1);
  printf("number %d\n", 1);
  SAME(fileno(stdout), 1);
  puts("by puts");
  SAME(fflush(stdout), 0);
  back(kept, 1);
  conf_expect(pair.server, "number 1\nby puts\n");
  OK(close(pair.client));
  conf_expect_eof(pair.server); /* none of its numbers is left */
}

CASE(streams, standard_output_that_was_not_flushed) {
  struct conf_pair pair = conf_pair();
  setvbuf(stdout, NULL, _IOFBF, BUFSIZ);
  int kept = moved(pair.client, 1);
  back(kept, 1);
  char name[] = "/tmp/conformance.XXXXXX";
  int file = OK(mkstemp(name));
  OK(unlink(name));
  kept = moved(file, 1);
  printf("written before, ");
  SAME(dup2(pair.client, 1), 1);
  printf("sent, ");
  SAME(dup2(file, 1), 1);
  printf("and written at last");
  SAME(fflush(stdout), 0);
  back(kept, 1);
  char got[64] = {0};
  const char all[] = "written before, sent, and written at last";
  SAME(pread(file, got, sizeof got - 1, 0), sizeof all - 1);
  SAME(strcmp(got, all), 0);
}

CASE(streams, standard_output_by_lines) {
  struct conf_pair pair = conf_pair();
  setlinebuf(stdout);
  int kept = moved(pair.client, 1);
  printf("a line\nand");
  conf_expect(pair.server, "a line\n");
  SAME(fflush(stdout), 0);
  back(kept, 1);
  conf_expect(pair.server, "and");
}

CASE(streams, standard_input) {
  struct conf_pair pair = conf_pair();
  int kept = moved(pair.server, 0);
  conf_write_all(pair.client, "a line\n42 7x", 12);
  OK(shutdown(pair.client, SHUT_WR));
  char *line = NULL;
  size_t room = 0;
  SAME(getline(&line, &room, stdin), 7);
  SAME(strcmp(line, "a line\n"), 0);
  free(line);
  int one = 0;
  int two = 0;
  SAME(scanf("%d %d", &one, &two), 2);
  SAME(one * two, 294);
  SAME(getchar(), 'x');
  SAME(getchar(), EOF);
  CHECK(feof(stdin));
  back(kept, 0);
}

CASE(streams, standard_error_at_once) {
  struct conf_pair pair = conf_pair();
  int kept = moved(pair.client, 2);
  fprintf(stderr, "%s-%d", "error", 5);
  errno = ENOENT;
  perror("; this");
  back(kept, 2);
  conf_expect(pair.server, "error-5; this: No such file or directory\n");
}

CASE(streams, closed_standard_output) {
  struct conf_pair pair = conf_pair();
  pid_t child = conf_fork();
  if (child == 0) {
    SAME(dup2(pair.client, 1), 1);
    OK(close(pair.client));
    printf("by a child");
    SAME(fclose(stdout), 0);
    FAILS(fcntl(1, F_GETFD), EBADF);
    conf_child_done();
  }
  OK(close(pair.client));
  conf_expect(pair.server, "by a child");
  conf_expect_eof(pair.server);
  conf_child_passes(child);
}

CASE(streams, standard_output_reopened) {
  struct conf_pair pair = conf_pair();
  int kept = moved(pair.client, 1);
  OK(close(pair.client));
  printf("sent");
  CHECK(freopen("/dev/null", "w", stdout) != NULL);
  SAME(fileno(stdout), 1);
  conf_expect(pair.server, "sent");
  conf_expect_eof(pair.server);
  printf("not sent");
  SAME(fflush(stdout), 0);
  back(kept, 1);
}

CASE(streams, flushed_at_exit) {
  struct conf_pair pair = conf_pair();
  pid_t child = conf_fork();
  if (child == 0) {
    SAME(dup2(pair.client, 1), 1);
    FILE *out = fdopen(pair.client, "w");
    fputs("one stream, ", out);
    printf("and the other");
    SAME(fflush(out), 0); /* of which the order is not said otherwise */
    exit(0);
  }
  OK(close(pair.client));
  conf_expect(pair.server, "one stream, and the other");
  conf_expect_eof(pair.server);
  conf_child_passes(child);
}

CASE(streams, socket_opened_as_standard_input) {
  struct conf_pair pair = conf_pair();
  struct sockaddr_in where = conf_address(0);
  int listener = conf_listen(&where);
  int kept = OK(dup(0));
  OK(close(0));
  SAME(socket(AF_INET, SOCK_STREAM, 0), 0);
  OK(connect(0, conf_sa(&where), sizeof where));
  int server = conf_accept(listener);
  conf_write_all(server, "hello\n", 6);
  expect_line(stdin, "hello\n");
  back(kept, 0);
  conf_expect_eof(server);
  OK(close(pair.client));
}
