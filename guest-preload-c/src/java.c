#include "java.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "raw.h"

#define OPTION "-javaagent:"
#define FIRST_JDK 17
#define RELEASE_BYTES 4096

static char option[sizeof OPTION + PATH_MAX] = OPTION;
static bool machine;

void vt_java_in_machine(void) { machine = true; }

/* ---- strings -------------------------------------------------------------------------------- */

static bool starts_with(const char* text, const char* start) {
  return strncmp(text, start, strlen(start)) == 0;
}

/* Writes a and b one after the other; false if they do not fit. */
static bool join(char path[PATH_MAX], const char* a, size_t a_length, const char* b) {
  size_t b_length = strlen(b);
  if (a_length + b_length >= PATH_MAX) {
    return false;
  }
  memmove(path, a, a_length);
  memcpy(path + a_length, b, b_length + 1);
  return true;
}

/* NULL: it is not set. */
static const char* find_in(char* const environment[], const char* name) {
  size_t length = strlen(name);
  for (size_t i = 0; environment != NULL && environment[i] != NULL; i++) {
    if (strncmp(environment[i], name, length) == 0 && environment[i][length] == '=') {
      return environment[i] + length + 1;
    }
  }
  return NULL;
}

static const char* value_in(char* const environment[], const char* name) {
  const char* value = find_in(environment, name);
  return value == NULL ? "" : value;
}

/* ---- the agent ------------------------------------------------------------------------------ */

static bool may(const char* path, int mode) {
  return vt_raw_plain(SYS_access, (long)(size_t)path, mode, 0, 0, 0, 0) == 0;
}

static bool take_agent(const char* path) {
  size_t length = strlen(path);
  /* The JVM takes what follows a '=' for the agent's arguments. */
  if (length >= PATH_MAX || strchr(path, '=') != NULL || !may(path, R_OK)) {
    return false;
  }
  memcpy(option + sizeof OPTION - 1, path, length + 1);
  return true;
}

bool vt_java_find_agent(const char* given, const char* self) {
  static const char* const places[] = {"/" VT_AGENT_JAR, "/../lib/" VT_AGENT_JAR,
                                       "/../../guest-shim-jvm/target/" VT_AGENT_JAR};
  if (given != NULL && given[0] != '\0') {
    return take_agent(given);
  }
  const char* slash = strrchr(self, '/');
  char path[PATH_MAX];
  for (size_t i = 0; slash != NULL && i < sizeof places / sizeof places[0]; i++) {
    if (join(path, self, (size_t)(slash - self), places[i]) && take_agent(path)) {
      return true;
    }
  }
  return false;
}

const char* vt_java_agent_path(void) { return option + sizeof OPTION - 1; }

/* ---- launchers ------------------------------------------------------------------------------ */

bool vt_java_search(const char* file, char path[PATH_MAX]) {
  if (strchr(file, '/') != NULL) {
    return join(path, file, strlen(file), "");
  }
  const char* directory = getenv("PATH");
  if (directory == NULL) {
    directory = "/bin:/usr/bin";
  }
  while (file[0] != '\0') {
    size_t length = strcspn(directory, ":");
    const char* slash = length == 0 ? "./" : "/";
    char name[PATH_MAX];
    if (join(name, slash, strlen(slash), file) && join(path, directory, length, name) &&
        may(path, X_OK)) {
      return true;
    }
    if (directory[length] == '\0') {
      break;
    }
    directory += length + 1;
  }
  return false;
}

/* Where a file really is; its length, or 0. */
static size_t resolve(const char* path, char real[PATH_MAX]) {
  long fd = vt_raw_plain(SYS_open, (long)(size_t)path, O_PATH | O_CLOEXEC, 0, 0, 0, 0);
  if (fd < 0) {
    return 0;
  }
  char link[32] = "/proc/self/fd/";
  char digits[12];
  size_t count = 0;
  for (long rest = fd; rest > 0 || count == 0; rest /= 10) {
    digits[count++] = (char)('0' + rest % 10);
  }
  for (size_t i = strlen(link); count > 0; i++) {
    link[i] = digits[--count];
  }
  long length = vt_raw_plain(SYS_readlink, (long)(size_t)link, (long)(size_t)real, PATH_MAX - 1, 0,
                             0, 0);
  vt_raw_close((int)fd);
  if (length <= 0) {
    return 0;
  }
  real[length] = '\0';
  return (size_t)length;
}

/* The feature number in a JDK's file "release"; that of a new one if it does not say. */
static int feature_of(const char* release) {
  char text[RELEASE_BYTES + 1];
  long fd = vt_raw_plain(SYS_open, (long)(size_t)release, O_RDONLY | O_CLOEXEC, 0, 0, 0, 0);
  if (fd < 0) {
    return FIRST_JDK;
  }
  long bytes = vt_raw_plain(SYS_read, fd, (long)(size_t)text, RELEASE_BYTES, 0, 0, 0);
  vt_raw_close((int)fd);
  text[bytes > 0 ? bytes : 0] = '\0';
  static const char key[] = "JAVA_VERSION=\"";
  const char* digit = strstr(text, key);
  if (digit == NULL) {
    return FIRST_JDK;
  }
  int feature = 0;
  for (digit += sizeof key - 1; *digit >= '0' && *digit <= '9' && feature < 1000; digit++) {
    feature = 10 * feature + *digit - '0';
  }
  return feature;
}

bool vt_java_is_launcher(const char* path) {
  static const char program[] = "/bin/java";
  char real[PATH_MAX];
  char beside[PATH_MAX];
  size_t length = resolve(path, real);
  if (length < sizeof program || strcmp(real + length - (sizeof program - 1), program) != 0) {
    return false;
  }
  size_t home = length - (sizeof program - 1);
  return join(beside, real, home, "/lib/server/libjvm.so") && may(beside, F_OK) &&
         join(beside, real, home, "/lib/libinstrument.so") && may(beside, F_OK) &&
         join(beside, real, home, "/release") && feature_of(beside) >= FIRST_JDK;
}

/* ---- command lines -------------------------------------------------------------------------- */

/* "-javaagent:PATH[=...]" with our agent's path, or any path that ends in its name. */
static bool is_agent(const char* argument, const char* ends) {
  if (!starts_with(argument, OPTION)) {
    return false;
  }
  const char* path = argument + sizeof OPTION - 1;
  size_t length = strcspn(path, ends);
  const char* known = vt_java_agent_path();
  size_t name = sizeof VT_AGENT_JAR - 1;
  return (strlen(known) == length && strncmp(path, known, length) == 0) ||
         (length >= name && strncmp(path + length - name, VT_AGENT_JAR, name) == 0);
}

bool vt_java_has_agent(char* const arguments[], char* const environment[]) {
  for (size_t i = 0; arguments[i] != NULL; i++) {
    if (is_agent(arguments[i], "=")) {
      return true;
    }
  }
  static const char* const variables[] = {"JDK_JAVA_OPTIONS", "JAVA_TOOL_OPTIONS"};
  for (size_t i = 0; i < sizeof variables / sizeof variables[0]; i++) {
    const char* at = value_in(environment, variables[i]);
    while ((at = strstr(at, OPTION)) != NULL) {
      if (is_agent(at, "= \t\n")) {
        return true;
      }
      at += sizeof OPTION - 1;
    }
  }
  return false;
}

/* A JVM that writes an archive of classes refuses to do so with an agent. It opens no sockets. */
static bool writes_archive(char* const arguments[]) {
  static const char* const options[] = {"-Xshare:dump", "-XX:ArchiveClassesAtExit",
                                        "-XX:AOTMode=create", "-XX:AOTMode=record",
                                        "-XX:AOTCacheOutput"};
  for (size_t i = 0; arguments[i] != NULL; i++) {
    for (size_t j = 0; j < sizeof options / sizeof options[0]; j++) {
      if (starts_with(arguments[i], options[j])) {
        return true;
      }
    }
  }
  return false;
}

/* A guest's environment names its socket. In a virtual machine the preload library is enough. */
static bool is_guests(char* const environment[]) {
  const char* path = find_in(environment, "VIRTUOSO_GUEST_SOCKET");
  return path != NULL ? path[0] != '\0' : machine && value_in(environment, "LD_PRELOAD")[0] != '\0';
}

bool vt_java_wants_agent(const char* path, char* const arguments[], char* const environment[]) {
  return vt_java_agent_path()[0] != '\0' && path != NULL && arguments != NULL &&
         arguments[0] != NULL && is_guests(environment) && vt_java_is_launcher(path) && !writes_archive(arguments) &&
         !vt_java_has_agent(arguments, environment);
}

size_t vt_java_room(char* const arguments[]) {
  size_t count = 0;
  while (arguments[count] != NULL) {
    count++;
  }
  return count + 2;
}

void vt_java_add_agent(char* const arguments[], char* longer[]) {
  longer[0] = arguments[0];
  longer[1] = option;
  size_t i = 1;
  do {
    longer[i + 1] = arguments[i];
  } while (arguments[i++] != NULL);
}
