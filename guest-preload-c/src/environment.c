/*
 * inetd, nginx (for its successor) and systemd-socket-activate give the programs that they start an
 * environment of their own. Without this library such a program would take the placeholder of a
 * socket for the socket and wait in it forever.
 */
#include "environment.h"

#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>

#include "internal.h"

#define PRELOAD "LD_PRELOAD="
#define SOCKET "VIRTUOSO_GUEST_SOCKET="

static char preload[sizeof PRELOAD + PATH_MAX];
static char guest[sizeof SOCKET + 108];

/* What ld.so would split at a space or colon cannot be named. */
void vt_environment_init(const char* self, const char* socket) {
  if (self[0] == '/' && strlen(self) < PATH_MAX && strpbrk(self, ": ") == NULL) {
    snprintf(preload, sizeof preload, PRELOAD "%s", self);
  }
  if (socket[0] != '\0') {
    snprintf(guest, sizeof guest, SOCKET "%s", socket);
  }
}

size_t vt_environment_room(char* const environment[]) {
  size_t count = 0;
  while (environment != NULL && environment[count] != NULL) {
    count++;
  }
  return count + 3;
}

static bool is_set(char* const environment[], const char* start) {
  for (size_t i = 0; environment != NULL && environment[i] != NULL; i++) {
    if (strncmp(environment[i], start, strlen(start)) == 0) {
      return true;
    }
  }
  return false;
}

static bool has_socket(bool any) {
  for (unsigned fd = 0; fd <= vt_highest_fd(); fd++) {
    if (vt_socket_of((int)fd) != NULL) {
      int flags = any ? 0 : libc.fcntl((int)fd, F_GETFD);
      if (flags >= 0 && !(flags & FD_CLOEXEC)) {
        return true;
      }
    }
  }
  return false;
}

char* const* vt_environment(char* const environment[], char* longer[], bool any_socket) {
  if (!vt_enabled || preload[0] == '\0' || is_set(environment, PRELOAD) ||
      !has_socket(any_socket)) {
    return environment;
  }
  size_t count = vt_environment_room(environment) - 3;
  for (size_t i = 0; i < count; i++) {
    longer[i] = environment[i];
  }
  longer[count++] = preload;
  if (guest[0] != '\0' && !is_set(environment, SOCKET)) {
    longer[count++] = guest;
  }
  longer[count] = NULL;
  return longer;
}
