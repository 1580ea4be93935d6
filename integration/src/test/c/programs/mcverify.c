/*
 * A memcached client that checks every answer.
 *
 *   mcverify ADDRESS PORT CONNECTIONS ROUNDS SEED
 *
 * Eight threads share the connections. In each round every connection of a thread first sends one
 * request, then every answer is read and compared with what the client knows it stored: values of
 * 1 B to 1 MB, sizes spread evenly over their logarithm. Ends with one line and status 0, or at
 * the first wrong byte.
 */
#include "conformance.h"

#define THREADS 8
#define KEYS 4
#define MAX_VALUE 1000000

struct connection {
  int fd;
  int number;
  uint32_t sizes[KEYS]; /* of what is stored; 0: nothing */
  uint64_t seeds[KEYS];
  int operation;
  int key;
};

struct worker {
  struct sockaddr_in where;
  int first; /* numbers of its connections, and so its keys, are its own */
  int count;
  int rounds;
  uint64_t random;
  uint64_t requests;
  uint64_t bytes;
};

enum { SET, GET, DELETE, PIPELINE };

static uint32_t some_size(uint64_t *random) {
  uint32_t size = (uint32_t)(conf_random(random) >> (44 + conf_random(random) % 20));
  return size == 0 ? 1 : size > MAX_VALUE ? MAX_VALUE : size;
}

static void send_set(struct connection *one, struct worker *worker) {
  static _Thread_local uint8_t value[MAX_VALUE + 2];
  char head[64];
  uint32_t size = some_size(&worker->random);
  uint64_t seed = conf_random(&worker->random);
  int length = snprintf(head, sizeof head, "set c%d-k%d 0 0 %u\r\n", one->number, one->key, size);
  conf_fill(value, size, seed, 0);
  memcpy(value + size, "\r\n", 2);
  conf_write_all(one->fd, head, (size_t)length);
  conf_write_all(one->fd, value, size + 2);
  one->sizes[one->key] = size;
  one->seeds[one->key] = seed;
  worker->bytes += size;
}

static void send_text(struct connection *one, const char *format) {
  char text[128];
  int length = snprintf(text, sizeof text, format, one->number, one->key);
  conf_write_all(one->fd, text, (size_t)length);
}

static void send_request(struct connection *one, struct worker *worker) {
  uint64_t dice = conf_random(&worker->random) % 100;
  one->key = (int)(conf_random(&worker->random) % KEYS);
  one->operation = dice < 40 ? SET : dice < 85 ? GET : dice < 95 ? PIPELINE : DELETE;
  if (one->operation == SET) {
    send_set(one, worker);
  } else if (one->operation == GET) {
    send_text(one, "get c%d-k%d\r\n");
  } else if (one->operation == DELETE) {
    send_text(one, "delete c%d-k%d\r\n");
  } else { /* many small requests in one write, answers in one stream */
    for (int i = 0; i < 10; i++) {
      send_text(one, "get nobody-%d-%d\r\n");
    }
    send_text(one, "get c%d-k%d\r\n");
  }
}

static void expect_value(struct connection *one, struct worker *worker) {
  uint32_t size = one->sizes[one->key];
  char head[64];
  if (size > 0) {
    snprintf(head, sizeof head, "VALUE c%d-k%d 0 %u\r\n", one->number, one->key, size);
    conf_expect(one->fd, head);
    conf_expect_pattern(one->fd, one->seeds[one->key], size);
    conf_expect(one->fd, "\r\n");
    worker->bytes += size;
  }
  conf_expect(one->fd, "END\r\n");
}

static void read_answer(struct connection *one, struct worker *worker) {
  if (one->operation == SET) {
    conf_expect(one->fd, "STORED\r\n");
  } else if (one->operation == DELETE) {
    conf_expect(one->fd, one->sizes[one->key] > 0 ? "DELETED\r\n" : "NOT_FOUND\r\n");
    one->sizes[one->key] = 0;
  } else {
    for (int i = 0; i < 10 && one->operation == PIPELINE; i++) {
      conf_expect(one->fd, "END\r\n");
    }
    expect_value(one, worker);
  }
  worker->requests++;
}

static void *work(void *argument) {
  struct worker *worker = argument;
  struct connection *all = calloc((size_t)worker->count, sizeof *all);
  for (int i = 0; i < worker->count; i++) {
    all[i].fd = conf_connect(&worker->where);
    all[i].number = worker->first + i;
  }
  for (int round = 0; round < worker->rounds; round++) {
    for (int i = 0; i < worker->count; i++) {
      send_request(&all[i], worker);
    }
    for (int i = 0; i < worker->count; i++) {
      read_answer(&all[i], worker);
    }
  }
  for (int i = 0; i < worker->count; i++) {
    conf_write_all(all[i].fd, "quit\r\n", 6);
    conf_expect_eof(all[i].fd);
    OK(close(all[i].fd));
  }
  free(all);
  return NULL;
}

int main(int argc, char **argv) {
  if (argc != 6) {
    fprintf(stderr, "usage: mcverify ADDRESS PORT CONNECTIONS ROUNDS SEED\n");
    return 2;
  }
  conf_current = "mcverify";
  struct worker workers[THREADS];
  pthread_t threads[THREADS];
  int each = atoi(argv[3]) / THREADS;
  for (int i = 0; i < THREADS; i++) {
    workers[i] = (struct worker){.first = atoi(argv[5]) * 100000 + i * each,
                                 .count = each,
                                 .rounds = atoi(argv[4]),
                                 .random = (uint64_t)(atoi(argv[5]) * 100 + i)};
    workers[i].where.sin_family = AF_INET;
    workers[i].where.sin_port = htons((uint16_t)atoi(argv[2]));
    SAME(inet_pton(AF_INET, argv[1], &workers[i].where.sin_addr), 1);
    threads[i] = conf_thread(work, &workers[i]);
  }
  uint64_t requests = 0;
  uint64_t bytes = 0;
  for (int i = 0; i < THREADS; i++) {
    conf_join(threads[i]);
    requests += workers[i].requests;
    bytes += workers[i].bytes;
  }
  printf("right: %llu requests, %llu bytes of values\n", (unsigned long long)requests,
         (unsigned long long)bytes);
  return 0;
}
