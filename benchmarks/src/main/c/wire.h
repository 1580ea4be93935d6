/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One direction of a long, narrow, lossy wire, as a calculation: it has no clock and does no I/O.
 *
 * All that happens to a frame is known when it comes: whether it is lost, when the bottleneck has
 * sent it, and so when it arrives. One ring in order of arrival is queue and wire at once.
 */
#ifndef VIRTUOSO_LOAD_WIRE_H
#define VIRTUOSO_LOAD_WIRE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define WIRE_SLOTS 8192u    /* frames under way at most; one slot is the next frame's */
#define WIRE_FRAME_MAX 1536 /* an Ethernet frame with 1,500 bytes of payload, and some room */

/* How a wire is; both directions are alike. */
struct wire_shape {
  double bits_per_ns;   /* of the bottleneck; frames count from Ethernet header to payload */
  uint64_t delay_ns;    /* from the bottleneck's end to the other side */
  uint64_t queue_bytes; /* room in front of the bottleneck, the frame that it sends included */
  double loss;          /* share of IPv4 frames lost, independently of each other */
  uint64_t seed;
};

struct wire_frame {
  uint64_t due_ns;
  size_t length;
  uint8_t bytes[WIRE_FRAME_MAX];
};

struct wire_tally {
  uint64_t carried;
  uint64_t lost;       /* at random */
  uint64_t overflowed; /* no room in the queue */
};

struct wire {
  struct wire_shape shape;
  struct wire_frame *ring;
  uint32_t head;
  uint32_t count;
  uint64_t free_ns; /* when the bottleneck has sent all that waits */
  uint64_t random;
  struct wire_tally tally;
};

/* A wire without any frame; out of memory ends the program. */
void wire_open(struct wire *w);

/* From now on. Frames under way arrive when they were to; `salt` tells directions apart. */
void wire_set_shape(struct wire *w, const struct wire_shape *shape, uint64_t salt);

/* Where the next frame's bytes go, WIRE_FRAME_MAX of them. */
uint8_t *wire_next(struct wire *w);

/* Takes the frame at wire_next(), which came at `now`: loses it or sends it on. */
void wire_take(struct wire *w, size_t length, uint64_t now);

/* The frame that arrives first, or NULL. */
const struct wire_frame *wire_first(const struct wire *w);

/* Forgets wire_first(), which there must be: it has arrived. */
void wire_arrived(struct wire *w);

#endif
