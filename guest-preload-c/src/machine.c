/*
 * Attaching in a virtual machine. Messages go over vsock connections; what is a descriptor
 * elsewhere is a connection of its own, which begins with the message that would carry it. The
 * region is a part of the memory behind an ivshmem device, mapped by the device's file in sysfs.
 */
#include "machine.h"

#include <dirent.h>
#include <linux/vm_sockets.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>

#include "raw.h"

#define DEVICES "/sys/bus/pci/devices/"
#define VENDOR "0x1af4"
#define IVSHMEM "0x1110"
#define PAGE 4096u
#define ANSWER_TIMEOUT_MS 5000

bool vt_in_machine;

static char memory_path[128];
static uint64_t memory_address;
static uint64_t registers_address;

/* ---- the device ----------------------------------------------------------------------------- */

static bool read_file(const char* device, const char* file, char* text, size_t size) {
  char path[128];
  int length = snprintf(path, sizeof path, DEVICES "%s/%s", device, file);
  if (length < 0 || (size_t)length >= sizeof path) {
    return false;
  }
  int fd = (int)vt_raw_plain(SYS_openat, AT_FDCWD, (long)(intptr_t)path, O_RDONLY | O_CLOEXEC, 0, 0,
                             0);
  if (fd < 0) {
    return false;
  }
  long got = vt_raw_plain(SYS_read, fd, (long)(intptr_t)text, (long)size - 1, 0, 0, 0);
  vt_raw_close(fd);
  text[got > 0 ? got : 0] = '\0';
  return got > 0;
}

static bool is(const char* device, const char* file, const char* value) {
  char text[32];
  return read_file(device, file, text, sizeof text) && strncmp(text, value, strlen(value)) == 0;
}

/* Lines of "start end flags", one for each BAR; the memory is the third. */
static bool read_address(const char* device) {
  char text[1024];
  if (!read_file(device, "resource", text, sizeof text)) {
    return false;
  }
  const char* line = text;
  registers_address = strtoull(line, NULL, 16);
  for (int i = 0; i < 2 && line != NULL; i++) {
    line = strchr(line, '\n');
    line = line == NULL ? NULL : line + 1;
  }
  memory_address = line == NULL ? 0 : strtoull(line, NULL, 16);
  return memory_address != 0;
}

void vt_machine_find(void) {
  DIR* devices = opendir(DEVICES);
  if (devices == NULL) {
    return;
  }
  struct dirent* entry;
  while (!vt_in_machine && (entry = readdir(devices)) != NULL) {
    if (entry->d_name[0] != '.' && is(entry->d_name, "vendor", VENDOR) &&
        is(entry->d_name, "device", IVSHMEM) && read_address(entry->d_name)) {
      int length = snprintf(memory_path, sizeof memory_path, DEVICES "%s/resource2", entry->d_name);
      vt_in_machine = length > 0 && (size_t)length < sizeof memory_path;
    }
  }
  closedir(devices);
}

uint64_t vt_machine_memory(void) { return memory_address; }

void* vt_machine_map(uint64_t place, uint64_t* bytes) {
  uint64_t offset = (place & UINT32_MAX) * PAGE;
  *bytes = (place >> 32) * PAGE;
  int fd = (int)vt_raw_plain(SYS_openat, AT_FDCWD, (long)(intptr_t)memory_path, O_RDWR | O_CLOEXEC,
                             0, 0, 0);
  if (fd < 0) {
    vt_log("%s: %s", memory_path, strerror(-fd));
    return NULL;
  }
  void* region =
      *bytes < VT_HEADER_BYTES
          ? MAP_FAILED
          : mmap(NULL, *bytes, PROT_READ | PROT_WRITE, MAP_SHARED, fd, (off_t)offset);
  vt_raw_close(fd);
  return region == MAP_FAILED ? NULL : region;
}

/* Registers that share a page with others' are left alone. */
volatile uint32_t* vt_machine_registers(void) {
  char path[sizeof memory_path];
  strcpy(path, memory_path);
  path[strlen(path) - 1] = '0';
  if (registers_address == 0 || registers_address % PAGE != 0) {
    return NULL;
  }
  int fd = (int)vt_raw_plain(SYS_openat, AT_FDCWD, (long)(intptr_t)path, O_RDWR | O_CLOEXEC, 0, 0,
                             0);
  if (fd < 0) {
    return NULL;
  }
  void* mapped = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
  vt_raw_close(fd);
  return mapped == MAP_FAILED ? NULL : mapped;
}

/* ---- connections ---------------------------------------------------------------------------- */

int vt_machine_connect(void) {
  int fd = libc.socket(AF_VSOCK, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (fd < 0) {
    return -1;
  }
  struct sockaddr_vm host = {
      .svm_family = AF_VSOCK, .svm_cid = VMADDR_CID_HOST, .svm_port = VT_VSOCK_PORT};
  uint64_t all = ~UINT64_C(0), before; /* a signal would end the attempt; it has seconds at most */
  vt_raw_mask(&all, &before);
  long result = vt_raw_plain(SYS_connect, fd, (long)(intptr_t)&host, sizeof host, 0, 0, 0);
  vt_raw_mask(&before, NULL);
  if (result != 0) {
    vt_raw_close(fd);
    return -1;
  }
  return fd;
}

bool vt_machine_is_link(int fd) {
  struct sockaddr_vm peer = {0};
  socklen_t length = sizeof peer;
  return vt_raw_plain(SYS_getpeername, fd, (long)(intptr_t)&peer, (long)(intptr_t)&length, 0, 0,
                      0) == 0 &&
         peer.svm_family == AF_VSOCK && peer.svm_cid == VMADDR_CID_HOST &&
         peer.svm_port == VT_VSOCK_PORT;
}

int vt_machine_open(struct vt_attachment* attachment, struct vt_message* message,
                    struct vt_message* answer) {
  message->key = attachment->key;
  int fd = vt_machine_connect();
  if (fd < 0) {
    return -1;
  }
  if (vt_send_message(fd, message, -1) != 0 ||
      (answer != NULL && vt_receive_message(fd, answer, NULL, 0, ANSWER_TIMEOUT_MS) != 0)) {
    vt_raw_close(fd);
    return -1;
  }
  return fd;
}
