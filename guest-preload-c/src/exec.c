/* The C library's names, part three: programs. */
#include <fcntl.h>
#include <limits.h>
#include <spawn.h>
#include <stdarg.h>

#include "environment.h"
#include "internal.h"
#include "java.h"
#include "raw.h"
#include "share.h"

/* Sockets that stay open must be recognised by the program that comes. */
static void before_exec(void) {
  if (vt_enabled && !vt_in_borrowed_memory()) {
    vt_share_all(true);
  }
}

/* A child of vfork() may have put any socket at numbers that the table does not know. */
static char* const* for_program(char* const environment[], char* longer[]) {
  return vt_environment(environment, longer, vt_in_borrowed_memory());
}

/*
 * A JVM gets the agent. Its arguments are copied to the stack, as the C library does for scripts:
 * a child of vfork() may not allocate.
 */
VT_EXPORT int execve(const char* path, char* const arguments[], char* const environment[]) {
  before_exec();
  char* more[vt_environment_room(environment)];
  char* const* given = for_program(environment, more);
  if (!vt_java_wants_agent(path, arguments, given)) {
    return libc.execve(path, arguments, given);
  }
  char* longer[vt_java_room(arguments)];
  vt_java_add_agent(arguments, longer);
  return libc.execve(path, longer, given);
}

VT_EXPORT int execv(const char* path, char* const arguments[]) {
  return execve(path, arguments, environ);
}

VT_EXPORT int execvpe(const char* file, char* const arguments[], char* const environment[]) {
  char path[PATH_MAX];
  before_exec();
  char* more[vt_environment_room(environment)];
  char* const* given = for_program(environment, more);
  if (!vt_java_search(file, path) || !vt_java_wants_agent(path, arguments, given)) {
    return libc.execvpe(file, arguments, given);
  }
  char* longer[vt_java_room(arguments)];
  vt_java_add_agent(arguments, longer);
  return libc.execvpe(file, longer, given);
}

VT_EXPORT int execvp(const char* file, char* const arguments[]) {
  return execvpe(file, arguments, environ);
}

/* No name tells whether it is a JVM: the library serves the sockets of one that is started so. */
VT_EXPORT int execveat(int folder, const char* path, char* const arguments[],
                       char* const environment[], int flags) {
  before_exec();
  char* more[vt_environment_room(environment)];
  return (int)vt_raw(SYS_execveat, folder, (long)(intptr_t)path, (long)(intptr_t)arguments,
                     (long)(intptr_t)for_program(environment, more), flags, 0);
}

VT_EXPORT int fexecve(int fd, char* const arguments[], char* const environment[]) {
  if (fd < 0) {
    errno = EINVAL;
    return -1;
  }
  return execveat(fd, "", arguments, environment, AT_EMPTY_PATH);
}

/* ---- with the arguments in the call --------------------------------------------------------- */

/* Those in the list, with its NULL. */
static size_t count_list(va_list list) {
  size_t count = 1;
  while (va_arg(list, char*) != NULL) {
    count++;
  }
  return count;
}

/* first, and what follows it in the list, to its NULL. */
static void take_list(char** arguments, const char* first, va_list list) {
  *arguments = (char*)(uintptr_t)first;
  while (*arguments != NULL) {
    *++arguments = va_arg(list, char*);
  }
}

#define LIST_TO_ARRAY(first, after)          \
  va_list list;                              \
  va_start(list, first);                     \
  char* arguments[1 + count_list(list)];     \
  va_end(list);                              \
  va_start(list, first);                     \
  take_list(arguments, first, list);         \
  after;                                     \
  va_end(list)

VT_EXPORT int execl(const char* path, const char* first, ...) {
  LIST_TO_ARRAY(first, (void)0);
  return execve(path, arguments, environ);
}

VT_EXPORT int execlp(const char* file, const char* first, ...) {
  LIST_TO_ARRAY(first, (void)0);
  return execvpe(file, arguments, environ);
}

VT_EXPORT int execle(const char* path, const char* first, ...) {
  LIST_TO_ARRAY(first, char* const* environment = va_arg(list, char* const*));
  return execve(path, arguments, environment);
}

/* ---- posix_spawn ---------------------------------------------------------------------------- */

VT_EXPORT int posix_spawn(pid_t* restrict pid, const char* restrict path,
                          const posix_spawn_file_actions_t* restrict actions,
                          const posix_spawnattr_t* restrict attributes,
                          char* const arguments[restrict], char* const environment[restrict]) {
  if (vt_enabled) {
    vt_share_all(false); /* a file action may dup2 any of them */
  }
  char* more[vt_environment_room(environment)];
  char* const* given = vt_environment(environment, more, true);
  if (!vt_java_wants_agent(path, arguments, given)) {
    return libc.posix_spawn(pid, path, actions, attributes, arguments, given);
  }
  char* longer[vt_java_room(arguments)];
  vt_java_add_agent(arguments, longer);
  return libc.posix_spawn(pid, path, actions, attributes, longer, given);
}

VT_EXPORT int posix_spawnp(pid_t* restrict pid, const char* restrict file,
                           const posix_spawn_file_actions_t* restrict actions,
                           const posix_spawnattr_t* restrict attributes,
                           char* const arguments[restrict], char* const environment[restrict]) {
  char path[PATH_MAX];
  if (vt_enabled) {
    vt_share_all(false);
  }
  char* more[vt_environment_room(environment)];
  char* const* given = vt_environment(environment, more, true);
  if (!vt_java_search(file, path) || !vt_java_wants_agent(path, arguments, given)) {
    return libc.posix_spawnp(pid, file, actions, attributes, arguments, given);
  }
  char* longer[vt_java_room(arguments)];
  vt_java_add_agent(arguments, longer);
  return libc.posix_spawnp(pid, file, actions, attributes, longer, given);
}
