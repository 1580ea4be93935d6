/* SPDX-License-Identifier: Apache-2.0 */
/*
 * link: a long, narrow, lossy wire between two network namespaces, for kernels that have no netem.
 *
 *   link NETNS NETNS INTERFACE
 *
 * Makes a TAP of that name in each namespace and carries frames from one to the other as wire.h
 * says. Standard input takes commands, one a line, each answered by a line of JSON; with its end
 * the link goes.
 *
 *   shape MBIT_PER_S DELAY_MS QUEUE_BYTES LOSS SEED    how both directions are from now on
 *   report                                             what happened since the last report
 *
 * A frame is late that arrives more than 1 ms after it was to. So that this does not happen on a
 * busy machine either, the program asks for real-time scheduling; it sleeps between frames.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <linux/if.h>
#include <linux/if_tun.h>
#include <poll.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "clock.h"
#include "net.h"
#include "wire.h"

#define FRAMES_AT_ONCE 64
#define LATE_NS NANOS_PER_MILLI
#define NEVER UINT64_MAX

enum { LEFT, RIGHT, ENDS };

struct end {
  int fd;
  struct wire wire; /* away from this end */
};

static struct end ends[ENDS];
static uint64_t late;
static uint64_t latest_ns;

static int open_tap(const char *namespace, const char *interface) {
  char path[256];
  snprintf(path, sizeof path, "/run/netns/%.200s", namespace);
  int netns = open(path, O_RDONLY | O_CLOEXEC);
  if (netns < 0 || setns(netns, CLONE_NEWNET) != 0) die(path);
  close(netns);
  int fd = open("/dev/net/tun", O_RDWR | O_NONBLOCK | O_CLOEXEC);
  if (fd < 0) die("/dev/net/tun");
  struct ifreq request = {.ifr_flags = IFF_TAP | IFF_NO_PI};
  snprintf(request.ifr_name, sizeof request.ifr_name, "%.15s", interface);
  if (ioctl(fd, TUNSETIFF, &request) != 0) die("TUNSETIFF");
  return fd;
}

static void take_frames(struct end *from) {
  for (int i = 0; i < FRAMES_AT_ONCE; i++) {
    ssize_t n = read(from->fd, wire_next(&from->wire), WIRE_FRAME_MAX);
    if (n < 0 && !would_block()) die("read from a TAP");
    if (n <= 0) return;
    wire_take(&from->wire, (size_t)n, now_ns());
  }
}

/* Delivers what is due; returns when the next frame is. */
static uint64_t deliver(struct wire *wire, int to) {
  for (const struct wire_frame *frame; (frame = wire_first(wire)) != NULL;) {
    uint64_t now = now_ns();
    if (frame->due_ns > now) return frame->due_ns;
    uint64_t behind = now - frame->due_ns;
    if (behind > LATE_NS) late++;
    if (behind > latest_ns) latest_ns = behind;
    /* EIO: the interface is down. */
    if (write(to, frame->bytes, frame->length) < 0 && errno != EIO) die("write to a TAP");
    wire_arrived(wire);
  }
  return NEVER;
}

static void report(void) {
  const struct wire_tally *a = &ends[LEFT].wire.tally;
  const struct wire_tally *b = &ends[RIGHT].wire.tally;
  printf("{\"carried\": %llu", (unsigned long long)(a->carried + b->carried));
  printf(", \"lost\": %llu", (unsigned long long)(a->lost + b->lost));
  printf(", \"overflowed\": %llu", (unsigned long long)(a->overflowed + b->overflowed));
  printf(", \"late\": %llu", (unsigned long long)late);
  printf(", \"latest_us\": %.1f}\n", (double)latest_ns / 1e3);
  for (int i = 0; i < ENDS; i++) ends[i].wire.tally = (struct wire_tally){0};
  late = 0;
  latest_ns = 0;
}

static void set_shape(const char *line) {
  double mbit, delay_ms, queue, loss;
  unsigned long long seed;
  int fields = sscanf(line, "shape %lf %lf %lf %lf %llu", &mbit, &delay_ms, &queue, &loss, &seed);
  if (fields != 5 || !(mbit > 0 && delay_ms >= 0 && queue > 0 && loss >= 0 && loss <= 1)) {
    fprintf(stderr, "link: %.60s: not a shape\n", line);
    _exit(2);
  }
  struct wire_shape shape = {.bits_per_ns = mbit / 1e3,
                             .delay_ns = (uint64_t)(delay_ms * 1e6),
                             .queue_bytes = (uint64_t)queue,
                             .loss = loss,
                             .seed = seed};
  for (int i = 0; i < ENDS; i++) wire_set_shape(&ends[i].wire, &shape, (uint64_t)i);
  printf("{}\n");
}

/* False at the end of input. Who asks waits for the answer, so one line at most is there. */
static bool obey(void) {
  char line[256];
  if (fgets(line, sizeof line, stdin) == NULL) return false;
  if (strcmp(line, "report\n") == 0) {
    report();
  } else {
    set_shape(line);
  }
  fflush(stdout);
  return true;
}

static void ask_for_punctuality(void) {
  if (prctl(PR_SET_TIMERSLACK, 1ul, 0ul, 0ul, 0ul) != 0) die("PR_SET_TIMERSLACK");
  struct sched_param priority = {.sched_priority = 1};
  if (sched_setscheduler(0, SCHED_FIFO, &priority) != 0) perror("link: no real-time scheduling");
}

int main(int argc, char **argv) {
  if (argc != 4) {
    fprintf(stderr, "usage: link NETNS NETNS INTERFACE\n");
    return 2;
  }
  for (int i = 0; i < ENDS; i++) {
    ends[i].fd = open_tap(argv[1 + i], argv[3]);
    wire_open(&ends[i].wire);
    wire_set_shape(&ends[i].wire, &(struct wire_shape){.bits_per_ns = 1, .queue_bytes = 1u << 20},
                   0);
  }
  ask_for_punctuality();
  struct pollfd waits[] = {
      {.fd = ends[LEFT].fd, .events = POLLIN},
      {.fd = ends[RIGHT].fd, .events = POLLIN},
      {.fd = STDIN_FILENO, .events = POLLIN},
  };
  for (;;) {
    uint64_t right = deliver(&ends[LEFT].wire, ends[RIGHT].fd);
    uint64_t left = deliver(&ends[RIGHT].wire, ends[LEFT].fd);
    uint64_t next = left < right ? left : right;
    uint64_t now = now_ns();
    uint64_t wait = next > now ? next - now : 0;
    struct timespec timeout = {.tv_sec = (time_t)(wait / NANOS_PER_SECOND),
                               .tv_nsec = (long)(wait % NANOS_PER_SECOND)};
    int ready = ppoll(waits, 3, next == NEVER ? NULL : &timeout, NULL);
    if (ready < 0 && errno != EINTR) die("ppoll");
    if (waits[2].revents != 0 && ready > 0 && !obey()) return 0;
    take_frames(&ends[LEFT]);
    take_frames(&ends[RIGHT]);
  }
}
