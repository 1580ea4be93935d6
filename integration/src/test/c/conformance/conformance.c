/* The registry of cases and the command line. */
#include "conformance.h"

#include <time.h>

#define TIME_LIMIT_SECONDS 240

static struct conf_case *cases;

void conf_register(struct conf_case *one) {
  struct conf_case **place = &cases;
  while (*place != NULL && strcmp((*place)->name, one->name) < 0) {
    place = &(*place)->next;
  }
  one->next = *place;
  *place = one;
}

static void out_of_time(int signal) {
  (void)signal;
  char line[512];
  int length =
      snprintf(line, sizeof line, "not ok %s - no end after %d s; last check: line %d %s\n",
               conf_current, TIME_LIMIT_SECONDS, conf_last.line, conf_last.text);
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
      conf_current = one->name;
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
    failed +=
        !WIFEXITED(status) || (WEXITSTATUS(status) != 0 && WEXITSTATUS(status) != CONF_SKIPPED);
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
