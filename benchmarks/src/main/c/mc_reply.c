/* SPDX-License-Identifier: Apache-2.0 */
#include "mc_reply.h"

#include <stdio.h>
#include <string.h>

enum { STATE_HEAD, STATE_VALUE, STATE_TAIL, STATE_EXTRAS, STATE_SKIP };

#define TEXT_TAIL "\r\nEND\r\n"
#define BINARY_HEADER 24
#define BINARY_FLAGS 4
#define BINARY_RESPONSE 0x81
enum { BINARY_GET = 0x00, BINARY_SET = 0x01, BINARY_DELETE = 0x04 };
enum { BINARY_OK = 0, BINARY_NOT_FOUND = 1 };

/* Collects until `line` holds `wanted` bytes; false when the data ended before. */
static bool collect(struct reply *r, const char **data, const char *end, size_t wanted) {
  size_t part = wanted - r->line_length;
  if (part > (size_t)(end - *data)) part = (size_t)(end - *data);
  memcpy(r->line + r->line_length, *data, part);
  r->line_length += part;
  *data += part;
  return r->line_length == wanted;
}

static enum reply_event begin_value(struct reply *r, size_t length) {
  r->value_length = length;
  r->value_left = length;
  r->state = STATE_VALUE;
  return REPLY_VALUE;
}

static enum reply_event value_piece(struct reply *r, const char **data, const char *end) {
  size_t part = (size_t)(end - *data);
  if (part > r->value_left) part = r->value_left;
  r->piece = *data;
  r->piece_length = part;
  r->piece_offset = r->value_length - r->value_left;
  r->value_left -= part;
  *data += part;
  return REPLY_BYTES;
}

/* "VALUE <key> <flags> <bytes>" without its line end. */
static enum reply_event text_value(struct reply *r) {
  char *key = r->line + strlen("VALUE ");
  char *space = strchr(key, ' ');
  unsigned flags;
  size_t length;
  if (space == NULL || sscanf(space, " %u %zu", &flags, &length) != 2) return REPLY_BROKEN;
  r->key = key;
  r->key_length = (size_t)(space - key);
  r->flags = flags;
  return begin_value(r, length);
}

static enum reply_event text_line(struct reply *r, const char **data, const char *end) {
  const char *newline = memchr(*data, '\n', (size_t)(end - *data));
  size_t part = (size_t)((newline == NULL ? end : newline + 1) - *data);
  if (r->line_length + part >= sizeof r->line) return REPLY_BROKEN;
  memcpy(r->line + r->line_length, *data, part);
  r->line_length += part;
  *data += part;
  if (newline == NULL) return REPLY_MORE;
  size_t length = r->line_length;
  r->line_length = 0;
  if (length < 2 || r->line[length - 2] != '\r') return REPLY_BROKEN;
  r->line[length - 2] = '\0';
  if (strncmp(r->line, "VALUE ", 6) == 0) return text_value(r);
  if (strcmp(r->line, "END") == 0 || strcmp(r->line, "NOT_FOUND") == 0) return REPLY_MISS;
  if (strcmp(r->line, "STORED") == 0) return REPLY_STORED;
  return strcmp(r->line, "DELETED") == 0 ? REPLY_DELETED : REPLY_BROKEN;
}

static enum reply_event text_tail(struct reply *r, const char **data, const char *end) {
  size_t wanted = strlen(TEXT_TAIL);
  if (!collect(r, data, end, wanted)) return REPLY_MORE;
  r->line_length = 0;
  r->state = STATE_HEAD;
  return memcmp(r->line, TEXT_TAIL, wanted) == 0 ? REPLY_HIT : REPLY_BROKEN;
}

static uint32_t big_endian(const char *bytes, size_t count) {
  uint32_t value = 0;
  for (size_t i = 0; i < count; i++) value = value << 8 | (uint8_t)bytes[i];
  return value;
}

static enum reply_event skip_body(struct reply *r, size_t length, enum reply_event then) {
  if (length == 0) return then;
  r->pending = then;
  r->value_left = length;
  r->state = STATE_SKIP;
  return REPLY_MORE;
}

static enum reply_event binary_header(struct reply *r, const char **data, const char *end) {
  if (!collect(r, data, end, BINARY_HEADER)) return REPLY_MORE;
  r->line_length = 0;
  uint8_t opcode = (uint8_t)r->line[1];
  uint32_t status = big_endian(r->line + 6, 2);
  uint32_t body = big_endian(r->line + 8, 4);
  r->opaque = big_endian(r->line + 12, 4);
  if ((uint8_t)r->line[0] != BINARY_RESPONSE) return REPLY_BROKEN;
  if (status == BINARY_NOT_FOUND) return skip_body(r, body, REPLY_MISS);
  if (status != BINARY_OK) {
    snprintf(r->line, sizeof r->line, "binary status %u", status);
    return REPLY_BROKEN;
  }
  if (opcode == BINARY_SET) return skip_body(r, body, REPLY_STORED);
  if (opcode == BINARY_DELETE) return skip_body(r, body, REPLY_DELETED);
  if (opcode != BINARY_GET || r->line[4] != BINARY_FLAGS || body < BINARY_FLAGS) {
    return REPLY_BROKEN;
  }
  r->value_length = body - BINARY_FLAGS;
  r->state = STATE_EXTRAS;
  return REPLY_MORE;
}

static enum reply_event binary_extras(struct reply *r, const char **data, const char *end) {
  if (!collect(r, data, end, BINARY_FLAGS)) return REPLY_MORE;
  r->line_length = 0;
  r->flags = big_endian(r->line, BINARY_FLAGS);
  return begin_value(r, r->value_length);
}

static enum reply_event skipped(struct reply *r, const char **data, const char *end) {
  value_piece(r, data, end);
  if (r->value_left != 0) return REPLY_MORE;
  r->state = STATE_HEAD;
  return r->pending;
}

static enum reply_event value_state(struct reply *r, const char **data, const char *end) {
  if (r->value_left != 0) return *data == end ? REPLY_MORE : value_piece(r, data, end);
  if (!r->binary) {
    r->state = STATE_TAIL;
    return REPLY_MORE;
  }
  r->state = STATE_HEAD;
  return REPLY_HIT;
}

static enum reply_event step(struct reply *r, const char **data, const char *end) {
  switch (r->state) {
    case STATE_VALUE: return value_state(r, data, end);
    case STATE_TAIL: return text_tail(r, data, end);
    case STATE_EXTRAS: return binary_extras(r, data, end);
    case STATE_SKIP: return skipped(r, data, end);
    default: return r->binary ? binary_header(r, data, end) : text_line(r, data, end);
  }
}

enum reply_event reply_next(struct reply *r, const char **data, const char *end) {
  enum reply_event event = REPLY_MORE;
  while (event == REPLY_MORE && (*data < end || (r->state == STATE_VALUE && r->value_left == 0))) {
    event = step(r, data, end);
  }
  return event;
}
