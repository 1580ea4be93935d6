/* Each call has dice of its own, so that calls can be left out without changing the others. */
#include "calls.h"

struct slot slots[SLOTS];
static uint64_t dice;
static uint32_t rounds;

static uint64_t next(void) {
  uint64_t mixed = (dice += UINT64_C(0x9e3779b97f4a7c15));
  mixed = (mixed ^ (mixed >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
  mixed = (mixed ^ (mixed >> 27)) * UINT64_C(0x94d049bb133111eb);
  return mixed ^ (mixed >> 31);
}

void dice_start(uint64_t seed, uint32_t step) {
  dice = seed;
  dice = next() + step * UINT64_C(0xda942042e4dd58b5);
  next();
}

uint32_t roll(uint32_t sides) { return (uint32_t)(next() >> 33) % sides; }

bool chance(uint32_t percent) { return roll(100) < percent; }

int pick(enum kind kind) {
  int fitting[SLOTS];
  uint32_t count = 0;
  bool any = kind == ANYTHING || chance(5);
  for (int i = 0; i < SLOTS; i++) {
    if (any ? slots[i].kind != NOTHING : slots[i].kind == kind) {
      fitting[count++] = i;
    }
  }
  int picked = count == 0 || chance(2) ? (int)roll(SLOTS) : fitting[roll(count)];
  picked_last = picked;
  return picked;
}

int pick_empty(void) {
  int start = (int)roll(SLOTS);
  for (int i = 0; i < SLOTS; i++) {
    if (slots[(start + i) % SLOTS].kind == NOTHING) {
      return (start + i) % SLOTS;
    }
  }
  return start; /* never: see empty_slots() */
}

int empty_slots(void) {
  int count = 0;
  for (int i = 0; i < SLOTS; i++) {
    count += slots[i].kind == NOTHING;
  }
  return count;
}

void put(int slot, int fd, enum kind kind, int family) {
  slots[slot] = (struct slot){.fd = fd, .kind = fd < 0 ? NOTHING : kind, .family = family};
  slots[slot].group = slots[slot].round = ++rounds;
}

void drop(int slot) { put(slot, -1, NOTHING, 0); }

int fd_of(int slot) { return slots[slot].kind == NOTHING ? -1 : slots[slot].fd; }

const uint8_t *bytes_to_send(size_t count) {
  static uint8_t bytes[ROOM];
  for (size_t i = 0; i < count; i++) {
    bytes[i] = (uint8_t)next();
  }
  return bytes;
}
