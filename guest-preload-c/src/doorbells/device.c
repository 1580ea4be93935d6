/* See the kernel's Documentation/driver-api/vfio.rst. */
#include "device.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/pci_regs.h>
#include <linux/vfio.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#define DEVICES "/sys/bus/pci/devices"
#define VENDOR "0x1af4"
#define IVSHMEM "0x1110"

/* Open as long as the process lives: the device's interrupts end with the last of them. */
static int container = -1;
static int group = -1;
static int device = -1;

static int complain(const char* what) {
  fprintf(stderr, "virtuoso-doorbells: %s: %s\n", what, strerror(errno));
  return -1;
}

static bool has(const char* name, const char* file, const char* value) {
  char path[PATH_MAX];
  char text[16] = "";
  snprintf(path, sizeof path, DEVICES "/%s/%s", name, file);
  int fd = open(path, O_RDONLY | O_CLOEXEC);
  ssize_t got = fd < 0 ? -1 : read(fd, text, sizeof text - 1);
  if (fd >= 0) {
    close(fd);
  }
  return got > 0 && strncmp(text, value, strlen(value)) == 0;
}

static bool find(char name[NAME_MAX + 1]) {
  DIR* devices = opendir(DEVICES);
  struct dirent* entry;
  bool found = false;
  while (devices != NULL && !found && (entry = readdir(devices)) != NULL) {
    found = entry->d_name[0] != '.' && has(entry->d_name, "vendor", VENDOR) &&
            has(entry->d_name, "device", IVSHMEM);
    if (found) {
      strcpy(name, entry->d_name);
    }
  }
  if (devices != NULL) {
    closedir(devices);
  }
  return found;
}

static int write_file(const char* path, const char* text) {
  int fd = open(path, O_WRONLY | O_CLOEXEC);
  ssize_t length = (ssize_t)strlen(text);
  int result = fd >= 0 && write(fd, text, (size_t)length) == length ? 0 : complain(path);
  if (fd >= 0) {
    close(fd);
  }
  return result;
}

/* The last part of what a link in the device's folder leads to; false: there is none. */
static bool read_link(const char* name, const char* link, char target[NAME_MAX + 1]) {
  char path[PATH_MAX];
  char text[PATH_MAX];
  snprintf(path, sizeof path, DEVICES "/%s/%s", name, link);
  ssize_t length = readlink(path, text, sizeof text - 1);
  if (length <= 0) {
    return false;
  }
  text[length] = '\0';
  const char* slash = strrchr(text, '/');
  snprintf(target, NAME_MAX + 1, "%.*s", NAME_MAX, slash == NULL ? text : slash + 1);
  return true;
}

static int bind_driver(const char* name) {
  char driver[NAME_MAX + 1];
  char path[PATH_MAX];
  if (read_link(name, "driver", driver) && strcmp(driver, "vfio-pci") == 0) {
    return 0;
  }
  snprintf(path, sizeof path, DEVICES "/%s/driver_override", name);
  if (write_file(path, "vfio-pci") != 0 || write_file("/sys/bus/pci/drivers_probe", name) != 0) {
    return -1;
  }
  if (!read_link(name, "driver", driver) || strcmp(driver, "vfio-pci") != 0) {
    fprintf(stderr, "virtuoso-doorbells: vfio-pci does not take %s; is the module loaded?\n", name);
    return -1;
  }
  return 0;
}

/*
 * Registers and memory are mapped by these files, not by VFIO's descriptor: whoever had that could
 * take the interrupts of all. The kernel's refusal of BARs that a driver uses does not concern us,
 * since VFIO reserves one only when it is mapped by it.
 */
static int permit(const char* name) {
  const char* const files[] = {"resource0", "resource2"};
  for (int i = 0; i < 2; i++) {
    char path[PATH_MAX];
    snprintf(path, sizeof path, DEVICES "/%s/%s", name, files[i]);
    if (chmod(path, 0666) != 0) {
      return complain(path);
    }
  }
  return 0;
}

static int open_group(const char* name) {
  char number[NAME_MAX + 1];
  char path[PATH_MAX];
  if (!read_link(name, "iommu_group", number)) {
    fprintf(stderr, "virtuoso-doorbells: %s has no IOMMU in front of it\n", name);
    return -1;
  }
  snprintf(path, sizeof path, "/dev/vfio/%s", number);
  container = open("/dev/vfio/vfio", O_RDWR | O_CLOEXEC);
  if (container < 0) {
    return complain("/dev/vfio/vfio");
  }
  group = open(path, O_RDWR | O_CLOEXEC);
  if (group < 0) {
    return complain(path);
  }
  struct vfio_group_status status = {.argsz = sizeof status};
  if (ioctl(group, VFIO_GROUP_GET_STATUS, &status) != 0) {
    return complain(path);
  }
  if ((status.flags & VFIO_GROUP_FLAGS_VIABLE) == 0) {
    fprintf(stderr, "virtuoso-doorbells: others than vfio-pci drive devices of IOMMU group %s\n",
            number);
    return -1;
  }
  if (ioctl(group, VFIO_GROUP_SET_CONTAINER, &container) != 0 ||
      ioctl(container, VFIO_SET_IOMMU, VFIO_TYPE1v2_IOMMU) != 0) {
    return complain("VFIO container");
  }
  device = ioctl(group, VFIO_GROUP_GET_DEVICE_FD, name);
  return device < 0 ? complain("VFIO device") : 0;
}

/* Sets `count` vectors from `start` on; no descriptors: to nothing. */
static int set_vectors(uint32_t start, uint32_t count, const int32_t* fds) {
  size_t bytes = sizeof(struct vfio_irq_set) + count * sizeof(int32_t);
  struct vfio_irq_set* set = calloc(1, bytes);
  if (set == NULL) {
    return -1;
  }
  set->argsz = (uint32_t)bytes;
  set->flags = VFIO_IRQ_SET_DATA_EVENTFD | VFIO_IRQ_SET_ACTION_TRIGGER;
  set->index = VFIO_PCI_MSIX_IRQ_INDEX;
  set->start = start;
  set->count = count;
  for (uint32_t i = 0; i < count; i++) {
    int32_t fd = fds == NULL ? -1 : fds[i];
    memcpy(set->data + i * sizeof fd, &fd, sizeof fd);
  }
  int result = ioctl(device, VFIO_DEVICE_SET_IRQS, set);
  free(set);
  return result;
}

/* An interrupt is a write of the device's to memory, which it must be allowed. */
static int let_interrupt(void) {
  struct vfio_region_info config = {.argsz = sizeof config, .index = VFIO_PCI_CONFIG_REGION_INDEX};
  uint16_t command;
  if (ioctl(device, VFIO_DEVICE_GET_REGION_INFO, &config) != 0) {
    return complain("VFIO configuration space");
  }
  off_t place = (off_t)config.offset + PCI_COMMAND;
  if (pread(device, &command, sizeof command, place) != sizeof command) {
    return complain("VFIO configuration space");
  }
  command |= PCI_COMMAND_MEMORY | PCI_COMMAND_MASTER;
  return pwrite(device, &command, sizeof command, place) == sizeof command
             ? 0
             : complain("VFIO configuration space");
}

/* All vectors are taken at once, as MSI-X has it: fewer, if the machine has not as many. */
static int enable_vectors(uint32_t limit) {
  struct vfio_irq_info info = {.argsz = sizeof info, .index = VFIO_PCI_MSIX_IRQ_INDEX};
  if (ioctl(device, VFIO_DEVICE_GET_IRQ_INFO, &info) != 0) {
    return complain("VFIO interrupts");
  }
  uint32_t count = info.count < limit ? info.count : limit;
  int result = -1;
  while (count > 0 && (result = set_vectors(0, count, NULL)) > 0 && (uint32_t)result < count) {
    count = (uint32_t)result;
  }
  if (count == 0) {
    fprintf(stderr, "virtuoso-doorbells: the device has no interrupts; it must be"
                    " ivshmem-doorbell\n");
    return -1;
  }
  return result != 0 ? complain("VFIO interrupts") : (int)count;
}

int device_open(uint32_t limit) {
  char name[NAME_MAX + 1];
  if (!find(name)) {
    fprintf(stderr, "virtuoso-doorbells: there is no ivshmem device\n");
    return -1;
  }
  if (bind_driver(name) != 0 || permit(name) != 0 || open_group(name) != 0 ||
      let_interrupt() != 0) {
    return -1;
  }
  return enable_vectors(limit);
}

int device_set(uint32_t vector, int eventfd) {
  int32_t fd = eventfd;
  return set_vectors(vector, 1, &fd);
}
