/* Queues: posting commands, draining events, sleeping, and commands that are answered. */
#include <sched.h>

#include "internal.h"
#include "raw.h"
#include "vectors.h"

#define REPLY_TIMEOUT_NS INT64_C(10000000000)
#define REPLY_SPINS 200

/* ---- who uses which context ----------------------------------------------------------------- */

static bool open_queue(struct vt_queue* queue) {
  struct vt_message ask = {.type = VT_MSG_OPEN_CONTEXT, .value = queue->index};
  struct vt_message answer;
  bool asked = false;
  int doorbell = vt_in_machine ? vt_vectors_open(queue, &ask, &answer, &asked) : -1;
  if (doorbell < 0 && !asked) {
    doorbell = vt_ask_descriptor(queue->attachment, &ask, &answer);
  }
  if (doorbell < 0) {
    return false;
  }
  if (answer.type != VT_MSG_CONTEXT || answer.error != 0) {
    vt_private_close(doorbell);
    return false;
  }
  libc.fcntl(doorbell, F_SETFL, (long)O_NONBLOCK);
  VT_STORE(&queue->shared->state, VT_CONTEXT_OPEN);
  VT_STORE(&queue->doorbell, doorbell);
  return true;
}

/*
 * A context of its own for a thread or an epoll set; the first one, shared, when all are taken.
 * NULL if not even that can be had. Context 0 is opened by attaching.
 */
struct vt_queue* vt_queue_acquire(struct vt_attachment* attachment) {
  struct vt_queue* found = NULL;
  vt_take(&attachment->slot_lock);
  for (uint32_t i = 0; i < attachment->queue_count && found == NULL; i++) {
    if (attachment->queues[i].owners == 0) {
      found = &attachment->queues[i];
    }
  }
  if (found == NULL) {
    found = &attachment->queues[0];
  }
  found->owners++;
  vt_give(&attachment->slot_lock);
  if (VT_LOAD(&found->doorbell) < 0 && !open_queue(found)) {
    vt_take(&attachment->slot_lock);
    found->owners--;
    found = &attachment->queues[0];
    found->owners++;
    vt_give(&attachment->slot_lock);
  }
  vt_attachment_hold(attachment);
  return found;
}

/* The context stays open for its next owner. */
void vt_queue_release(struct vt_queue* queue) {
  struct vt_attachment* attachment = queue->attachment;
  vt_take(&attachment->slot_lock);
  queue->owners--;
  vt_give(&attachment->slot_lock);
  vt_attachment_drop(attachment);
}

/* ---- commands ------------------------------------------------------------------------------- */

void vt_ring_host(struct vt_attachment* attachment) {
  uint64_t one = 1;
  if (vt_in_machine) {
    if (vt_vectors_ring(attachment)) {
      return;
    }
    vt_raw_plain(SYS_sendto, attachment->host_doorbell, (long)(intptr_t)&one, 1,
                 MSG_NOSIGNAL | MSG_DONTWAIT, 0, 0);
    return;
  }
  vt_raw_plain(SYS_write, attachment->host_doorbell, (long)(intptr_t)&one, sizeof one, 0, 0, 0);
}

static void wait_for_room(struct vt_queue* queue) {
  for (int i = 0; !vt_is_dead(queue->attachment); i++) {
    uint64_t head = VT_LOAD(&queue->shared->command_head);
    if (queue->command_tail - head <= queue->mask) {
      queue->command_room = head + queue->mask + 1;
      return;
    }
    vt_ring_host(queue->attachment);
    if (i < 1000) {
      sched_yield();
    } else {
      struct timespec pause = {.tv_nsec = 100000};
      vt_raw_plain(SYS_nanosleep, (long)(intptr_t)&pause, 0, 0, 0, 0, 0);
    }
    vt_attachment_check(queue->attachment);
  }
}

/*
 * One ring ends one sleep, but only a ring for a command that the host stack finds when it looks.
 * The command just posted may be taken already: the host stack then fell asleep after that, and a
 * ring would be spent for nothing. It gives back what it took before it says that it sleeps.
 * The number counts as rung only afterwards, for whoever posts in between.
 */
static void ring_if_asleep(struct vt_queue* queue, uint64_t position) {
  uint32_t sleep = VT_LOAD(&queue->shared->host_sleeping);
  if (sleep == 0 || sleep == VT_LOAD_RELAXED(&queue->rung_sleep) ||
      VT_LOAD(&queue->shared->command_head) > position) {
    return;
  }
  vt_ring_host(queue->attachment);
  VT_STORE_RELAXED(&queue->rung_sleep, sleep);
}

/* Puts a command (its stamp holds the type only) into the queue; returns its position. */
uint64_t vt_post(struct vt_queue* queue, const struct vt_entry* entry) {
  vt_take(&queue->post_lock);
  uint64_t position = queue->command_tail;
  if (VT_UNLIKELY(position == queue->command_room)) {
    wait_for_room(queue);
    if (position == queue->command_room) {
      vt_give(&queue->post_lock); /* the host stack is gone: nobody will look */
      return position;
    }
  }
  struct vt_entry* place = &queue->commands[position & queue->mask];
  place->slot = entry->slot;
  place->generation = entry->generation;
  place->request = entry->request;
  memcpy(place->arg, entry->arg, sizeof place->arg);
  VT_STORE(&place->stamp, (position + 1) << 8 | entry->stamp);
  queue->command_tail = position + 1;
  vt_give(&queue->post_lock); /* also the fence that the ABI asks for */
  ring_if_asleep(queue, position);
  return position;
}

bool vt_post_passed(const struct vt_queue* queue, uint64_t position) {
  return VT_LOAD(&queue->shared->command_head) > position || vt_is_dead(queue->attachment);
}

/* ---- events --------------------------------------------------------------------------------- */

/*
 * Publishes how far this guest has looked at a slot's receive ring. The look is repeated until it
 * finds nothing new: bytes that came between look and store were announced by nobody, and bytes
 * that come after them will be announced only to a guest that has seen them. rx_seen never goes
 * back, whoever stores it. Until the host stack has begun to use a slot under this generation its
 * cursors are those of a former use.
 */
void vt_raise_seen(struct vt_slot* slot, uint32_t generation) {
  if (VT_LOAD(&slot->generation) != generation) {
    return;
  }
  uint64_t tail;
  while (VT_LOAD_RELAXED(&slot->rx_seen) < (tail = VT_LOAD(&slot->rx_tail))) {
    vt_raise(&slot->rx_seen, tail); /* with the fence that the ABI asks for: look again */
  }
}

static void on_ready(struct vt_attachment* attachment, const struct vt_entry* event) {
  struct vt_slot* slot = &attachment->slots[event->slot];
  vt_raise_seen(slot, event->generation);
  struct vt_socket* socket = VT_LOAD(&attachment->owners[event->slot]);
  if (socket != NULL && VT_LOAD_RELAXED(&socket->generation) == event->generation) {
    vt_notify(socket);
  }
}

/* The host stack would have back a transmit ring that is idle: adopts the one on offer. */
static VT_COLD void on_ring(struct vt_attachment* attachment, const struct vt_entry* event) {
  struct vt_socket* socket = VT_LOAD(&attachment->owners[event->slot]);
  if (socket == NULL || !vt_try_lock(&socket->tx_lock)) {
    return; /* whoever is about to write adopts it */
  }
  struct vt_queue* queue = VT_LOAD(&socket->home);
  uint32_t before = socket->tx_generation;
  struct vt_slot* slot = socket->slot;
  if (slot != NULL && VT_LOAD_RELAXED(&socket->generation) == event->generation) {
    vt_tx_room(socket, slot);
  }
  bool adopted = socket->tx_generation != before;
  vt_give(&socket->tx_lock);
  if (adopted && queue != NULL) {
    struct vt_entry entry = {
        .stamp = VT_CMD_TX, .slot = event->slot, .generation = event->generation};
    vt_post(queue, &entry);
  }
}

static void on_reply(struct vt_queue* queue, const struct vt_entry* event) {
  for (struct vt_request** link = &queue->requests; *link != NULL; link = &(*link)->next) {
    struct vt_request* request = *link;
    if (request->id == event->request) {
      *link = request->next;
      request->value = event->arg[0];
      request->error = (int)event->arg[4];
      VT_STORE(&request->done, true);
      return;
    }
  }
}

static void dispatch(struct vt_queue* queue, const struct vt_entry* event) {
  struct vt_attachment* attachment = queue->attachment;
  uint32_t type = (uint32_t)(event->stamp & 0xff);
  if (type == VT_EVT_REPLY) {
    on_reply(queue, event);
  } else if (event->slot < attachment->slot_count) {
    if (type == VT_EVT_READY) {
      on_ready(attachment, event);
    } else if (type == VT_EVT_RELEASED) {
      vt_slot_released(attachment, event->slot);
    } else if (type == VT_EVT_RING) {
      on_ring(attachment, event);
    }
  }
}

/* Takes all events out of the queue; says whether there were any. */
bool vt_drain(struct vt_queue* queue) {
  if (!vt_queue_has_events(queue)) {
    return false;
  }
  vt_take(&queue->drain_lock);
  uint64_t head = queue->event_head;
  for (uint32_t i = 0; i <= queue->mask; i++) {
    struct vt_entry* event = &queue->events[head & queue->mask];
    if (VT_LOAD(&event->stamp) >> 8 != head + 1) {
      break;
    }
    dispatch(queue, event);
    head++;
  }
  VT_STORE_RELAXED(&queue->event_head, head);
  VT_STORE(&queue->shared->event_head, head);
  vt_give(&queue->drain_lock);
  vt_fence(); /* the host sees the head, or we see that it waits for room */
  if (VT_UNLIKELY(VT_LOAD(&queue->shared->event_backlog) != 0)) {
    vt_ring_host(queue->attachment);
  }
  return true;
}

/* ---- sleeping ------------------------------------------------------------------------------- */

/* Several threads may sleep on one doorbell: every change asks for a new ring. */
static void set_sleeping(struct vt_queue* queue) {
  uint32_t number = 0;
  if (queue->sleepers != 0) {
    if (++queue->sleep_number == 0) {
      queue->sleep_number = 1;
    }
    number = queue->sleep_number;
  }
  VT_STORE(&queue->shared->guest_sleeping, number);
}

/* Afterwards the caller looks for events once more before it sleeps on the doorbell. */
void vt_sleep_enter(struct vt_queue* queue) {
  vt_take(&queue->sleep_lock);
  queue->sleepers++;
  set_sleeping(queue);
  vt_give(&queue->sleep_lock);
}

/* Afterwards the caller drains: the others' new number does not cover what came before it. */
void vt_sleep_leave(struct vt_queue* queue) {
  vt_take(&queue->sleep_lock);
  queue->sleepers--;
  set_sleeping(queue);
  vt_give(&queue->sleep_lock);
}

/* Empties the pipe, or what stands for it; finds out by it that the host stack is gone. */
void vt_doorbell_clear(struct vt_queue* queue) {
  char bytes[512];
  long got = vt_raw_plain(SYS_read, queue->doorbell, (long)(intptr_t)bytes, sizeof bytes, 0, 0, 0);
  if (got == 0 || (got < 0 && got != -EAGAIN && got != -EINTR) ||
      vt_vectors_gone(queue, bytes, got)) {
    vt_attachment_died(queue->attachment);
  }
  vt_wake_reader_again(queue);
  vt_attachment_check(queue->attachment);
}

/* ---- commands with an answer ---------------------------------------------------------------- */

static void unlist(struct vt_queue* queue, struct vt_request* request) {
  vt_take(&queue->drain_lock);
  for (struct vt_request** link = &queue->requests; *link != NULL; link = &(*link)->next) {
    if (*link == request) {
      *link = request->next;
      break;
    }
  }
  vt_give(&queue->drain_lock);
}

/*
 * Another thread may drain the answer, and then nothing rings: look again after a millisecond.
 * Signals only end the nap early; the command is on its way and its answer comes soon.
 */
static void nap(struct vt_queue* queue) {
  vt_sleep_enter(queue);
  if (!vt_queue_has_events(queue)) {
    struct pollfd fd = {.fd = queue->doorbell, .events = POLLIN};
    struct timespec time = {.tv_nsec = 1000000};
    vt_raw_plain(SYS_ppoll, (long)(intptr_t)&fd, 1, (long)(intptr_t)&time, 0, 8, 0);
    if (fd.revents != 0) {
      vt_doorbell_clear(queue);
    }
  }
  vt_sleep_leave(queue);
}

int vt_ask(struct vt_socket* socket, uint32_t command, const uint64_t arg[4], uint64_t* value) {
  struct vt_queue* queue = socket->home;
  struct vt_request request = {
      .id = __atomic_add_fetch(&queue->attachment->next_request, 1, __ATOMIC_RELAXED)};
  struct vt_entry entry = {.stamp = command,
                           .slot = socket->slot_index,
                           .generation = socket->generation,
                           .request = request.id,
                           .arg = {arg[0], arg[1], arg[2], arg[3]}};
  vt_take(&queue->drain_lock);
  request.next = queue->requests;
  queue->requests = &request;
  vt_give(&queue->drain_lock);
  socket->ordered_position = vt_post(queue, &entry);
  int64_t deadline = vt_now() + REPLY_TIMEOUT_NS;
  for (int i = 0; !VT_LOAD(&request.done); i++) {
    if (vt_is_dead(queue->attachment) || vt_now() > deadline) {
      unlist(queue, &request);
      return VT_LOAD(&request.done) ? request.error : ENETDOWN;
    }
    if (!vt_drain(queue) && i > REPLY_SPINS) {
      nap(queue);
    }
  }
  if (value != NULL) {
    *value = request.value;
  }
  return request.error;
}
