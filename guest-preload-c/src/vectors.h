/*
 * In a virtual machine whose ivshmem device VFIO holds: its vectors in the place of connections that
 * ring, for contexts and for the host stack.
 */
#ifndef VIRTUOSO_VECTORS_H
#define VIRTUOSO_VECTORS_H

#include "internal.h"

/*
 * A connection to the keeper of the device's interrupts, and with it the device's registers; -1:
 * there is none, and connections ring. Called with the attach lock.
 */
int vt_vectors_find(void);
/*
 * Opens a context that a vector rings. Its doorbell; -1 with *asked false: there is no vector to be
 * had, and nothing was asked.
 */
int vt_vectors_open(struct vt_queue* queue, struct vt_message* ask, struct vt_message* answer,
                    bool* asked);
/* Does what was read from a doorbell say that the host stack is gone? */
bool vt_vectors_gone(const struct vt_queue* queue, const void* bytes, long count);
/* Rings the host stack; false: not by this. */
bool vt_vectors_ring(struct vt_attachment* attachment);

#endif
