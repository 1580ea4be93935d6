/*
 * ppoll() for our own waits. The kernel holds the number of places, those with negative fds, too,
 * against RLIMIT_NOFILE, which a sandbox may have set to 1 while fds made before go on working:
 * sshd does so. Then only true descriptors are asked for, and if even they are too many, one after
 * the other.
 */
#include <errno.h>
#include <time.h>

#include "internal.h"

#define MOST 64
#define NAP_NS 2000000

struct few {
  struct pollfd fds[MOST];
  nfds_t places[MOST];
  nfds_t count;
};

static bool gather(struct few* few, const struct pollfd* fds, nfds_t count) {
  few->count = 0;
  for (nfds_t i = 0; i < count; i++) {
    if (fds[i].fd >= 0) {
      if (few->count == MOST) {
        return false;
      }
      few->fds[few->count] = fds[i];
      few->places[few->count++] = i;
    }
  }
  return true;
}

static int look_at_each(struct few* few) {
  static const struct timespec now = {0, 0};
  int ready = 0;
  for (nfds_t i = 0; i < few->count; i++) {
    int result = libc.ppoll(&few->fds[i], 1, &now, NULL);
    if (result < 0) {
      return -1;
    }
    ready += result;
  }
  return ready;
}

static int64_t deadline_of(const struct timespec* time) {
  return time == NULL ? VT_WAIT_FOREVER
                      : vt_now() + time->tv_sec * INT64_C(1000000000) + time->tv_nsec;
}

/* Sleeps in short naps on the first. */
static int one_by_one(struct few* few, int64_t deadline, const sigset_t* mask) {
  for (;;) {
    int ready = look_at_each(few);
    int64_t left = deadline - vt_now();
    if (ready != 0 || left <= 0) {
      return ready;
    }
    struct timespec nap = {.tv_nsec = left < NAP_NS ? (long)left : NAP_NS};
    if (libc.ppoll(few->fds, few->count == 0 ? 0 : 1, &nap, mask) < 0) {
      return -1;
    }
  }
}

static int poll_few(struct pollfd* fds, nfds_t count, const struct timespec* time,
                    const sigset_t* mask) {
  struct few few;
  if (!gather(&few, fds, count)) {
    return vt_fail(EINVAL);
  }
  int ready = libc.ppoll(few.fds, few.count, time, mask);
  if (ready < 0 && errno == EINVAL && few.count > 1) {
    ready = one_by_one(&few, deadline_of(time), mask);
  }
  for (nfds_t i = 0; i < few.count; i++) {
    fds[few.places[i]].revents = few.fds[i].revents;
  }
  return ready;
}

int vt_ppoll(struct pollfd* fds, nfds_t count, const struct timespec* time, const sigset_t* mask) {
  int ready = libc.ppoll(fds, count, time, mask);
  return ready < 0 && errno == EINVAL && count > 1 ? poll_few(fds, count, time, mask) : ready;
}
