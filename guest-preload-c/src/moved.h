/*
 * Sockets that another process, which shares them, takes away while this one uses them: "Moving" in
 * docs/abi.md.
 */
#ifndef VIRTUOSO_MOVED_H
#define VIRTUOSO_MOVED_H

#include <stdbool.h>
#include <stdint.h>

#include "shared_word.h"
#include "virtuoso_abi.h"

#define VT_MOVED_MINOR 7 /* of host stacks that tell what was moved */

struct vt_socket;
struct vt_attachment;

/* A slot to give back: a thread that has just read its number may still look at it. */
struct vt_left {
  struct vt_attachment* attachment; /* held; NULL: none */
  uint32_t slot;
  uint32_t generation;
};

struct vt_moves {
  struct vt_left left; /* the slot that the socket was taken away from last */
  bool back; /* was taken back once since its last success; with host stacks before 2.7 */
};

/* The connection itself failed: it is not merely in the slot of another process now. */
static inline bool vt_has_failed(const struct vt_slot* slot) {
  return (VT_LOAD(&slot->state) & (VT_STATE_FAILED | VT_STATE_MOVED)) == VT_STATE_FAILED;
}

/* Without a slot, since another thread of this process takes it back just now, or whoever uses it
   next does. */
bool vt_comes_back(const struct vt_socket* socket);
/* Taken away, as the slot shows it. */
bool vt_is_away(const struct vt_socket* socket);
/*
 * Another process used it last, so that it lives in that one's region; what is unread here is so
 * there. Who uses it next takes it back.
 */
bool vt_was_taken_away(const struct vt_socket* socket);

/*
 * Of a shared socket, after rx_head or tx_tail was stored: did another process take the socket away
 * before the host stack saw the cursor? Then nothing was read, or written. The direction's lock is
 * held.
 */
bool vt_read_too_late(struct vt_socket* socket, const struct vt_slot* slot, uint64_t head);
bool vt_wrote_too_late(struct vt_socket* socket, const struct vt_slot* slot, uint64_t tail);

/*
 * A thread that reads or writes just now may not have seen that the socket is shared. It has the
 * direction's lock until all it did is seen. Who was interrupted by this thread, and forks in a
 * handler, has it longer; it will see.
 */
void vt_wait_for_users(const struct vt_socket* socket);

/* Lets go of the slot that the socket was taken away from, and gives the one before back. */
void vt_slot_leave(struct vt_socket* socket);
void vt_give_back_left(struct vt_socket* socket);

#endif
