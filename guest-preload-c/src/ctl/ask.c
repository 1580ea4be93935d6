/* Requests to the host stack and their answers. */
#include "ctl.h"

#include <errno.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

enum { ANSWER_SECONDS = 10, READ_BYTES = 64 * 1024, CTL_MAX_REQUEST = PATH_MAX + 64 };

const char *ctl_run_dir(void) {
  const char *dir = getenv("VIRTUOSO_RUN_DIR");
  return dir != NULL && dir[0] != '\0' ? dir : CTL_DEFAULT_RUN_DIR;
}

void ctl_complain(const char *format, ...) {
  va_list arguments;
  va_start(arguments, format);
  fputs("virtuoso-ctl: ", stderr);
  vfprintf(stderr, format, arguments);
  fputc('\n', stderr);
  va_end(arguments);
}

static int connect_to_host(void) {
  struct sockaddr_un address = {.sun_family = AF_UNIX};
  int length =
      snprintf(address.sun_path, sizeof address.sun_path, "%s/control.sock", ctl_run_dir());
  if (length < 0 || (size_t)length >= sizeof address.sun_path) {
    ctl_complain("%s: too long for a Unix socket; set VIRTUOSO_RUN_DIR to a shorter path",
                 ctl_run_dir());
    return -1;
  }
  int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (fd < 0) {
    ctl_complain("no socket: %s", strerror(errno));
    return -1;
  }
  const struct timeval patience = {.tv_sec = ANSWER_SECONDS};
  setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
  setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
  if (connect(fd, (const struct sockaddr *)&address, sizeof address) == 0) {
    return fd;
  }
  if (errno == ENOENT || errno == ECONNREFUSED || errno == ENOTDIR) {
    ctl_complain("no host stack runs at %s; start one with './virtuoso up'", ctl_run_dir());
  } else {
    ctl_complain("%s: %s", address.sun_path, strerror(errno));
  }
  close(fd);
  return -1;
}

static bool send_line(int fd, const char *request) {
  size_t length = strlen(request);
  char line[CTL_MAX_REQUEST];
  if (length + 1 > sizeof line) {
    errno = EMSGSIZE;
    return false;
  }
  memcpy(line, request, length);
  line[length++] = '\n';
  for (size_t sent = 0; sent < length;) {
    ssize_t n = send(fd, line + sent, length - sent, MSG_NOSIGNAL);
    if (n < 0 && errno != EINTR) {
      return false;
    }
    sent += n > 0 ? (size_t)n : 0;
  }
  return true;
}

static bool read_answer(int fd, struct ctl_answer *answer) {
  size_t capacity = 0;
  answer->text = NULL;
  answer->length = 0;
  for (;;) {
    if (capacity - answer->length < READ_BYTES) {
      capacity = capacity * 2 + READ_BYTES + 1;
      char *larger = realloc(answer->text, capacity);
      if (larger == NULL) {
        return false;
      }
      answer->text = larger;
    }
    ssize_t n = read(fd, answer->text + answer->length, capacity - answer->length - 1);
    if (n == 0) {
      answer->text[answer->length] = '\0';
      return true;
    }
    if (n < 0 && errno != EINTR) {
      return false;
    }
    answer->length += n > 0 ? (size_t)n : 0;
  }
}

/* Cuts "ok" and the character after it off; an "error ..." is complained about. */
static enum ctl_status judge(struct ctl_answer *answer) {
  char *text = answer->text;
  if (strncmp(text, "ok", 2) == 0 && (text[2] == ' ' || text[2] == '\n')) {
    answer->length -= 3;
    memmove(text, text + 3, answer->length + 1);
    return CTL_OK;
  }
  if (strncmp(text, "error ", 6) == 0) {
    text[6 + strcspn(text + 6, "\n")] = '\0';
    ctl_complain("%s", text + 6);
    return CTL_REFUSED;
  }
  ctl_complain("the host stack at %s went away without an answer", ctl_run_dir());
  return CTL_NO_HOST;
}

static void complain_of_silence(void) {
  ctl_complain("the host stack at %s does not answer: %s", ctl_run_dir(), strerror(errno));
}

int ctl_send(const char *request) {
  int fd = connect_to_host();
  if (fd >= 0 && !send_line(fd, request)) {
    complain_of_silence();
    close(fd);
    return -1;
  }
  return fd;
}

enum ctl_status ctl_ask(const char *request, struct ctl_answer *answer) {
  answer->text = NULL;
  int fd = ctl_send(request);
  if (fd < 0) {
    return CTL_NO_HOST;
  }
  enum ctl_status status = CTL_NO_HOST;
  if (read_answer(fd, answer)) {
    status = judge(answer);
  } else {
    complain_of_silence();
  }
  close(fd);
  if (status != CTL_OK) {
    free(answer->text);
    answer->text = NULL;
  }
  return status;
}

enum ctl_status ctl_apply(const char *file) {
  char path[PATH_MAX];
  char request[CTL_MAX_REQUEST] = "apply";
  if (file != NULL) {
    if (realpath(file, path) == NULL) {
      ctl_complain("%s: %s", file, strerror(errno));
      return CTL_USAGE;
    }
    snprintf(request, sizeof request, "apply %s", path);
  }
  enum ctl_status status = ctl_query(request);
  return status == CTL_REFUSED ? CTL_USAGE : status;
}

enum ctl_status ctl_query(const char *request) {
  struct ctl_answer answer;
  enum ctl_status status = ctl_ask(request, &answer);
  if (status == CTL_OK) {
    fwrite(answer.text, 1, answer.length, stdout);
    free(answer.text);
    if (fflush(stdout) != 0) {
      status = CTL_REFUSED;
    }
  }
  return status;
}
