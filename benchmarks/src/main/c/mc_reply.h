/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Reads memcached's answers, text or binary protocol, as they arrive in pieces of any size.
 * Formats: memcached's doc/protocol.txt and its binary protocol description.
 */
#ifndef VIRTUOSO_LOAD_MC_REPLY_H
#define VIRTUOSO_LOAD_MC_REPLY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum reply_event {
  REPLY_MORE,    /* all data is consumed and no answer is complete */
  REPLY_VALUE,   /* a value begins: `flags`, `value_length` and in text `key` are known */
  REPLY_BYTES,   /* a piece of it: `piece`, `piece_length`, `piece_offset` */
  REPLY_HIT,     /* the value is complete */
  REPLY_MISS,    /* get or delete: no such key */
  REPLY_STORED,  /* set: done */
  REPLY_DELETED, /* delete: done */
  REPLY_BROKEN   /* an error or nonsense; `line` says what in the text protocol */
};

struct reply {
  bool binary;
  int state;
  char line[320]; /* the text line or binary header that is being collected */
  size_t line_length;
  const char *key; /* text: inside `line`, until the next call */
  size_t key_length;
  uint32_t opaque; /* binary: the request's own number */
  uint32_t flags;
  size_t value_length;
  size_t value_left;
  const char *piece;
  size_t piece_length;
  size_t piece_offset;
  enum reply_event pending; /* binary: what to report once the body is skipped */
};

/* Consumes from *data up to `end` until something is worth telling. */
enum reply_event reply_next(struct reply *r, const char **data, const char *end);

#endif
