/* SPDX-License-Identifier: Apache-2.0 */
/* What context.c uses of the other parts, for tests of it alone; the locks are the test's. */
#ifndef CONTEXT_STUBS_H
#define CONTEXT_STUBS_H

#include <stdio.h>
#include <stdlib.h>

#include "checks.h"
#include "vectors.h"

struct vt_libc libc;
bool vt_in_machine;

void vt_private_close(int fd) { (void)fd; }
void vt_attachment_died(struct vt_attachment* attachment) { (void)attachment; }
void vt_attachment_check(struct vt_attachment* attachment) { (void)attachment; }
void vt_attachment_hold(struct vt_attachment* attachment) { (void)attachment; }
void vt_attachment_drop(struct vt_attachment* attachment) { (void)attachment; }
void vt_notify(struct vt_socket* socket) { (void)socket; }
uint64_t vt_tx_room(struct vt_socket* socket, struct vt_slot* slot) {
  (void)socket;
  (void)slot;
  return 0;
}

void vt_wake_reader_again(struct vt_queue* queue) { (void)queue; }
int64_t vt_now(void) { return 0; }

void vt_slot_released(struct vt_attachment* attachment, uint32_t index) {
  (void)attachment;
  (void)index;
}

int vt_ask_descriptor(struct vt_attachment* attachment, struct vt_message* message,
                      struct vt_message* answer) {
  (void)attachment;
  (void)message;
  (void)answer;
  return -1;
}

int vt_vectors_open(struct vt_queue* queue, struct vt_message* ask, struct vt_message* answer,
                    bool* asked) {
  (void)queue;
  (void)ask;
  (void)answer;
  (void)asked;
  return -1;
}

bool vt_vectors_gone(const struct vt_queue* queue, const void* bytes, long count) {
  (void)queue;
  (void)bytes;
  (void)count;
  return false;
}

bool vt_vectors_ring(struct vt_attachment* attachment) {
  (void)attachment;
  return false;
}

#endif
