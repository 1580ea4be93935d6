/*
 * ppoll() for our own waits. The kernel holds the number of places, those with negative fds, too,
 * against RLIMIT_NOFILE, which a sandbox may have set to 1 or 0 while fds made before go on working:
 * sshd and vsftpd do so. Then only true descriptors are asked for, and if even they are too many,
 * pselect() is asked, which knows no such limit, or, for high numbers, one after the other.
 */
#include <errno.h>
#include <sys/select.h>
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

struct sets {
  fd_set in;
  fd_set out;
  fd_set except;
};

/* The number for pselect(), or 0 if there is one that it cannot take. */
static int to_sets(const struct few* few, struct sets* sets) {
  memset(sets, 0, sizeof *sets);
  int number = 1;
  for (nfds_t i = 0; i < few->count; i++) {
    const struct pollfd* one = &few->fds[i];
    if (one->fd >= FD_SETSIZE) {
      return 0;
    }
    if (one->events & POLLIN) {
      FD_SET(one->fd, &sets->in);
    }
    if (one->events & POLLOUT) {
      FD_SET(one->fd, &sets->out);
    }
    if (one->events & POLLPRI) {
      FD_SET(one->fd, &sets->except);
    }
    number = one->fd >= number ? one->fd + 1 : number;
  }
  return number;
}

/* What has hung up or failed shows as readable or writable. */
static int from_sets(struct few* few, struct sets* sets) {
  int ready = 0;
  for (nfds_t i = 0; i < few->count; i++) {
    struct pollfd* one = &few->fds[i];
    one->revents = (short)((FD_ISSET(one->fd, &sets->in) ? POLLIN : 0) |
                           (FD_ISSET(one->fd, &sets->out) ? POLLOUT : 0) |
                           (FD_ISSET(one->fd, &sets->except) ? POLLPRI : 0));
    ready += one->revents != 0;
  }
  return ready;
}

static int poll_all(struct few* few, const struct timespec* time, const sigset_t* mask) {
  int ready = libc.ppoll(few->fds, few->count, time, mask);
  if (ready >= 0 || errno != EINVAL) {
    return ready;
  }
  struct sets sets;
  int number = to_sets(few, &sets);
  if (number == 0) {
    return one_by_one(few, deadline_of(time), mask);
  }
  ready = libc.pselect(number, &sets.in, &sets.out, &sets.except, time, mask);
  return ready < 0 ? ready : from_sets(few, &sets);
}

static int poll_few(struct pollfd* fds, nfds_t count, const struct timespec* time,
                    const sigset_t* mask) {
  struct few few;
  if (!gather(&few, fds, count)) {
    return vt_fail(EINVAL);
  }
  int ready = poll_all(&few, time, mask);
  for (nfds_t i = 0; i < few.count; i++) {
    fds[few.places[i]].revents = few.fds[i].revents;
  }
  return ready;
}

int vt_ppoll(struct pollfd* fds, nfds_t count, const struct timespec* time, const sigset_t* mask) {
  int ready = libc.ppoll(fds, count, time, mask);
  return ready < 0 && errno == EINVAL && count > 0 ? poll_few(fds, count, time, mask) : ready;
}
