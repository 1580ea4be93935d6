/*
 * What programs in a virtual machine and the keeper of its ivshmem device's interrupts say to each
 * other, on a SOCK_SEQPACKET connection. A program sends a byte for each vector that it wants, and
 * gets an answer with an eventfd that the vector rings; closing the connection gives all back.
 */
#ifndef VIRTUOSO_DOORBELLS_H
#define VIRTUOSO_DOORBELLS_H

#include <stdint.h>

#define VT_KEEPER_SOCKET "/run/virtuoso-doorbells.sock"
/* In an answer: none is left, or the host stack is not there. No eventfd comes with it. */
#define VT_NO_VECTOR UINT32_MAX
/* What the keeper adds to the eventfds when the host stack is gone; a ring adds less. */
#define VT_HOST_GONE (UINT64_C(1) << 32)

struct vt_vector {
  uint32_t number;
};

#endif
