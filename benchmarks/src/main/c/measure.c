/* SPDX-License-Identifier: Apache-2.0 */
/*
 * measure: runs a command and writes what it cost, for programs that do not measure themselves.
 *
 *   measure --out FILE [--watch LABEL=PID,PID]... -- COMMAND ARGUMENTS...
 *
 * FILE gets one line of JSON: wall seconds, the machine's busy time, the command's own time
 * (`cpu_children_s`) and that of the watched processes. The exit status is the command's.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "cpu.h"
#include "net.h"

static noreturn void usage(void) {
  fprintf(stderr, "usage: measure --out FILE [--watch LABEL=PID,PID]... -- COMMAND...\n");
  exit(2);
}

static int run(char **command) {
  pid_t child = fork();
  if (child < 0) die("fork");
  if (child == 0) {
    execvp(command[0], command);
    die(command[0]);
  }
  int status;
  while (waitpid(child, &status, 0) < 0) {
    if (errno != EINTR) die("waitpid");
  }
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

int main(int argc, char **argv) {
  static const struct option names[] = {{"out", required_argument, NULL, 'o'},
                                        {"watch", required_argument, NULL, 'W'},
                                        {NULL, 0, NULL, 0}};
  static struct cpu_watch watch;
  const char *path = NULL;
  for (int option; (option = getopt_long(argc, argv, "+", names, NULL)) != -1;) {
    if (option == 'o') {
      path = optarg;
    } else if (option != 'W' || cpu_watch_add(&watch, optarg) != 0) {
      usage();
    }
  }
  if (path == NULL || optind == argc) usage();
  struct cpu_sample before, after;
  cpu_sample_take(&before, &watch);
  int status = run(argv + optind);
  cpu_sample_take(&after, &watch);
  FILE *out = fopen(path, "w");
  if (out == NULL) die(path);
  fprintf(out, "{\"seconds\": %.6f", (double)(after.wall_ns - before.wall_ns) / 1e9);
  cpu_print(out, &watch, &before, &after);
  fprintf(out, "}\n");
  if (fclose(out) != 0) die(path);
  return status;
}
