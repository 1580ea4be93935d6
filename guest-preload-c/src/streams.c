/*
 * The C library's streams on sockets. Its own make system calls that no preload sees, so streams on
 * our fd numbers are streams of functions (fopencookie), with fileno() as a file's would have it.
 */
#include "streams.h"

#include <dlfcn.h>
#include <stdio.h>
#include <stdio_ext.h>
#include <unistd.h>

#include "internal.h"

/* The standard streams, which are ours as long as their numbers are sockets. */
static struct standard {
  FILE** variable;
  FILE* ours;
  FILE* other; /* the one that the program had before */
} standard[] = {{.variable = &stdin}, {.variable = &stdout}, {.variable = &stderr}};

static int number_of(void* cookie) { return (int)(intptr_t)cookie; }

static ssize_t stream_read(void* cookie, char* data, size_t bytes) {
  return read(number_of(cookie), data, bytes);
}

/* All of it, or less with errno: what the C library does for files. */
static ssize_t stream_write(void* cookie, const char* data, size_t bytes) {
  size_t done = 0;
  while (done < bytes) {
    ssize_t count = write(number_of(cookie), data + done, bytes - done);
    if (count < 0) {
      break;
    }
    done += (size_t)count;
  }
  return (ssize_t)done;
}

static int stream_seek(void* cookie, off64_t* position, int whence) {
  (void)cookie;
  (void)position;
  (void)whence;
  return vt_fail(ESPIPE);
}

static int stream_close(void* cookie) { return vt_close(number_of(cookie)); }

/* Nobody may use the stream any more: if the number is a socket again, it gets another one. */
static int standard_close(void* cookie) {
  int fd = number_of(cookie);
  int result = vt_close(fd);
  standard[fd].ours = NULL;
  return result;
}

static FILE* open_stream(int fd, const char* mode, cookie_close_function_t* close) {
  cookie_io_functions_t functions = {stream_read, stream_write, stream_seek, close};
  FILE* stream = fopencookie((void*)(intptr_t)fd, mode, functions);
  if (stream != NULL) {
    stream->_fileno = fd;
    stream->_wide_data = NULL; /* freopen() looks for that, and would use the bad address there */
  }
  return stream;
}

/* What was not written yet goes where the number leads by then, as if it were one stream. */
static void move_pending(FILE* from, FILE* to) {
  size_t pending = __fpending(from);
  if (pending > 0) {
    fwrite(from->_IO_write_base, 1, pending, to);
    __fpurge(from);
  }
}

static FILE* open_standard(int fd, FILE* like) {
  FILE* stream = open_stream(fd, fd == STDIN_FILENO ? "r" : "w", standard_close);
  if (stream != NULL && __flbf(like)) {
    setvbuf(stream, NULL, _IOLBF, 0);
  } else if (stream != NULL && (fd == STDERR_FILENO || __fbufsize(like) == 1)) {
    setvbuf(stream, NULL, _IONBF, 0);
  }
  return stream;
}

static void become_ours(struct standard* stream, int fd) {
  if (stream->ours == NULL) {
    stream->ours = open_standard(fd, *stream->variable);
  }
  if (stream->ours != NULL && *stream->variable != stream->ours) {
    stream->other = *stream->variable;
    move_pending(stream->other, stream->ours);
    *stream->variable = stream->ours;
  }
}

void vt_stream_follow(int fd, bool is_socket) {
  struct standard* stream = &standard[fd];
  int saved = errno;
  if (is_socket) {
    become_ours(stream, fd);
  } else if (stream->ours != NULL && *stream->variable == stream->ours) {
    move_pending(stream->ours, stream->other);
    *stream->variable = stream->other;
  }
  errno = saved;
}

/* Asked for each time, as streams are opened rarely, and maybe before our own constructor runs. */
static void* next_of(const char* name) { return dlsym(RTLD_NEXT, name); }

VT_EXPORT FILE* fdopen(int fd, const char* mode) {
  if (vt_socket_of(fd) != NULL) {
    return open_stream(fd, mode, stream_close);
  }
  FILE* (*next)(int, const char*);
  *(void**)&next = next_of("fdopen");
  return next(fd, mode);
}

/* The C library keeps the number, and makes it another file's itself: for us it is closed. */
static void let_go(FILE* stream) {
  int fd = stream->_fileno;
  if (vt_socket_of(fd) == NULL) {
    return;
  }
  fflush(stream);
  vt_close(fd);
  if (fd <= STDERR_FILENO && standard[fd].ours == stream) {
    standard[fd].ours = NULL;
  }
}

static FILE* reopen(const char* name, const char* path, const char* mode, FILE* stream) {
  FILE* (*next)(const char*, const char*, FILE*);
  *(void**)&next = next_of(name);
  let_go(stream);
  return next(path, mode, stream);
}

VT_EXPORT FILE* freopen(const char* path, const char* mode, FILE* stream) {
  return reopen("freopen", path, mode, stream);
}

VT_EXPORT FILE* freopen64(const char* path, const char* mode, FILE* stream) {
  return reopen("freopen64", path, mode, stream);
}
