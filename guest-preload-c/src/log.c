#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "internal.h"
#include "raw.h"

static uint64_t fallbacks[VT_FALL_COUNT];
static const char* const fallback_names[VT_FALL_COUNT] = {
    "loopback", "ipv6", "unattached", "outside the network", "option"};
static bool print_stats;

void vt_count_fallback(enum vt_fallback reason) {
  __atomic_fetch_add(&fallbacks[reason], 1, __ATOMIC_RELAXED);
}

/* One line on standard error, by one system call; errno is kept. */
void vt_log(const char* format, ...) {
  char line[256];
  int saved = errno;
  int prefix = snprintf(line, sizeof line, "virtuoso[%d]: ", (int)vt_pid);
  va_list list;
  va_start(list, format);
  int length = vsnprintf(line + prefix, sizeof line - (size_t)prefix - 1, format, list);
  va_end(list);
  if (length > (int)sizeof line - prefix - 2) {
    length = (int)sizeof line - prefix - 2;
  }
  line[prefix + length] = '\n';
  vt_raw_plain(SYS_write, 2, (long)(intptr_t)line, prefix + length + 1, 0, 0, 0);
  errno = saved;
}

void vt_log_init(void) {
  const char* stats = getenv("VIRTUOSO_STATS");
  print_stats = stats != NULL && strcmp(stats, "1") == 0;
}

__attribute__((destructor)) static void log_end(void) {
  if (!print_stats) {
    return;
  }
  for (int i = 0; i < VT_FALL_COUNT; i++) {
    vt_log("left to the kernel, %s: %llu", fallback_names[i], (unsigned long long)fallbacks[i]);
  }
}
