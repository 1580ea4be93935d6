/* SPDX-License-Identifier: Apache-2.0 */
/* One connection to memcached: what it asked, what it still has to send, how answers are judged. */
#ifndef VIRTUOSO_LOAD_MC_CONNECTION_H
#define VIRTUOSO_LOAD_MC_CONNECTION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "mc_reply.h"
#include "meter.h"

enum operation_kind { OPERATION_GET, OPERATION_SET, OPERATION_DELETE };

#define EXPECT_MISS 0u /* the key is not there: never set, or deleted */
#define EXPECT_ANY \
  UINT32_MAX /* others store this key too, so any version is right, but a miss is not */

struct operation {
  uint64_t sent_ns;
  enum operation_kind kind;
  uint32_t key;
  uint32_t expected; /* get, delete: the version that must be there, or one of EXPECT_... */
  uint32_t opaque;
};

/* What all connections share. */
struct workload {
  bool binary;
  bool check;   /* compare every byte and every version; else only lengths */
  uint32_t run; /* part of every key, so that what an earlier run stored is not found */
  uint32_t depth;
  uint32_t connections;
  uint32_t keys;      /* common keys, used by every connection */
  uint32_t own_keys;  /* with check: further keys of each connection alone, numbered after those */
  uint32_t set_share; /* of 100 operations */
  uint32_t delete_share;
  size_t low; /* value lengths */
  size_t high;
  uint32_t *versions; /* of each connection's own keys; 0: not there */
  uint32_t last_version;
  uint32_t next_opaque;
  uint64_t random;
  uint64_t hits;
  uint64_t misses;
  uint64_t stored;
  uint64_t verified_bytes;
  struct meter meter;
};

struct connection {
  int fd;
  uint32_t number;
  struct operation *under_way; /* a ring of `depth` */
  uint32_t oldest;
  uint32_t count;
  uint64_t answered; /* since the connection was opened */
  char *out;
  size_t out_length;
  size_t out_done;
  size_t out_capacity;
  bool wrong; /* the answer being read has already been found wrong */
  struct reply reply;
};

void connection_open(struct connection *c, const struct workload *w, uint32_t number, int fd);

/* Appends one request, chosen by the workload's shares, to what is to be sent. */
void connection_ask(struct connection *c, struct workload *w, uint64_t now);

/* Appends the request that stores a common key for the first time. */
void connection_store(struct connection *c, struct workload *w, uint32_t key, uint64_t now);

/* Sends what the socket takes; true when everything has gone. */
bool connection_flush(struct connection *c);

/* Reads once, judges complete answers and counts them; returns how many there were. */
uint32_t connection_receive(struct connection *c, struct workload *w);

#endif
