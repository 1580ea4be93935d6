/* SPDX-License-Identifier: Apache-2.0 */
#include "histogram.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "mc_reply.h"
#include "mc_values.h"
#include "wire.h"

static int checks;

static void expect(int condition, const char *what) {
  checks++;
  if (condition) return;
  fprintf(stderr, "failed: %s\n", what);
  exit(1);
}

static void should_know_a_value_to_one_percent(void) {
  static struct histogram h;
  for (uint64_t value = 1; value < UINT64_C(100000000000); value = value * 5 / 3 + 1) {
    histogram_clear(&h);
    histogram_record(&h, value);
    histogram_record(&h, value * 2);
    double seen = (double)histogram_quantile(&h, 0.5);
    expect(seen > (double)value * 0.99 && seen < (double)value * 1.01, "within 1 %");
  }
}

static void should_take_the_value_of_the_rank(void) {
  static struct histogram h;
  for (uint64_t value = 1; value <= 100; value++) histogram_record(&h, value);
  expect(histogram_quantile(&h, 0.50) == 50, "median of 1..100");
  expect(histogram_quantile(&h, 0.99) == 99, "99th percentile of 1..100");
  expect(histogram_quantile(&h, 1.0) == 100, "maximum of 1..100");
  expect(histogram_mean(&h) == 50.5, "mean of 1..100");
}

static void should_match_a_value_at_any_offset(void) {
  char value[100];
  value_fill(value, sizeof value, 7, 9);
  for (size_t offset = 0; offset < sizeof value; offset++) {
    size_t rest = sizeof value - offset;
    expect(value_matches(value + offset, rest, offset, 7, 9), "the same value");
    expect(rest < 8 || !value_matches(value + offset, rest, offset, 7, 10), "another version");
  }
  for (uint32_t version = 1; version < 10000; version++) {
    size_t length = value_length(1, version, 1, 1 << 20);
    expect(length >= 1 && length <= 1 << 20, "length in range");
  }
}

/* Feeds the answers in pieces of every size, and expects the same events each time. */
static void should_read_answers_in_any_pieces(void) {
  static const char text[] = "VALUE k 7 5\r\nhello\r\nEND\r\nEND\r\nSTORED\r\nDELETED\r\n";
  static const enum reply_event wanted[] = {REPLY_VALUE, REPLY_HIT, REPLY_MISS, REPLY_STORED,
                                            REPLY_DELETED};
  for (size_t piece = 1; piece < sizeof text; piece++) {
    struct reply r = {.binary = false};
    size_t seen = 0, body = 0;
    for (size_t at = 0; at < sizeof text - 1; at += piece) {
      const char *data = text + at;
      size_t left = sizeof text - 1 - at;
      const char *end = data + (left < piece ? left : piece);
      for (enum reply_event e; (e = reply_next(&r, &data, end)) != REPLY_MORE;) {
        if (e == REPLY_BYTES) body += r.piece_length;
        else expect(seen < 5 && e == wanted[seen++], "the next event");
      }
    }
    expect(seen == 5 && body == 5 && r.flags == 7, "all events and the whole body");
  }
}

/* 8 Mbit/s: a byte takes a microsecond. */
static struct wire a_wire(uint64_t queue_bytes, double loss) {
  struct wire w;
  struct wire_shape shape = {.bits_per_ns = 0.008,
                             .delay_ns = 10000000,
                             .queue_bytes = queue_bytes,
                             .loss = loss,
                             .seed = 7};
  wire_open(&w);
  wire_set_shape(&w, &shape, 0);
  return w;
}

static void take(struct wire *w, uint8_t type, uint8_t mark, size_t length, uint64_t now) {
  uint8_t *frame = wire_next(w);
  memset(frame, mark, length);
  frame[12] = 0x08;
  frame[13] = type;
  wire_take(w, length, now);
}

static void should_deliver_after_queue_rate_and_delay(void) {
  struct wire w = a_wire(3000, 0);
  for (uint8_t i = 0; i < 4; i++) take(&w, 0, i, 1000, 5000);
  expect(w.tally.overflowed == 1, "no room for the fourth");
  for (uint8_t i = 0; i < 3; i++) {
    const struct wire_frame *first = wire_first(&w);
    expect(first->bytes[0] == i && first->length == 1000, "in order");
    expect(first->due_ns == 5000 + (i + 1) * 1000000u + 10000000u, "when it was sent and has arrived");
    wire_arrived(&w);
  }
  expect(wire_first(&w) == NULL && w.tally.carried == 3, "nothing is left");
  take(&w, 0, 9, 1000, 50000000);
  expect(wire_first(&w)->due_ns == 61000000, "an idle wire saves nothing up");
  free(w.ring);
}

static void should_lose_a_share_of_ipv4_frames_by_its_seed(void) {
  struct wire w = a_wire(1 << 20, 0.1);
  struct wire same = a_wire(1 << 20, 0.1);
  for (uint64_t i = 0; i < 10000; i++) {
    take(&w, 0, 1, 100, i * 1000000);
    take(&same, 0, 1, 100, i * 1000000);
    expect(w.count == same.count, "the same frames are lost");
    take(&w, 6, 1, 100, i * 1000000);
    while (wire_first(&w) != NULL) wire_arrived(&w);
    while (wire_first(&same) != NULL) wire_arrived(&same);
  }
  expect(w.tally.lost > 900 && w.tally.lost < 1100, "a tenth is lost");
  expect(w.tally.carried == 20000 - w.tally.lost, "ARP never is");
  free(w.ring);
  free(same.ring);
}

int main(void) {
  should_know_a_value_to_one_percent();
  should_take_the_value_of_the_rank();
  should_match_a_value_at_any_offset();
  should_read_answers_in_any_pieces();
  should_deliver_after_queue_rate_and_delay();
  should_lose_a_share_of_ipv4_frames_by_its_seed();
  printf("load generators: %d checks passed\n", checks);
  return 0;
}
