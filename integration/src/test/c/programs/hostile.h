/*
 * A guest that attaches by hand: what hostile.c and assault.c begin with. A path of "vm" is the way of
 * programs in virtual machines: vsock connections and the memory of the ivshmem device.
 */
#ifndef HOSTILE_H
#define HOSTILE_H

#include <dirent.h>
#include <linux/vm_sockets.h>
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
  bool in_machine;
  uint32_t key;
  uint64_t bus_address;
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

/* ---- in a virtual machine ---- */

static inline int reach_host(void) {
  struct sockaddr_vm host = {
      .svm_family = AF_VSOCK, .svm_cid = VMADDR_CID_HOST, .svm_port = VT_VSOCK_PORT};
  int channel = OK(socket(AF_VSOCK, SOCK_STREAM, 0));
  OK(connect(channel, (struct sockaddr *)&host, sizeof host));
  return channel;
}

static inline FILE *device_file(const char *device, const char *file, const char *mode) {
  char path[400];
  snprintf(path, sizeof path, "/sys/bus/pci/devices/%s/%s", device, file);
  return fopen(path, mode);
}

static inline bool device_is(const char *device, const char *file, unsigned long value) {
  unsigned long found = 0;
  FILE *text = device_file(device, file, "r");
  bool same = text != NULL && fscanf(text, "%lx", &found) == 1 && found == value;
  if (text != NULL) {
    fclose(text);
  }
  return same;
}

/* The ivshmem device's memory; its bus address is kept. */
static inline int open_device(struct attachment *self) {
  DIR *devices = opendir("/sys/bus/pci/devices");
  CHECK(devices != NULL);
  int memory = -1;
  for (struct dirent *one; memory < 0 && (one = readdir(devices)) != NULL;) {
    if (device_is(one->d_name, "vendor", 0x1af4) && device_is(one->d_name, "device", 0x1110)) {
      unsigned long start = 0;
      FILE *bars = device_file(one->d_name, "resource", "r");
      for (int i = 0; i < 3; i++) {
        SAME(fscanf(bars, "%lx %*x %*x", &start), 1);
      }
      fclose(bars);
      self->bus_address = start;
      memory = dup(fileno(device_file(one->d_name, "resource2", "r+")));
    }
  }
  closedir(devices);
  return OK(memory);
}

static inline bool attach_in_machine(struct attachment *self) {
  self->in_machine = true;
  self->memory = open_device(self);
  self->channel = reach_host();
  struct vt_message first = hello();
  first.value = self->bus_address;
  SAME(send(self->channel, &first, sizeof first, MSG_NOSIGNAL), sizeof first);
  struct vt_message answer;
  if (recv(self->channel, &answer, sizeof answer, MSG_WAITALL) != sizeof answer ||
      answer.type == VT_MSG_REFUSED) {
    return false;
  }
  SAME(answer.type, VT_MSG_WELCOME);
  self->key = answer.key;
  self->bytes = (size_t)(answer.value >> 32) * 4096;
  self->region = mmap(NULL, self->bytes, PROT_READ | PROT_WRITE, MAP_SHARED, self->memory,
                      (off_t)(answer.value & UINT32_MAX) * 4096);
  CHECK(self->region != MAP_FAILED);
  struct vt_message bell = {.magic = VT_MSG_MAGIC,
                            .type = VT_MSG_DOORBELL,
                            .abi_major = VT_ABI_MAJOR,
                            .key = self->key};
  self->doorbell = reach_host();
  SAME(send(self->doorbell, &bell, sizeof bell, 0), sizeof bell);
  return true;
}

/* ---- anywhere ---- */

/* false if the host stack refuses, because the guest has too many at the door already */
static inline bool attach(struct attachment *self, const char *path) {
  if (strcmp(path, "vm") == 0) {
    return attach_in_machine(self);
  }
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
                            .key = self->key,
                            .value = index};
  if (self->in_machine) {
    int bell = reach_host(); /* stays open */
    SAME(send(bell, &open, sizeof open, 0), sizeof open);
    SAME(recv(bell, &open, sizeof open, MSG_WAITALL), sizeof open);
    SAME(open.type, VT_MSG_CONTEXT);
    return;
  }
  SAME(send(self->channel, &open, sizeof open, 0), sizeof open);
  int pipe_end = -1;
  SAME(receive(self->channel, &pipe_end, 1).type, VT_MSG_CONTEXT);
}

static inline void ring(struct attachment *self) {
  uint64_t one = 1;
  if (self->in_machine) {
    (void)!send(self->doorbell, &one, 1, MSG_DONTWAIT | MSG_NOSIGNAL);
  } else {
    (void)!write(self->doorbell, &one, sizeof one);
  }
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
