/* `virtuoso-ctl run`: becomes a program whose sockets are the guest's. */
#include "ctl.h"
#include "java.h"

#include <errno.h>
#include <libgen.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define LIBRARY "libvirtuoso.so"

static bool own_path(char self[PATH_MAX]) {
  ssize_t length = readlink("/proc/self/exe", self, PATH_MAX - 1);
  self[length < 0 ? 0 : length] = '\0';
  return length > 0;
}

/* Beside this program, as built; or in ../lib, as installed. */
static bool find_library_near(char *path, size_t size) {
  static const char *const places[] = {LIBRARY, "../lib/" LIBRARY};
  char self[PATH_MAX];
  if (!own_path(self)) {
    return false;
  }
  const char *directory = dirname(self);
  for (size_t i = 0; i < sizeof places / sizeof places[0]; i++) {
    int n = snprintf(path, size, "%s/%s", directory, places[i]);
    if (n > 0 && (size_t)n < size && access(path, R_OK) == 0) {
      return true;
    }
  }
  return false;
}

static bool find_library(char *path, size_t size) {
  const char *given = getenv("VIRTUOSO_LIB");
  char found[PATH_MAX];
  if (given == NULL || given[0] == '\0') {
    if (!find_library_near(found, sizeof found)) {
      ctl_complain("no " LIBRARY " beside this program; build it or set VIRTUOSO_LIB to its path");
      return false;
    }
    given = found;
  }
  char absolute[PATH_MAX];
  if (realpath(given, absolute) == NULL || access(absolute, R_OK) != 0) {
    ctl_complain("%s: %s; set VIRTUOSO_LIB to the path of " LIBRARY, given, strerror(errno));
    return false;
  }
  if (strpbrk(absolute, " :") != NULL) {
    ctl_complain("%s: LD_PRELOAD takes no path with a space or colon; move the library", absolute);
    return false;
  }
  snprintf(path, size, "%s", absolute);
  return true;
}

static bool preload(const char *library) {
  const char *before = getenv("LD_PRELOAD");
  if (before == NULL || before[0] == '\0') {
    return setenv("LD_PRELOAD", library, 1) == 0;
  }
  size_t size = strlen(library) + 1 + strlen(before) + 1;
  char *both = malloc(size);
  if (both == NULL) {
    return false;
  }
  snprintf(both, size, "%s:%s", library, before);
  bool done = setenv("LD_PRELOAD", both, 1) == 0;
  free(both);
  return done;
}

/* Makes the guest, if need be, and names its socket in the environment. */
static enum ctl_status become_guest(const char *guest) {
  char request[256];
  int length = snprintf(request, sizeof request, "guest %s", guest);
  if (length < 0 || (size_t)length >= sizeof request || strpbrk(guest, " \t\r\n") != NULL) {
    ctl_complain("bad guest name; use 1 to 63 of a-z A-Z 0-9 . _ -");
    return CTL_NO_HOST;
  }
  struct ctl_answer answer;
  if (ctl_ask(request, &answer) != CTL_OK) {
    return CTL_NO_HOST;
  }
  /* "<path of the guest's socket> <address>": the path may hold spaces, the address none. */
  char *space = strrchr(answer.text, ' ');
  enum ctl_status status = CTL_OK;
  if (space == NULL) {
    ctl_complain("the host stack's answer makes no sense: %s", answer.text);
    status = CTL_NO_HOST;
  } else {
    *space = '\0';
    status = setenv("VIRTUOSO_GUEST_SOCKET", answer.text, 1) == 0 ? CTL_OK : CTL_NO_HOST;
  }
  free(answer.text);
  return status;
}

/*
 * Names the agent in the environment, for the library to give it to JVMs that the command starts.
 * Without it a JVM is a guest by the library alone.
 */
static void find_agent(const char *program, char **command) {
  char self[PATH_MAX];
  char absolute[PATH_MAX];
  const char *given = getenv("VIRTUOSO_GUEST_JAR");
  bool found = own_path(self) && vt_java_find_agent(given, self);
  if (found && realpath(vt_java_agent_path(), absolute) != NULL) {
    found = vt_java_find_agent(absolute, self);
    setenv("VIRTUOSO_GUEST_JAR", absolute, 1);
  }
  if (!found && vt_java_is_launcher(program) && !vt_java_has_agent(command, environ)) {
    ctl_complain("no %s: the preload library serves this JVM's sockets; build it or set "
                 "VIRTUOSO_GUEST_JAR to its path",
                 given != NULL && given[0] != '\0' ? given : VT_AGENT_JAR);
  }
}

/* Becomes the command; a JVM gets the agent. */
static void become(char **command) {
  char program[PATH_MAX];
  if (!vt_java_search(command[0], program)) {
    program[0] = '\0';
  }
  find_agent(program, command);
  if (vt_java_wants_agent(program, command, environ)) {
    char *longer[vt_java_room(command)];
    vt_java_add_agent(command, longer);
    execvp(longer[0], longer);
  } else {
    execvp(command[0], command);
  }
}

enum ctl_status ctl_run(const char *guest, char **command) {
  char library[PATH_MAX];
  if (!find_library(library, sizeof library)) {
    return CTL_NO_HOST;
  }
  enum ctl_status status = become_guest(guest);
  if (status != CTL_OK) {
    return status;
  }
  if (!preload(library)) {
    ctl_complain("no memory");
    return CTL_NO_HOST;
  }
  become(command);
  status = errno == ENOENT ? CTL_NOT_FOUND : CTL_NOT_EXECUTABLE;
  ctl_complain("%s: %s", command[0], errno == ENOENT ? "command not found" : strerror(errno));
  return status;
}
