/* Packets from the host stack, as they come, into a file or a pipe. */
#include "ctl.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

enum { READ_BYTES = 256 * 1024, LINE_BYTES = 512, BLOCK_HEADER = 8 };

/* Of pcapng, draft-ietf-opsawg-pcapng. */
enum { STATISTICS_BLOCK = 5, PACKET_BLOCK = 6, STATISTICS_LOST_AT = 24 };

/* What is counted on the way: blocks may come in pieces. */
struct progress {
  uint64_t packets;
  uint64_t lost;
  uint64_t in_block; /* bytes of the present block that have come */
  uint32_t type;
  uint32_t length;
};

/* The host stack is to send what it has, and end. -1: nothing has begun, and the signal ends all. */
static volatile sig_atomic_t ends_with_signal = -1;

static void on_signal(int number) {
  if (ends_with_signal < 0) {
    _exit(128 + number);
  }
  shutdown(ends_with_signal, SHUT_WR);
}

/* Takes up to four bytes of a number that begins at a position of the block. */
static void gather(void *number, uint64_t begin, size_t size, uint64_t at, unsigned char byte) {
  if (at >= begin && at < begin + size) {
    ((unsigned char *)number)[at - begin] = byte;
  }
}

static void count(struct progress *progress, const unsigned char *bytes, size_t length) {
  for (size_t i = 0; i < length; i++) {
    uint64_t at = progress->in_block++;
    if (at < BLOCK_HEADER) {
      gather(&progress->type, 0, sizeof progress->type, at, bytes[i]);
      gather(&progress->length, sizeof progress->type, sizeof progress->length, at, bytes[i]);
    } else if (progress->type == STATISTICS_BLOCK) {
      gather(&progress->lost, STATISTICS_LOST_AT, sizeof progress->lost, at, bytes[i]);
    } else if (progress->in_block < progress->length) { /* nothing in here is counted */
      size_t rest = (size_t)(progress->length - progress->in_block);
      size_t skipped = rest < length - i - 1 ? rest : length - i - 1;
      progress->in_block += skipped;
      i += skipped;
    }
    if (at >= BLOCK_HEADER && progress->in_block >= progress->length) {
      progress->packets += progress->type == PACKET_BLOCK;
      progress->in_block = 0;
    }
  }
}

static bool write_all(int fd, const unsigned char *bytes, size_t length) {
  for (size_t done = 0; done < length;) {
    ssize_t n = write(fd, bytes + done, length - done);
    if (n < 0 && errno != EINTR) {
      return false;
    }
    done += n > 0 ? (size_t)n : 0;
  }
  return true;
}

/* Reads the answer's first line, which is "ok" or an error. */
static enum ctl_status read_line(int from) {
  char line[LINE_BYTES];
  size_t length = 0;
  while (length < sizeof line - 1) {
    ssize_t n = read(from, line + length, 1);
    if (n < 0 && errno == EINTR) {
      continue;
    }
    if (n <= 0) {
      ctl_complain("the host stack at %s went away without an answer", ctl_run_dir());
      return CTL_NO_HOST;
    }
    if (line[length] == '\n') {
      break;
    }
    length++;
  }
  line[length] = '\0';
  if (strcmp(line, "ok") == 0) {
    return CTL_OK;
  }
  ctl_complain("%s", strncmp(line, "error ", 6) == 0 ? line + 6 : line);
  return CTL_REFUSED;
}

/* Until the host stack closes. */
static enum ctl_status copy(int from, int to, struct progress *progress) {
  static unsigned char bytes[READ_BYTES];
  for (;;) {
    ssize_t n = read(from, bytes, sizeof bytes);
    if (n == 0) {
      return CTL_OK;
    }
    if (n < 0 && errno != EINTR) {
      ctl_complain("the host stack at %s: %s", ctl_run_dir(), strerror(errno));
      return CTL_NO_HOST;
    }
    if (n > 0) {
      count(progress, bytes, (size_t)n);
      if (!write_all(to, bytes, (size_t)n)) {
        if (errno == EPIPE) {
          return CTL_OK; /* the reader has enough */
        }
        ctl_complain("cannot write: %s", strerror(errno));
        return CTL_REFUSED;
      }
    }
  }
}

static void end_on_signals(void) {
  const struct sigaction action = {.sa_handler = on_signal, .sa_flags = SA_RESTART};
  sigaction(SIGINT, &action, NULL);
  sigaction(SIGTERM, &action, NULL);
  signal(SIGPIPE, SIG_IGN);
}

static int open_output(const char *file) {
  if (strcmp(file, "-") != 0) {
    int fd = open(file, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    if (fd < 0) {
      ctl_complain("%s: %s", file, strerror(errno));
    }
    return fd;
  }
  if (isatty(STDOUT_FILENO)) {
    ctl_complain("packets are not for a terminal: name a file (-w FILE), or pipe them on, "
                 "as into 'tcpdump -nr -'");
    return -1;
  }
  return STDOUT_FILENO;
}

enum ctl_status ctl_capture(const struct ctl_capture *what) {
  char request[LINE_BYTES];
  int length = snprintf(request, sizeof request, "capture");
  if (what->guest != NULL) {
    length += snprintf(request + length, sizeof request - (size_t)length, " guest=%.200s",
                       what->guest);
  }
  if (what->snap_length != 0) {
    length += snprintf(request + length, sizeof request - (size_t)length, " snap=%ld",
                       what->snap_length);
  }
  if (what->count != 0) {
    snprintf(request + length, sizeof request - (size_t)length, " count=%ld", what->count);
  }
  int to = open_output(what->file);
  if (to < 0) {
    return CTL_USAGE;
  }
  end_on_signals();
  int from = ctl_send(request);
  if (from < 0) {
    return CTL_NO_HOST;
  }
  ends_with_signal = from;
  enum ctl_status status = read_line(from);
  const struct timeval forever = {0};
  setsockopt(from, SOL_SOCKET, SO_RCVTIMEO, &forever, sizeof forever);
  if (status == CTL_OK) {
    struct progress progress = {0};
    status = copy(from, to, &progress);
    fprintf(stderr, "%" PRIu64 " packets captured\n%" PRIu64 " packets lost on their way here\n",
            progress.packets, progress.lost);
  }
  close(from);
  if (to != STDOUT_FILENO && close(to) != 0) {
    ctl_complain("%s: %s", what->file, strerror(errno));
    return CTL_REFUSED;
  }
  return status;
}
