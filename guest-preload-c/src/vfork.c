/*
 * Children that the C library makes without fork(): vfork(), system(), popen(). One of vfork() may
 * put a socket at any of its numbers before exec, in memory that it borrows, so that nothing can be
 * done about it then: sockets are shared before it begins.
 */
#include <stdio.h>
#include <stdlib.h>

#include "internal.h"
#include "next.h"
#include "share.h"

void* vt_vfork_next __attribute__((visibility("hidden"))); /* the C library's vfork() */
void vt_before_vfork(void) __attribute__((visibility("hidden"), used));

void vt_before_vfork(void) {
  int saved = errno;
  vt_find_next(&vt_vfork_next, "vfork");
  if (vt_enabled) {
    vt_share_all(false);
  }
  errno = saved;
}

/* It returns twice into the caller's frame, so no frame of its own may be in between. */
__asm__(
    ".text\n"
    ".globl vfork\n"
    ".type vfork, @function\n"
    "vfork:\n"
    "  subq $8, %rsp\n"
    "  call vt_before_vfork\n"
    "  addq $8, %rsp\n"
    "  jmp *vt_vfork_next(%rip)\n"
    ".size vfork, . - vfork\n");

VT_EXPORT int system(const char* command) {
  static int (*next)(const char*);
  vt_find_next(&next, "system");
  if (vt_enabled && command != NULL) {
    vt_share_all(true);
  }
  return next(command);
}

VT_EXPORT FILE* popen(const char* command, const char* type) {
  static FILE* (*next)(const char*, const char*);
  vt_find_next(&next, "popen");
  if (vt_enabled) {
    vt_share_all(true);
  }
  return next(command, type);
}
