/*
 * A guest whose processes do whatever harm they can.
 *
 *   assault SOCKET SEED SECONDS ADDRESS PORT
 *
 * For so long: storms of attachments and of doorbells, connections to the attach socket that say
 * nothing or do not read, descriptors of wrong kinds, holes in the region, connections to a victim
 * at ADDRESS that are hoarded, or opened and closed again and again, and garbage (hostile.c). Its
 * processes end in all ways. Prints how often it did what.
 */
#include <fcntl.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/wait.h>

#include "hostile.h"

struct assault {
  const char *program;
  size_t folder_length;
  const char *path;
  uint32_t address;
  uint16_t port;
  uint64_t random;
};

static uint64_t below(struct assault *self, uint64_t bound) {
  return conf_random(&self->random) % bound;
}

static void send_with(int channel, const void *message, size_t length, const int *fds, int count) {
  union {
    char bytes[CMSG_SPACE(64 * sizeof(int))];
    struct cmsghdr align;
  } control = {0};
  struct iovec out = {(void *)(uintptr_t)message, length};
  struct msghdr header = {.msg_iov = &out, .msg_iovlen = 1};
  if (count > 0) {
    header.msg_control = control.bytes;
    header.msg_controllen = CMSG_SPACE((size_t)count * sizeof(int));
    struct cmsghdr *first = CMSG_FIRSTHDR(&header);
    first->cmsg_level = SOL_SOCKET;
    first->cmsg_type = SCM_RIGHTS;
    first->cmsg_len = CMSG_LEN((size_t)count * sizeof(int));
    memcpy(CMSG_DATA(first), fds, (size_t)count * sizeof(int));
  }
  (void)!sendmsg(channel, &header, MSG_DONTWAIT | MSG_NOSIGNAL);
}

/* Attachments that are over before they have begun. */
static void storm(struct assault *self) {
  for (int i = 0; i < 100; i++) {
    int channel = reach(self->path);
    struct vt_message first = hello();
    if (below(self, 4) != 0) {
      (void)!send(channel, &first, sizeof first, MSG_NOSIGNAL);
    }
    if (below(self, 4) == 0) {
      char answer[256];
      (void)!recv(channel, answer, sizeof answer, MSG_DONTWAIT);
    }
    close(channel);
  }
}

/* More than may be silent; then first messages that are none. */
static void silent(struct assault *self) {
  int channels[80];
  for (int i = 0; i < 80; i++) {
    channels[i] = reach(self->path);
  }
  conf_sleep_ms(20);
  for (int i = 0; i < 80; i++) {
    struct vt_message first = hello();
    ((uint8_t *)&first)[below(self, sizeof first)] = (uint8_t)conf_random(&self->random);
    send_with(channels[i], &first, 1 + below(self, 2 * 64), channels, (int)below(self, 3) * 20);
  }
}

/* Asks and asks, and reads no answer. */
static void deaf(struct assault *self, struct attachment *mine) {
  for (uint64_t i = 0; i < 5000; i++) {
    struct vt_message ask = {.magic = VT_MSG_MAGIC,
                             .abi_major = VT_ABI_MAJOR,
                             .type = below(self, 2) == 0 ? VT_MSG_RESOLVE : VT_MSG_OPEN_CONTEXT,
                             .value = i};
    (void)!send(mine->channel, &ask, sizeof ask, MSG_DONTWAIT | MSG_NOSIGNAL);
  }
}

static void visit_oneself(int listener, int visitor) {
  struct sockaddr_un name = {.sun_family = AF_UNIX};
  socklen_t length = sizeof name;
  OK(bind(listener, (struct sockaddr *)&name, sizeof(sa_family_t))); /* the kernel chooses a name */
  OK(listen(listener, 1));
  OK(getsockname(listener, (struct sockaddr *)&name, &length));
  OK(connect(visitor, (struct sockaddr *)&name, length));
}

static int odd_descriptor(struct assault *self) {
  int pair[2] = {-1, -1};
  switch (below(self, 10)) {
    case 0:
      return eventfd(0, 0);
    case 1:
      (void)!pipe(pair);
      return pair[below(self, 2)];
    case 2:
      return open("/dev/null", O_RDWR | O_CLOEXEC);
    case 3:
      return open("/", O_PATH | O_CLOEXEC);
    case 4:
      return epoll_create1(0);
    case 5:
      return memfd_create("hostile", 0);
    case 6:
      return socket(AF_INET, SOCK_STREAM, 0);
    case 7: /* a pair that blocks, if who reads it relies on its flags; full, too */
      (void)!socketpair(AF_UNIX, below(self, 2) == 0 ? SOCK_STREAM : SOCK_SEQPACKET, 0, pair);
      for (char big[4096] = {0}; send(pair[1], big, sizeof big, MSG_DONTWAIT) > 0;) {
      }
      return pair[0];
    case 8: /* readable for ever */
      pair[0] = OK(socket(AF_UNIX, SOCK_SEQPACKET, 0));
      pair[1] = OK(socket(AF_UNIX, SOCK_SEQPACKET, 0));
      visit_oneself(pair[0], pair[1]);
      close(pair[1]);
      return pair[0];
    default:
      return reach(self->path);
  }
}

/* Placeholders that are none, for sockets that are none. */
static void descriptors(struct assault *self, struct attachment *mine) {
  for (int i = 0; i < 100; i++) {
    int fds[40];
    int count = below(self, 8) == 0 ? (int)below(self, 40) : 1;
    for (int k = 0; k < count; k++) {
      fds[k] = odd_descriptor(self);
    }
    struct vt_message share = {.magic = VT_MSG_MAGIC,
                               .abi_major = VT_ABI_MAJOR,
                               .type = below(self, 8) == 0 ? VT_MSG_ADOPT : VT_MSG_SHARE,
                               .value = below(self, 4) | below(self, 4) << 32};
    send_with(mine->channel, &share, sizeof share, fds, count);
    for (int k = 0; k < count; k++) {
      close(fds[k]);
    }
  }
}

static void bells(struct attachment *mine) {
  OK(fcntl(mine->doorbell, F_SETFL, 0)); /* the host's description, too */
  for (int i = 0; i < 50000; i++) {
    ring(mine);
  }
  uint64_t most = UINT64_MAX - 1;
  OK(fcntl(mine->doorbell, F_SETFL, O_NONBLOCK));
  (void)!write(mine->doorbell, &most, sizeof most);
}

/* The region cannot be cut short. That parts of it are zero all at once is the guest's problem. */
static void holes(struct assault *self, struct attachment *mine) {
  FAILS(ftruncate(mine->memory, 4096), EPERM);
  FAILS(ftruncate(mine->memory, (off_t)mine->bytes * 2), EPERM);
  for (int i = 0; i < 20; i++) {
    off_t at = (off_t)(below(self, mine->bytes / 4096) * 4096);
    (void)!fallocate(mine->memory, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE,
                     below(self, 3) == 0 ? 0 : at, 1 << 20);
  }
}

static void post(struct attachment *mine, const struct vt_region_header *header, uint64_t *position,
                 uint64_t type, uint32_t slot, const uint64_t *arg) {
  struct vt_context *context = context_of(mine, header, 0);
  struct vt_entry *queue = (struct vt_entry *)(void *)(context + 1);
  for (int i = 0; atomic_load((_Atomic uint64_t *)&context->command_head) + header->queue_entries <=
                  *position;
       i++) {
    if (i == 200) {
      return; /* it takes no more from us */
    }
    ring(mine);
    conf_sleep_ms(1);
  }
  struct vt_entry *entry = &queue[*position % header->queue_entries];
  entry->slot = slot;
  entry->generation = 1;
  entry->request = 0;
  memcpy(entry->arg, arg, 5 * sizeof *arg);
  atomic_thread_fence(memory_order_release);
  entry->stamp = (*position + 1) << 8 | type;
  (*position)++;
}

/* Connections that are never read, closed or looked at; or opened and closed, again and again. */
static void hoard(struct assault *self, struct attachment *mine, bool closing) {
  struct vt_region_header header = header_of(mine);
  uint64_t position = 0;
  uint64_t nothing[5] = {0};
  for (uint32_t slot = 0; slot < 2000; slot++) {
    uint64_t where[5] = {0, 0xffff0000ULL | (uint64_t)self->address << 32, self->port, 0, 0};
    uint32_t used = closing ? slot % 3 : slot;
    post(mine, &header, &position, VT_CMD_CONNECT, used, where);
    if (closing && used != 0) {
      post(mine, &header, &position, VT_CMD_CLOSE, used, nothing);
    }
  }
  ring(mine);
  conf_sleep_ms(100);
}

/* Over everything that it can reach; another program does that. */
static _Noreturn void garbage(struct assault *self) {
  static const char *const kinds[] = {"commands", "words", "cursors", "messages"};
  char seed[16];
  snprintf(seed, sizeof seed, "%d", (int)below(self, 1 << 20));
  char program[4096];
  snprintf(program, sizeof program, "%.*shostile", (int)self->folder_length, self->program);
  dup2(OK(open("/dev/null", O_WRONLY)), 1);
  execl(program, "hostile", self->path, seed, kinds[below(self, 4)], (char *)NULL);
  _exit(1);
}

enum { KINDS = 9 };

static const char *const names[KINDS] = {"storm", "silent", "deaf",    "descriptors", "bells",
                                         "holes", "hoard",  "connect", "garbage"};

static _Noreturn void round_of(struct assault *self, uint64_t kind) {
  conf_current = names[kind];
  if (kind < 2) {
    kind == 0 ? storm(self) : silent(self);
    _exit(0);
  }
  if (kind == KINDS - 1) {
    garbage(self);
  }
  struct attachment mine = {.memory = -1};
  if (!attach(&mine, self->path)) {
    _exit(0);
  }
  struct vt_region_header header = header_of(&mine);
  for (uint64_t i = 0; kind != 2 && i < 4; i++) {
    open_context(&mine, i);
    context_of(&mine, &header, i)->state = VT_CONTEXT_OPEN;
  }
  switch (kind) {
    case 2:
      deaf(self, &mine);
      break;
    case 3:
      descriptors(self, &mine);
      break;
    case 4:
      bells(&mine);
      break;
    case 5:
      holes(self, &mine);
      break;
    default:
      hoard(self, &mine, kind == 7);
  }
  if (below(self, 2) == 0) {
    raise(SIGKILL);
  }
  _exit(0);
}

static int assault(struct assault *self, int seconds) {
  long long end = conf_now_ms() + seconds * 1000LL;
  uint64_t rounds[KINDS] = {0};
  int children = 0;
  while (conf_now_ms() < end || children > 0) {
    while (children < 3 && conf_now_ms() < end) {
      uint64_t kind = below(self, KINDS);
      conf_random(&self->random);
      pid_t child = OK(fork());
      if (child == 0) {
        round_of(self, kind);
      }
      rounds[kind]++;
      children++;
    }
    int status = 0;
    OK(wait(&status));
    children--;
    if (WIFEXITED(status) && (WEXITSTATUS(status) == 1 || WEXITSTATUS(status) == 2)) {
      return 1; /* it has said why */
    }
  }
  for (int i = 0; i < KINDS; i++) {
    printf("%s %llu ", names[i], (unsigned long long)rounds[i]);
  }
  puts("done");
  return 0;
}

int main(int argc, char **argv) {
  if (argc != 6) {
    fprintf(stderr, "usage: assault SOCKET SEED SECONDS ADDRESS PORT\n");
    return 2;
  }
  conf_current = "assault";
  signal(SIGPIPE, SIG_IGN);
  const char *name = strrchr(argv[0], '/');
  struct in_addr address;
  SAME(inet_pton(AF_INET, argv[4], &address), 1);
  struct assault all = {.program = argv[0],
                        .folder_length = name == NULL ? 0 : (size_t)(name + 1 - argv[0]),
                        .path = argv[1],
                        .address = address.s_addr,
                        .port = (uint16_t)atoi(argv[5]),
                        .random = (uint64_t)atoi(argv[2])};
  return assault(&all, atoi(argv[3]));
}
