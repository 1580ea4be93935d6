/* Arguments of virtuoso-ctl. */
#include "ctl.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char usage[] =
    "usage: virtuoso-ctl run GUEST -- CMD [ARG...]   run CMD as GUEST; exit status is CMD's\n"
    "       virtuoso-ctl guests                      guests, their addresses and attachments\n"
    "       virtuoso-ctl ss [-i]                     sockets; -i: with TCP details\n"
    "       virtuoso-ctl stats                       counters\n"
    "       virtuoso-ctl metrics                     the same as OpenMetrics text\n"
    "       virtuoso-ctl top [--once | -n COUNT]     who uses how much, each second\n"
    "       virtuoso-ctl capture [GUEST] [-w FILE] [-s BYTES] [-c COUNT]\n"
    "                                                packets with what they cost, as pcapng\n"
    "       virtuoso-ctl policy                      rules of the networks, and how often each decided\n"
    "       virtuoso-ctl apply [-c FILE]             puts another configuration in force; without FILE:\n"
    "                                                reads again the one the host stack began with\n"
    "       virtuoso-ctl ready                       exit status 0 if a host stack serves\n"
    "VIRTUOSO_RUN_DIR (default " CTL_DEFAULT_RUN_DIR ") names the host stack,\n"
    "VIRTUOSO_LIB the library to preload (default: beside this program), VIRTUOSO_GUEST_JAR\n"
    "the agent for JVMs (default: beside this program, or where it is built).\n";

static enum ctl_status wrong_usage(void) {
  fputs(usage, stderr);
  return CTL_USAGE;
}

/* run GUEST -- CMD ...; the -- may be left out. */
static enum ctl_status run(int count, char **arguments) {
  int command = 1;
  if (count > 1 && strcmp(arguments[1], "--") == 0) {
    command = 2;
  }
  if (count <= command) {
    return wrong_usage();
  }
  return ctl_run(arguments[0], arguments + command);
}

/* top [--once | -n COUNT] */
static enum ctl_status top(int count, char **arguments) {
  if (count == 0) {
    return ctl_top(0);
  }
  if (count == 1 && strcmp(arguments[0], "--once") == 0) {
    return ctl_top(1);
  }
  if (count == 2 && strcmp(arguments[0], "-n") == 0) {
    char *end;
    long tables = strtol(arguments[1], &end, 10);
    if (tables > 0 && *end == '\0') {
      return ctl_top(tables);
    }
  }
  return wrong_usage();
}

static bool positive(const char *text, long *number) {
  char *end;
  errno = 0;
  *number = strtol(text, &end, 10);
  return *number > 0 && *end == '\0' && errno == 0;
}

/* capture [GUEST] [-w FILE] [-s BYTES] [-c COUNT] */
static enum ctl_status capture(int count, char **arguments) {
  struct ctl_capture what = {.file = "-"};
  for (int i = 0; i < count; i++) {
    const char *word = arguments[i];
    if (word[0] != '-') {
      if (what.guest != NULL) {
        return wrong_usage();
      }
      what.guest = word;
      continue;
    }
    if (++i == count) {
      return wrong_usage();
    }
    if (strcmp(word, "-w") == 0) {
      what.file = arguments[i];
    } else if (strcmp(word, "-s") == 0 ? !positive(arguments[i], &what.snap_length)
               : strcmp(word, "-c") == 0 ? !positive(arguments[i], &what.count)
                                         : true) {
      return wrong_usage();
    }
  }
  return ctl_capture(&what);
}

int main(int argc, char **argv) {
  if (argc < 2) {
    return (int)wrong_usage();
  }
  const char *verb = argv[1];
  if (strcmp(verb, "run") == 0) {
    return (int)run(argc - 2, argv + 2);
  }
  if (strcmp(verb, "--help") == 0 || strcmp(verb, "-h") == 0) {
    fputs(usage, stdout);
    return CTL_OK;
  }
  if (strcmp(verb, "top") == 0) {
    return (int)top(argc - 2, argv + 2);
  }
  if (strcmp(verb, "capture") == 0) {
    return (int)capture(argc - 2, argv + 2);
  }
  if (strcmp(verb, "ss") == 0 && argc == 3 && strcmp(argv[2], "-i") == 0) {
    return (int)ctl_query("ss -i");
  }
  if (strcmp(verb, "apply") == 0) {
    if (argc == 2) {
      return (int)ctl_apply(NULL);
    }
    if (argc == 4 && (strcmp(argv[2], "-c") == 0 || strcmp(argv[2], "--config") == 0)) {
      return (int)ctl_apply(argv[3]);
    }
    return (int)wrong_usage();
  }
  static const char *const plain[] = {"guests", "ss", "stats", "metrics", "policy", "ready"};
  for (size_t i = 0; i < sizeof plain / sizeof plain[0]; i++) {
    if (strcmp(verb, plain[i]) == 0 && argc == 2) {
      return (int)ctl_query(verb);
    }
  }
  return (int)wrong_usage();
}
