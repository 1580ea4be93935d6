/* Attaching to the host stack: HELLO, WELCOME, the region, and the end of it all. */
#include <dlfcn.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/un.h>

#include "barriers.h"
#include "environment.h"
#include "interfaces.h"
#include "internal.h"
#include "java.h"
#include "machine.h"
#include "raw.h"
#include "room.h"
#include "share.h"
#include "vectors.h"

#define ANSWER_TIMEOUT_MS 5000
#define RETRY_NS INT64_C(50000000)

struct vt_attachment* vt_current;
bool vt_enabled;
pid_t vt_pid;

static char socket_path[108];
static vt_lock attach_lock;
static int64_t next_try;

extern char* program_invocation_short_name;

/* ---- messages ------------------------------------------------------------------------------- */

int vt_send_message(int socket, const struct vt_message* message, int fd) {
  struct vt_message copy = *message;
  copy.magic = VT_MSG_MAGIC;
  copy.abi_major = VT_ABI_MAJOR;
  copy.abi_minor = VT_ABI_MINOR;
  struct iovec part = {&copy, sizeof copy};
  union {
    struct cmsghdr header;
    char bytes[CMSG_SPACE(sizeof(int))];
  } control = {0};
  struct msghdr header = {.msg_iov = &part, .msg_iovlen = 1};
  if (fd >= 0) {
    header.msg_control = control.bytes;
    header.msg_controllen = sizeof control.bytes;
    control.header.cmsg_level = SOL_SOCKET;
    control.header.cmsg_type = SCM_RIGHTS;
    control.header.cmsg_len = CMSG_LEN(sizeof(int));
    memcpy(CMSG_DATA(&control.header), &fd, sizeof fd);
  }
  long sent;
  do {
    sent = vt_raw_plain(SYS_sendmsg, socket, (long)(intptr_t)&header, MSG_NOSIGNAL, 0, 0, 0);
    if (sent == -EAGAIN) {
      struct pollfd wait = {.fd = socket, .events = POLLOUT};
      vt_raw_plain(SYS_poll, (long)(intptr_t)&wait, 1, ANSWER_TIMEOUT_MS, 0, 0, 0);
    } else if (sent > 0 && (size_t)sent < part.iov_len) { /* a stream */
      part.iov_base = (uint8_t*)part.iov_base + sent;
      part.iov_len -= (size_t)sent;
      sent = -EAGAIN;
    }
  } while (sent == -EINTR || sent == -EAGAIN);
  return sent == (long)part.iov_len ? 0 : EPIPE;
}

static void take_fds(struct msghdr* header, int* fds, int fd_count) {
  for (struct cmsghdr* item = CMSG_FIRSTHDR(header); item != NULL;
       item = CMSG_NXTHDR(header, item)) {
    if (item->cmsg_level != SOL_SOCKET || item->cmsg_type != SCM_RIGHTS) {
      continue;
    }
    int count = (int)((item->cmsg_len - CMSG_LEN(0)) / sizeof(int));
    for (int i = 0; i < count; i++) {
      int fd;
      memcpy(&fd, CMSG_DATA(item) + (size_t)i * sizeof fd, sizeof fd);
      if (i < fd_count) {
        fds[i] = fd;
      } else {
        vt_raw_close(fd);
      }
    }
  }
}

int vt_receive_message(int socket, struct vt_message* message, int* fds, int fd_count,
                       int timeout_ms) {
  struct iovec part = {message, sizeof *message};
  union {
    struct cmsghdr header;
    char bytes[CMSG_SPACE(4 * sizeof(int))];
  } control;
  for (int i = 0; i < fd_count; i++) {
    fds[i] = -1;
  }
  for (;;) {
    struct pollfd wait = {.fd = socket, .events = POLLIN};
    long ready = vt_raw_plain(SYS_poll, (long)(intptr_t)&wait, 1, timeout_ms, 0, 0, 0);
    if (ready == 0) {
      return ETIMEDOUT;
    }
    struct msghdr header = {.msg_iov = &part,
                            .msg_iovlen = 1,
                            .msg_control = control.bytes,
                            .msg_controllen = sizeof control.bytes};
    long got = vt_raw_plain(SYS_recvmsg, socket, (long)(intptr_t)&header,
                            MSG_DONTWAIT | MSG_CMSG_CLOEXEC, 0, 0, 0);
    if (got == -EINTR || got == -EAGAIN) {
      continue;
    }
    if (got <= 0) {
      return EPIPE;
    }
    if (vt_in_machine && (size_t)got < part.iov_len) { /* a stream */
      part.iov_base = (uint8_t*)part.iov_base + got;
      part.iov_len -= (size_t)got;
      continue;
    }
    got = vt_in_machine ? (long)sizeof *message : got;
    take_fds(&header, fds, fd_count);
    return got == sizeof *message && message->magic == VT_MSG_MAGIC ? 0 : EPROTO;
  }
}

int vt_control(struct vt_attachment* attachment, struct vt_message* message, int fd,
               struct vt_message* answer, int* answer_fd) {
  vt_take(&attachment->control_lock);
  int error = vt_send_message(attachment->control, message, fd);
  if (error == 0 && answer != NULL) {
    int got = -1;
    error = vt_receive_message(attachment->control, answer, &got, 1, ANSWER_TIMEOUT_MS);
    if (answer_fd != NULL && error == 0) {
      *answer_fd = vt_private_fd(got);
    } else if (got >= 0) {
      vt_raw_close(got);
    }
  }
  vt_give(&attachment->control_lock);
  if (error == EPIPE) {
    vt_attachment_died(attachment);
  }
  return error;
}

int vt_ask_descriptor(struct vt_attachment* attachment, struct vt_message* message,
                      struct vt_message* answer) {
  int fd = -1;
  if (vt_in_machine) {
    return vt_private_fd(vt_machine_open(attachment, message, answer));
  }
  return vt_control(attachment, message, -1, answer, &fd) == 0 ? fd : -1;
}

/* ---- the region ----------------------------------------------------------------------------- */

static void init_queue(struct vt_attachment* attachment, uint32_t index) {
  const struct vt_region_header* header = attachment->header;
  struct vt_queue* queue = &attachment->queues[index];
  uint8_t* start =
      attachment->region + header->context_offset + (size_t)index * header->context_stride;
  queue->attachment = attachment;
  queue->shared = (struct vt_context*)start;
  queue->commands = (struct vt_entry*)(start + VT_CONTEXT_HEADER_BYTES);
  queue->events = queue->commands + header->queue_entries;
  queue->index = index;
  queue->mask = header->queue_entries - 1;
  queue->doorbell = -1;
  queue->link = -1;
  queue->reading.fd = -1;
  queue->command_room = header->queue_entries;
}

static bool make_tables(struct vt_attachment* attachment) {
  const struct vt_region_header* header = attachment->header;
  attachment->slots = (struct vt_slot*)(attachment->region + header->slot_offset);
  attachment->slot_count = header->slot_count;
  memcpy(&attachment->address, header->address + 12, 4);
  if (header->abi_minor >= 2 && header->prefix_length6 <= 128) {
    attachment->prefix_length6 = header->prefix_length6;
  }
  attachment->owners = vt_pages(header->slot_count * sizeof *attachment->owners);
  attachment->free_slots = vt_pages((header->guest_slot_count + 1) * sizeof(uint32_t));
  attachment->queues = vt_pages(header->context_count * sizeof(struct vt_queue));
  if (attachment->owners == NULL || attachment->free_slots == NULL || attachment->queues == NULL) {
    return false;
  }
  /* The lowest index comes out first. */
  for (uint32_t i = 0; i < header->guest_slot_count; i++) {
    attachment->free_slots[i] = header->guest_slot_count - 1 - i;
  }
  attachment->free_count = header->guest_slot_count;
  attachment->queue_count = header->context_count;
  for (uint32_t i = 0; i < header->context_count; i++) {
    init_queue(attachment, i);
  }
  return true;
}

static void* map_file(int memfd, uint64_t* bytes) {
  *bytes = (uint64_t)vt_raw_plain(SYS_lseek, memfd, 0, SEEK_END, 0, 0, 0);
  if (*bytes < VT_HEADER_BYTES || *bytes > UINT32_MAX) {
    return NULL;
  }
  void* region = mmap(NULL, *bytes, PROT_READ | PROT_WRITE, MAP_SHARED, memfd, 0);
  return region == MAP_FAILED ? NULL : region;
}

static bool enter_region(struct vt_attachment* attachment, void* region, uint64_t bytes) {
  if (region == NULL) {
    return false;
  }
  attachment->region = region;
  attachment->region_bytes = bytes;
  attachment->header = region;
  const struct vt_region_header* header = region;
  return VT_LOAD(&header->ready) == VT_REGION_READY && header->magic == VT_ABI_MAGIC &&
         header->abi_major == VT_ABI_MAJOR && header->region_bytes <= bytes &&
         header->context_count > 0 && make_tables(attachment);
}

static void unmap(struct vt_attachment* attachment) {
  if (attachment->header != NULL && attachment->queues != NULL) {
    munmap(attachment->queues, attachment->queue_count * sizeof(struct vt_queue));
    munmap(attachment->owners, attachment->slot_count * sizeof *attachment->owners);
    munmap(attachment->free_slots, (attachment->header->guest_slot_count + 1) * sizeof(uint32_t));
  }
  if (attachment->region != NULL) {
    munmap(attachment->region, attachment->region_bytes);
  }
  munmap(attachment, sizeof *attachment);
}

/* ---- HELLO and WELCOME ---------------------------------------------------------------------- */

static int connect_machine(void) {
  if (!vt_has_barriers()) {
    vt_log("attachment refused: without KVM and with one processor QEMU leaves out memory barriers;"
           " it needs -smp 1,maxcpus=2");
    return -1;
  }
  return vt_private_fd(vt_machine_connect());
}

static int connect_path(void) {
  if (vt_in_machine) {
    return connect_machine();
  }
  int fd = libc.socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
  if (fd < 0) {
    return -1;
  }
  struct sockaddr_un address = {.sun_family = AF_UNIX};
  memcpy(address.sun_path, socket_path, sizeof address.sun_path);
  if (vt_raw_plain(SYS_connect, fd, (long)(intptr_t)&address, sizeof address, 0, 0, 0) != 0) {
    vt_raw_close(fd);
    return -1;
  }
  return vt_private_fd(fd);
}

/* The host's doorbell, and the region. In a virtual machine both are asked for. */
static bool enter(struct vt_attachment* attachment, const struct vt_message* welcome, int fds[2]) {
  void* region = NULL;
  uint64_t bytes = 0;
  if (vt_in_machine) {
    struct vt_message bell = {.type = VT_MSG_DOORBELL};
    attachment->key = welcome->key;
    attachment->host_doorbell = vt_private_fd(vt_machine_open(attachment, &bell, NULL));
    region = attachment->host_doorbell < 0 ? NULL : vt_machine_map(welcome->value, &bytes);
  } else if (fds[0] >= 0 && fds[1] >= 0) {
    attachment->host_doorbell = vt_private_fd(fds[1]);
    fds[1] = -1;
    region = attachment->host_doorbell < 0 ? NULL : map_file(fds[0], &bytes);
  }
  return enter_region(attachment, region, bytes);
}

static bool greet(struct vt_attachment* attachment) {
  struct vt_message hello = {.type = VT_MSG_HELLO,
                             .kind = VT_KIND_NATIVE,
                             .pid = (uint32_t)vt_pid,
                             .value = vt_in_machine ? vt_machine_memory() : vt_room_for_region(),
                             .features = attachment->keeper < 0 ? 0 : VT_FEATURE_VECTORS};
  strncpy(hello.text, program_invocation_short_name, sizeof hello.text - 1);
  struct vt_message answer;
  int fds[2] = {-1, -1};
  if (vt_send_message(attachment->control, &hello, -1) != 0 ||
      vt_receive_message(attachment->control, &answer, fds, 2, ANSWER_TIMEOUT_MS) != 0) {
    return false;
  }
  bool good = false;
  if (answer.type == VT_MSG_WELCOME) {
    if (!(answer.features & VT_FEATURE_VECTORS)) {
      vt_private_close(attachment->keeper);
      attachment->keeper = -1;
    }
    good = enter(attachment, &answer, fds);
  } else if (answer.type == VT_MSG_REFUSED) {
    answer.text[sizeof answer.text - 1] = '\0';
    vt_log("attachment refused: %s", answer.text);
  }
  for (int i = 0; i < 2; i++) {
    if (fds[i] >= 0) {
      vt_raw_close(fds[i]);
    }
  }
  return good;
}

static void close_fds(struct vt_attachment* attachment) {
  vt_private_close(attachment->control);
  vt_private_close(attachment->host_doorbell);
  vt_private_close(attachment->keeper);
  for (uint32_t i = 0; i < attachment->queue_count; i++) {
    vt_private_close(attachment->queues[i].doorbell);
    vt_private_close(attachment->queues[i].link);
    vt_reading_end(&attachment->queues[i].reading);
  }
}

static struct vt_attachment* make_attachment(void) {
  int control = connect_path();
  if (control < 0) {
    return NULL;
  }
  struct vt_attachment* attachment = vt_pages(sizeof *attachment);
  if (attachment == NULL) {
    vt_private_close(control);
    return NULL;
  }
  attachment->control = control;
  attachment->host_doorbell = -1;
  attachment->keeper = vt_in_machine ? vt_private_fd(vt_vectors_find()) : -1;
  attachment->references = 1; /* vt_current's */
  if (greet(attachment)) {
    vt_interface_learn(attachment);
    struct vt_queue* first = vt_queue_acquire(attachment); /* opens context 0 */
    vt_queue_release(first);
    if (first->doorbell >= 0) {
      return attachment;
    }
  }
  close_fds(attachment);
  unmap(attachment);
  return NULL;
}

static struct vt_attachment* attach(bool quick) {
  struct vt_attachment* current = VT_LOAD(&vt_current);
  if (VT_LIKELY(current != NULL) || !vt_enabled) {
    return current;
  }
  vt_take(&attach_lock);
  if (vt_current == NULL && (!quick || vt_now() >= next_try)) {
    int saved = errno;
    struct vt_attachment* made = make_attachment();
    errno = saved;
    next_try = vt_now() + RETRY_NS;
    VT_STORE(&vt_current, made);
    vt_give(&attach_lock);
    if (made != NULL) {
      vt_listeners_back();
    }
    return made;
  }
  current = vt_current;
  vt_give(&attach_lock);
  return current;
}

struct vt_attachment* vt_attach(void) {
  return attach(false);
}
struct vt_attachment* vt_attach_quick(void) {
  return attach(true);
}

/* ---- the end -------------------------------------------------------------------------------- */

void vt_attachment_hold(struct vt_attachment* attachment) {
  __atomic_add_fetch(&attachment->references, 1, __ATOMIC_RELAXED);
}

/*
 * The last one to go is unmapped only when the next one goes: a thread may just have read
 * vt_current and look at it without a reference.
 */
void vt_attachment_drop(struct vt_attachment* attachment) {
  static struct vt_attachment* last;
  if (__atomic_sub_fetch(&attachment->references, 1, __ATOMIC_ACQ_REL) == 0) {
    close_fds(attachment);
    struct vt_attachment* before = __atomic_exchange_n(&last, attachment, __ATOMIC_ACQ_REL);
    if (before != NULL) {
      unmap(before);
    }
  }
}

void vt_attachment_check(struct vt_attachment* attachment) {
  if (VT_UNLIKELY(VT_LOAD(&attachment->header->state) == VT_REGION_ENDED)) {
    vt_attachment_died(attachment);
  }
}

static void tell_socket(struct vt_socket* socket, void* attachment) {
  if (VT_LOAD(&socket->attachment) == attachment) {
    vt_notify(socket);
  }
}

/*
 * The host stack is gone (or ended this attachment): every socket of it shows an error from now
 * on. Its memory stays until the last socket and thread has let go.
 */
void vt_attachment_died(struct vt_attachment* attachment) {
  if (__atomic_exchange_n(&attachment->dead, 1, __ATOMIC_SEQ_CST) != 0) {
    return;
  }
  struct vt_attachment* expected = attachment;
  bool was_current = __atomic_compare_exchange_n(&vt_current, &expected, NULL, false,
                                                 __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE);
  vt_for_each_socket(tell_socket, attachment);
  if (was_current) {
    vt_attachment_drop(attachment);
  }
}

/* The child has no attachment: its parent's is forgotten, without a word on its socket. */
void vt_attach_after_fork(void) {
  struct vt_attachment* attachment = vt_current;
  vt_pid = (pid_t)vt_raw_plain(SYS_getpid, 0, 0, 0, 0, 0, 0);
  attach_lock.word = 0;
  next_try = 0;
  vt_current = NULL;
  if (attachment != NULL) {
    close_fds(attachment);
    unmap(attachment);
  }
}

/* The file of this library. */
static const char* own_file(void) {
  Dl_info self;
  return dladdr(socket_path, &self) != 0 && self.dli_fname != NULL ? self.dli_fname : "";
}

/*
 * A JVM with the agent has its sockets in Java: here they stay what they are to the kernel, as if
 * this were no guest. What the JVM starts is a guest again, by the environment, and gets the agent
 * if it is a JVM (exec.c). The C library passes main()'s arguments to constructors.
 */
__attribute__((constructor(101))) static void start(int count, char** arguments,
                                                    char** environment) {
  vt_pid = (pid_t)vt_raw_plain(SYS_getpid, 0, 0, 0, 0, 0, 0);
  vt_libc_init();
  vt_java_find_agent(getenv("VIRTUOSO_GUEST_JAR"), own_file());
  const char* path = getenv("VIRTUOSO_GUEST_SOCKET");
  if (path == NULL) {
    vt_machine_find();
    path = "";
  }
  if (vt_in_machine && vt_has_barriers()) {
    vt_java_in_machine();
  }
  if (count > 0 && vt_java_has_agent(arguments, environment) &&
      vt_java_is_launcher("/proc/self/exe")) {
    return;
  }
  vt_log_init();
  if (*path == '\0' && !vt_in_machine) {
    return;
  }
  if (strlen(path) >= sizeof socket_path) {
    vt_log("VIRTUOSO_GUEST_SOCKET is longer than %zu bytes", sizeof socket_path - 1);
    _exit(127);
  }
  strcpy(socket_path, path);
  vt_environment_init(own_file(), socket_path);
  vt_table_init();
  vt_wait_init();
  vt_fork_init();
  vt_enabled = vt_table_size != 0;
  if (vt_enabled) {
    vt_inherit_all();
  }
}
