/*
 * Memory barriers of a virtual machine. Without KVM, QEMU (7.2) leaves them out if the machine can
 * have one processor only: it does not reckon with other processes that use the same memory. What
 * is written here may then be seen after what is read next, and wake-ups get lost, those of the
 * machine's drivers, too.
 */
#include "barriers.h"

#include <cpuid.h>
#include <string.h>

#include "internal.h"
#include "raw.h"

#define HYPERVISOR (1u << 31) /* of CPUID leaf 1, ECX */
#define HYPERVISOR_LEAF 0x40000000u
#define EMULATOR "TCGTCGTCGTCG"
#define POSSIBLE "/sys/devices/system/cpu/possible"

bool vt_keeps_barriers(const char* hypervisor, const char* possible) {
  return strcmp(hypervisor, EMULATOR) != 0 || strcmp(possible, "0\n") != 0;
}

static void read_hypervisor(char name[sizeof EMULATOR]) {
  unsigned word[4];
  name[0] = '\0';
  __cpuid(1, word[0], word[1], word[2], word[3]);
  if (word[2] & HYPERVISOR) {
    __cpuid(HYPERVISOR_LEAF, word[0], word[1], word[2], word[3]);
    memcpy(name, &word[1], sizeof EMULATOR - 1);
    name[sizeof EMULATOR - 1] = '\0';
  }
}

static void read_possible(char* text, size_t size) {
  long got = -1;
  int fd = (int)vt_raw_plain(SYS_openat, AT_FDCWD, (long)(intptr_t)POSSIBLE, O_RDONLY | O_CLOEXEC,
                             0, 0, 0);
  if (fd >= 0) {
    got = vt_raw_plain(SYS_read, fd, (long)(intptr_t)text, (long)size - 1, 0, 0, 0);
    vt_raw_close(fd);
  }
  text[got > 0 ? got : 0] = '\0';
}

bool vt_has_barriers(void) {
  char hypervisor[sizeof EMULATOR], possible[32];
  read_hypervisor(hypervisor);
  read_possible(possible, sizeof possible);
  return vt_keeps_barriers(hypervisor, possible);
}
