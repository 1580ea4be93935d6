/* A guest that attaches by hand: what hostile.c and assault.c begin with. */
#ifndef HOSTILE_H
#define HOSTILE_H

#include <stdatomic.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/un.h>

#include "conformance.h"
#include "virtuoso_abi.h"

struct attachment {
  int channel;
  int doorbell;
  int memory;
  uint8_t *region;
  size_t bytes;
  uint64_t random;
  int bursts;
};

static inline struct vt_message receive(int channel, int *fds, int room) {
  union {
    char bytes[CMSG_SPACE(4 * sizeof(int))];
    struct cmsghdr align;
  } control;
  struct vt_message message = {0};
  struct iovec in = {&message, sizeof message};
  struct msghdr header = {.msg_iov = &in,
                          .msg_iovlen = 1,
                          .msg_control = control.bytes,
                          .msg_controllen = sizeof control.bytes};
  SAME(recvmsg(channel, &header, 0), sizeof message);
  struct cmsghdr *first = CMSG_FIRSTHDR(&header);
  if (first != NULL && first->cmsg_type == SCM_RIGHTS) {
    memcpy(fds, CMSG_DATA(first), (size_t)room * sizeof(int));
  }
  return message;
}

static inline int reach(const char *path) {
  struct sockaddr_un name = {.sun_family = AF_UNIX};
  snprintf(name.sun_path, sizeof name.sun_path, "%s", path);
  int channel = OK(socket(AF_UNIX, SOCK_SEQPACKET, 0));
  OK(connect(channel, (struct sockaddr *)&name, sizeof name));
  return channel;
}

static inline struct vt_message hello(void) {
  return (struct vt_message){.magic = VT_MSG_MAGIC,
                             .type = VT_MSG_HELLO,
                             .abi_major = VT_ABI_MAJOR,
                             .abi_minor = VT_ABI_MINOR,
                             .kind = VT_KIND_NATIVE,
                             .pid = (uint32_t)getpid(),
                             .text = "hostile"};
}

/* false if the host stack refuses, because the guest has too many at the door already */
static inline bool attach(struct attachment *self, const char *path) {
  self->channel = reach(path);
  struct vt_message first = hello();
  (void)!send(self->channel, &first, sizeof first, MSG_NOSIGNAL);
  struct vt_message answer;
  if (recv(self->channel, &answer, sizeof answer, MSG_PEEK) != sizeof answer ||
      answer.type == VT_MSG_REFUSED) {
    return false;
  }
  int fds[2] = {-1, -1};
  struct vt_message welcome = receive(self->channel, fds, 2);
  SAME(welcome.type, VT_MSG_WELCOME);
  struct stat status;
  OK(fstat(fds[0], &status));
  self->bytes = (size_t)status.st_size;
  self->doorbell = fds[1];
  self->memory = fds[0];
  self->region = mmap(NULL, self->bytes, PROT_READ | PROT_WRITE, MAP_SHARED, fds[0], 0);
  CHECK(self->region != MAP_FAILED);
  return true;
}

static inline void open_context(struct attachment *self, uint64_t index) {
  struct vt_message open = {.magic = VT_MSG_MAGIC,
                            .type = VT_MSG_OPEN_CONTEXT,
                            .abi_major = VT_ABI_MAJOR,
                            .value = index};
  SAME(send(self->channel, &open, sizeof open, 0), sizeof open);
  int pipe_end = -1;
  SAME(receive(self->channel, &pipe_end, 1).type, VT_MSG_CONTEXT);
}

static inline void ring(struct attachment *self) {
  uint64_t one = 1;
  (void)!write(self->doorbell, &one, sizeof one);
}

static inline bool ended(struct attachment *self) {
  struct pollfd one = {self->channel, POLLIN, 0};
  char bytes[256];
  return poll(&one, 1, 0) > 0 && recv(self->channel, bytes, sizeof bytes, MSG_DONTWAIT) <= 0;
}

static inline struct vt_region_header header_of(struct attachment *self) {
  return *(struct vt_region_header *)self->region;
}

static inline struct vt_context *context_of(struct attachment *self, const struct vt_region_header *header,
                                     uint64_t index) {
  return (struct vt_context *)(void *)(self->region + header->context_offset +
                                       index * header->context_stride);
}

#endif
