/* An epoll set, as epoll.c (membership) and epollwait.c (waiting) share it. */
#ifndef VIRTUOSO_EPOLL_H
#define VIRTUOSO_EPOLL_H

#include "internal.h"

#define VT_WATCH_MAX 8

struct vt_epoll {
  uint32_t references;
  uint32_t fds;
  int fd; /* one number of the kernel's epoll */
  bool nested;
  bool has_kernel_fds;
  _Alignas(64) vt_lock lock; /* of the ready list and the members */
  struct vt_member* ready_first;
  struct vt_member* ready_last;
  uint32_t ready_count;
  struct vt_member* all;
  uint32_t sleepers;
  uint32_t kicked;
  int kick;
  uint32_t rings;
  uint64_t looked; /* at the kernel's epoll, in TSC cycles */
  vt_lock control_lock;
  struct vt_queue* watch[VT_WATCH_MAX]; /* the first is its own */
  struct vt_epoll* next_free;
  struct vt_epoll* next_held; /* while a thread forks */
  int old;                    /* the parent's kernel's set, while a child begins */
  bool orphaned;              /* its members, or inner sets', came through fork, not adopted yet */
};

/* The ready list; set.lock is held. */
void vt_ready_push(struct vt_epoll* set, struct vt_member* member);
void vt_ready_remove(struct vt_epoll* set, struct vt_member* member);

void vt_epoll_kick(struct vt_epoll* set); /* wakes who sleeps in the kernel's epoll */
void vt_epoll_unkick(struct vt_epoll* set);
void vt_epoll_unwatch(struct vt_epoll* set, int index);
struct vt_queue* vt_epoll_own_queue(struct vt_epoll* set, struct vt_attachment* attachment);
void vt_epoll_rewatch(struct vt_epoll* set);
void vt_epoll_watch_fd(struct vt_epoll* set, int fd, uint32_t events, const void* cookie);
void vt_epoll_look(struct vt_member* member); /* lists it if it is ready now */
/* A member's events are to reach the set. sole: it is no member of another one. 0 or errno. */
int vt_epoll_take_home(struct vt_epoll* set, struct vt_socket* socket, bool sole);
void vt_epoll_adopt_members(struct vt_epoll* set); /* as the first use of the set after fork() */

/* While a thread forks no set comes or goes. */
void vt_epoll_hold_pool(void);
void vt_epoll_give_pool(void);

#endif
