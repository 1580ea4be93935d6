/* How much of the address space a region may take: most is left to the program. */
#include "room.h"

#include <sys/mman.h>
#include <sys/resource.h>

#include "internal.h"
#include "raw.h"

#define PART 4                     /* of what is left, so much a region takes */
#define MOST (UINT64_C(8) << 30)   /* PART times the largest region */
#define LEAST (UINT64_C(16) << 20) /* the smallest one */

static bool fits(uint64_t bytes) {
  void* pages = vt_pages((size_t)bytes);
  if (pages != NULL) {
    vt_raw_plain(SYS_munmap, (long)(intptr_t)pages, (long)bytes, 0, 0, 0, 0);
  }
  return pages != NULL;
}

uint64_t vt_room_for_region(void) {
  struct rlimit limit;
  if (vt_raw_plain(SYS_prlimit64, 0, RLIMIT_AS, 0, (long)(intptr_t)&limit, 0, 0) != 0 ||
      limit.rlim_cur == RLIM_INFINITY || fits(MOST)) {
    return 0;
  }
  uint64_t bytes = MOST / 2;
  while (bytes >= LEAST && !fits(bytes)) {
    bytes /= 2;
  }
  if (bytes < LEAST) {
    return bytes; /* which the host stack refuses, and says why */
  }
  return bytes / PART > LEAST ? bytes / PART : LEAST;
}
