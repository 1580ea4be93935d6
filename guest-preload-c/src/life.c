/* The life of a socket: memory, slot, home context, notices, close. */
#include <sched.h>

#include "address.h"
#include "datagram.h"
#include "raw.h"

/* ---- memory: never unmapped, so a stale pointer always points to some socket ------------------
 */

#define CHUNK 128u
#define MAX_CHUNKS (VT_MAX_FDS / CHUNK)

static struct vt_socket* chunks[MAX_CHUNKS];
static uint32_t chunk_count;
static struct vt_socket* free_sockets;
static vt_lock pool_lock;
static uint32_t listener_count;

static bool grow(void) {
  if (chunk_count == MAX_CHUNKS) {
    return false;
  }
  struct vt_socket* chunk = vt_pages(CHUNK * sizeof *chunk);
  if (chunk == NULL) {
    return false;
  }
  for (uint32_t i = CHUNK; i-- > 0;) {
    chunk[i].next_free = free_sockets;
    free_sockets = &chunk[i];
  }
  chunks[chunk_count] = chunk;
  VT_STORE(&chunk_count, chunk_count + 1);
  return true;
}

/* A socket with one reference and no fd yet; NULL without memory. */
struct vt_socket* vt_socket_new(int family) {
  vt_take(&pool_lock);
  struct vt_socket* socket = NULL;
  if (free_sockets != NULL || grow()) {
    socket = free_sockets;
    free_sockets = socket->next_free;
  }
  vt_give(&pool_lock);
  if (socket == NULL) {
    return NULL;
  }
  socket->family = family;
  socket->phase = VT_FRESH;
  socket->options = (struct vt_options){.keep_idle = 7200,
                                        .keep_interval = 75,
                                        .keep_count = 9,
                                        .receive_low_water = 1,
                                        .quick_ack = true};
  VT_STORE(&socket->references, 1);
  return socket;
}

void vt_for_each_socket(void (*visit)(struct vt_socket* socket, void* argument), void* argument) {
  uint32_t count = VT_LOAD(&chunk_count);
  for (uint32_t i = 0; i < count * CHUNK; i++) {
    struct vt_socket* socket = &chunks[i / CHUNK][i % CHUNK];
    if (VT_LOAD(&socket->references) != 0) {
      visit(socket, argument);
    }
  }
}

/* Makes fd a name of the socket. */
int vt_socket_install(struct vt_socket* socket, int fd) {
  if ((uint32_t)fd >= vt_table_size) {
    return EMFILE;
  }
  __atomic_add_fetch(&socket->references, 1, __ATOMIC_RELAXED);
  __atomic_add_fetch(&socket->fds, 1, __ATOMIC_RELAXED);
  vt_table_set(fd, (uintptr_t)socket);
  return 0;
}

static void kick_waiters(struct vt_socket* socket) {
  for (struct vt_waiter* waiter = socket->waiters; waiter != NULL; waiter = waiter->next) {
    vt_kick(waiter->thread);
  }
}

/* The fd number was closed or given to another file; its table entry is already gone. */
void vt_socket_forget(struct vt_socket* socket, int fd) {
  (void)fd;
  if (__atomic_sub_fetch(&socket->fds, 1, __ATOMIC_ACQ_REL) == 0) {
    vt_epoll_leave_all(socket, -1); /* who waits goes on waiting, as on Linux */
  }
  vt_unpin(socket);
}

uint32_t vt_listener_count(void) { return VT_LOAD_RELAXED(&listener_count); }

/* ---- slots ---------------------------------------------------------------------------------- */

static bool pop_slot(struct vt_attachment* attachment, uint32_t* index) {
  vt_take(&attachment->slot_lock);
  bool any = attachment->free_count != 0;
  if (any) {
    *index = attachment->free_slots[--attachment->free_count];
  }
  vt_give(&attachment->slot_lock);
  return any;
}

void vt_slot_released(struct vt_attachment* attachment, uint32_t index) {
  if (index >= attachment->header->guest_slot_count) {
    return;
  }
  vt_take(&attachment->slot_lock);
  if (attachment->free_count < attachment->header->guest_slot_count) {
    attachment->free_slots[attachment->free_count++] = index;
  }
  vt_give(&attachment->slot_lock);
}

static struct vt_queue* first_home(struct vt_attachment* attachment) {
  uint32_t index = vt_self.hint - 1;
  if (index < attachment->queue_count && VT_LOAD(&attachment->queues[index].doorbell) >= 0) {
    return &attachment->queues[index];
  }
  return &attachment->queues[0];
}

/* Ties socket and slot together. The caller's attachment is alive. */
void vt_slot_bind(struct vt_socket* socket, struct vt_attachment* attachment, uint32_t index,
                  uint32_t generation, bool by_host) {
  struct vt_slot* slot = &attachment->slots[index];
  vt_attachment_hold(attachment);
  socket->attachment = attachment;
  socket->home = first_home(attachment);
  socket->ordered_position = 0;
  socket->slot_index = index;
  socket->generation = generation;
  socket->given_by_host = by_host;
  socket->region = attachment->region;
  socket->rx_generation = UINT32_MAX; /* none; 0 in the slot says that the ring changes */
  socket->rx_head = slot->rx_head;
  socket->rx_want_answered = VT_NEVER;
  socket->tx_tail = slot->tx_tail;
  socket->tx_notice_want = 0;
  socket->tx_generation = slot->tx_generation;
  if (socket->tx_generation != 0) { /* what another process wrote came along */
    socket->tx_ring = attachment->region + slot->tx_ring_offset;
    socket->tx_mask = (uint64_t)slot->tx_ring_bytes - 1;
    socket->tx_base = slot->tx_base;
  }
  socket->slot_error_taken = false;
  VT_STORE(&slot->tx_want, VT_NEVER); /* from here on another ring may be on offer */
  VT_STORE(&slot->tx_want_sent, VT_NEVER);
  VT_STORE(&slot->context, socket->home->index);
  VT_STORE(&attachment->owners[index], socket);
  vt_fence();
  vt_raise_seen(slot, generation);
  VT_STORE(&socket->slot, slot);
}

/* ENETDOWN: no host stack; ENOBUFS: this process has used up its slots. */
int vt_slot_acquire(struct vt_socket* socket) {
  struct vt_attachment* attachment = vt_attach_quick();
  if (attachment == NULL) {
    return ENETDOWN;
  }
  uint32_t index;
  for (int tries = 0; !pop_slot(attachment, &index); tries++) {
    if (tries == 20 || vt_is_dead(attachment)) {
      return ENOBUFS;
    }
    for (uint32_t i = 0; i < attachment->queue_count; i++) {
      if (VT_LOAD(&attachment->queues[i].doorbell) >= 0) {
        vt_drain(&attachment->queues[i]);
      }
    }
    if (tries > 0) {
      struct timespec pause = {.tv_nsec = 500000};
      vt_raw_plain(SYS_nanosleep, (long)(intptr_t)&pause, 0, 0, 0, 0, 0);
    }
  }
  struct vt_slot* slot = &attachment->slots[index];
  memset(slot, 0, 64);
  uint32_t generation;
  do {
    generation = __atomic_add_fetch(&attachment->next_generation, 1, __ATOMIC_RELAXED);
  } while (generation == 0);
  vt_slot_bind(socket, attachment, index, generation, false);
  return 0;
}

/* Lets go of the slot without a word to the host. */
void vt_slot_drop(struct vt_socket* socket) {
  struct vt_attachment* attachment = socket->attachment;
  if (attachment == NULL) {
    return;
  }
  vt_take(&socket->rx_lock);
  vt_take(&socket->tx_lock);
  VT_STORE(&socket->slot, NULL);
  vt_give(&socket->tx_lock);
  vt_give(&socket->rx_lock);
  struct vt_socket* expected = socket;
  __atomic_compare_exchange_n(&attachment->owners[socket->slot_index], &expected, NULL, false,
                              __ATOMIC_ACQ_REL, __ATOMIC_RELAXED);
  socket->attachment = NULL;
  socket->home = NULL;
  vt_attachment_drop(attachment);
}

/* ---- home context --------------------------------------------------------------------------- */

/*
 * From now on the slot's events come to this queue and its commands go there. Commands whose
 * order matters must have left the old queue. False: the socket has no slot or other owner.
 * The caller looks at the socket's readiness afterwards, since older notices stay behind.
 */
bool vt_move_home(struct vt_socket* socket, struct vt_queue* queue) {
  struct vt_slot* slot = VT_LOAD(&socket->slot);
  if (slot == NULL || socket->attachment != queue->attachment) {
    return false;
  }
  struct vt_queue* old = socket->home;
  if (old == queue) {
    return true;
  }
  for (int i = 0; socket->ordered_position != 0 && !vt_post_passed(old, socket->ordered_position);
       i++) {
    if (i < 200) {
      sched_yield();
    } else {
      struct timespec pause = {.tv_nsec = 50000};
      vt_raw_plain(SYS_nanosleep, (long)(intptr_t)&pause, 0, 0, 0, 0, 0);
    }
  }
  socket->ordered_position = 0;
  VT_STORE(&socket->home, queue);
  VT_STORE(&slot->context, queue->index);
  vt_fence();
  vt_raise_seen(slot, socket->generation);
  return true;
}

/* Posts a command whose order with the socket's other commands matters. */
void vt_command(struct vt_socket* socket, uint32_t command, uint64_t arg0, uint64_t arg1) {
  struct vt_queue* queue = VT_LOAD(&socket->home);
  if (queue == NULL || vt_is_dead(queue->attachment)) {
    return;
  }
  struct vt_entry entry = {.stamp = command,
                           .slot = socket->slot_index,
                           .generation = socket->generation,
                           .arg = {arg0, arg1}};
  socket->ordered_position = vt_post(queue, &entry);
}

/* Something may have changed for the socket: tells its epoll sets and whoever waits for it. */
void vt_notify(struct vt_socket* socket) {
  if (VT_LOAD(&socket->members) == NULL && VT_LOAD(&socket->waiters) == NULL) {
    return;
  }
  vt_take(&socket->lock);
  for (struct vt_member* member = socket->members; member != NULL;
       member = member->next_of_socket) {
    vt_epoll_mark(member);
  }
  kick_waiters(socket);
  vt_give(&socket->lock);
}

/* ---- errors --------------------------------------------------------------------------------- */

/* The pending error, which is then no longer pending; 0 if none. */
int vt_take_error(struct vt_socket* socket) {
  int error = __atomic_exchange_n(&socket->error, 0, __ATOMIC_ACQ_REL);
  if (error != 0) {
    return error;
  }
  struct vt_slot* slot = VT_LOAD(&socket->slot);
  if (slot == NULL || socket->slot_error_taken) {
    return 0;
  }
  if (vt_is_dead(socket->attachment)) {
    socket->slot_error_taken = true;
    return socket->phase == VT_LISTENING    ? 0
           : socket->phase == VT_CONNECTING ? ENETDOWN
                                            : ECONNRESET;
  }
  if (VT_LOAD(&slot->generation) == socket->generation && vt_has_failed(slot)) {
    socket->slot_error_taken = true;
    return slot->error != 0 ? (int)slot->error : ECONNRESET;
  }
  return 0;
}

/* ---- close ---------------------------------------------------------------------------------- */

/* SO_LINGER with a time: waits until all written bytes are acknowledged, or the time is over. */
static void linger(struct vt_socket* socket) {
  struct vt_slot* slot = VT_LOAD(&socket->slot);
  if (socket->phase != VT_CONNECTED) {
    return;
  }
  vt_command(socket, VT_CMD_SHUTDOWN, VT_SHUT_WRITE, 0);
  int64_t deadline = vt_now() + socket->options.linger_seconds * INT64_C(1000000000);
  while (VT_LOAD(&slot->tx_head) != socket->tx_tail && !vt_is_dead(socket->attachment) &&
         !(VT_LOAD(&slot->state) & VT_STATE_FAILED)) {
    VT_STORE(&slot->tx_want, socket->tx_tail);
    vt_fence();
    if (VT_LOAD(&slot->tx_head) == socket->tx_tail || vt_wait(socket, 0, deadline) == EAGAIN) {
      break;
    }
  }
}

static void close_slot(struct vt_socket* socket) {
  struct vt_slot* slot = VT_LOAD(&socket->slot);
  if (slot == NULL) {
    return;
  }
  const struct vt_options* options = &socket->options;
  bool listener = socket->phase == VT_LISTENING;
  if (socket->shared && !listener) {
    /* The host stack closes it when the last copy of the placeholder is gone. */
  } else if (!vt_is_dead(socket->attachment)) {
    bool abort = !listener &&
                 ((options->linger_on && options->linger_seconds == 0) || vt_unread(socket) != 0);
    if (options->linger_on && options->linger_seconds > 0 && !socket->nonblocking && !abort) {
      linger(socket);
    }
    vt_command(socket, VT_CMD_CLOSE, abort ? VT_CLOSE_ABORT : VT_CLOSE_GRACEFUL, 0);
  }
  vt_slot_drop(socket);
}

/* The last reference is gone. */
void vt_socket_free(struct vt_socket* socket) {
  vt_give_back_left(socket);
  close_slot(socket);
  if (socket->phase == VT_LISTENING || socket->udp.named) {
    vt_listener_gone();
  }
  vt_lock lock = socket->lock;
  vt_lock rx_lock = socket->rx_lock;
  vt_lock tx_lock = socket->tx_lock;
  memset(socket, 0, sizeof *socket);
  socket->lock = lock;
  socket->rx_lock = rx_lock;
  socket->tx_lock = tx_lock;
  vt_take(&pool_lock);
  socket->next_free = free_sockets;
  free_sockets = socket;
  vt_give(&pool_lock);
}

/* ---- listeners over the host stack's life -----------------------------------------------------
 */

void vt_arm(struct vt_socket* socket, bool on) {
  if (socket->phase == VT_LISTENING && socket->armed != on && socket->slot != NULL) {
    socket->armed = on;
    vt_command(socket, on ? VT_CMD_ARM : VT_CMD_DISARM, 0, 0);
  }
}

/*
 * A thread is about to wait for a connection. If other processes share the listener the host stack
 * must know who waits; else it is enough to know that this one accepts.
 */
void vt_arm_waiting(struct vt_socket* socket) {
  if (!socket->shared || socket->members != NULL) {
    vt_arm(socket, true);
  } else if (socket->phase == VT_LISTENING && socket->slot != NULL) {
    vt_command(socket, VT_CMD_ARM, VT_ARM_ONCE, 0);
  }
}

static int bind_and_listen(struct vt_socket* socket) {
  int error = vt_ask_bind(socket, socket->bound);
  if (error == 0) {
    uint64_t arg[4] = {(uint64_t)socket->backlog, vt_bind_flags(socket)};
    error = vt_ask(socket, VT_CMD_LISTEN, arg, NULL);
  }
  return error;
}

/* A listener whose host stack went away takes its place again at the new one. 0 or an errno. */
int vt_listen_again(struct vt_socket* socket) {
  bool was_armed = socket->armed;
  if (socket->shared) {
    socket->options.reuse_port = true; /* the other processes that share it come back, too */
  }
  socket->shared = false;
  socket->armed = false;
  vt_slot_drop(socket);
  int error = vt_slot_acquire(socket);
  if (error == 0) {
    error = bind_and_listen(socket);
  }
  if (error != 0) {
    vt_slot_drop(socket);
    return error;
  }
  vt_epoll_adopt_home(socket);
  vt_arm(socket, was_armed || socket->members != NULL);
  vt_notify(socket);
  return 0;
}

static void come_back(struct vt_socket* socket, void* unused) {
  (void)unused;
  if (socket->datagram && socket->udp.named && socket->phase == VT_BOUND && !socket->orphan &&
      (socket->attachment == NULL || vt_is_dead(socket->attachment))) {
    vt_datagram_open_again(socket);
    return;
  }
  if (socket->phase != VT_LISTENING || socket->orphan) {
    return;
  }
  if (socket->attachment == NULL || vt_is_dead(socket->attachment)) {
    int error = vt_listen_again(socket);
    if (error != 0) {
      vt_log("cannot listen again on port %u: %s", socket->bound.port, strerror(error));
    }
  }
}

void vt_listeners_back(void) { vt_for_each_socket(come_back, NULL); }

void vt_listener_gone(void) { __atomic_sub_fetch(&listener_count, 1, __ATOMIC_RELAXED); }

void vt_listener_added(void) { __atomic_add_fetch(&listener_count, 1, __ATOMIC_RELAXED); }

/* ---- fork ----------------------------------------------------------------------------------- */

void vt_life_before_fork(void) { vt_take(&pool_lock); }

/*
 * The child starts with copies of all sockets; none has a slot in a region of the child's yet.
 * Those that a placeholder pair stands for can be adopted; what could not be shared is lost.
 */
static void orphan(struct vt_socket* socket) {
  if (socket->slot != NULL && socket->slot->generation == socket->generation) {
    memcpy(socket->saved_local, socket->slot->local_address, 16);
    memcpy(socket->saved_peer, socket->slot->peer_address, 16);
    socket->saved_local_port = socket->slot->local_port;
    socket->saved_peer_port = socket->slot->peer_port;
  }
  socket->references = socket->fds;
  socket->lock.word = socket->rx_lock.word = socket->tx_lock.word = 0;
  socket->waiters = NULL;
  socket->members = NULL;
  socket->own_member.set = NULL;
  socket->moves.left.attachment = NULL;
  bool had_slot = socket->slot != NULL;
  socket->slot = NULL;
  socket->home = NULL;
  socket->attachment = NULL;
  socket->armed = false;
  if (socket->shared) {
    socket->orphan = true;
  } else if (had_slot && socket->phase != VT_LISTENING) {
    socket->phase = VT_LOST;
    socket->error = ECONNRESET;
  }
}

void vt_life_after_fork(bool child) {
  if (child) {
    for (uint32_t i = 0; i < chunk_count * CHUNK; i++) {
      struct vt_socket* socket = &chunks[i / CHUNK][i % CHUNK];
      if (socket->references != 0) {
        orphan(socket);
      }
    }
  }
  vt_give(&pool_lock);
}
