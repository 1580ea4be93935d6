/*
 * Doorbells by an ivshmem-doorbell device: a program rings by a store to the device's register, and
 * is rung by an interrupt that the kernel turns into an eventfd (VFIO). The interrupts are kept by
 * virtuoso-doorbells, which lends them.
 */
#include "vectors.h"

#include <sys/un.h>

#include "doorbells.h"
#include "machine.h"
#include "raw.h"

#define ANSWER_TIMEOUT_MS 5000
/* Words of the device's registers: a peer's number, 0 for the host stack, << 16 | its vector. */
#define DOORBELL 3

static volatile uint32_t* registers;

int vt_vectors_find(void) {
  struct sockaddr_un address = {.sun_family = AF_UNIX, .sun_path = VT_KEEPER_SOCKET};
  int fd = libc.socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
  if (fd < 0) {
    return -1;
  }
  if (vt_raw_plain(SYS_connect, fd, (long)(intptr_t)&address, sizeof address, 0, 0, 0) != 0) {
    vt_raw_close(fd);
    return -1;
  }
  if (registers == NULL) {
    registers = vt_machine_registers();
  }
  if (registers == NULL) {
    vt_raw_close(fd);
    return -1;
  }
  return fd;
}

/* A vector and its eventfd; -1: none. */
static int borrow(int keeper, uint32_t* number) {
  struct vt_vector vector = {.number = VT_NO_VECTOR};
  struct iovec part = {&vector, sizeof vector};
  union {
    struct cmsghdr header;
    char bytes[CMSG_SPACE(sizeof(int))];
  } control = {0};
  struct msghdr message = {.msg_iov = &part,
                           .msg_iovlen = 1,
                           .msg_control = control.bytes,
                           .msg_controllen = sizeof control.bytes};
  struct pollfd wait = {.fd = keeper, .events = POLLIN};
  if (vt_raw_plain(SYS_sendto, keeper, (long)(intptr_t) "", 1, MSG_NOSIGNAL, 0, 0) != 1) {
    return -1;
  }
  long got;
  do {
    got = vt_raw_plain(SYS_poll, (long)(intptr_t)&wait, 1, ANSWER_TIMEOUT_MS, 0, 0, 0);
  } while (got == -EINTR);
  if (got <= 0 || vt_raw_plain(SYS_recvmsg, keeper, (long)(intptr_t)&message,
                               MSG_DONTWAIT | MSG_CMSG_CLOEXEC, 0, 0, 0) != sizeof vector) {
    return -1;
  }
  struct cmsghdr* item = CMSG_FIRSTHDR(&message);
  if (item == NULL || item->cmsg_type != SCM_RIGHTS || item->cmsg_len != CMSG_LEN(sizeof(int))) {
    return -1;
  }
  int fd;
  memcpy(&fd, CMSG_DATA(item), sizeof fd);
  *number = vector.number;
  return fd;
}

int vt_vectors_open(struct vt_queue* queue, struct vt_message* ask, struct vt_message* answer,
                    bool* asked) {
  struct vt_attachment* attachment = queue->attachment;
  uint32_t vector = VT_NO_VECTOR;
  vt_take(&attachment->control_lock);
  int bell = attachment->keeper < 0 ? -1 : vt_private_fd(borrow(attachment->keeper, &vector));
  vt_give(&attachment->control_lock);
  *asked = bell >= 0;
  if (bell < 0) {
    return -1;
  }
  ask->value |= (uint64_t)(vector + 1) << 32;
  vt_private_close(queue->link); /* of a try that was refused */
  queue->link = vt_private_fd(vt_machine_open(attachment, ask, answer));
  if (queue->link < 0) {
    vt_private_close(bell);
    return -1;
  }
  if (answer->type == VT_MSG_CONTEXT && answer->error == 0 && VT_LOAD(&attachment->bell) == 0) {
    VT_STORE(&attachment->bell, vector + 1);
  }
  return bell;
}

bool vt_vectors_gone(const struct vt_queue* queue, const void* bytes, long count) {
  uint64_t value = 0;
  if (queue->link >= 0 && count == sizeof value) {
    memcpy(&value, bytes, sizeof value);
  }
  return value >= VT_HOST_GONE;
}

bool vt_vectors_ring(struct vt_attachment* attachment) {
  uint32_t bell = VT_LOAD(&attachment->bell);
  if (bell == 0) {
    return false;
  }
  VT_STORE(&registers[DOORBELL], bell - 1);
  return true;
}
