/* starter CALL PROGRAM ARGUMENT: starts the program with this argument by the call of this name. */
#include <spawn.h>
#include <sys/wait.h>

#include "conformance.h"

extern char **environ;

static void become(const char *call, const char *path, const char *name, char *argument) {
  char *arguments[] = {(char *)(uintptr_t)name, argument, NULL};
  if (strcmp(call, "execl") == 0) {
    execl(path, name, argument, (char *)NULL);
  } else if (strcmp(call, "execle") == 0) {
    execle(path, name, argument, (char *)NULL, environ);
  } else if (strcmp(call, "execlp") == 0) {
    execlp(name, name, argument, (char *)NULL);
  } else if (strcmp(call, "execv") == 0) {
    execv(path, arguments);
  } else if (strcmp(call, "execve") == 0) {
    execve(path, arguments, environ);
  } else if (strcmp(call, "execvp") == 0) {
    execvp(name, arguments);
  } else if (strcmp(call, "execvpe") == 0) {
    execvpe(name, arguments, environ);
  }
}

/* A child that shares this process's memory until it is another program. */
static pid_t start(const char *call, const char *path, const char *name, char *argument) {
  char *arguments[] = {(char *)(uintptr_t)name, argument, NULL};
  pid_t child = -1;
  if (strcmp(call, "posix_spawn") == 0) {
    SAME(posix_spawn(&child, path, NULL, NULL, arguments, environ), 0);
  } else if (strcmp(call, "posix_spawnp") == 0) {
    SAME(posix_spawnp(&child, name, NULL, NULL, arguments, environ), 0);
  } else if (strcmp(call, "vfork") == 0) {
    child = vfork();
    if (child == 0) {
      execve(path, arguments, environ);
      _exit(127);
    }
  }
  return child;
}

int main(int argc, char **argv) {
  SAME(argc, 4);
  const char *path = argv[2];
  const char *slash = strrchr(path, '/');
  const char *name = slash == NULL ? path : slash + 1;
  become(argv[1], path, name, argv[3]);
  pid_t child = start(argv[1], path, name, argv[3]);
  int status = -1;
  OK(waitpid(child, &status, 0));
  return WEXITSTATUS(status);
}
