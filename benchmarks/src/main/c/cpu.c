/* SPDX-License-Identifier: Apache-2.0 */
#include "cpu.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include "clock.h"

#define KERNEL_THREAD 0x00200000u /* PF_KTHREAD of the kernel's include/linux/sched.h */

int cpu_watch_add(struct cpu_watch *watch, const char *text) {
  const char *equals = strchr(text, '=');
  if (equals == NULL || watch->group_count == CPU_MAX_GROUPS) return -1;
  size_t label_length = (size_t)(equals - text);
  if (label_length == 0 || label_length >= sizeof watch->groups[0].label) return -1;
  int group = watch->group_count;
  memcpy(watch->groups[group].label, text, label_length);
  watch->groups[group].label[label_length] = '\0';
  watch->groups[group].pid_count = 0;
  const char *next = equals + 1;
  while (*next != '\0') {
    char *end;
    long pid = strtol(next, &end, 10);
    if (end == next || pid <= 0 || watch->groups[group].pid_count == CPU_MAX_PIDS) return -1;
    watch->groups[group].pids[watch->groups[group].pid_count++] = (pid_t)pid;
    if (*end != ',' && *end != '\0') return -1;
    next = *end == ',' ? end + 1 : end;
  }
  watch->group_count++;
  return 0;
}

static uint64_t clock_id_ns(clockid_t id) {
  struct timespec t;
  if (clock_gettime(id, &t) != 0) return 0;
  return (uint64_t)t.tv_sec * NANOS_PER_SECOND + (uint64_t)t.tv_nsec;
}

static uint64_t process_ns(pid_t pid) {
  clockid_t id;
  return clock_getcpuclockid(pid, &id) == 0 ? clock_id_ns(id) : 0;
}

static uint64_t children_ns(void) {
  struct rusage usage;
  if (getrusage(RUSAGE_CHILDREN, &usage) != 0) return 0;
  uint64_t seconds = (uint64_t)usage.ru_utime.tv_sec + (uint64_t)usage.ru_stime.tv_sec;
  uint64_t micros = (uint64_t)usage.ru_utime.tv_usec + (uint64_t)usage.ru_stime.tv_usec;
  return seconds * NANOS_PER_SECOND + micros * 1000;
}

static void read_idle(struct cpu_sample *sample) {
  char text[512];
  int fd = open("/proc/stat", O_RDONLY | O_CLOEXEC);
  ssize_t length = fd < 0 ? -1 : read(fd, text, sizeof text - 1);
  if (fd >= 0) close(fd);
  if (length <= 0) return;
  text[length] = '\0';
  unsigned long long user, nice, system, idle, iowait, irq, softirq, steal;
  if (sscanf(text, "cpu %llu %llu %llu %llu %llu %llu %llu %llu", &user, &nice, &system, &idle,
             &iowait, &irq, &softirq, &steal) != 8) {
    return;
  }
  uint64_t tick_ns = NANOS_PER_SECOND / (uint64_t)sysconf(_SC_CLK_TCK);
  sample->idle_ns = (idle + iowait + steal) * tick_ns;
  sample->steal_ns = steal * tick_ns;
}

/* The time in /proc/PID/stat, in ticks; 0 for the kernel's threads and what has ended. */
static uint64_t process_ticks(const char *pid) {
  char path[64];
  char text[1024];
  snprintf(path, sizeof path, "/proc/%.20s/stat", pid);
  int fd = open(path, O_RDONLY | O_CLOEXEC);
  ssize_t length = fd < 0 ? -1 : read(fd, text, sizeof text - 1);
  if (fd >= 0) close(fd);
  if (length <= 0) return 0;
  text[length] = '\0';
  const char *after_name = strrchr(text, ')');
  unsigned flags;
  unsigned long long user, system, children_user, children_system;
  if (after_name == NULL ||
      sscanf(after_name, ") %*c %*d %*d %*d %*d %*d %u %*u %*u %*u %*u %llu %llu %llu %llu",
             &flags, &user, &system, &children_user, &children_system) != 5) {
    return 0;
  }
  return flags & KERNEL_THREAD ? 0 : user + system + children_user + children_system;
}

static uint64_t all_processes_ns(void) {
  DIR *proc = opendir("/proc");
  if (proc == NULL) return 0;
  uint64_t ticks = 0;
  for (struct dirent *entry; (entry = readdir(proc)) != NULL;) {
    if (entry->d_name[0] >= '0' && entry->d_name[0] <= '9') ticks += process_ticks(entry->d_name);
  }
  closedir(proc);
  return ticks * (NANOS_PER_SECOND / (uint64_t)sysconf(_SC_CLK_TCK));
}

void cpu_sample_take(struct cpu_sample *sample, const struct cpu_watch *watch) {
  memset(sample, 0, sizeof *sample);
  sample->cores = (int)sysconf(_SC_NPROCESSORS_ONLN);
  sample->self_ns = clock_id_ns(CLOCK_PROCESS_CPUTIME_ID);
  sample->children_ns = children_ns();
  for (int g = 0; g < watch->group_count; g++) {
    for (int p = 0; p < watch->groups[g].pid_count; p++) {
      sample->group_ns[g] += process_ns(watch->groups[g].pids[p]);
    }
  }
  if (watch->group_count != 0) sample->all_ns = all_processes_ns();
  read_idle(sample);
  sample->wall_ns = now_ns();
}

static double seconds_between(uint64_t before, uint64_t after) {
  return after > before ? (double)(after - before) / 1e9 : 0.0;
}

void cpu_print(FILE *out, const struct cpu_watch *watch, const struct cpu_sample *before,
               const struct cpu_sample *after) {
  double wall = seconds_between(before->wall_ns, after->wall_ns) * after->cores;
  double busy = wall - seconds_between(before->idle_ns, after->idle_ns);
  fprintf(out, ", \"cores\": %d, \"cpu_machine_s\": %.6f", after->cores, busy > 0 ? busy : 0.0);
  fprintf(out, ", \"cpu_steal_s\": %.6f", seconds_between(before->steal_ns, after->steal_ns));
  fprintf(out, ", \"cpu_self_s\": %.6f", seconds_between(before->self_ns, after->self_ns));
  fprintf(out, ", \"cpu_children_s\": %.6f",
          seconds_between(before->children_ns, after->children_ns));
  double others = seconds_between(before->all_ns, after->all_ns) -
                  seconds_between(before->self_ns, after->self_ns) -
                  seconds_between(before->children_ns, after->children_ns);
  for (int g = 0; g < watch->group_count; g++) {
    double seconds = seconds_between(before->group_ns[g], after->group_ns[g]);
    fprintf(out, ", \"cpu_%s_s\": %.6f", watch->groups[g].label, seconds);
    others -= seconds;
  }
  fprintf(out, ", \"cpu_others_s\": %.6f", others > 0 ? others : 0.0);
}
