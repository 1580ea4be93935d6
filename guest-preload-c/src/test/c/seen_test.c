/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Bytes that arrive while a guest acts on an event are announced or seen, wherever it is: the guest
 * is stepped through one instruction at a time, and the host stack takes its turn after each in
 * turn. Without threads.
 */
#include <signal.h>

#include "context_stubs.h"

#define TRAP_FLAG 0x100L
#define GENERATION 7u

static struct vt_slot slot;
static volatile long steps;
static long turn_after; /* steps */
static bool told;

void vt_lock_slow(vt_lock* lock) { (void)lock; }
void vt_lock_wake(vt_lock* lock) { (void)lock; }

/* Delivers one more byte and announces it if the guest has seen all before. */
static void host_delivers(void) {
  uint64_t old = slot.rx_tail;
  slot.rx_tail = old + 1;
  told = slot.rx_seen >= old;
}

static void on_step(int signal, siginfo_t* info, void* context) {
  (void)signal;
  (void)info;
  (void)context;
  if (++steps == turn_after) {
    host_delivers();
  }
}

static void set_trap_flag(void) {
  __asm__ volatile("pushfq; orq %0, (%%rsp); popfq" : : "i"(TRAP_FLAG) : "memory", "cc");
}

static void clear_trap_flag(void) {
  __asm__ volatile("pushfq; andq %0, (%%rsp); popfq" : : "i"(~TRAP_FLAG) : "memory", "cc");
}

/* Acts on an outstanding event. False: that took fewer steps than were asked for. */
static bool raise_with_a_turn_after(long count) {
  slot = (struct vt_slot){.generation = GENERATION, .rx_tail = 5, .rx_seen = 2};
  steps = 0;
  told = false;
  turn_after = count;
  set_trap_flag();
  vt_raise_seen(&slot, GENERATION);
  clear_trap_flag();
  return steps >= count;
}

int main(void) {
  struct sigaction action = {.sa_sigaction = on_step, .sa_flags = SA_SIGINFO};
  sigaction(SIGTRAP, &action, NULL);
  long turns = 1;
  for (; raise_with_a_turn_after(turns); turns++) {
    expect(told || slot.rx_seen == slot.rx_tail, "the next byte will be announced");
  }
  expect(turns > 8 && slot.rx_seen == slot.rx_tail, "stepped through");
  printf("seen: %d checks passed\n", checks);
  return 0;
}
