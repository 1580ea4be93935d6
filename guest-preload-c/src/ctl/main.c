/* Arguments of virtuoso-ctl. */
#include "ctl.h"

#include <errno.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A command. Its arguments begin behind its name. */
struct verb {
  const char *name;
  const char *syntax; /* of its arguments */
  const char *meaning;
  enum ctl_status (*run)(const struct verb *verb, int count, char **arguments);
};

/* ---- what is wrong with arguments ----------------------------------------------------------- */

/* Says in one line what is wrong and what would be right. */
__attribute__((format(printf, 2, 3))) static enum ctl_status wrong(const struct verb *verb,
                                                                   const char *format, ...) {
  char what[256];
  va_list arguments;
  va_start(arguments, format);
  vsnprintf(what, sizeof what, format, arguments);
  va_end(arguments);
  ctl_complain("%s: %s; usage: virtuoso-ctl %s%s%s", verb->name, what, verb->name,
               verb->syntax[0] == '\0' ? "" : " ", verb->syntax);
  return CTL_USAGE;
}

static enum ctl_status unexpected(const struct verb *verb, const char *word) {
  return word[0] == '-' ? wrong(verb, "unknown option '%s'", word)
                        : wrong(verb, "unexpected argument '%s'", word);
}

static bool positive(const char *text, long *number) {
  char *end;
  errno = 0;
  *number = strtol(text, &end, 10);
  return *number > 0 && *end == '\0' && errno == 0;
}

/* Takes the number behind an option. */
static enum ctl_status take_number(const struct verb *verb, const char *option, const char *text,
                                   long *number) {
  if (text == NULL) {
    return wrong(verb, "no number after '%s'", option);
  }
  return positive(text, number)
             ? CTL_OK
             : wrong(verb, "'%s' after '%s' is not a number above 0", text, option);
}

/* ---- commands ------------------------------------------------------------------------------- */

/* The -- may be left out. */
static enum ctl_status run(const struct verb *verb, int count, char **arguments) {
  if (count == 0) {
    return wrong(verb, "no guest is named");
  }
  int command = count > 1 && strcmp(arguments[1], "--") == 0 ? 2 : 1;
  if (count <= command) {
    return wrong(verb, "no command for guest '%s'", arguments[0]);
  }
  return ctl_run(arguments[0], arguments + command);
}

static enum ctl_status query(const struct verb *verb, int count, char **arguments) {
  return count == 0 ? ctl_query(verb->name) : unexpected(verb, arguments[0]);
}

static enum ctl_status ss(const struct verb *verb, int count, char **arguments) {
  if (count == 0 || strcmp(arguments[0], "-i") != 0) {
    return query(verb, count, arguments);
  }
  return count == 1 ? ctl_query("ss -i") : unexpected(verb, arguments[1]);
}

static enum ctl_status top(const struct verb *verb, int count, char **arguments) {
  long tables = 0;
  int used = 0;
  if (count > 0 && strcmp(arguments[0], "--once") == 0) {
    tables = 1;
    used = 1;
  } else if (count > 0 && strcmp(arguments[0], "-n") == 0) {
    if (take_number(verb, "-n", arguments[1], &tables) != CTL_OK) {
      return CTL_USAGE;
    }
    used = 2;
  }
  return used < count ? unexpected(verb, arguments[used]) : ctl_top(tables);
}

static enum ctl_status capture(const struct verb *verb, int count, char **arguments) {
  struct ctl_capture what = {.file = "-"};
  for (int i = 0; i < count; i++) {
    const char *word = arguments[i];
    if (strcmp(word, "-w") == 0) {
      what.file = arguments[++i];
      if (what.file == NULL) {
        return wrong(verb, "no file after '-w'");
      }
    } else if (strcmp(word, "-s") == 0 || strcmp(word, "-c") == 0) {
      long *number = word[1] == 's' ? &what.snap_length : &what.count;
      if (take_number(verb, word, arguments[++i], number) != CTL_OK) {
        return CTL_USAGE;
      }
    } else if (word[0] != '-' && what.guest == NULL) {
      what.guest = word;
    } else {
      return unexpected(verb, word);
    }
  }
  return ctl_capture(&what);
}

static enum ctl_status apply(const struct verb *verb, int count, char **arguments) {
  if (count == 0) {
    return ctl_apply(NULL);
  }
  const char *option = arguments[0];
  if (strcmp(option, "-c") != 0 && strcmp(option, "--config") != 0) {
    return unexpected(verb, option);
  }
  if (count == 1) {
    return wrong(verb, "no file after '%s'", option);
  }
  return count == 2 ? ctl_apply(arguments[1]) : unexpected(verb, arguments[2]);
}

#define MEANING_COLUMN "                                                "

static const struct verb verbs[] = {
    {"run", "GUEST -- CMD [ARG...]", "run CMD as GUEST; exit status is CMD's", run},
    {"guests", "", "guests, their addresses and attachments", query},
    {"ss", "[-i]", "sockets; -i: with TCP details", ss},
    {"stats", "", "counters", query},
    {"metrics", "", "the same as OpenMetrics text", query},
    {"top", "[--once | -n COUNT]", "who uses how much, each second", top},
    {"capture", "[GUEST] [-w FILE] [-s BYTES] [-c COUNT]",
     "packets with what they cost, as pcapng", capture},
    {"policy", "", "rules of the networks, and how often each decided", query},
    {"apply", "[-c FILE]",
     "puts another configuration in force; without FILE:\n" MEANING_COLUMN
     "reads again the one the host stack began with",
     apply},
    {"ready", "", "exit status 0 if a host stack serves", query},
};
static const size_t verb_count = sizeof verbs / sizeof verbs[0];

static void print_usage(FILE *to) {
  const int start = (int)strlen("usage: virtuoso-ctl ");
  const int width = (int)strlen(MEANING_COLUMN) - start - 1;
  for (size_t i = 0; i < verb_count; i++) {
    const struct verb *verb = &verbs[i];
    int length = fprintf(to, "%s virtuoso-ctl %s %s", i == 0 ? "usage:" : "      ", verb->name,
                         verb->syntax) - start;
    if (length > width) {
      fputc('\n', to);
      length = -start;
    }
    fprintf(to, "%*s%s\n", width + 1 - length, "", verb->meaning);
  }
  fputs("VIRTUOSO_RUN_DIR (default " CTL_DEFAULT_RUN_DIR ") names the host stack,\n"
        "VIRTUOSO_LIB the library to preload (default: beside this program), VIRTUOSO_GUEST_JAR\n"
        "the agent for JVMs (default: beside this program, or where it is built).\n",
        to);
}

int main(int argc, char **argv) {
  if (argc < 2) {
    ctl_complain("no command is given");
    print_usage(stderr);
    return CTL_USAGE;
  }
  if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0) {
    print_usage(stdout);
    return CTL_OK;
  }
  for (size_t i = 0; i < verb_count; i++) {
    if (strcmp(argv[1], verbs[i].name) == 0) {
      return (int)verbs[i].run(&verbs[i], argc - 2, argv + 2);
    }
  }
  ctl_complain("no command '%s'; see virtuoso-ctl --help", argv[1]);
  return CTL_USAGE;
}
