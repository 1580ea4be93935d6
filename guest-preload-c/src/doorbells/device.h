/* The ivshmem device of a virtual machine, held by VFIO for its interrupts. */
#ifndef VIRTUOSO_DOORBELLS_DEVICE_H
#define VIRTUOSO_DOORBELLS_DEVICE_H

#include <stdint.h>

/*
 * Finds the device, gives it to vfio-pci, lets all users map its registers and memory, and opens
 * it. The number of its vectors, at most `limit`; or -1, after it was said on standard error why.
 */
int device_open(uint32_t limit);

/* What a vector rings from now on; -1: nothing. -1 and errno if that cannot be. */
int device_set(uint32_t vector, int eventfd);

#endif
