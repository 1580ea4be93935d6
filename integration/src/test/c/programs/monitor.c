/*
 * The monitor of a virtual machine, and its driver, of which one is hostile: what QEMU would say to a
 * host stack over vhost-user, with one thing that is wrong.
 *
 *   monitor SOCKET KIND SEED
 *
 * KIND: overlap, unsealed, beyond (of memory tables), outside (a ring), ahead, loop, address, length,
 * order, indirect (of descriptors), message, garbage (everything in the rings, again and again).
 * Prints "cut off" when the host stack ends the connection (status 0), or "survived" (status 3).
 */
#include <fcntl.h>
#include <linux/vhost_types.h>
#include <linux/virtio_ring.h>
#include <stdatomic.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/un.h>

#include "conformance.h"

enum {
  SET_FEATURES = 2,
  SET_OWNER = 3,
  SET_MEM_TABLE = 5,
  SET_VRING_NUM = 8,
  SET_VRING_ADDR = 9,
  SET_VRING_BASE = 10,
  SET_VRING_KICK = 12,
  SET_VRING_CALL = 13,
  SET_VRING_ENABLE = 18,
};

enum { RING = 1, SIZE = 8, DESCRIPTORS = 0, AVAILABLE = 0x1000, USED = 0x2000, DATA = 0x3000 };
#define RAM 0x10000u
#define PROTOCOL_FEATURES (1ull << 30)
#define VERSION_1 (1ull << 32)
#define INDIRECT (1ull << 28)

struct monitor {
  int channel;
  int memory;
  int kick;
  uint8_t *ram;
  uint64_t random;
};

static bool is(const char *kind, const char *one) { return strcmp(kind, one) == 0; }

static void say(struct monitor *self, uint32_t request, const void *payload, uint32_t size,
                const int *fds, int count) {
  uint32_t header[3] = {request, 1, size};
  struct iovec parts[2] = {{header, sizeof header}, {(void *)(uintptr_t)payload, size}};
  union {
    char bytes[CMSG_SPACE(8 * sizeof(int))];
    struct cmsghdr align;
  } control = {0};
  struct msghdr message = {.msg_iov = parts, .msg_iovlen = 2};
  if (count > 0) {
    message.msg_control = control.bytes;
    message.msg_controllen = CMSG_SPACE((size_t)count * sizeof(int));
    struct cmsghdr *first = CMSG_FIRSTHDR(&message);
    first->cmsg_level = SOL_SOCKET;
    first->cmsg_type = SCM_RIGHTS;
    first->cmsg_len = CMSG_LEN((size_t)count * sizeof(int));
    memcpy(CMSG_DATA(first), fds, (size_t)count * sizeof(int));
  }
  (void)!sendmsg(self->channel, &message, MSG_NOSIGNAL);
}

static void say_number(struct monitor *self, uint32_t request, uint64_t number) {
  say(self, request, &number, sizeof number, NULL, 0);
}

static void say_state(struct monitor *self, uint32_t request, uint32_t number) {
  struct vhost_vring_state state = {.index = RING, .num = number};
  say(self, request, &state, sizeof state, NULL, 0);
}

/* Two halves of the memory, and what is wrong with them. */
static void say_memory(struct monitor *self, const char *kind) {
  struct {
    uint32_t count, padding;
    uint64_t words[2][4]; /* guest address, bytes, monitor's address, offset in the file */
  } table = {2, 0, {{0, RAM / 2, 0, 0}, {RAM / 2, RAM / 2, RAM / 2, RAM / 2}}};
  if (is(kind, "overlap")) {
    table.words[1][0] -= 0x1000;
  } else if (is(kind, "beyond")) {
    table.words[1][3] += 0x1000;
  }
  int fds[2] = {self->memory, self->memory};
  say(self, SET_MEM_TABLE, &table, sizeof table, fds, 2);
}

static void say_ring(struct monitor *self, const char *kind) {
  struct vhost_vring_addr place = {.index = RING,
                                   .desc_user_addr = DESCRIPTORS,
                                   .avail_user_addr = AVAILABLE,
                                   .used_user_addr = USED};
  if (is(kind, "outside")) {
    place.used_user_addr = RAM - 8;
  }
  say_state(self, SET_VRING_NUM, SIZE);
  say_state(self, SET_VRING_BASE, 0);
  say(self, SET_VRING_ADDR, &place, sizeof place, NULL, 0);
  int call = OK(eventfd(0, 0));
  uint64_t ring = RING;
  say(self, SET_VRING_CALL, &ring, sizeof ring, &call, 1);
  say(self, SET_VRING_KICK, &ring, sizeof ring, &self->kick, 1);
  say_state(self, SET_VRING_ENABLE, 1);
  close(call);
}

static void kick(struct monitor *self) {
  uint64_t one = 1;
  atomic_thread_fence(memory_order_seq_cst);
  (void)!write(self->kick, &one, sizeof one);
}

/* One chain of two descriptors, of which something is wrong. */
static void offer(struct monitor *self, const char *kind) {
  struct vring_desc *table = (struct vring_desc *)(void *)(self->ram + DESCRIPTORS);
  struct vring_avail *available = (struct vring_avail *)(void *)(self->ram + AVAILABLE);
  table[0] = (struct vring_desc){DATA, 44, VRING_DESC_F_NEXT, 1};
  table[1] = (struct vring_desc){DATA + 44, 8, 0, 0};
  if (is(kind, "loop")) {
    table[1] = (struct vring_desc){DATA, 8, VRING_DESC_F_NEXT, 0};
  } else if (is(kind, "address")) {
    table[1].addr = RAM - 4;
  } else if (is(kind, "length")) {
    table[1].len = 0;
  } else if (is(kind, "order")) {
    table[0].flags |= VRING_DESC_F_WRITE;
  } else if (is(kind, "indirect")) {
    table[0] = (struct vring_desc){DATA, 17, VRING_DESC_F_INDIRECT, 0};
  }
  atomic_thread_fence(memory_order_seq_cst);
  available->idx = is(kind, "ahead") ? SIZE + 1 : 1;
  kick(self);
}

static void write_garbage(struct monitor *self) {
  for (int i = 0; i < 200; i++) {
    uint64_t dice = conf_random(&self->random);
    uint64_t word = conf_random(&self->random) >> dice % 64;
    memcpy(self->ram + (dice >> 8) % 3 * 0x1000 + ((dice >> 16) % 128 & ~7ull), &word, sizeof word);
  }
  kick(self);
}

static void be_hostile(struct monitor *self, const char *kind) {
  say(self, SET_OWNER, NULL, 0, NULL, 0);
  say_number(self, SET_FEATURES, PROTOCOL_FEATURES | VERSION_1 | INDIRECT);
  say_memory(self, kind);
  say_ring(self, kind);
  if (is(kind, "message")) {
    say_number(self, 77, 1);
  } else if (!is(kind, "garbage")) {
    offer(self, kind);
  }
}

int main(int argc, char **argv) {
  CHECK(argc == 4);
  conf_current = "monitor";
  struct monitor self = {.random = (uint64_t)atoi(argv[3])};
  const char *kind = argv[2];
  struct sockaddr_un name = {.sun_family = AF_UNIX};
  snprintf(name.sun_path, sizeof name.sun_path, "%s", argv[1]);
  self.channel = OK(socket(AF_UNIX, SOCK_STREAM, 0));
  OK(connect(self.channel, (struct sockaddr *)&name, sizeof name));
  self.memory = OK(memfd_create("machine", MFD_ALLOW_SEALING));
  OK(ftruncate(self.memory, RAM));
  if (!is(kind, "unsealed")) {
    OK(fcntl(self.memory, F_ADD_SEALS, F_SEAL_SHRINK));
  }
  self.ram = mmap(NULL, RAM, PROT_READ | PROT_WRITE, MAP_SHARED, self.memory, 0);
  CHECK(self.ram != MAP_FAILED);
  self.kick = OK(eventfd(0, 0));
  be_hostile(&self, kind);
  long long give_up = conf_now_ms() + SOON;
  while (conf_now_ms() < give_up) {
    struct pollfd end = {self.channel, POLLIN, 0};
    char byte;
    if (poll(&end, 1, 2) > 0 && recv(self.channel, &byte, 1, 0) <= 0) {
      puts("cut off");
      return 0;
    }
    if (is(kind, "garbage")) {
      write_garbage(&self);
    }
  }
  puts("survived");
  return 3;
}
