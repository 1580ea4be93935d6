/* `virtuoso-ctl top`: who uses how much of the host stack, second by second. */
#include "ctl.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum { DELAYS = 64, NAME_BYTES = 64 };

/* A guest's numbers since the host stack's start, as in its answer. */
struct guest {
  char name[NAME_BYTES];
  uint32_t weight;
  uint32_t core;
  uint64_t cpu, packets_in, bytes_in, packets_out, bytes_out, connections, opened, accepted;
  uint64_t waited, limited, dropped;
  uint64_t delays[DELAYS];
  double cpu_share; /* since the sample before; for sorting */
};

struct sample {
  uint64_t time, system, waiting;
  uint32_t cores;
  struct guest *guests;
  size_t count;
};

static bool read_guest(char *line, struct guest *guest) {
  int used = 0;
  *guest = (struct guest){0};
  uint64_t retransmitted;
  uint64_t commands;
  uint64_t queued;
  uint64_t marked;
  int fields = sscanf(
      line,
      "guest %63s weight %" SCNu32 " cpu %" SCNu64 " core %" SCNu32 " in %" SCNu64 " %" SCNu64
      " out %" SCNu64 " %" SCNu64 " retransmitted %" SCNu64 " connections %" SCNu64 " %" SCNu64
      " %" SCNu64 " commands %" SCNu64 " waited %" SCNu64 " %" SCNu64 " frames %" SCNu64 " %" SCNu64
      " %" SCNu64 " delays%n",
      guest->name, &guest->weight, &guest->cpu, &guest->core, &guest->packets_in, &guest->bytes_in,
      &guest->packets_out, &guest->bytes_out, &retransmitted, &guest->connections, &guest->opened,
      &guest->accepted, &commands, &guest->waited, &guest->limited, &queued, &marked,
      &guest->dropped, &used);
  if (fields != 18 || used == 0) {
    return false;
  }
  char *next = line + used;
  for (int i = 0; i < DELAYS; i++) {
    guest->delays[i] = strtoull(next, &next, 10);
  }
  return true;
}

static size_t count_lines(const char *text) {
  size_t lines = 0;
  for (const char *at = text; (at = strchr(at, '\n')) != NULL; at++) {
    lines++;
  }
  return lines;
}

static bool read_sample(char *text, struct sample *sample) {
  sample->count = 0;
  sample->guests = calloc(count_lines(text) + 1, sizeof *sample->guests);
  char *rest = text;
  char *line = strsep(&rest, "\n");
  if (sample->guests == NULL || line == NULL ||
      sscanf(line, "time %" SCNu64 " cores %" SCNu32 " system %" SCNu64 " waiting %" SCNu64,
             &sample->time, &sample->cores, &sample->system, &sample->waiting) != 4) {
    return false;
  }
  while ((line = strsep(&rest, "\n")) != NULL && line[0] != '\0') {
    if (!read_guest(line, &sample->guests[sample->count])) {
      return false;
    }
    sample->count++;
  }
  return true;
}

static enum ctl_status take_sample(struct sample *sample) {
  struct ctl_answer answer;
  *sample = (struct sample){0};
  enum ctl_status status = ctl_ask("top", &answer);
  if (status == CTL_OK) {
    if (!read_sample(answer.text, sample)) {
      ctl_complain("the host stack's answer makes no sense");
      status = CTL_REFUSED;
    }
    free(answer.text);
  }
  return status;
}

/* Guests of an island are in the order in which they came: mostly at the same places as before. */
static struct guest before(const struct sample *old, size_t index, const struct guest *guest) {
  for (size_t i = 0; i < old->count; i++) {
    const struct guest *found = &old->guests[(index + i) % old->count];
    if (strcmp(found->name, guest->name) == 0) {
      return *found;
    }
  }
  return (struct guest){0};
}

/* 12345678 as "12.3M". */
static const char *brief(double value, char text[16]) {
  static const char units[] = " kMGT";
  size_t unit = 0;
  while (value >= 999.5 && unit < sizeof units - 2) {
    value /= 1000;
    unit++;
  }
  if (unit == 0) {
    snprintf(text, 16, "%.0f", value);
  } else {
    snprintf(text, 16, "%.*f%c", value < 99.95 ? 1 : 0, value, units[unit]);
  }
  return text;
}

/* The longest delay of all but one in a hundred, from two buckets for each power of two. */
static const char *p99(const struct guest *now, const struct guest *old, char text[16]) {
  uint64_t total = 0;
  for (int i = 0; i < DELAYS; i++) {
    total += now->delays[i] - old->delays[i];
  }
  if (total == 0) {
    return "-";
  }
  uint64_t seen = 0;
  unsigned bucket = 0;
  while ((seen += now->delays[bucket] - old->delays[bucket]) * 100 < total * 99) {
    bucket++;
  }
  unsigned power = bucket / 2;
  double us = bucket < 2 ? 0 : (double)((1ULL << power) + ((bucket % 2 + 1ULL) << (power - 1))) / 1e3;
  snprintf(text, 16, us < 10 ? "%.1fus" : us < 1e4 ? "%.0fus" : "%.0fms", us < 1e4 ? us : us / 1e3);
  return text;
}

static int by_cpu(const void *left, const void *right) {
  const struct guest *const *a = left;
  const struct guest *const *b = right;
  if ((*a)->cpu_share != (*b)->cpu_share) {
    return (*a)->cpu_share < (*b)->cpu_share ? 1 : -1;
  }
  return strcmp((*a)->name, (*b)->name);
}

/* Whether the guest got what it wanted: "wait" if its work waited for others for a twentieth. */
static const char *state(const struct guest *now, const struct guest *old, double seconds) {
  if (now->dropped > old->dropped) {
    return "drop";
  }
  if (now->limited > old->limited) {
    return "limit";
  }
  return (double)(now->waited - old->waited) > seconds * 5e7 ? "wait" : "-";
}

static void print_guest(const struct guest *now, const struct guest *old, double seconds) {
  char text[6][16];
  printf("%-20.63s %4" PRIu32 " %6" PRIu32 " %6.1f %9s %9s %9s %9s %7" PRIu64 " %7s %-5s %8s\n",
         now->name, now->core, now->weight, now->cpu_share,
         brief((double)(now->packets_in - old->packets_in) / seconds, text[0]),
         brief((double)(now->packets_out - old->packets_out) / seconds, text[1]),
         brief((double)(now->bytes_in - old->bytes_in) / seconds, text[2]),
         brief((double)(now->bytes_out - old->bytes_out) / seconds, text[3]), now->connections,
         brief((double)(now->opened + now->accepted - old->opened - old->accepted) / seconds,
               text[4]),
         state(now, old, seconds), p99(now, old, text[5]));
}

static double share(uint64_t now, uint64_t old, double seconds) {
  return (double)(now - old) / seconds / 1e7; /* percent */
}

static bool print(struct sample *now, const struct sample *old) {
  double seconds = now->time > old->time ? (double)(now->time - old->time) / 1e9 : 1;
  struct guest **order = calloc(now->count + 1, sizeof *order);
  if (order == NULL) {
    return false;
  }
  double system = share(now->system, old->system, seconds);
  double waiting = share(now->waiting, old->waiting, seconds);
  double busy = system + waiting;
  for (size_t i = 0; i < now->count; i++) {
    struct guest *guest = &now->guests[i];
    guest->cpu_share = share(guest->cpu, before(old, i, guest).cpu, seconds);
    busy += guest->cpu_share;
    order[i] = guest;
  }
  qsort(order, now->count, sizeof *order, by_cpu);
  printf("%" PRIu32 " %s: %.1f %% busy; host stack itself %.1f %%, looking for work %.1f %%\n",
         now->cores, now->cores == 1 ? "core" : "cores", busy, system, waiting);
  printf("%-20s %4s %6s %6s %9s %9s %9s %9s %7s %7s %-5s %8s\n", "Guest", "Core", "Weight", "CPU%",
         "Pkt-in/s", "Pkt-out/s", "B-in/s", "B-out/s", "Conns", "New/s", "State", "Delay99");
  for (size_t i = 0; i < now->count; i++) {
    struct guest old_guest = before(old, (size_t)(order[i] - now->guests), order[i]);
    print_guest(order[i], &old_guest, seconds);
  }
  free(order);
  return fflush(stdout) == 0;
}

enum ctl_status ctl_top(long tables) {
  const bool screen = tables != 1 && isatty(STDOUT_FILENO);
  const struct timespec second = {.tv_sec = 1};
  struct sample old;
  enum ctl_status status = take_sample(&old);
  for (long i = 0; status == CTL_OK && (tables == 0 || i < tables); i++) {
    nanosleep(&second, NULL);
    struct sample now;
    status = take_sample(&now);
    if (status == CTL_OK) {
      fputs(screen ? "\033[H\033[2J" : i > 0 ? "\n" : "", stdout);
      status = print(&now, &old) ? CTL_OK : CTL_REFUSED;
    }
    free(old.guests);
    old = now;
  }
  free(old.guests);
  return status;
}
