/* fork(), and adopting what came from another process. */
#include <sched.h>
#include <stdarg.h>

#include "datagram.h"
#include "machine.h"
#include "next.h"
#include "raw.h"
#include "share.h"
#include "standin.h"

#define ANSWER_TIMEOUT_MS 2000
#define MOVE_TIMEOUT_NS INT64_C(10000000000)

static vt_lock adopt_lock;

/* ---- fork ----------------------------------------------------------------------------------- */

static void before_fork(void) {
  int saved = errno;
  if (VT_LOAD(&vt_current) != NULL) {
    vt_share_all(false);
  }
  vt_life_before_fork();
  vt_epoll_before_fork();
  errno = saved;
}

static void after_in_parent(void) {
  vt_epoll_after_fork(false);
  vt_life_after_fork(false);
}

static void after_in_child(void) {
  int saved = errno;
  vt_life_after_fork(true);
  vt_epoll_after_fork(true);
  vt_private_close(vt_self.kick);
  vt_self = (struct vt_thread){.kick = -1, .registered = vt_self.registered};
  adopt_lock.word = 0;
  vt_datagram_after_fork();
  vt_stand_in_after_fork();
  vt_attach_after_fork();
  errno = saved;
}

/* ---- processes that are made without fork(), for which handlers of pthread_atfork() do not run -- */

long vt_fork_by_number(long number, const long* a) {
  before_fork();
  long result = vt_raw_plain(number, a[0], a[1], a[2], a[3], a[4], a[5]);
  if (result == 0) {
    after_in_child();
    return 0;
  }
  after_in_parent();
  return result < 0 ? vt_fail((int)-result) : result;
}

struct start {
  int (*body)(void*);
  void* argument;
};

static int start_child(void* argument) {
  struct start start = *(struct start*)argument;
  after_in_child();
  return start.body(start.argument);
}

VT_EXPORT int clone(int (*body)(void*), void* stack, int flags, void* argument, ...) {
  va_list list;
  va_start(list, argument);
  pid_t* parent = va_arg(list, pid_t*);
  void* tls = va_arg(list, void*);
  pid_t* child = va_arg(list, pid_t*);
  va_end(list);
  static int (*next)(int (*)(void*), void*, int, void*, ...);
  vt_find_next(&next, "clone");
  if (vt_enabled && (flags & (CLONE_VFORK | CLONE_FILES)) == CLONE_VFORK) {
    vt_share_all(false); /* as vfork() does */
  }
  if (!vt_enabled || (flags & (CLONE_VM | CLONE_FILES)) || body == NULL || stack == NULL) {
    return next(body, stack, flags, argument, parent, tls, child);
  }
  before_fork();
  struct start start = {body, argument}; /* the child has a copy of this stack, too */
  int result = next(start_child, stack, flags, &start, parent, tls, child);
  int saved = errno;
  after_in_parent();
  errno = saved;
  return result;
}

/* fork() without handlers, for signal handlers. */
VT_EXPORT pid_t _Fork(void) {
  static pid_t (*next)(void);
  vt_find_next(&next, "_Fork");
  if (!vt_enabled) {
    return next();
  }
  before_fork();
  pid_t result = next();
  int saved = errno;
  if (result == 0) {
    after_in_child();
  } else {
    after_in_parent();
  }
  errno = saved;
  return result;
}

bool vt_in_borrowed_memory(void) {
  return vt_raw_plain(SYS_getpid, 0, 0, 0, 0, 0, 0) != vt_pid;
}

void vt_fork_init(void) { pthread_atfork(before_fork, after_in_parent, after_in_child); }

/* ---- adopting ------------------------------------------------------------------------------- */

static int ask_who(int fd, uint64_t* token) {
  struct vt_message message = {.type = VT_MSG_WHO};
  int error = vt_send_message(fd, &message, -1);
  if (error == 0) {
    error = vt_receive_message(fd, &message, NULL, 0, ANSWER_TIMEOUT_MS);
  }
  if (error == 0 && message.type != VT_MSG_TOKEN) {
    error = EPROTO;
  }
  *token = message.value;
  return error != 0 ? error : (int)message.error;
}

/* While bytes that its last user wrote are on their way a connection cannot move. */
static int ask_to_adopt(struct vt_attachment* attachment, int fd, struct vt_message* answer) {
  int64_t deadline = vt_now() + MOVE_TIMEOUT_NS;
  for (;;) {
    struct vt_message message = {.type = VT_MSG_ADOPT};
    int error = ask_who(fd, &message.value);
    if (error == 0) {
      error = vt_control(attachment, &message, -1, answer, NULL);
    }
    if (error == 0 && answer->type != VT_MSG_ADOPTED) {
      error = EPROTO;
    }
    error = error != 0 ? error : (int)answer->error;
    if (error != EAGAIN || vt_now() > deadline) {
      return error;
    }
    struct timespec pause = {.tv_nsec = 1000000};
    vt_raw_plain(SYS_nanosleep, (long)(intptr_t)&pause, 0, 0, 0, 0, 0);
  }
}

static int adopt(struct vt_socket* socket, int fd) {
  struct vt_attachment* attachment = vt_attach();
  if (attachment == NULL) {
    return ENETDOWN;
  }
  if (!socket->orphan) {
    return 0; /* attaching brought it back, or another thread did */
  }
  struct vt_message answer;
  int error = ask_to_adopt(attachment, fd, &answer);
  uint32_t index = (uint32_t)answer.value;
  if (error == 0 && index < attachment->slot_count) {
    vt_slot_bind(socket, attachment, index, (uint32_t)(answer.value >> 32), true);
    VT_STORE(&socket->orphan, false);
    return 0;
  }
  VT_STORE(&socket->orphan, false);
  if (socket->phase == VT_LISTENING) {
    return vt_listen_again(socket); /* its host stack is gone, a new one is here */
  }
  if (socket->datagram) {
    return vt_datagram_open_again(socket);
  }
  socket->shared = false;
  socket->phase = VT_LOST;
  socket->error = error == EOPNOTSUPP || error == EAGAIN ? EOPNOTSUPP : ECONNRESET;
  return 0;
}

/* Makes a socket that came through fork, or is away, usable in this process: 0 or an errno. */
int vt_adopt(struct vt_socket* socket, int fd) {
  vt_take(&adopt_lock);
  if (vt_was_taken_away(socket)) {
    VT_STORE(&socket->orphan, true); /* first: who finds no slot is to know why */
    vt_slot_leave(socket);
  }
  int error = adopt(socket, fd);
  vt_give(&adopt_lock);
  return error;
}
