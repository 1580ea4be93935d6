/* Processes whose address space is limited (RLIMIT_AS). */
#ifndef VIRTUOSO_ROOM_H
#define VIRTUOSO_ROOM_H

#include <stdint.h>

/* How large a region may be, in bytes; 0: as large as it is. */
uint64_t vt_room_for_region(void);

#endif
