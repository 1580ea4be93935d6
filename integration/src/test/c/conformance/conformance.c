/* The registry, the checks and the command line. */
#include "conformance.h"

#include <stdarg.h>
#include <sys/prctl.h>
#include <time.h>

#define TIME_LIMIT_SECONDS 30
#define EXIT_SKIPPED 77

static struct conf_case *cases;
static const char *current = "?";
static const char *volatile last_text = "(start)";
static volatile int last_line;

void conf_register(struct conf_case *one) {
  struct conf_case **place = &cases;
  while (*place != NULL && strcmp((*place)->name, one->name) < 0) {
    place = &(*place)->next;
  }
  one->next = *place;
  *place = one;
}

_Noreturn void conf_fail(struct conf_place at, const char *format, ...) {
  char reason[512];
  va_list arguments;
  va_start(arguments, format);
  vsnprintf(reason, sizeof reason, format, arguments);
  va_end(arguments);
  const char *file = strrchr(at.file, '/');
  printf("not ok %s - %s:%d: %s: %s\n", current, file == NULL ? at.file : file + 1, at.line,
         at.text, reason);
  fflush(stdout);
  _exit(1);
}

_Noreturn void conf_skip(const char *why) {
  printf("skip %s - %s\n", current, why);
  fflush(stdout);
  _exit(EXIT_SKIPPED);
}

static void note(struct conf_place at) {
  last_text = at.text;
  last_line = at.line;
}

void conf_check(bool holds, struct conf_place at) {
  note(at);
  if (!holds) {
    conf_fail(at, "is false (errno %d %s)", errno, strerror(errno));
  }
}

void conf_same(long long actual, long long expected, struct conf_place at) {
  note(at);
  if (actual != expected) {
    conf_fail(at, "is %lld, expected %lld (errno %d %s)", actual, expected, errno, strerror(errno));
  }
}

int conf_ok(long long result, struct conf_place at) {
  note(at);
  if (result < 0) {
    conf_fail(at, "failed with errno %d %s", errno, strerror(errno));
  }
  return (int)result;
}

void conf_fails(long long result, int expected_errno, struct conf_place at) {
  int error = errno;
  note(at);
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

static void out_of_time(int signal) {
  (void)signal;
  char line[512];
  int length =
      snprintf(line, sizeof line, "not ok %s - no end after %d s; last check: line %d %s\n",
               current, TIME_LIMIT_SECONDS, last_line, last_text);
  if (write(STDOUT_FILENO, line, (size_t)length) < 0) {
    _exit(1);
  }
  kill(0, SIGKILL);
}

static void start_watchdog(void) {
  struct sigaction action = {.sa_handler = out_of_time};
  sigaction(SIGRTMAX, &action, NULL);
  struct sigevent event = {.sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGRTMAX};
  timer_t timer;
  OK(timer_create(CLOCK_MONOTONIC, &event, &timer));
  struct itimerspec limit = {.it_value = {.tv_sec = TIME_LIMIT_SECONDS}};
  OK(timer_settime(timer, 0, &limit, NULL));
}

static int run_here(const char *name) {
  for (struct conf_case *one = cases; one != NULL; one = one->next) {
    if (strcmp(one->name, name) == 0) {
      current = one->name;
      setpgid(0, 0);
      start_watchdog();
      one->run();
      printf("ok %s\n", name);
      fflush(stdout);
      _exit(0); /* what a case leaves open must not need cleaning up */
    }
  }
  fprintf(stderr, "conformance: no case %s; --list shows all\n", name);
  return 2;
}

static int run_matching(const char *program, const char *prefix) {
  int failed = 0;
  for (struct conf_case *one = cases; one != NULL; one = one->next) {
    if (strncmp(one->name, prefix, strlen(prefix)) != 0) {
      continue;
    }
    pid_t child = fork();
    if (child == 0) {
      execl(program, program, "--run", one->name, (char *)NULL);
      _exit(127);
    }
    int status = 0;
    waitpid(child, &status, 0);
    if (!WIFEXITED(status)) {
      printf("# %s: killed by signal %d\n", one->name, WTERMSIG(status));
      fflush(stdout);
    }
    failed += !WIFEXITED(status) || (WEXITSTATUS(status) != 0 && WEXITSTATUS(status) != 77);
  }
  printf("# failed: %d\n", failed);
  return failed == 0 ? 0 : 1;
}

int main(int argc, char **argv) {
  if (argc == 2 && strcmp(argv[1], "--list") == 0) {
    for (struct conf_case *one = cases; one != NULL; one = one->next) {
      puts(one->name);
    }
    return 0;
  }
  if (argc == 3 && strcmp(argv[1], "--run") == 0) {
    return run_here(argv[2]);
  }
  if (argc == 2 && strcmp(argv[1], "--peer") == 0) {
    return conf_peer_main();
  }
  if ((argc == 2 || argc == 3) && strcmp(argv[1], "--all") == 0) {
    return run_matching("/proc/self/exe", argc == 3 ? argv[2] : "");
  }
  fprintf(stderr, "usage: conformance --list | --run NAME | --all [PREFIX] | --peer\n");
  return 2;
}
