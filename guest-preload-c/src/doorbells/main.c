/*
 * virtuoso-doorbells: keeps the interrupts of a virtual machine's ivshmem-doorbell device, which
 * VFIO gives to one process only, and lends them to programs that attach: an eventfd for each
 * context, rung by the kernel. Nothing passes through here afterwards.
 */
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/vm_sockets.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "../doorbells.h"
#include "device.h"

/* As many as fit into a word; the host stack gives a device so many. */
#define VECTORS 64u
#define ECHO 7u
#define NOBODY 65534u
#define EVENTS 64

struct client {
  int fd;
  uint64_t vectors; /* lent to it */
};

static int epoll_fd;
static int listener;
static int link_fd = -1; /* a connection to the host stack: its end tells of the host stack's */
static uint64_t free_vectors;
static int eventfds[VECTORS]; /* of lent vectors */
static char listener_mark, link_mark;

static void fail(const char* what) {
  fprintf(stderr, "virtuoso-doorbells: %s: %s\n", what, strerror(errno));
  exit(1);
}

static int watch(int fd, void* mark) {
  struct epoll_event event = {.events = EPOLLIN | EPOLLRDHUP, .data.ptr = mark};
  return epoll_ctl(epoll_fd, EPOLL_CTL_ADD, fd, &event);
}

/* ---- the host stack ------------------------------------------------------------------------- */

static bool is_linked(void) {
  if (link_fd >= 0) {
    return true;
  }
  struct sockaddr_vm host = {
      .svm_family = AF_VSOCK, .svm_cid = VMADDR_CID_HOST, .svm_port = ECHO};
  link_fd = socket(AF_VSOCK, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (link_fd >= 0 && (connect(link_fd, (struct sockaddr*)&host, sizeof host) != 0 ||
                       fcntl(link_fd, F_SETFL, O_NONBLOCK) != 0 || watch(link_fd, &link_mark) != 0)) {
    close(link_fd);
    link_fd = -1;
  }
  return link_fd >= 0;
}

/* Nobody will ring any more: whoever sleeps is to hear of it. */
static void unlink_host(void) {
  char byte;
  if (link_fd < 0 || (recv(link_fd, &byte, 1, 0) < 0 && errno == EAGAIN)) {
    return;
  }
  close(link_fd);
  link_fd = -1;
  for (uint32_t i = 0; i < VECTORS; i++) {
    if (eventfds[i] >= 0) {
      uint64_t gone = VT_HOST_GONE;
      (void)!write(eventfds[i], &gone, sizeof gone);
    }
  }
}

/* ---- programs ------------------------------------------------------------------------------- */

static void give_back(struct client* client) {
  for (uint32_t i = 0; i < VECTORS; i++) {
    if ((client->vectors >> i & 1) != 0) {
      device_set(i, -1);
      close(eventfds[i]);
      eventfds[i] = -1;
      free_vectors |= UINT64_C(1) << i;
    }
  }
  close(client->fd);
  free(client);
}

/* A vector for the client: its eventfd is new, since a former borrower may still have the old one. */
static uint32_t lend(struct client* client) {
  if (free_vectors == 0 || !is_linked()) {
    return VT_NO_VECTOR;
  }
  uint32_t vector = (uint32_t)__builtin_ctzll(free_vectors);
  int fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
  if (fd < 0 || device_set(vector, fd) != 0) {
    if (fd >= 0) {
      close(fd);
    }
    return VT_NO_VECTOR;
  }
  eventfds[vector] = fd;
  free_vectors &= ~(UINT64_C(1) << vector);
  client->vectors |= UINT64_C(1) << vector;
  return vector;
}

static bool answer(struct client* client) {
  struct vt_vector vector = {.number = lend(client)};
  struct iovec part = {&vector, sizeof vector};
  union {
    struct cmsghdr header;
    char bytes[CMSG_SPACE(sizeof(int))];
  } control = {0};
  struct msghdr message = {.msg_iov = &part, .msg_iovlen = 1};
  if (vector.number != VT_NO_VECTOR) {
    message.msg_control = control.bytes;
    message.msg_controllen = sizeof control.bytes;
    control.header.cmsg_level = SOL_SOCKET;
    control.header.cmsg_type = SCM_RIGHTS;
    control.header.cmsg_len = CMSG_LEN(sizeof(int));
    memcpy(CMSG_DATA(&control.header), &eventfds[vector.number], sizeof(int));
  }
  return sendmsg(client->fd, &message, MSG_NOSIGNAL | MSG_DONTWAIT) == sizeof vector;
}

static void serve(struct client* client) {
  char byte;
  ssize_t got = recv(client->fd, &byte, 1, MSG_DONTWAIT);
  if ((got <= 0 && (got == 0 || errno != EAGAIN)) || (got > 0 && !answer(client))) {
    give_back(client);
  }
}

static void welcome(void) {
  int fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
  if (fd < 0) {
    return;
  }
  struct client* client = calloc(1, sizeof *client);
  if (client == NULL || watch(fd, client) != 0) {
    close(fd);
    free(client);
    return;
  }
  client->fd = fd;
}

/* ---- the process ---------------------------------------------------------------------------- */

static void open_socket(void) {
  struct sockaddr_un address = {.sun_family = AF_UNIX, .sun_path = VT_KEEPER_SOCKET};
  listener = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  unlink(VT_KEEPER_SOCKET);
  if (listener < 0 || bind(listener, (struct sockaddr*)&address, sizeof address) != 0 ||
      chmod(VT_KEEPER_SOCKET, 0666) != 0 || listen(listener, 128) != 0) {
    fail(VT_KEEPER_SOCKET);
  }
  epoll_fd = epoll_create1(EPOLL_CLOEXEC);
  if (epoll_fd < 0 || watch(listener, &listener_mark) != 0) {
    fail("epoll");
  }
}

/* Not killed for want of memory: others would sleep for ever. */
static void protect(void) {
  int fd = open("/proc/self/oom_score_adj", O_WRONLY | O_CLOEXEC);
  if (fd >= 0) {
    (void)!write(fd, "-1000", 5);
    close(fd);
  }
}

static void drop_privileges(void) {
  if (geteuid() == 0 && (setgroups(0, NULL) != 0 || setgid(NOBODY) != 0 || setuid(NOBODY) != 0)) {
    fail("changing to user nobody");
  }
}

static void run(void) {
  struct epoll_event events[EVENTS];
  for (;;) {
    int count = epoll_wait(epoll_fd, events, EVENTS, -1);
    for (int i = 0; i < count; i++) {
      if (events[i].data.ptr == &listener_mark) {
        welcome();
      } else if (events[i].data.ptr == &link_mark) {
        unlink_host();
      } else {
        serve(events[i].data.ptr);
      }
    }
  }
}

int main(int count, char** arguments) {
  (void)arguments;
  if (count > 1) {
    fputs("usage: virtuoso-doorbells\n"
          "In a virtual machine with an ivshmem-doorbell device behind an IOMMU, as root, once: gives\n"
          "the device to vfio-pci (whose module must be loaded), lets programs of all users map it,\n"
          "and lends them its interrupts, as user nobody in the background.\n",
          stderr);
    return 2;
  }
  int vectors = device_open(VECTORS);
  if (vectors < 0) {
    return 1;
  }
  free_vectors = vectors == VECTORS ? UINT64_MAX : (UINT64_C(1) << vectors) - 1;
  memset(eventfds, -1, sizeof eventfds);
  open_socket();
  if (daemon(0, 0) != 0) {
    fail("daemon");
  }
  protect();
  drop_privileges();
  run();
}
