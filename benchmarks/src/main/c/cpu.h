/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Processor time spent by the whole machine and by watched processes.
 *
 * The machine's busy time is wall time of all cores less idle, iowait and steal of /proc/stat, so
 * it holds what no process is charged for: soft interrupts and the kernel's own threads. Processes
 * are read through their CPU clocks, exact to the nanosecond and with their finished threads. Other
 * work on the machine is what all processes took, less what is watched; the kernel's part of the
 * work that is measured is none of it. Who watches nobody does not ask for it either: to look at all
 * processes takes time, too, and with a hundred load generators that is much of their window.
 */
#ifndef VIRTUOSO_LOAD_CPU_H
#define VIRTUOSO_LOAD_CPU_H

#include <stdint.h>
#include <stdio.h>
#include <sys/types.h>

#define CPU_MAX_GROUPS 6
#define CPU_MAX_PIDS 256

/* Named groups of processes, such as `server` with nginx's master and its workers. */
struct cpu_watch {
  struct {
    char label[24];
    pid_t pids[CPU_MAX_PIDS];
    int pid_count;
  } groups[CPU_MAX_GROUPS];
  int group_count;
};

struct cpu_sample {
  uint64_t wall_ns;
  uint64_t idle_ns;  /* all cores: idle, iowait and steal */
  uint64_t steal_ns; /* all cores */
  uint64_t all_ns;   /* all processes but the kernel's threads, with the children they awaited;
                        0 if nobody is watched */
  uint64_t self_ns;
  uint64_t children_ns; /* finished and awaited children of this process */
  uint64_t group_ns[CPU_MAX_GROUPS];
  int cores;
};

/* Adds `label=PID[,PID...]`; 0, or -1 when it cannot be read as that. */
int cpu_watch_add(struct cpu_watch *watch, const char *text);

void cpu_sample_take(struct cpu_sample *sample, const struct cpu_watch *watch);

/* Prints the differences as JSON members, each preceded by a comma: `, "cpu_machine_s": ...`. */
void cpu_print(FILE *out, const struct cpu_watch *watch, const struct cpu_sample *before,
               const struct cpu_sample *after);

#endif
