/*
 * Waiting without a time limit is one read that blocks, which the kernel restarts after a signal or
 * not, as it does a read of a socket: only the kernel knows which handler ran.
 */
#ifndef VIRTUOSO_READER_H
#define VIRTUOSO_READER_H

#include <stdbool.h>
#include <stdint.h>

struct vt_queue;
struct vt_thread;

/* Of a queue. */
struct vt_reading {
  int fd;                   /* for reads that block; -1: not yet */
  uint32_t poked;           /* a byte was put into the pipe for the reader */
  struct vt_thread* reader; /* who blocks in such a read, or is about to */
  uint64_t forwards;        /* in a virtual machine: of Linux AIO; 0: none */
  bool armed;               /* the next ring is forwarded; the reader's */
};

/* One thread at a time can read a queue's doorbell; false: this one cannot. */
bool vt_become_reader(struct vt_queue* queue);
/* Blocks until the doorbell rings or somebody wakes the reader: 0 or an errno. */
int vt_read_doorbell(struct vt_queue* queue);
void vt_cease_reading(struct vt_queue* queue);
/* Wakes a thread that reads the queue's doorbell or is about to. Any thread. */
void vt_wake_reader(struct vt_queue* queue);
/* Whoever has emptied the doorbell may have taken what was meant for the reader. */
void vt_wake_reader_again(struct vt_queue* queue);
void vt_reading_end(struct vt_reading* reading);

#endif
