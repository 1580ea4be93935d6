/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE
#include "mc_connection.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "mc_values.h"
#include "net.h"

#define READ_SIZE (256 * 1024)
#define KEY_SIZE 32
#define REQUEST_OVERHEAD 128
#define COMPLAINTS 10

void connection_open(struct connection *c, const struct workload *w, uint32_t number, int fd) {
  memset(c, 0, sizeof *c);
  c->fd = fd;
  c->number = number;
  c->under_way = allocate(w->depth, sizeof *c->under_way);
  c->reply.binary = w->binary;
}

static size_t key_text(char text[KEY_SIZE], const struct workload *w, uint32_t key) {
  return (size_t)snprintf(text, KEY_SIZE, "bench-%08x-%08u", w->run, key);
}

static char *reserve(struct connection *c, size_t length) {
  if (c->out_done == c->out_length) c->out_done = c->out_length = 0;
  if (c->out_length + length > c->out_capacity) {
    c->out_capacity = (c->out_length + length) * 2;
    c->out = realloc(c->out, c->out_capacity);
    if (c->out == NULL) die("out of memory");
  }
  return c->out + c->out_length;
}

static size_t put_big_endian(char *to, uint32_t value, size_t count) {
  for (size_t i = 0; i < count; i++) to[i] = (char)(value >> (8 * (count - 1 - i)));
  return count;
}

/* The 24 bytes of a binary request and, for a set, its 8 bytes of extras; then comes the key. */
static size_t binary_head(char *to, const struct operation *o, size_t key_length, size_t value) {
  static const char opcodes[] = {[OPERATION_GET] = 0, [OPERATION_SET] = 1, [OPERATION_DELETE] = 4};
  size_t extras = o->kind == OPERATION_SET ? 8 : 0;
  memset(to, 0, 32);
  to[0] = (char)0x80;
  to[1] = opcodes[o->kind];
  put_big_endian(to + 2, (uint32_t)key_length, 2);
  to[4] = (char)extras;
  put_big_endian(to + 8, (uint32_t)(extras + key_length + value), 4);
  put_big_endian(to + 12, o->opaque, 4);
  if (extras != 0) put_big_endian(to + 24, o->expected, 4);
  return 24 + extras;
}

static size_t text_head(char *to, const struct operation *o, const char *key, size_t value) {
  switch (o->kind) {
    case OPERATION_GET: return (size_t)snprintf(to, REQUEST_OVERHEAD, "get %s\r\n", key);
    case OPERATION_DELETE: return (size_t)snprintf(to, REQUEST_OVERHEAD, "delete %s\r\n", key);
    default:
      return (size_t)snprintf(to, REQUEST_OVERHEAD, "set %s %u 0 %zu\r\n", key, o->expected, value);
  }
}

static void append(struct connection *c, struct workload *w, struct operation o) {
  char key[KEY_SIZE];
  size_t key_length = key_text(key, w, o.key);
  bool is_set = o.kind == OPERATION_SET;
  size_t value = is_set ? value_length(o.key, o.expected, w->low, w->high) : 0;
  o.opaque = w->next_opaque++;
  char *to = reserve(c, REQUEST_OVERHEAD + value);
  if (w->binary) {
    to += binary_head(to, &o, key_length, value);
    memcpy(to, key, key_length);
    to += key_length;
  } else {
    to += text_head(to, &o, key, value);
  }
  if (is_set) {
    if (w->check) value_fill(to, value, o.key, o.expected);
    else memset(to, 'v', value);
    to += value;
    if (!w->binary) to += snprintf(to, 3, "\r\n");
  }
  c->out_length = (size_t)(to - c->out);
  c->under_way[(c->oldest + c->count) % w->depth] = o;
  c->count++;
}

void connection_store(struct connection *c, struct workload *w, uint32_t key, uint64_t now) {
  append(c, w,
         (struct operation){
             .sent_ns = now, .kind = OPERATION_SET, .key = key, .expected = ++w->last_version});
}

static uint32_t below(struct workload *w, uint32_t bound) {
  w->random += UINT64_C(0x9e3779b97f4a7c15);
  return (uint32_t)((mix64(w->random) >> 32) * bound >> 32);
}

/* With check, three of four operations use a key of this connection alone, whose state is known. */
void connection_ask(struct connection *c, struct workload *w, uint64_t now) {
  uint32_t dice = below(w, 100);
  bool own = w->own_keys != 0 && below(w, 4) != 0;
  uint32_t own_index = own ? c->number * w->own_keys + below(w, w->own_keys) : 0;
  struct operation o = {.sent_ns = now, .kind = OPERATION_GET};
  o.key = own ? w->keys + own_index : below(w, w->keys);
  o.expected = own ? w->versions[own_index] : EXPECT_ANY;
  if (dice < w->set_share) {
    o.kind = OPERATION_SET;
    o.expected = ++w->last_version;
    if (own) w->versions[own_index] = o.expected;
  } else if (own && dice < w->set_share + w->delete_share) {
    o.kind = OPERATION_DELETE;
    w->versions[own_index] = EXPECT_MISS;
  }
  append(c, w, o);
}

bool connection_flush(struct connection *c) {
  while (c->out_done < c->out_length) {
    ssize_t n = write(c->fd, c->out + c->out_done, c->out_length - c->out_done);
    if (n < 0 && would_block()) return false;
    if (n < 0) die("write");
    c->out_done += (size_t)n;
  }
  return true;
}

static void complain(struct connection *c, struct workload *w, const struct operation *o,
                     const char *what) {
  if (w->meter.errors++ < COMPLAINTS) {
    fprintf(stderr, "mcload: connection %u, key %u, version %u: %s\n", c->number, o->key,
            o->expected, what);
  }
  c->wrong = true;
}

static void judge_value(struct connection *c, struct workload *w, const struct operation *o) {
  const struct reply *r = &c->reply;
  char key[KEY_SIZE];
  size_t key_length = key_text(key, w, o->key);
  if (o->kind != OPERATION_GET) {
    complain(c, w, o, "a value nobody asked for");
  } else if (!w->binary && (r->key_length != key_length || memcmp(r->key, key, key_length) != 0)) {
    complain(c, w, o, "the value of another key");
  } else if (w->check && o->expected != EXPECT_ANY && o->expected != r->flags) {
    complain(c, w, o, "another version than the last one stored");
  } else if (r->value_length != value_length(o->key, r->flags, w->low, w->high)) {
    complain(c, w, o, "a value of wrong length");
  }
}

static void judge_piece(struct connection *c, struct workload *w, const struct operation *o) {
  const struct reply *r = &c->reply;
  if (!w->check || c->wrong) return;
  w->verified_bytes += r->piece_length;
  if (!value_matches(r->piece, r->piece_length, r->piece_offset, o->key, r->flags)) {
    complain(c, w, o, "wrong bytes in the value");
  }
}

static void judge_end(struct connection *c, struct workload *w, const struct operation *o,
                      enum reply_event event) {
  bool found = event == REPLY_HIT || event == REPLY_DELETED;
  enum reply_event good = o->kind == OPERATION_SET      ? REPLY_STORED
                          : o->kind == OPERATION_DELETE ? REPLY_DELETED
                                                        : REPLY_HIT;
  if (w->binary && c->reply.opaque != o->opaque) complain(c, w, o, "the answer to another request");
  if (event == REPLY_MISS && o->kind != OPERATION_SET) {
    w->misses++;
    if (o->expected != EXPECT_MISS) complain(c, w, o, "a miss of a key that was stored");
    return;
  }
  if (event != good) complain(c, w, o, "an answer of another kind");
  if (found && o->expected == EXPECT_MISS) complain(c, w, o, "a hit of a deleted key");
  if (event == REPLY_HIT) w->hits++;
  if (event == REPLY_STORED) w->stored++;
}

uint32_t connection_receive(struct connection *c, struct workload *w) {
  static char buffer[READ_SIZE];
  ssize_t n = read(c->fd, buffer, sizeof buffer);
  if (n < 0 && would_block()) return 0;
  if (n == 0) errno = ECONNRESET;
  if (n <= 0) die("read");
  const char *data = buffer, *end = buffer + n;
  uint64_t now = now_ns();
  uint32_t answers = 0;
  for (enum reply_event event; (event = reply_next(&c->reply, &data, end)) != REPLY_MORE;) {
    errno = 0;
    if (c->count == 0) die("an answer without a request");
    const struct operation *o = &c->under_way[c->oldest];
    if (event == REPLY_BROKEN) {
      fprintf(stderr, "mcload: answer '%s'\n", c->reply.line);
      die("memcached answered with an error");
    } else if (event == REPLY_VALUE) {
      judge_value(c, w, o);
    } else if (event == REPLY_BYTES) {
      judge_piece(c, w, o);
    } else {
      judge_end(c, w, o, event);
      meter_latency(&w->meter, now - o->sent_ns);
      c->oldest = (c->oldest + 1) % w->depth;
      c->count--;
      c->wrong = false;
      answers++;
    }
  }
  c->answered += answers;
  meter_count(&w->meter, answers, (uint64_t)n);
  return answers;
}
