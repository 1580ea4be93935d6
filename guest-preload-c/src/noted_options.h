/* Options that a kernel's socket of its own would have, if a TCP socket gets one (standin.c). */
#ifndef VIRTUOSO_NOTED_OPTIONS_H
#define VIRTUOSO_NOTED_OPTIONS_H

#include <stdint.h>
#include <sys/socket.h>

#define VT_NOTED_OPTIONS 8

/* As setsockopt() had it. No option that a TCP socket takes is longer. */
struct vt_noted_option {
  int level, name;
  socklen_t length;
  uint8_t value[16];
};

struct vt_noted_options {
  uint32_t count;
  struct vt_noted_option list[VT_NOTED_OPTIONS];
};

#endif
