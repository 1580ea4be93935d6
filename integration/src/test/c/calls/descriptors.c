/* Descriptors as such: copies, flags, files and pipes beside them, children that have them, too. */
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "calls.h"

static void copied(int to, int from, int fd) {
  int error = errno;
  struct slot old = slots[from];
  put(to, fd, old.kind, old.family);
  if (fd >= 0) {
    old.fd = fd;
    old.round = slots[to].round;
    slots[to] = old;
  }
  errno = error;
}

static void call_dup(void) {
  int to = pick_empty();
  int from = pick(ANYTHING);
  uint32_t how = roll(3);
  say("%d %s(%d)", to, how == 0 ? "dup" : how == 1 ? "F_DUPFD" : "F_DUPFD_CLOEXEC", from);
  int fd = how == 0 ? dup(fd_of(from))
                    : fcntl(fd_of(from), how == 1 ? F_DUPFD : F_DUPFD_CLOEXEC, chance(90) ? 0 : 100);
  copied(to, from, fd);
  say_result(fd < 0 ? -1 : 0);
}

/* Onto another socket, which is closed by it. */
static void call_dup2(void) {
  int from = pick(ANYTHING);
  int to = pick(ANYTHING);
  int flag = chance(50) ? 0 : chance(80) ? O_CLOEXEC : 1;
  bool three = flag != 0 || chance(30);
  say("%s(%d, %d, %d)", three ? "dup3" : "dup2", from, to, flag);
  if (slots[to].kind == NOTHING) {
    say_result(three ? dup3(fd_of(from), -1, flag) : dup2(fd_of(from), -1));
    return;
  }
  int fd = three ? dup3(fd_of(from), fd_of(to), flag) : dup2(fd_of(from), fd_of(to));
  if (fd >= 0 && from != to) {
    copied(to, from, fd);
  }
  say_result(fd < 0 ? -1 : 0);
}

static void call_fcntl(void) {
  int slot = pick(ANYTHING);
  uint32_t how = roll(5);
  int flag = how == 2 ? (chance(50) ? O_NONBLOCK : 0) : how == 3 ? (int)roll(2) : 0;
  static const int commands[] = {F_GETFL, F_GETFD, F_SETFL, F_SETFD, F_GETOWN};
  static const char *const names[] = {"F_GETFL", "F_GETFD", "F_SETFL", "F_SETFD", "F_GETOWN"};
  if (how == 2 && slots[slot].kind == EPOLL) {
    flag = 0;
  }
  say("fcntl(%d, %s, %#x)", slot, names[how], (unsigned)flag);
  int result = fcntl(fd_of(slot), commands[how], flag);
  say_result(result);
}

static void call_misuse(void) {
  int slot = pick(chance(70) ? TCP : UDP);
  struct stat about;
  char bytes[8];
  switch (roll(5)) {
    case 0:
      say("lseek(%d)", slot);
      say_result(lseek(fd_of(slot), 0, SEEK_CUR));
      return;
    case 1:
      say("pread(%d)", slot);
      say_result(pread(fd_of(slot), bytes, sizeof bytes, 0));
      return;
    case 2:
      say("pwrite(%d)", slot);
      say_result(pwrite(fd_of(slot), bytes, sizeof bytes, 0));
      return;
    case 3:
      say("fsync(%d)", slot);
      say_result(fsync(fd_of(slot)));
      return;
    default:
      say("fstat(%d)", slot);
      say_result(fstat(fd_of(slot), &about));
      say(" %s", fd_of(slot) >= 0 && S_ISSOCK(about.st_mode) ? "socket" : "none");
  }
}

static void call_sendfile(void) {
  int slot = pick(TCP);
  size_t size = 1 + roll(2000);
  off_t offset = (off_t)roll((uint32_t)size);
  size_t count = 1 + roll(1500);
  bool by_position = chance(30);
  say("sendfile(%d, %zu, %s%ld, %zu)", slot, size, by_position ? "at " : "", (long)offset, count);
  if (slots[slot].kind == UDP || slots[slot].sent + count > 8000 || slots[slot].shut != 0 ||
      (ready(fd_of(slot), POLLRDHUP) & POLLRDHUP) != 0 || would_block(slot, POLLOUT)) {
    say(" not now");
    return;
  }
  int file = memfd_create("calls", MFD_CLOEXEC);
  if (write(file, bytes_to_send(size), size) != (ssize_t)size) {
    say(" no file");
  }
  lseek(file, offset, SEEK_SET);
  ssize_t result = sendfile(fd_of(slot), file, by_position ? NULL : &offset, count);
  slots[slot].sent += result > 0 ? (size_t)result : 0;
  say_result(result);
  say(" then %ld", (long)(by_position ? lseek(file, 0, SEEK_CUR) : offset));
  close(file);
}

static void splice_in(int slot, int *pipes) {
  size_t count = 1 + roll(500);
  say("splice(pipe, %d, %zu)", slot, count);
  if (slots[slot].kind == UDP || slots[slot].sent + count > 8000 || slots[slot].shut != 0 ||
      (ready(fd_of(slot), POLLRDHUP) & POLLRDHUP) != 0 || would_block(slot, POLLOUT) ||
      write(pipes[1], bytes_to_send(count), count) != (ssize_t)count) {
    say(" not now");
    return;
  }
  ssize_t result = splice(pipes[0], NULL, fd_of(slot), NULL, count, SPLICE_F_NONBLOCK);
  slots[slot].sent += result > 0 ? (size_t)result : 0;
  say_result(result);
}

static void splice_out(int slot, int *pipes) {
  static uint8_t bytes[4096];
  size_t count = 1 + roll(500);
  say("splice(%d, pipe, %zu)", slot, count);
  if (slots[slot].kind == UDP || would_block(slot, POLLIN)) {
    say(" not now");
    return;
  }
  ssize_t result = splice(fd_of(slot), NULL, pipes[1], NULL, count, SPLICE_F_NONBLOCK);
  say_result(result);
  if (result > 0 && read(pipes[0], bytes, sizeof bytes) == result) {
    say_bytes(bytes, (size_t)result);
  }
}

static void call_splice(void) {
  int slot = pick(TCP);
  int pipes[2];
  if (pipe(pipes) != 0) {
    say("no pipe");
    return;
  }
  if (chance(50)) {
    splice_in(slot, pipes);
  } else {
    splice_out(slot, pipes);
  }
  close(pipes[0]);
  close(pipes[1]);
}

const struct call calls_of_descriptors[] = {{"dup", 5, call_dup},         {"dup2", 3, call_dup2},
                                            {"fcntl", 5, call_fcntl},     {"misuse", 1, call_misuse},
                                            {"sendfile", 2, call_sendfile}, {"splice", 3, call_splice},
                                            {NULL, 0, NULL}};
