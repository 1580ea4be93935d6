// SPDX-License-Identifier: Apache-2.0
// The only program of a virtual machine: loads the kernel's modules, then does what lines on the console say.
//
//   echo BYTES CONNECTIONS   each connection sends so many bytes to the host stack's echo port and gets them back
//   hold                     opens a connection and keeps it; "end" tells how it ended
//   end                      waits for that
//   refused PORT             nobody answers there
//   await                    until the host stack answers
//   reboot, off
#include <errno.h>
#include <fcntl.h>
#include <linux/vm_sockets.h>
#include <poll.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/reboot.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

enum { ECHO_PORT = 7, CHUNK = 32768 };

static int held = -1;

static void load_modules(void) {
  char path[64];
  for (int i = 0; i < 100; i++) {
    snprintf(path, sizeof path, "/modules/%02d.ko", i);
    const int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0) {
      return;
    }
    if (syscall(SYS_finit_module, fd, "", 0) != 0 && errno != EEXIST) {
      printf("%s: %s\n", path, strerror(errno));
    }
    close(fd);
  }
}

static int connect_to(const unsigned port) {
  const int fd = socket(AF_VSOCK, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const struct sockaddr_vm address = {.svm_family = AF_VSOCK, .svm_cid = VMADDR_CID_HOST, .svm_port = port};
  if (fd < 0 || connect(fd, (const struct sockaddr *)&address, sizeof address) != 0) {
    const int error = errno;
    if (fd >= 0) {
      close(fd);
    }
    return -error;
  }
  return fd;
}

static uint8_t byte_at(const uint64_t position, const int seed) {
  const uint64_t mixed = (position + (uint64_t)seed * 1000003u) * 0x9E3779B97F4A7C15u;
  return (uint8_t)(mixed >> 37);
}

// Sends and receives at the same time. Returns 0 if every byte came back.
static int echo_once(const uint64_t bytes, const int seed) {
  static uint8_t buffer[CHUNK];
  const int fd = connect_to(ECHO_PORT);
  if (fd < 0) {
    return -fd;
  }
  uint64_t sent = 0;
  uint64_t received = 0;
  while (received < bytes) {
    struct pollfd ready = {.fd = fd, .events = (short)(POLLIN | (sent < bytes ? POLLOUT : 0))};
    if (poll(&ready, 1, 180000) <= 0) {
      return ETIMEDOUT;
    }
    if (ready.revents & POLLOUT) {
      const size_t length = bytes - sent < CHUNK ? (size_t)(bytes - sent) : CHUNK;
      for (size_t i = 0; i < length; i++) {
        buffer[i] = byte_at(sent + i, seed);
      }
      const ssize_t written = send(fd, buffer, length, MSG_DONTWAIT | MSG_NOSIGNAL);
      if (written < 0 && errno != EAGAIN) {
        return errno;
      }
      sent += written > 0 ? (uint64_t)written : 0;
    }
    if (ready.revents & (POLLIN | POLLHUP | POLLERR)) {
      const ssize_t length = recv(fd, buffer, CHUNK, MSG_DONTWAIT);
      if (length == 0 || (length < 0 && errno != EAGAIN)) {
        return length == 0 ? EPIPE : errno;
      }
      for (ssize_t i = 0; i < length; i++) {
        if (buffer[i] != byte_at(received + (uint64_t)i, seed)) {
          return EILSEQ;
        }
      }
      received += length > 0 ? (uint64_t)length : 0;
    }
  }
  shutdown(fd, SHUT_WR);
  const ssize_t rest = recv(fd, buffer, CHUNK, 0);
  close(fd);
  return rest == 0 ? 0 : EBADMSG;
}

static void echo(const uint64_t bytes, const int connections) {
  for (int i = 0; i < connections; i++) {
    fflush(stdout);
    if (fork() == 0) {
      const int error = echo_once(bytes, i);
      if (error != 0) {
        printf("connection %d: %s\n", i, strerror(error));
        fflush(stdout);
      }
      _exit(error == 0 ? 0 : 1);
    }
  }
  int good = 0;
  for (int i = 0; i < connections; i++) {
    int status = 0;
    good += wait(&status) > 0 && status == 0;
  }
  printf("echoed %llu bytes on %d of %d connections\n", (unsigned long long)bytes, good, connections);
}

static void hold(void) {
  held = connect_to(ECHO_PORT);
  printf("held: %s\n", held < 0 ? strerror(-held) : "open");
}

static void await_end(void) {
  char byte;
  const ssize_t length = recv(held, &byte, 1, 0);
  printf("held connection: %s\n", length == 0 ? "end of stream" : length < 0 ? strerror(errno) : "a byte");
  close(held);
}

// Until the echo port answers.
static void await_host(void) {
  for (int i = 0; i < 1500; i++) {
    const int fd = connect_to(ECHO_PORT);
    if (fd >= 0) {
      close(fd);
      printf("host stack is there\n");
      return;
    }
    usleep(100000);
  }
  printf("no host stack\n");
}

static void obey(char *line) {
  unsigned long long bytes;
  int number;
  line[strcspn(line, "\r\n")] = 0;
  if (sscanf(line, "echo %llu %d", &bytes, &number) == 2) {
    echo(bytes, number);
  } else if (strcmp(line, "hold") == 0) {
    hold();
  } else if (strcmp(line, "end") == 0) {
    await_end();
  } else if (sscanf(line, "refused %d", &number) == 1) {
    const int fd = connect_to((unsigned)number);
    printf("port %d: %s\n", number, fd < 0 ? strerror(-fd) : "open");
  } else if (strcmp(line, "await") == 0) {
    await_host();
  } else if (strcmp(line, "reboot") == 0) {
    reboot(RB_AUTOBOOT);
  } else if (strcmp(line, "off") == 0) {
    reboot(RB_POWER_OFF);
  } else {
    printf("what? %s\n", line);
  }
  fflush(stdout);
}

int main(void) {
  mkdir("/proc", 0755);
  mkdir("/sys", 0755);
  mount("proc", "/proc", "proc", 0, NULL);
  mount("sysfs", "/sys", "sysfs", 0, NULL);
  load_modules();
  printf("machine ready\n");
  fflush(stdout);
  char line[256];
  while (fgets(line, sizeof line, stdin)) {
    obey(line);
  }
  reboot(RB_POWER_OFF);
  return 0;
}
