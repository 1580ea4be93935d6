/*
 * virtuoso-ctl: the thin native half of the command line. It asks the host stack over
 * <run-dir>/control.sock, one request line per connection, and prints or uses the answer.
 */
#ifndef VIRTUOSO_CTL_H
#define VIRTUOSO_CTL_H

#include <stdbool.h>
#include <stddef.h>

#define CTL_DEFAULT_RUN_DIR "/run/virtuoso"

/* Exit statuses; those of `run` are the usual ones of programs that run programs. */
enum ctl_status {
  CTL_OK = 0,
  CTL_REFUSED = 1, /* the host stack answered with an error */
  CTL_USAGE = 2,
  CTL_NO_HOST = 125,        /* no host stack, or `run` failed before the command began */
  CTL_NOT_EXECUTABLE = 126, /* the command is there but cannot be executed */
  CTL_NOT_FOUND = 127
};

/* An answer of the host stack: text is the whole of it, NUL-terminated, owned by the caller. */
struct ctl_answer {
  char *text;
  size_t length;
};

/* VIRTUOSO_RUN_DIR or the default. */
const char *ctl_run_dir(void);

/* Prints "virtuoso-ctl: ..." and a newline on stderr. */
__attribute__((format(printf, 1, 2))) void ctl_complain(const char *format, ...);

/*
 * Sends a request line (without newline). Returns a socket to read the answer from, of which reads
 * and writes take at most ten seconds, or -1 after complaining.
 */
int ctl_send(const char *request);

/*
 * Sends a request line (without newline) and reads the answer, of which "ok " or "ok\n" is cut off.
 * Complains and returns another status than CTL_OK if there is no host stack or it refuses.
 */
enum ctl_status ctl_ask(const char *request, struct ctl_answer *answer);

/* Asks and prints the answer. */
enum ctl_status ctl_query(const char *request);

/*
 * Has the host stack read a configuration and put it in force: the file, or with NULL the one it was
 * started with. What is wrong with it is told in one line; CTL_USAGE then.
 */
enum ctl_status ctl_apply(const char *file);

/* Prints so many tables of who uses how much, a second apart; 0: until ended. */
enum ctl_status ctl_top(long tables);

/* What `capture` is told. */
struct ctl_capture {
  const char *guest; /* NULL: all */
  const char *file;  /* "-": standard output */
  long snap_length;  /* most bytes of a packet; 0: all */
  long count;        /* packets; 0: until interrupted */
};

/* Writes packets as pcapng until there are enough, or SIGINT or SIGTERM. */
enum ctl_status ctl_capture(const struct ctl_capture *what);

/* Becomes the command, as the guest; returns only on failure. */
enum ctl_status ctl_run(const char *guest, char **command);

#endif
