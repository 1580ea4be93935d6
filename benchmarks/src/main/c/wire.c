/* SPDX-License-Identifier: Apache-2.0 */
#include "wire.h"

#include "net.h"

#define ETHERNET_HEADER 14
#define TYPE_AT 12

void wire_open(struct wire *w) {
  *w = (struct wire){.ring = allocate(WIRE_SLOTS, sizeof *w->ring)};
}

void wire_set_shape(struct wire *w, const struct wire_shape *shape, uint64_t salt) {
  w->shape = *shape;
  w->random = shape->seed * 2 + salt;
}

uint8_t *wire_next(struct wire *w) {
  return w->ring[(w->head + w->count) % WIRE_SLOTS].bytes;
}

/* SplitMix64: the next of a sequence that its seed determines, as a number in [0, 1). */
static double next_random(struct wire *w) {
  w->random += UINT64_C(0x9e3779b97f4a7c15);
  uint64_t z = w->random;
  z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
  z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
  z ^= z >> 31;
  return (double)(z >> 11) * 0x1p-53;
}

/* Of others, ARP in the first place, none is lost: that would be a pause of a second, not a loss. */
static bool is_ipv4(const uint8_t *frame, size_t length) {
  return length > ETHERNET_HEADER && frame[TYPE_AT] == 0x08 && frame[TYPE_AT + 1] == 0x00;
}

void wire_take(struct wire *w, size_t length, uint64_t now) {
  struct wire_frame *frame = &w->ring[(w->head + w->count) % WIRE_SLOTS];
  if (is_ipv4(frame->bytes, length) && next_random(w) < w->shape.loss) {
    w->tally.lost++;
    return;
  }
  uint64_t start = w->free_ns > now ? w->free_ns : now;
  double waiting_bytes = (double)(start - now) * w->shape.bits_per_ns / 8;
  bool full = waiting_bytes + (double)length > (double)w->shape.queue_bytes;
  if (full || w->count + 1 == WIRE_SLOTS) {
    w->tally.overflowed++;
    return;
  }
  w->free_ns = start + (uint64_t)((double)length * 8 / w->shape.bits_per_ns);
  uint64_t due = w->free_ns + w->shape.delay_ns;
  if (w->count != 0) {
    uint64_t last = w->ring[(w->head + w->count - 1) % WIRE_SLOTS].due_ns;
    if (due < last) due = last; /* the shape has changed: no frame overtakes another */
  }
  frame->due_ns = due;
  frame->length = length;
  w->count++;
}

const struct wire_frame *wire_first(const struct wire *w) {
  return w->count == 0 ? NULL : &w->ring[w->head];
}

void wire_arrived(struct wire *w) {
  w->head = (w->head + 1) % WIRE_SLOTS;
  w->count--;
  w->tally.carried++;
}
