/* The command line: one seed, or many, each in a process of its own. */
#include <signal.h>
#include <stdlib.h>
#include <sys/time.h>
#include <sys/wait.h>

#include "calls.h"

#define BEGINNINGS 3
#define MOST_MADE 3 /* descriptors, by one call */

static const struct call *const families_of_calls[] = {calls_of_sockets, calls_of_bytes,
                                                       calls_of_options, calls_of_waiting,
                                                       calls_of_descriptors};
enum { FAMILIES = sizeof families_of_calls / sizeof families_of_calls[0] };

static volatile sig_atomic_t pipes_broken;

static void on_broken_pipe(int signal) {
  (void)signal;
  pipes_broken++;
}

static void on_no_end(int signal) {
  static const char text[] = "no end of, or killed in: ";
  if (write(1, text, sizeof text - 1) < 0 || write(1, line, strlen(line)) < 0 ||
      write(1, "\n", 1) < 0) {
    _exit(4);
  }
  _exit(signal == SIGALRM ? 3 : 5);
}

void call_any(void) {
  uint32_t all = 0;
  for (int i = 0; i < FAMILIES; i++) {
    for (const struct call *call = families_of_calls[i]; call->name != NULL; call++) {
      all += call->weight;
    }
  }
  uint32_t chosen = roll(all);
  for (int i = 0; i < FAMILIES; i++) {
    for (const struct call *call = families_of_calls[i]; call->name != NULL; call++) {
      if (chosen < call->weight) {
        call->run();
        return;
      }
      chosen -= call->weight;
    }
  }
}

/* "3,17": calls that are not made. */
static bool is_left_out(const char *list, uint32_t step) {
  for (const char *place = list; place != NULL && *place != 0;) {
    char *end;
    if (strtoul(place, &end, 10) == step) {
      return true;
    }
    place = *end == ',' ? end + 1 : end;
    if (place == end && *end != 0) {
      break;
    }
  }
  return false;
}

static int play(bool compare, uint64_t seed, const char *path, const char *left_out) {
  signal(SIGPIPE, on_broken_pipe);
  signal(SIGALRM, on_no_end);
  signal(SIGSEGV, on_no_end);
  alarm((unsigned)(limit_ms() / 1000 * 4 + 3)); /* of all, on any machine */
  const char *text = getenv("CALLS_STEPS");
  uint32_t steps = text == NULL ? 60 : (uint32_t)atoi(text);
  transcript_open(path, compare, seed);
  names_start(seed);
  state_start();
  for (uint32_t step = 0; step < steps; step++) {
    if (is_left_out(left_out, step)) {
      continue;
    }
    dice_start(seed, step);
    say("%u ", step);
    pipes_broken = 0;
    (empty_slots() < MOST_MADE ? call_close : step < BEGINNINGS ? call_beginning : call_any)();
    if (pipes_broken > 0) {
      say(" SIGPIPE");
    }
    line_ends();
    state_line(step);
  }
  transcript_close();
  return 0;
}

static int play_many(const char *how, uint64_t from, uint64_t count, const char *folder) {
  int failed = 0;
  for (uint64_t seed = from; seed < from + count; seed++) {
    char number[24];
    char path[4096];
    snprintf(number, sizeof number, "%llu", (unsigned long long)seed);
    snprintf(path, sizeof path, "%s/%s", folder, number);
    pid_t child = fork();
    if (child == 0) {
      execl("/proc/self/exe", "calls", how, number, path, (char *)NULL);
      _exit(127);
    }
    int status = 0;
    waitpid(child, &status, 0);
    if (status != 0) {
      printf("seed %s ended with status %#x\n", number, (unsigned)status);
      failed++;
    }
    fflush(stdout);
  }
  printf("%llu seeds, %d failed\n", (unsigned long long)count, failed);
  return failed == 0 ? 0 : 1;
}

int main(int argc, char **argv) {
  bool one = argc >= 4 && argc <= 5 && strncmp(argv[1], "--", 2) == 0;
  if (one && (strcmp(argv[1], "--play") == 0 || strcmp(argv[1], "--compare") == 0)) {
    return play(strcmp(argv[1], "--compare") == 0, strtoull(argv[2], NULL, 10), argv[3],
                argc == 5 ? argv[4] : "");
  }
  if (argc == 5 && (strcmp(argv[1], "--play-all") == 0 || strcmp(argv[1], "--compare-all") == 0)) {
    return play_many(strcmp(argv[1], "--play-all") == 0 ? "--play" : "--compare",
                     strtoull(argv[2], NULL, 10), strtoull(argv[3], NULL, 10), argv[4]);
  }
  fprintf(stderr, "usage: calls --play|--compare SEED FILE [STEP,STEP...]\n"
                  "       calls --play-all|--compare-all FROM COUNT FOLDER\n");
  return 2;
}
