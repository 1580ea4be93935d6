/*
 * What is read is the doorbell's pipe, opened anew so that its reads block; others write into it to
 * wake the reader. In a virtual machine the doorbell cannot be opened anew, nor can others write
 * into it: there the kernel forwards a ring to an eventfd (Linux AIO), which is read.
 */
#include "reader.h"

#include <linux/aio_abi.h>
#include <stdio.h>
#include <sys/eventfd.h>

#include "internal.h"
#include "raw.h"

#define RUNG UINT32_MAX           /* where the kernel counts in the eventfd */
#define WOKEN (UINT64_C(1) << 32) /* what others add */

static bool no_forwards; /* this kernel has none */

/* ---- a pipe --------------------------------------------------------------------------------- */

static int open_pipe(const struct vt_queue* queue, int flags) {
  char path[40];
  snprintf(path, sizeof path, "/proc/self/fd/%d", queue->doorbell);
  return (int)vt_raw_plain(SYS_openat, AT_FDCWD, (long)(intptr_t)path, flags | O_CLOEXEC, 0, 0, 0);
}

static bool begin_pipe(struct vt_queue* queue) {
  if (queue->reading.fd < 0) {
    int fd = open_pipe(queue, O_RDONLY);
    VT_STORE(&queue->reading.fd, fd < 0 ? -1 : vt_private_fd(fd));
  }
  return queue->reading.fd >= 0;
}

static int read_pipe(struct vt_queue* queue) {
  char bytes[256];
  ssize_t got = libc.read(queue->reading.fd, bytes, sizeof bytes);
  int result = got < 0 ? errno : 0;
  if (got == 0) {
    vt_attachment_died(queue->attachment);
  }
  return result;
}

/* The writing end is opened for this only, so that the host stack's death still hangs up. */
static void poke(struct vt_queue* queue) {
  long fd = open_pipe(queue, O_WRONLY | O_NONBLOCK);
  if (fd >= 0) {
    vt_raw_plain(SYS_write, fd, (long)(intptr_t) "", 1, 0, 0, 0);
    vt_raw_close((int)fd);
  }
}

/* ---- an eventfd ----------------------------------------------------------------------------- */

static bool failed_for_good(long result) {
  no_forwards = no_forwards || (result < 0 && result != -EAGAIN && result != -ENOMEM);
  return false;
}

static bool open_forwards(struct vt_reading* reading) {
  if (reading->fd < 0) {
    VT_STORE(&reading->fd,
             vt_private_fd((int)vt_raw_plain(SYS_eventfd2, 0, EFD_CLOEXEC, 0, 0, 0, 0)));
  }
  if (reading->fd >= 0 && reading->forwards == 0) {
    long result = vt_raw_plain(SYS_io_setup, 1, (long)(intptr_t)&reading->forwards, 0, 0, 0, 0);
    return result == 0 || failed_for_good(result);
  }
  return reading->fd >= 0;
}

/* A ring is forwarded once, one that nobody has taken yet at once. */
static bool begin_forwards(struct vt_queue* queue) {
  struct vt_reading* reading = &queue->reading;
  if (no_forwards || !open_forwards(reading)) {
    return false;
  }
  if (!reading->armed) {
    struct iocb look = {.aio_lio_opcode = IOCB_CMD_POLL,
                        .aio_fildes = (uint32_t)queue->doorbell,
                        .aio_buf = POLLIN,
                        .aio_flags = IOCB_FLAG_RESFD,
                        .aio_resfd = (uint32_t)reading->fd};
    struct iocb* looks = &look;
    long result = vt_raw_plain(SYS_io_submit, (long)reading->forwards, 1, (long)(intptr_t)&looks, 0,
                               0, 0);
    reading->armed = result == 1 || failed_for_good(result);
  }
  return reading->armed;
}

static int read_forwarded(struct vt_queue* queue) {
  uint64_t value = 0;
  if (libc.read(queue->reading.fd, &value, sizeof value) < 0) {
    return errno;
  }
  if ((value & RUNG) != 0) {
    struct io_event event;
    struct timespec now = {0, 0};
    vt_raw_plain(SYS_io_getevents, (long)queue->reading.forwards, 0, 1, (long)(intptr_t)&event,
                 (long)(intptr_t)&now, 0);
    queue->reading.armed = false;
    vt_doorbell_clear(queue);
  }
  return 0;
}

/* ---- either --------------------------------------------------------------------------------- */

bool vt_become_reader(struct vt_queue* queue) {
  struct vt_thread* nobody = NULL;
  if (vt_self.reading != NULL || /* in a signal's handler */
      !__atomic_compare_exchange_n(&queue->reading.reader, &nobody, &vt_self, false,
                                   __ATOMIC_SEQ_CST, __ATOMIC_RELAXED)) {
    return false;
  }
  if (!(vt_in_machine ? begin_forwards(queue) : begin_pipe(queue))) {
    VT_STORE(&queue->reading.reader, NULL);
    return false;
  }
  VT_STORE(&vt_self.reading, queue);
  vt_fence();
  return true;
}

int vt_read_doorbell(struct vt_queue* queue) {
  int result = vt_in_machine ? read_forwarded(queue) : read_pipe(queue);
  vt_attachment_check(queue->attachment);
  return result;
}

void vt_cease_reading(struct vt_queue* queue) {
  VT_STORE(&vt_self.reading, NULL);
  VT_STORE(&queue->reading.poked, 0);
  VT_STORE(&queue->reading.reader, NULL);
}

void vt_wake_reader(struct vt_queue* queue) {
  if (vt_in_machine) {
    uint64_t value = WOKEN;
    vt_raw_plain(SYS_write, queue->reading.fd, (long)(intptr_t)&value, sizeof value, 0, 0, 0);
    return;
  }
  VT_STORE(&queue->reading.poked, 1);
  poke(queue);
}

void vt_wake_reader_again(struct vt_queue* queue) {
  if (VT_UNLIKELY(VT_LOAD(&queue->reading.poked) != 0)) {
    poke(queue);
  }
}

void vt_reading_end(struct vt_reading* reading) {
  vt_private_close(reading->fd);
  if (reading->forwards != 0) {
    vt_raw_plain(SYS_io_destroy, (long)reading->forwards, 0, 0, 0, 0, 0);
    reading->forwards = 0;
  }
}
