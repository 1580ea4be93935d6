/* The checks: what fails ends the process with one line that says where. */
#include "conformance.h"

#include <stdarg.h>
#include <time.h>

const char *conf_current = "?";
struct conf_place conf_last = {"?", 0, "(start)"};

_Noreturn void conf_fail(struct conf_place at, const char *format, ...) {
  char reason[512];
  va_list arguments;
  va_start(arguments, format);
  vsnprintf(reason, sizeof reason, format, arguments);
  va_end(arguments);
  const char *file = strrchr(at.file, '/');
  printf("not ok %s - %s:%d: %s: %s\n", conf_current, file == NULL ? at.file : file + 1, at.line,
         at.text, reason);
  fflush(stdout);
  _exit(1);
}

_Noreturn void conf_skip(const char *why) {
  printf("skip %s - %s\n", conf_current, why);
  fflush(stdout);
  _exit(CONF_SKIPPED);
}

void conf_check(bool holds, struct conf_place at) {
  conf_last = at;
  if (!holds) {
    conf_fail(at, "is false (errno %d %s)", errno, strerror(errno));
  }
}

void conf_same(long long actual, long long expected, struct conf_place at) {
  conf_last = at;
  if (actual != expected) {
    conf_fail(at, "is %lld, expected %lld (errno %d %s)", actual, expected, errno, strerror(errno));
  }
}

int conf_ok(long long result, struct conf_place at) {
  conf_last = at;
  if (result < 0) {
    conf_fail(at, "failed with errno %d %s", errno, strerror(errno));
  }
  return (int)result;
}

void conf_fails(long long result, int expected_errno, struct conf_place at) {
  int error = errno;
  conf_last = at;
  if (result != -1) {
    conf_fail(at, "gave %lld, expected errno %d %s", result, expected_errno,
              strerror(expected_errno));
  }
  if (error != expected_errno) {
    conf_fail(at, "errno %d %s, expected %d %s", error, strerror(error), expected_errno,
              strerror(expected_errno));
  }
}

long long conf_now_ms(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (long long)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

void conf_sleep_ms(int milliseconds) {
  struct timespec time = {milliseconds / 1000, (milliseconds % 1000) * 1000000L};
  while (nanosleep(&time, &time) < 0 && errno == EINTR) {
  }
}
