/* Processes that use one socket in the same moment: every byte and datagram is one process's, once. */
#include <sched.h>
#include <sys/mman.h>

#include "conformance.h"

#define BYTES (UINT64_C(1) << 21)
#define WRITTEN (UINT64_C(1) << 24) /* by each of two writers, who meet less often than readers */
#define LARGEST 1024u
#define BASE 127 /* what one writer counts to; the other sets the bit above */
#define DATAGRAMS 3000u
#define UNDER_WAY 32u

static void *shared_memory(size_t bytes) {
  void *memory = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  CHECK(memory != MAP_FAILED);
  return memory;
}

static size_t some(uint64_t *random) { return 1 + (size_t)(conf_random(random) >> 40) % LARGEST; }

/* ---- reading -------------------------------------------------------------------------------- */

/* Counts each value until the end of the stream. */
static void tally(int fd, uint64_t seed, uint64_t *counts) {
  uint8_t chunk[LARGEST];
  for (;;) {
    int count = OK(recv(fd, chunk, some(&seed), 0));
    if (count == 0) {
      return;
    }
    for (int i = 0; i < count; i++) {
      __atomic_fetch_add(&counts[chunk[i]], 1, __ATOMIC_RELAXED);
    }
  }
}

static void expect_tally(const uint64_t *counts, uint64_t seed) {
  static uint8_t all[BYTES];
  uint64_t expected[256] = {0};
  conf_fill(all, BYTES, seed, 0);
  for (uint64_t i = 0; i < BYTES; i++) {
    expected[all[i]]++;
  }
  for (int i = 0; i < 256; i++) {
    SAME(counts[i], expected[i]);
  }
}

CASE(sharing, two_processes_read_each_byte_once) {
  struct conf_pair pair = conf_pair();
  uint64_t *counts = shared_memory(256 * sizeof *counts);
  pid_t child = conf_fork();
  if (child == 0) {
    OK(close(pair.client));
    tally(pair.server, 1, counts);
    conf_child_done();
  }
  struct conf_stream stream = {.fd = pair.client, .seed = 5, .bytes = BYTES, .end = true};
  pthread_t sender = conf_sending(&stream);
  tally(pair.server, 2, counts);
  conf_join(sender);
  conf_child_passes(child);
  expect_tally(counts, 5);
}

/* ---- writing -------------------------------------------------------------------------------- */

static void count_aloud(int fd, uint64_t seed, uint8_t mark, uint64_t bytes) {
  uint8_t chunk[LARGEST];
  for (uint64_t sent = 0; sent < bytes;) {
    size_t size = some(&seed);
    size = size > bytes - sent ? (size_t)(bytes - sent) : size;
    for (size_t i = 0; i < size; i++) {
      chunk[i] = (uint8_t)(mark | (sent + i) % BASE);
    }
    conf_write_all(fd, chunk, size);
    sent += size;
  }
}

struct hearing {
  int fd;
  uint64_t bytes; /* of each writer */
};

/* What each writer wrote comes in its order. */
static void *hear_both(void *argument) {
  static uint8_t chunk[1 << 16];
  const struct hearing *hearing = argument;
  uint64_t heard[2] = {0};
  while (heard[0] + heard[1] < 2 * hearing->bytes) {
    int count = OK(recv(hearing->fd, chunk, sizeof chunk, 0));
    CHECK(count > 0);
    for (int i = 0; i < count; i++) {
      SAME(chunk[i] & 127, heard[chunk[i] >> 7]++ % BASE);
    }
  }
  SAME(heard[0], hearing->bytes);
  return NULL;
}

/* Two processes write, and this one hears what comes, on the same connection perhaps. */
static void write_from_two(int fd, struct hearing hearing) {
  pid_t child = conf_fork();
  if (child == 0) {
    count_aloud(fd, 1, 128, hearing.bytes);
    conf_child_done();
  }
  pthread_t reader = conf_thread(hear_both, &hearing);
  count_aloud(fd, 2, 0, hearing.bytes);
  conf_join(reader);
  conf_child_passes(child);
}

CASE(sharing, two_processes_write_each_byte_once) {
  struct conf_pair pair = conf_pair();
  write_from_two(pair.server, (struct hearing){pair.client, WRITTEN});
  OK(close(pair.server));
  conf_expect_eof(pair.client);
}

CASE(cross, two_processes_share_a_connection) {
  int fd = conf_peer_connect("echo");
  write_from_two(fd, (struct hearing){fd, BYTES / 2});
  OK(shutdown(fd, SHUT_WR));
  conf_expect_eof(fd);
}

CASE(sharing, one_process_reads_while_another_writes) {
  struct conf_pair pair = conf_pair();
  pid_t child = conf_fork();
  if (child == 0) {
    OK(close(pair.client));
    conf_expect_pattern(pair.server, 1, 2 * BYTES);
    conf_child_done();
  }
  struct conf_stream there = {.fd = pair.client, .seed = 1, .bytes = 2 * BYTES};
  struct conf_stream back = {.fd = pair.client, .seed = 2, .bytes = BYTES, .end = true};
  pthread_t sender = conf_sending(&there);
  pthread_t receiver = conf_receiving(&back);
  conf_send_pattern(pair.server, 2, BYTES);
  OK(shutdown(pair.server, SHUT_WR)); /* while the other still reads */
  conf_join(sender);
  conf_join(receiver);
  conf_child_passes(child);
}

/* Whoever takes the connection often must not use up what it lies in. */
CASE(sharing, two_processes_use_a_connection_in_turn_many_times) {
  struct conf_pair pair = conf_pair();
  int at_once = 1;
  OK(setsockopt(pair.server, IPPROTO_TCP, TCP_NODELAY, &at_once, sizeof at_once));
  int there[2];
  int back[2];
  OK(pipe(there));
  OK(pipe(back));
  char byte = 0;
  pid_t child = conf_fork();
  if (child == 0) {
    OK(close(there[1]));
    while (OK(read(there[0], &byte, 1)) == 1) {
      conf_read_all(pair.server, &byte, 1);
      conf_write_all(pair.server, &byte, 1);
      SAME(write(back[1], &byte, 1), 1);
    }
    conf_child_done();
  }
  for (int i = 0; i < 2000; i++) {
    char sent[2] = {(char)i, (char)~i};
    char echoed[2];
    conf_write_all(pair.client, sent, 2);
    SAME(write(there[1], sent, 1), 1);
    SAME(read(back[0], &byte, 1), 1);
    conf_read_all(pair.server, &byte, 1);
    conf_write_all(pair.server, &byte, 1);
    conf_read_all(pair.client, echoed, 2);
    SAME(memcmp(sent, echoed, 2), 0);
  }
  OK(close(there[1]));
  conf_child_passes(child);
}

/* ---- datagrams ------------------------------------------------------------------------------ */

static void send_back(int fd, const bool *stop) {
  while (!__atomic_load_n(stop, __ATOMIC_ACQUIRE)) {
    uint32_t number;
    struct sockaddr_in from;
    socklen_t length = sizeof from;
    ssize_t got = recvfrom(fd, &number, sizeof number, MSG_DONTWAIT, conf_sa(&from), &length);
    if (got < 0) {
      SAME(errno, EAGAIN);
      sched_yield();
    } else {
      SAME(got, sizeof number);
      SAME(sendto(fd, &number, sizeof number, 0, conf_sa(&from), length), sizeof number);
    }
  }
}

CASE(sharing, two_processes_receive_and_send_each_datagram_once) {
  static uint8_t seen[DATAGRAMS];
  struct sockaddr_in where = conf_address(0);
  int server = OK(socket(AF_INET, SOCK_DGRAM, 0));
  OK(bind(server, conf_sa(&where), sizeof where));
  where = conf_address(conf_port_of(server));
  int client = OK(socket(AF_INET, SOCK_DGRAM, 0));
  bool *stop = shared_memory(sizeof *stop);
  pid_t children[2];
  for (int i = 0; i < 2; i++) {
    children[i] = conf_fork();
    if (children[i] == 0) {
      send_back(server, stop);
      conf_child_done();
    }
  }
  uint32_t sent = 0;
  for (uint32_t back = 0; back < DATAGRAMS; back++) {
    for (; sent < DATAGRAMS && sent - back < UNDER_WAY; sent++) {
      SAME(sendto(client, &sent, sizeof sent, 0, conf_sa(&where), sizeof where), sizeof sent);
    }
    uint32_t number = DATAGRAMS;
    SAME(conf_poll(client, POLLIN, SOON), POLLIN);
    SAME(recv(client, &number, sizeof number, 0), sizeof number);
    CHECK(number < DATAGRAMS);
    SAME(seen[number]++, 0);
  }
  __atomic_store_n(stop, true, __ATOMIC_RELEASE);
  for (int i = 0; i < 2; i++) {
    conf_child_passes(children[i]);
  }
}
