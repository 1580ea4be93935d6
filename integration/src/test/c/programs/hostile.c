/*
 * A guest that attaches by hand and writes garbage over everything that it can reach.
 *
 *   hostile SOCKET SEED KIND     KIND: words (anything anywhere), commands (well-formed entries
 *                                with random contents), cursors (slot words of open sockets),
 *                                messages (garbage on the attach socket)
 *   hostile vm SEED KIND         the same in a virtual machine, and KIND strangers: connections that
 *                                begin with garbage, with other processes' numbers, or with nothing
 *
 * Prints "ended: reason N" once the host stack ended the attachment (status 0), or "survived"
 * (status 3) if it did not within 30 s, or "refused" (status 4).
 */
#include "hostile.h"

/* Anything anywhere but the header: contexts, queues, slots, and now and then the pool. */
static void scribble_words(struct attachment *self, const struct vt_region_header *header) {
  size_t slots_end = header->slot_offset + 4096 * VT_SLOT_BYTES;
  size_t low = header->context_offset;
  size_t reach = 4 * (size_t)header->context_stride;
  for (int i = 0; i < 4000; i++) {
    uint64_t dice = conf_random(&self->random);
    size_t at = dice % 2 == 0 ? low + conf_random(&self->random) % reach
                              : header->slot_offset +
                                    conf_random(&self->random) % (slots_end - header->slot_offset);
    uint64_t word = conf_random(&self->random) >> (dice >> 8) % 64;
    memcpy(self->region + (at & ~(size_t)7), &word, sizeof word);
  }
}

/* Entries whose stamps are right and whose contents are not. */
static void post_commands(struct attachment *self, const struct vt_region_header *header,
                          uint64_t *position) {
  struct vt_context *context = context_of(self, header, 0);
  struct vt_entry *queue = (struct vt_entry *)(void *)(context + 1);
  for (uint32_t i = 0; i < header->queue_entries / 2; i++) {
    struct vt_entry *entry = &queue[*position % header->queue_entries];
    entry->slot = (uint32_t)conf_random(&self->random);
    if (conf_random(&self->random) % 2 == 0) {
      entry->slot %= 8;
    }
    entry->generation = (uint32_t)(conf_random(&self->random) % 3);
    entry->request = conf_random(&self->random);
    for (int k = 0; k < 5; k++) {
      entry->arg[k] = conf_random(&self->random) >> conf_random(&self->random) % 64;
    }
    uint64_t type = conf_random(&self->random) % 17;
    atomic_thread_fence(memory_order_release);
    entry->stamp = (*position + 1) << 8 | type;
    (*position)++;
  }
}

/* Guest-written words of slots that the host stack watches. */
static void spoil_cursors(struct attachment *self, const struct vt_region_header *header,
                          uint64_t *position) {
  struct vt_slot *slots = (struct vt_slot *)(void *)(self->region + header->slot_offset);
  for (int i = 0; i < 8; i++) {
    slots[i].tx_tail = conf_random(&self->random);
    slots[i].rx_head = conf_random(&self->random);
    slots[i].rx_seen = conf_random(&self->random);
    slots[i].tx_base = conf_random(&self->random);
    slots[i].context = (uint32_t)conf_random(&self->random);
    slots[i].tx_generation = (uint32_t)conf_random(&self->random);
  }
  post_commands(self, header, position);
}

/* Messages that no shim sends; sometimes with descriptors missing, sometimes cut. */
static void send_messages(struct attachment *self) {
  struct vt_message message;
  uint8_t *bytes = (uint8_t *)&message;
  for (size_t i = 0; i < sizeof message; i++) {
    bytes[i] = (uint8_t)conf_random(&self->random);
  }
  message.magic = VT_MSG_MAGIC;
  message.type = (uint16_t)(conf_random(&self->random) % 16);
  size_t length = conf_random(&self->random) % 4 == 0 ? 17 : sizeof message;
  (void)!send(self->channel, &message, length, MSG_DONTWAIT | MSG_NOSIGNAL);
}

static void attack(struct attachment *self, const struct vt_region_header *header, const char *kind,
                   uint64_t *position) {
  if (strcmp(kind, "words") == 0) {
    scribble_words(self, header);
    if (++self->bursts > 50) { /* most garbage is never looked at; this is */
      post_commands(self, header, position);
    }
  } else if (strcmp(kind, "commands") == 0) {
    post_commands(self, header, position);
  } else if (strcmp(kind, "cursors") == 0) {
    spoil_cursors(self, header, position);
  } else {
    send_messages(self);
  }
  ring(self);
}

/* First messages that are none, on connections of which some go on, some end and some stay. */
static void be_strangers(uint64_t seed) {
  struct attachment self = {.random = seed};
  for (int i = 0; i < 300; i++) {
    struct vt_message message;
    uint8_t *bytes = (uint8_t *)&message;
    for (size_t k = 0; k < sizeof message; k++) {
      bytes[k] = (uint8_t)conf_random(&self.random);
    }
    uint64_t dice = conf_random(&self.random);
    if (dice % 4 != 0) {
      message.magic = VT_MSG_MAGIC;
      message.abi_major = VT_ABI_MAJOR;
      message.type = (uint16_t)((dice >> 8) % 20);
    }
    int channel = reach_host();
    size_t length = (dice >> 16) % 4 == 0 ? (dice >> 20) % sizeof message : sizeof message;
    for (uint64_t times = 1 + (dice >> 32) % 2 * 100; times > 0; times--) {
      (void)!send(channel, &message, length, MSG_DONTWAIT | MSG_NOSIGNAL);
    }
    if (dice >> 63 != 0) {
      close(channel);
    }
  }
  puts("strangers are done");
}

int main(int argc, char **argv) {
  if (argc == 4 && strcmp(argv[3], "strangers") == 0) {
    signal(SIGPIPE, SIG_IGN);
    be_strangers((uint64_t)atoi(argv[2]));
    return 0;
  }
  if (argc != 4) {
    fprintf(stderr, "usage: hostile SOCKET SEED words|commands|cursors|messages\n");
    return 2;
  }
  conf_current = "hostile";
  signal(SIGPIPE, SIG_IGN);
  struct attachment self = {.random = (uint64_t)atoi(argv[2])};
  if (!attach(&self, argv[1])) {
    puts("refused");
    return 4;
  }
  struct vt_region_header header = header_of(&self);
  for (uint64_t i = 0; i < 4; i++) {
    open_context(&self, i);
    context_of(&self, &header, i)->state = VT_CONTEXT_OPEN;
  }
  uint64_t position = 0;
  long long give_up = conf_now_ms() + SOON;
  while (conf_now_ms() < give_up) {
    attack(&self, &header, argv[3], &position);
    conf_sleep_ms(2);
    if (ended(&self)) {
      printf("ended: reason %u\n", header_of(&self).end_reason);
      return 0;
    }
  }
  puts("survived");
  return 3;
}
