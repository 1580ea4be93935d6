/*
 * Do memory barriers hold between a virtual machine's processor and one of the host's? In each round both
 * sides write a word of shared memory, have a barrier, and read the other's word: at least one must see the
 * other's. Every sleep and wake-up over shared memory depends on that, those of drivers, too.
 *
 *   barriers machine FILE        in the machine: FILE is the device's memory
 *   barriers host PID BYTES      on the host: a memory object of so many bytes of the monitor PID
 *
 * The host's side ends after 100,000 rounds, or after 20 s once it has had 2,000, and prints "rounds N,
 * neither saw the other K".
 */
#include <dirent.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <time.h>

#include "conformance.h"

enum { ROUNDS = 100000, SECONDS = 20, ENOUGH = 2000, PAGE = 4096, PATIENCE = 20000, DELAYS = 60 };
enum { MACHINE, HOST };

/* A cache line of its own, and its neighbour. */
struct word {
  _Alignas(128) _Atomic uint32_t value;
};

/* One word for each side. An answer is twice the round, and one more if the other's word was seen. */
struct place {
  struct word begun[2], said[2], answer[2], over;
};

static uint32_t look(struct word *word) {
  return atomic_load_explicit(&word->value, memory_order_acquire);
}

static void put(struct word *word, uint32_t value) {
  atomic_store_explicit(&word->value, value, memory_order_release);
}

/* Waits for a round of the other side's. False: all is over. */
static bool await(struct place *place, struct word *word, int shift, uint32_t round) {
  for (int looks = 0; look(word) >> shift != round; looks++) {
    if (look(&place->over) != 0) {
      return false;
    }
    if (looks > PATIENCE) {
      sched_yield();
    }
  }
  return true;
}

static void play(struct place *place, int side, uint32_t round) {
  put(&place->said[side], round);
  __asm__ __volatile__("lock; addl $0,-8(%%rsp)" ::: "memory", "cc"); /* as in shims and kernels */
  put(&place->answer[side], 2 * round + (look(&place->said[!side]) == round));
}

static void play_in_machine(struct place *place) {
  uint32_t round = 0;
  do {
    put(&place->begun[MACHINE], ++round);
    if (!await(place, &place->begun[HOST], 0, round)) {
      return;
    }
    play(place, MACHINE, round);
  } while (round < ROUNDS);
}

static void play_on_host(struct place *place) {
  uint32_t round = 0, neither = 0, random = 1;
  time_t end = time(NULL) + SECONDS;
  while (round < ROUNDS && (time(NULL) < end || round < ENOUGH)) {
    if (!await(place, &place->begun[MACHINE], 0, ++round)) {
      break;
    }
    put(&place->begun[HOST], round);
    random = random * 1103515245u + 12345u;
    for (uint32_t i = (random >> 16) % DELAYS; i > 0; i--) {
      __asm__ __volatile__("" ::: "memory");
    }
    play(place, HOST, round);
    if (!await(place, &place->answer[MACHINE], 1, round)) {
      break;
    }
    neither += !(look(&place->answer[MACHINE]) & 1) && !(look(&place->answer[HOST]) & 1);
  }
  put(&place->over, 1);
  printf("rounds %u, neither saw the other %u\n", round, neither);
}

/* The last pages, which are the last to become a region. */
static struct place *map(int fd) {
  struct stat file;
  OK(fstat(fd, &file));
  void *memory = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, file.st_size - PAGE);
  CHECK(memory != MAP_FAILED);
  return memory;
}

static int find_memory(const char *monitor, off_t bytes) {
  char folder[64];
  snprintf(folder, sizeof folder, "/proc/%s/fd", monitor);
  DIR *all = opendir(folder);
  CHECK(all != NULL);
  for (struct dirent *one = readdir(all); one != NULL; one = readdir(all)) {
    char name[512], target[64] = "";
    snprintf(name, sizeof name, "%s/%s", folder, one->d_name);
    struct stat file;
    if (readlink(name, target, sizeof target - 1) > 0 && strstr(target, "memfd:") != NULL &&
        stat(name, &file) == 0 && file.st_size == bytes) {
      return OK(open(name, O_RDWR));
    }
  }
  fprintf(stderr, "barriers: %s has no memory object of %lld bytes\n", monitor, (long long)bytes);
  exit(1);
}

int main(int argc, char **argv) {
  setbuf(stdout, NULL);
  if (argc == 3 && strcmp(argv[1], "machine") == 0) {
    play_in_machine(map(OK(open(argv[2], O_RDWR))));
  } else if (argc == 4 && strcmp(argv[1], "host") == 0) {
    play_on_host(map(find_memory(argv[2], atoll(argv[3]))));
  } else {
    fprintf(stderr, "usage: barriers machine FILE | barriers host PID BYTES\n");
    return 2;
  }
  return 0;
}
