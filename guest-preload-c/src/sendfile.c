/* sendfile() and splice() to and from our sockets. */
#include <stdlib.h>
#include <sys/ioctl.h>

#include "datagram.h"
#include "raw.h"

#define CHUNK_BYTES 65536u
#define PIPE_PAGE_BYTES 4096

/* Reads file bytes straight into the ring: bytes, 0 at the end of file (or no room), or -errno. */
static long fill_ring(struct vt_socket* socket, int in, off_t* offset, size_t left, bool* full) {
  vt_take(&socket->tx_lock);
  struct vt_slot* slot = socket->slot;
  uint64_t room = slot == NULL ? 0 : vt_tx_room(socket, slot);
  *full = room == 0;
  long got = 0;
  size_t bytes = 0;
  if (room != 0) {
    uint64_t to = (socket->tx_tail - socket->tx_base) & socket->tx_mask;
    bytes = socket->tx_mask + 1 - to;
    bytes = bytes < room ? bytes : room;
    bytes = bytes < left ? bytes : left;
    void* place = socket->tx_ring + to;
    got = offset != NULL ? vt_raw_plain(SYS_pread64, in, (long)(intptr_t)place, (long)bytes,
                                        (long)*offset, 0, 0)
                         : vt_raw_plain(SYS_read, in, (long)(intptr_t)place, (long)bytes, 0, 0, 0);
  }
  if (slot == NULL || got < 0) {
    vt_give(&socket->tx_lock);
    return got;
  }
  uint64_t wanted = (size_t)got == bytes && bytes < left ? left : 0;
  if (!vt_tx_publish(socket, slot, socket->tx_tail + (uint64_t)got, wanted)) {
    *full = true; /* nothing is written: to be read once more */
    if (offset == NULL) {
      vt_raw_plain(SYS_lseek, in, -got, SEEK_CUR, 0, 0, 0);
    }
    return 0;
  }
  if (offset != NULL) {
    *offset += got;
  }
  return got;
}

static ssize_t send_file(struct vt_socket* socket, int fd, int in, off_t* offset, size_t count) {
  size_t done = 0;
  int64_t deadline = vt_deadline(socket->options.send_timeout_ns);
  while (done < count && vt_socket_of(fd) == socket) {
    int error = socket->shared ? vt_socket_use(socket, fd) : 0;
    error = error != 0 ? error : vt_tx_check(socket);
    bool full = true;
    if (error == 0) {
      long got = fill_ring(socket, in, offset, count - done, &full);
      error = got < 0 ? (int)-got : 0;
      done += got > 0 ? (size_t)got : 0;
      if (got == 0 && !full) {
        break;
      }
    }
    if ((error == 0 && full) || error == EAGAIN) {
      error = vt_tx_wait(socket, 0, deadline);
    }
    if (error != 0) {
      return done != 0 ? (ssize_t)done : vt_tx_fail(error == ESPIPE ? EINVAL : error, 0);
    }
  }
  return (ssize_t)done;
}

ssize_t vt_sendfile(int fd, int in, off_t* offset, size_t count) {
  struct vt_socket* source = vt_socket_of(in);
  struct vt_socket* target = vt_socket_of(fd);
  if (source != NULL || (target != NULL && target->datagram)) {
    return vt_fail(EINVAL); /* of datagrams: how many bytes were one? */
  }
  struct vt_socket* socket = vt_pin(fd);
  if (socket == NULL) {
    return libc.sendfile(fd, in, offset, count);
  }
  ssize_t result = send_file(socket, fd, in, offset, count);
  vt_unpin(socket);
  return result;
}

/* ---- splice --------------------------------------------------------------------------------- */

static size_t pipe_holds(int fd) {
  int bytes = 0;
  vt_raw_plain(SYS_ioctl, fd, FIONREAD, (long)(intptr_t)&bytes, 0, 0, 0);
  return (size_t)bytes;
}

static ssize_t splice_out(struct vt_socket* socket, int in, int out, size_t count, int flags,
                          uint8_t* buffer) {
  size_t there = pipe_holds(in);
  if (there == 0) { /* wait, or hear of the end, as a read would */
    if (flags & MSG_DONTWAIT) {
      struct pollfd look = {.fd = in, .events = POLLIN};
      if (vt_raw_plain(SYS_poll, (long)(intptr_t)&look, 1, 0, 0, 0, 0) == 0) {
        return vt_fail(EAGAIN);
      }
    }
    there = count;
  }
  struct vt_slot* slot = VT_LOAD(&socket->slot);
  bool dont_wait = socket->nonblocking || (flags & MSG_DONTWAIT);
  if (dont_wait && slot != NULL) {
    vt_take(&socket->tx_lock);
    size_t room = socket->slot == NULL ? 0 : vt_tx_room(socket, slot);
    vt_give(&socket->tx_lock);
    int error = vt_tx_check(socket);
    if (error == 0 && room == 0) {
      error = vt_tx_wait(socket, MSG_DONTWAIT, VT_WAIT_FOREVER);
      room = 1;
    }
    if (error != 0) {
      return vt_tx_fail(error, 0);
    }
    count = count < room ? count : room;
  }
  count = count < there ? count : there;
  ssize_t got = libc.read(in, buffer, count < CHUNK_BYTES ? count : CHUNK_BYTES);
  for (ssize_t done = 0; done < got;) {
    /* What was taken from the pipe must not be lost: the rest is written in any case. */
    ssize_t sent = vt_write(socket, out, buffer + done, (size_t)(got - done), 0);
    if (sent < 0 && errno == EAGAIN) {
      vt_wait(socket, EPOLLOUT | EPOLLERR | EPOLLHUP, VT_WAIT_FOREVER);
    } else if (sent < 0) {
      return done != 0 ? done : -1;
    } else {
      done += sent;
    }
  }
  return got;
}

/*
 * Bytes that surely fit into the pipe: 0 if it is full. Each page of it may hold little, and how
 * many are in use nobody tells: of a pipe that holds something only one is sure.
 */
static size_t pipe_room(int fd) {
  struct pollfd look = {.fd = fd, .events = POLLOUT};
  vt_raw_plain(SYS_poll, (long)(intptr_t)&look, 1, 0, 0, 0, 0);
  if (!(look.revents & (POLLOUT | POLLERR))) {
    return 0;
  }
  int capacity = pipe_holds(fd) == 0 ? libc.fcntl(fd, F_GETPIPE_SZ) : PIPE_PAGE_BYTES;
  return capacity < 0 ? 0 : (size_t)capacity;
}

static bool fill_pipe(int pipe, const uint8_t* data, size_t bytes) {
  for (size_t done = 0; done < bytes;) {
    ssize_t put = libc.write(pipe, data + done, bytes - done);
    if (put < 0 && errno == EAGAIN) { /* somebody else has filled it meanwhile */
      struct pollfd look = {.fd = pipe, .events = POLLOUT};
      vt_raw_plain(SYS_poll, (long)(intptr_t)&look, 1, -1, 0, 0, 0);
    } else if (put < 0) {
      return false;
    } else {
      done += (size_t)put;
    }
  }
  return true;
}

/* Waits for the first bytes, and for the pipe, as the flags say; then takes what is there. */
static ssize_t splice_in(struct vt_socket* socket, int in, int out, size_t count, int flags,
                         uint8_t* buffer) {
  size_t room = pipe_room(out);
  if (room == 0) {
    if (flags & MSG_DONTWAIT) {
      return vt_fail(EAGAIN);
    }
    room = PIPE_PAGE_BYTES;
  }
  size_t done = 0;
  while (done < count && room != 0) {
    size_t part = count - done < room ? count - done : room;
    part = part < CHUNK_BYTES ? part : CHUNK_BYTES;
    ssize_t got = vt_read(socket, in, buffer, part, done == 0 ? flags : MSG_DONTWAIT);
    if (got <= 0) {
      return done != 0 ? (ssize_t)done : got;
    }
    if (!fill_pipe(out, buffer, (size_t)got)) {
      return done != 0 ? (ssize_t)done : -1;
    }
    done += (size_t)got;
    room = (size_t)got < part ? 0 : pipe_room(out);
  }
  return (ssize_t)done;
}

ssize_t vt_splice(int in, off_t* in_offset, int out, off_t* out_offset, size_t count,
                  unsigned flags) {
  struct vt_socket* source = vt_pin(in);
  struct vt_socket* sink = vt_pin(out);
  ssize_t result;
  int wait_flags = flags & SPLICE_F_NONBLOCK ? MSG_DONTWAIT : 0;
  uint8_t* buffer = source == NULL && sink == NULL ? NULL : malloc(CHUNK_BYTES);
  if (source == NULL && sink == NULL) {
    result = libc.splice(in, in_offset, out, out_offset, count, flags);
  } else if ((source != NULL && sink != NULL) || (source != NULL && source->datagram) ||
             (sink != NULL && sink->datagram)) {
    result = vt_fail(EINVAL); /* one of them must be a pipe */
  } else if (in_offset != NULL || out_offset != NULL) {
    result = vt_fail(ESPIPE);
  } else if (buffer == NULL) {
    result = vt_fail(ENOMEM);
  } else if (libc.fcntl(source != NULL ? out : in, F_GETPIPE_SZ) < 0) {
    result = vt_fail(EINVAL);
  } else if (count == 0) {
    result = 0;
  } else {
    result = source != NULL ? splice_in(source, in, out, count, wait_flags, buffer)
                            : splice_out(sink, in, out, count, wait_flags, buffer);
  }
  int saved = errno;
  free(buffer);
  if (source != NULL) {
    vt_unpin(source);
  }
  if (sink != NULL) {
    vt_unpin(sink);
  }
  errno = saved;
  return result;
}
