/* Sockets that another process, which shares them, takes away while this one uses them. */
#include "moved.h"

#include <sched.h>

#include "internal.h"
#include "raw.h"

static void wait_for_user(const vt_lock* lock) {
  for (int tries = 0; VT_LOAD(&lock->word) != 0 && tries < 20; tries++) {
    struct timespec pause = {.tv_nsec = tries < 10 ? 1000 : 1000000};
    vt_raw_plain(SYS_nanosleep, (long)(intptr_t)&pause, 0, 0, 0, 0, 0);
  }
}

void vt_wait_for_users(const struct vt_socket* socket) {
  vt_fence();
  wait_for_user(&socket->rx_lock);
  wait_for_user(&socket->tx_lock);
}

void vt_give_back_left(struct vt_socket* socket) {
  struct vt_left* left = &socket->moves.left;
  struct vt_queue* home = VT_LOAD(&socket->home);
  if (left->attachment == NULL) {
    return;
  }
  if (home != NULL && home->attachment == left->attachment && !vt_is_dead(left->attachment)) {
    struct vt_entry entry = {.stamp = VT_CMD_CLOSE,
                             .slot = left->slot,
                             .generation = left->generation,
                             .arg = {VT_CLOSE_MOVED}};
    vt_post(home, &entry);
  } /* else it goes when the placeholder does */
  vt_attachment_drop(left->attachment);
  left->attachment = NULL;
}

void vt_slot_leave(struct vt_socket* socket) {
  struct vt_left left = {socket->attachment, socket->slot_index, socket->generation};
  bool told = left.attachment != NULL && left.attachment->header->abi_minor >= VT_MOVED_MINOR;
  if (told) {
    vt_give_back_left(socket);
    vt_attachment_hold(left.attachment);
    socket->moves.left = left;
  }
  vt_slot_drop(socket);
}

/* The state of a slot that can be moved, or 0. */
static uint32_t state_of(const struct vt_socket* socket) {
  const struct vt_slot* slot = VT_LOAD(&socket->slot);
  const struct vt_attachment* attachment = VT_LOAD(&socket->attachment);
  bool there = socket->shared && slot != NULL && attachment != NULL && !vt_is_dead(attachment);
  return there ? VT_LOAD(&slot->state) : 0;
}

bool vt_comes_back(const struct vt_socket* socket) {
  return VT_LOAD(&socket->shared) && VT_LOAD(&socket->orphan);
}

bool vt_is_away(const struct vt_socket* socket) {
  return (state_of(socket) & VT_STATE_MOVED) != 0;
}

/*
 * Host stacks before 2.7 do not say it: a connection just looks reset from here, and one that is
 * really reset stays so when taken back.
 */
bool vt_was_taken_away(const struct vt_socket* socket) {
  uint32_t state = state_of(socket);
  if (socket->orphan || !(state & VT_STATE_FAILED)) {
    return false;
  }
  if (socket->datagram || (state & VT_STATE_MOVED)) {
    return true;
  }
  const struct vt_attachment* attachment = VT_LOAD(&socket->attachment);
  const struct vt_slot* slot = VT_LOAD(&socket->slot);
  return attachment != NULL && attachment->header->abi_minor < VT_MOVED_MINOR && slot != NULL &&
         socket->phase == VT_CONNECTED && slot->error == ECONNRESET && !socket->slot_error_taken &&
         !socket->moves.back;
}

/* The host stack tells within a moment, unless it has ended. */
static VT_COLD void wait_for_move(struct vt_attachment* attachment, int tries) {
  if (tries < 200) {
    sched_yield();
    return;
  }
  struct pollfd look = {.fd = attachment->control};
  vt_attachment_check(attachment);
  if (vt_raw_plain(SYS_poll, (long)(intptr_t)&look, 1, 1, 0, 0, 0) > 0) {
    vt_attachment_died(attachment);
  }
}

/* The state once it is said whether the socket stays. */
static uint32_t settled_state(struct vt_socket* socket, const struct vt_slot* slot) {
  vt_fence();
  uint32_t state = VT_LOAD(&slot->state);
  for (int tries = 0; (state & VT_STATE_MOVING) && !vt_is_dead(socket->attachment); tries++) {
    wait_for_move(socket->attachment, tries);
    state = VT_LOAD(&slot->state);
  }
  return state;
}

bool vt_read_too_late(struct vt_socket* socket, const struct vt_slot* slot, uint64_t head) {
  return (settled_state(socket, slot) & VT_STATE_MOVED) &&
         (int32_t)((uint32_t)head - slot->rx_moved) > 0;
}

bool vt_wrote_too_late(struct vt_socket* socket, const struct vt_slot* slot, uint64_t tail) {
  return (settled_state(socket, slot) & VT_STATE_MOVED) && VT_LOAD(&slot->tx_seen) < tail;
}
