/* Lines are written to a file, or compared with those of one: the first that differs is the end. */
#include <stdarg.h>
#include <stdlib.h>

#include "calls.h"

#define LINE 8192

char line[LINE];
static size_t used;
static FILE *file;
static bool comparing;
static uint64_t played;
static char wanted[LINE];
static bool has_wanted;

void say(const char *format, ...) {
  va_list arguments;
  va_start(arguments, format);
  int more = vsnprintf(line + used, sizeof line - used, format, arguments);
  va_end(arguments);
  used = more < 0 || used + (size_t)more >= sizeof line ? sizeof line - 1 : used + (size_t)more;
}

void say_result(long long result) {
  int error = errno;
  if (result >= 0) {
    say(" = %lld", result);
  } else {
    const char *name = strerrorname_np(error);
    say(" = %s", name == NULL ? "an unknown errno" : name);
  }
  errno = error;
}

void say_bytes(const void *bytes, size_t count) {
  uint32_t hash = 2166136261U;
  for (size_t i = 0; i < count; i++) {
    hash = (hash ^ ((const uint8_t *)bytes)[i]) * 16777619U;
  }
  if (count > 0) {
    say(" #%08x", hash);
  }
}

void say_words(uint32_t value, const struct word *words, size_t count) {
  bool first = true;
  for (size_t i = 0; i < count; i++) {
    if ((value & words[i].value) == words[i].value && words[i].value != 0) {
      say("%s%s", first ? "" : "|", words[i].name);
      value &= ~words[i].value;
      first = false;
    }
  }
  if (value != 0 || first) {
    say("%s%#x", first ? "" : "|", value);
  }
}

void say_events(uint32_t events) {
  static const struct word words[] = {
      {POLLIN, "IN"},         {POLLPRI, "PRI"},       {POLLOUT, "OUT"},
      {POLLERR, "ERR"},       {POLLHUP, "HUP"},       {POLLNVAL, "NVAL"},
      {POLLRDNORM, "RDNORM"}, {POLLRDBAND, "RDBAND"}, {POLLWRNORM, "WRNORM"},
      {POLLWRBAND, "WRBAND"}, {POLLRDHUP, "RDHUP"},   {1U << 31, "ET"},
      {1U << 30, "ONESHOT"},  {1U << 28, "EXCLUSIVE"}};
  SAY_WORDS(events, words);
}

void transcript_open(const char *path, bool compare, uint64_t seed) {
  file = fopen(path, compare ? "re" : "we");
  if (file == NULL) {
    perror(path);
    exit(2);
  }
  comparing = compare;
  played = seed;
}

bool transcript_compares(void) { return comparing; }

const char *transcript_expected(void) {
  if (!has_wanted) {
    has_wanted = fgets(wanted, sizeof wanted, file) != NULL;
    wanted[strcspn(wanted, "\n")] = 0;
  }
  return has_wanted ? wanted : NULL;
}

void line_begins(void) {
  used = 0;
  line[0] = 0;
}

void line_ends(void) {
  if (!comparing) {
    fprintf(file, "%s\n", line);
    fflush(file);
  } else {
    const char *expected = transcript_expected();
    if (expected == NULL || strcmp(expected, line) != 0) {
      printf("seed %llu differs\n  kernel: %s\n  here:   %s\n", (unsigned long long)played,
             expected == NULL ? "(no more)" : expected, line);
      fflush(stdout);
      _exit(1);
    }
    has_wanted = false;
  }
  line_begins();
}

void transcript_close(void) {
  if (comparing && transcript_expected() != NULL) {
    say("(no more)");
    line_ends();
  }
  fclose(file);
}
