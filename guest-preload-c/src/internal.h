/*
 * What the parts of libvirtuoso.so share.
 *
 * An application's socket is a real kernel file descriptor; the fd table maps its number to a
 * struct vt_socket, the open file description as this library sees it. The socket lives in a slot
 * of the region that the host stack gave to this process (struct vt_attachment). Queues to and
 * from the host stack belong to contexts (struct vt_queue); a socket's home is one of them.
 *
 * Lock order: socket.lock, set.lock; queue.drain_lock before both. rx_lock and tx_lock are taken
 * before everything else and never both, except by the last close (rx, then tx). Nothing here is
 * held while sleeping.
 */
#ifndef VIRTUOSO_INTERNAL_H
#define VIRTUOSO_INTERNAL_H

#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

#include "datagram_part.h"
#include "libc.h"
#include "moved.h"
#include "noted_options.h"
#include "reader.h"
#include "shared_word.h"
#include "virtuoso_abi.h"

#define VT_EXPORT __attribute__((visibility("default")))
#define VT_LIKELY(x) __builtin_expect(!!(x), 1)
#define VT_UNLIKELY(x) __builtin_expect(!!(x), 0)
#define VT_COLD __attribute__((cold, noinline))

/* ---- locks (lock.c) ------------------------------------------------------------------------- */

/* A futex lock: 0 free, 1 held, 2 held and waited for. */
typedef struct {
  uint32_t word;
} vt_lock;

void vt_lock_slow(vt_lock* lock);
void vt_lock_wake(vt_lock* lock);

static inline bool vt_try_lock(vt_lock* lock) {
  uint32_t expected = 0;
  return __atomic_compare_exchange_n(&lock->word, &expected, 1, false, __ATOMIC_ACQUIRE,
                                     __ATOMIC_RELAXED);
}

static inline void vt_take(vt_lock* lock) {
  if (VT_UNLIKELY(!vt_try_lock(lock))) {
    vt_lock_slow(lock);
  }
}

/* Also a full barrier: what is loaded afterwards is not older than what was stored before. */
static inline void vt_give(vt_lock* lock) {
  if (VT_UNLIKELY(__atomic_exchange_n(&lock->word, 0, __ATOMIC_SEQ_CST) == 2)) {
    vt_lock_wake(lock);
  }
}

/* ---- attachment and queues ------------------------------------------------------------------ */

struct vt_socket;
struct vt_epoll;
struct vt_attachment;

/* A command that waits for its answer; lives on the asking thread's stack. */
struct vt_request {
  struct vt_request* next;
  uint64_t id;
  uint64_t value;
  int error;
  bool done;
};

/* This process's end of one context. */
struct vt_queue {
  struct vt_attachment* attachment;
  struct vt_context* shared;
  struct vt_entry* commands;
  struct vt_entry* events;
  uint32_t index;
  uint32_t mask;
  int doorbell;             /* read end of the pipe that the host stack rings; -1: not open */
  uint32_t owners;          /* threads and epoll sets that use it */
  int link;                 /* whose end is the context's, where a vector rings; -1: none */
  struct vt_reading reading; /* of the doorbell, by a thread that blocks in it */
  _Alignas(64) vt_lock post_lock;
  uint64_t command_tail;
  uint32_t rung_sleep;   /* host_sleeping as of the last ring */
  uint64_t command_room; /* tail may go up to here before the shared head is looked at again */
  _Alignas(64) vt_lock drain_lock;
  uint64_t event_head;
  struct vt_request* requests;
  _Alignas(64) vt_lock sleep_lock;
  uint32_t sleepers;
  uint32_t sleep_number;
  vt_lock info_lock;
};

/* One run of the host stack as this process knows it. */
struct vt_attachment {
  int control; /* attach socket */
  uint32_t key; /* in a virtual machine: what the host stack calls this attachment */
  int host_doorbell;
  int keeper; /* lends vectors (vectors.c), each the context's that asks; -1: none */
  uint32_t bell; /* 1 + the vector that rings the host stack; 0: host_doorbell does */
  uint32_t references; /* sockets and queue holders; unmapped when none is left and it is dead */
  uint32_t dead;
  uint8_t* region;
  uint64_t region_bytes;
  struct vt_region_header* header;
  struct vt_slot* slots;
  uint32_t slot_count;
  uint32_t address;          /* of this guest, network order */
  uint32_t prefix_length6;   /* of the guest's IPv6 subnet, 64-96; 0: it has none */
  struct vt_socket** owners; /* by slot index */
  vt_lock control_lock;
  vt_lock slot_lock;
  uint32_t free_count;
  uint32_t* free_slots;
  uint64_t next_request;
  uint32_t next_generation; /* of slots given out here */
  uint32_t queue_count;
  struct vt_queue* queues;
};

extern struct vt_attachment* vt_current; /* NULL: not attached now */
/* There is a guest's socket or device, and this is no JVM that has the agent (attach.c). */
extern bool vt_enabled;
extern bool vt_in_machine; /* a virtual machine's: no guest's socket, but its device (machine.c) */
extern pid_t vt_pid;

struct vt_attachment* vt_attach(void);       /* the live attachment, made if need be; or NULL */
struct vt_attachment* vt_attach_quick(void); /* same, at most one try in 50 ms */
void vt_attachment_died(struct vt_attachment* attachment);
void vt_attachment_check(struct vt_attachment* attachment); /* has the host stack ended it? */
void vt_attachment_hold(struct vt_attachment* attachment);
void vt_attachment_drop(struct vt_attachment* attachment);
int vt_private_fd(int fd); /* moves fd out of the application's way; -1 if it cannot */
void vt_private_close(int fd);
bool vt_is_private(int fd);
/* Sends a message on the attach socket and, if answer is not NULL, waits for the answer. */
int vt_control(struct vt_attachment* attachment, struct vt_message* message, int fd,
               struct vt_message* answer, int* answer_fd);
/* Asks for a descriptor: as vt_control does, or by a connection of its own. The descriptor or -1. */
int vt_ask_descriptor(struct vt_attachment* attachment, struct vt_message* message,
                      struct vt_message* answer);

static inline bool vt_is_dead(const struct vt_attachment* attachment) { /* none: being taken back */
  return attachment != NULL && VT_LOAD(&attachment->dead) != 0;
}

/* ---- queues (context.c) --------------------------------------------------------------------- */

struct vt_queue* vt_queue_acquire(struct vt_attachment* attachment);
void vt_queue_release(struct vt_queue* queue);
struct vt_queue* vt_thread_queue(struct vt_attachment* attachment);
uint64_t vt_post(struct vt_queue* queue, const struct vt_entry* entry);
bool vt_post_passed(const struct vt_queue* queue, uint64_t position);
void vt_ring_host(struct vt_attachment* attachment);
bool vt_drain(struct vt_queue* queue);
void vt_sleep_enter(struct vt_queue* queue);
void vt_sleep_leave(struct vt_queue* queue);
void vt_doorbell_clear(struct vt_queue* queue);
/* Posts a command for the socket and waits for the reply: 0 or an errno. */
int vt_ask(struct vt_socket* socket, uint32_t command, const uint64_t arg[4], uint64_t* value);

static inline bool vt_queue_has_events(const struct vt_queue* queue) {
  uint64_t head = VT_LOAD_RELAXED(&queue->event_head);
  return VT_LOAD(&queue->events[head & queue->mask].stamp) >> 8 == head + 1;
}

/* ---- sockets -------------------------------------------------------------------------------- */

enum vt_phase {
  VT_FREE = 0, /* in the free list */
  VT_FRESH,    /* socket() was called */
  VT_BOUND,    /* has a Virtuoso address */
  VT_LISTENING,
  VT_CONNECTING,
  VT_CONNECTED, /* was connected at some time; slot.state tells how it is now */
  VT_LOST       /* its attachment died; error pending or taken */
};

struct vt_thread;

/* A thread that waits for a socket; lives on its stack. */
struct vt_waiter {
  struct vt_waiter* next;
  struct vt_waiter** link;
  struct vt_thread* thread;
};

/* A socket's membership in an epoll set. */
struct vt_member {
  struct vt_epoll* set;
  struct vt_socket* socket;
  int fd;
  uint32_t events;
  epoll_data_t data;
  bool listed;   /* in the set's ready list */
  bool disabled; /* EPOLLONESHOT has fired */
  bool embedded; /* is the socket's own */
  struct vt_member* next_of_socket;
  struct vt_member* ready_next;
  struct vt_member* ready_prev;
  struct vt_member* all_next;
  struct vt_member* all_prev;
};

/* Options kept here; what the host stack must know is sent to it, too. */
struct vt_options {
  bool reuse_address, reuse_port, v6_only, keep_alive, no_delay, cork, quick_ack, linger_on;
  bool on_device; /* SO_BINDTODEVICE: of the guest's interface, which changes nothing */
  bool no_port; /* bind() to port 0 leaves the choice to connect() */
  bool touched; /* some option that the host stack must learn differs from the default */
  int linger_seconds;
  int keep_idle, keep_interval, keep_count;
  int user_timeout, max_segment;
  int congestion; /* enum vt_congestion; 0: the guest's */
  int defer_accept; /* seconds, as Linux rounds them */
  int type_of_service; /* without the bits of congestion notification */
  int time_to_live; /* 0: default */
  int traffic_class, hop_limit; /* the same of IPv6 */
  int mtu_discover, mtu_discover6; /* IP_PMTUDISC_DO; 0: IP_PMTUDISC_WANT, which is the same for TCP */
  uint32_t notsent_low_water; /* TCP_NOTSENT_LOWAT; 0: no limit */
  uint64_t max_pacing_rate; /* bytes per second, plus 1; 0: no limit */
  int send_buffer, receive_buffer; /* as set, not doubled; 0: default */
  int receive_low_water;
  int64_t receive_timeout_ns, send_timeout_ns; /* 0: none */
};

struct vt_socket {
  /* looked at by every call */
  struct vt_slot* slot; /* NULL: none (yet, or no more) */
  uint8_t* region;
  bool nonblocking;
  bool read_shut;  /* shutdown(SHUT_RD) by the application */
  bool write_shut; /* shutdown(SHUT_WR) by the application */
  bool datagram;   /* UDP; its phase is VT_FRESH, VT_BOUND or VT_LOST */
  uint8_t phase;   /* enum vt_phase */
  int error;       /* pending, not from the slot */
  bool slot_error_taken;
  bool orphan;             /* came through fork and is not adopted yet */
  bool shared;             /* a placeholder pair stands for it */
  bool stands_in;          /* its numbers are copies of the process's socket (standin.c) */
  bool armed;              /* listener: VT_CMD_ARM posted */
  bool connect_unreported; /* connect() said EINPROGRESS and was not called again */
  int family;
  /* reading */
  _Alignas(64) vt_lock rx_lock;
  uint32_t rx_generation;
  uint64_t rx_head;
  uint64_t rx_mask;
  uint8_t* rx_ring;
  uint64_t rx_want_answered;
  /* writing */
  _Alignas(64) vt_lock tx_lock;
  uint32_t tx_generation;
  uint64_t tx_tail;
  uint64_t tx_base;
  uint64_t tx_mask;
  uint8_t* tx_ring;
  uint64_t tx_notice_want; /* bytes the host was told of as wanted */
  /* control */
  _Alignas(64) vt_lock lock;
  uint32_t references; /* fd numbers, pins */
  uint32_t fds;        /* fd numbers only */
  uint32_t slot_index;
  uint32_t generation;
  struct vt_attachment* attachment;
  struct vt_queue* home;
  uint64_t ordered_position; /* of the last command whose order matters, in home's queue */
  struct vt_waiter* waiters;
  struct vt_member* members;
  struct vt_member own_member;
  int backlog;
  struct vt_address bound;      /* as given to bind() */
  struct vt_address peer_shown; /* of a connect to loopback: what the application asked for */
  bool shows_loopback;
  bool given_by_host;
  uint32_t share_pid, share_number; /* name of the placeholder */
  struct vt_moves moves;
  uint8_t saved_local[16], saved_peer[16]; /* names of what came through fork, until adopted */
  uint16_t saved_local_port, saved_peer_port;
  struct vt_options options;
  struct vt_datagram_part udp;
  struct vt_noted_options noted;
  struct vt_socket* next_free;
};

/* ---- fd table (fdtable.c) ------------------------------------------------------------------- */

#define VT_MAX_FDS (1u << 20)
#define VT_TAG_EPOLL 1u
#define VT_TAG_PRIVATE 2u

extern uintptr_t* vt_table; /* never NULL after init; an all-zero page range before */
extern uint32_t vt_table_size;

static inline uintptr_t vt_entry_of(int fd) {
  return VT_LIKELY((uint32_t)fd < vt_table_size) ? VT_LOAD(&vt_table[fd]) : 0;
}

static inline struct vt_socket* vt_socket_of(int fd) {
  uintptr_t entry = vt_entry_of(fd);
  return VT_LIKELY((entry & 3) == 0) ? (struct vt_socket*)entry : NULL;
}

static inline struct vt_epoll* vt_epoll_of(int fd) {
  uintptr_t entry = vt_entry_of(fd);
  return (entry & 3) == VT_TAG_EPOLL ? (struct vt_epoll*)(entry & ~(uintptr_t)3) : NULL;
}

void vt_table_init(void);
void vt_table_set(int fd, uintptr_t entry);
unsigned vt_highest_fd(void); /* that ever had an entry */
void* vt_pages(size_t bytes); /* zeroed memory from mmap, or NULL */

/* Takes a reference to the socket that fd names; NULL if it is none of ours. */
struct vt_socket* vt_pin(int fd);
void vt_unpin(struct vt_socket* socket);

/* ---- socket.c, life.c ----------------------------------------------------------------------- */

struct vt_socket* vt_socket_new(int family);
void vt_socket_free(struct vt_socket* socket);
int vt_socket_install(struct vt_socket* socket, int fd);
void vt_socket_forget(struct vt_socket* socket, int fd); /* fd no longer names it */
void vt_for_each_socket(void (*visit)(struct vt_socket* socket, void* argument), void* argument);
int vt_slot_acquire(struct vt_socket* socket); /* a slot of the guest's; 0 or errno */
void vt_slot_bind(struct vt_socket* socket, struct vt_attachment* attachment, uint32_t index,
                  uint32_t generation, bool by_host);
void vt_slot_drop(struct vt_socket* socket);
void vt_slot_released(struct vt_attachment* attachment, uint32_t index);
int vt_socket_use(struct vt_socket* socket, int fd); /* adopts, re-attaches; 0 or errno */
int vt_listen_again(struct vt_socket* socket);
void vt_arm(struct vt_socket* socket, bool on);
void vt_arm_waiting(struct vt_socket* socket);
bool vt_move_home(struct vt_socket* socket, struct vt_queue* queue);
void vt_command(struct vt_socket* socket, uint32_t command, uint64_t arg0, uint64_t arg1);
void vt_notify(struct vt_socket* socket);
void vt_raise_seen(struct vt_slot* slot, uint32_t generation);
void vt_progress(struct vt_socket* socket); /* connecting: is the outcome there? */
void vt_send_options(struct vt_socket* socket);
int vt_take_error(struct vt_socket* socket);
int vt_close(int fd);
uint32_t vt_listener_count(void);
void vt_listeners_back(void);
void vt_listener_added(void);
void vt_listener_gone(void);

int vt_bind(int fd, const struct sockaddr* address, socklen_t length);
int vt_listen(int fd, int backlog);
int vt_connect(int fd, const struct sockaddr* address, socklen_t length);
int vt_accept(int fd, struct sockaddr* address, socklen_t* length, int flags);
int vt_shutdown(int fd, int how);
int vt_name(int fd, struct sockaddr* address, socklen_t* length, bool peer);
void vt_put_name(int family, const uint8_t raw[16], uint16_t port, struct sockaddr* address,
                 socklen_t* length);
int vt_set_option(int fd, int level, int name, const void* value, socklen_t length);
#define VT_CONGESTION_NAME_BYTES 16 /* Linux's TCP_CA_NAME_MAX */
int vt_congestion_number(const char* name, socklen_t length);
const char* vt_congestion_name(const struct vt_socket* socket);
int vt_get_option(int fd, int level, int name, void* value, socklen_t* length);

/* ---- readiness and waiting ------------------------------------------------------------------ */

#define VT_WAIT_FOREVER INT64_MAX

/* EPOLL* bits that hold now. Asks the host for a notice of room if EPOLLOUT is wanted in vain. */
uint32_t vt_ready(struct vt_socket* socket, uint32_t interest);

struct vt_thread {
  struct vt_queue* queue;
  int kick; /* eventfd by which other threads wake this one; -1: none yet */
  uint32_t kicked;
  struct vt_epoll* draining_for;
  uint32_t hint; /* 1 + index of the context of the epoll set that it used last */
  bool registered;
  struct vt_queue* reading; /* blocks (or is about to) in a read of its doorbell */
};
extern __thread struct vt_thread vt_self __attribute__((tls_model("initial-exec")));

void vt_kick(struct vt_thread* thread);
int vt_kick_fd(void); /* made at the first call; -1 while the process has one thread */
void vt_unkick(void);
void vt_waiter_add(struct vt_socket* socket, struct vt_waiter* waiter);
void vt_waiter_remove(struct vt_socket* socket, struct vt_waiter* waiter);
struct vt_queue* vt_wait_queue(struct vt_socket* socket);
int64_t vt_retry_deadline(int64_t deadline);
struct timespec* vt_time_left(int64_t deadline, struct timespec* left);
/* poll_few.c: ppoll() that needs no more places than it has fds to ask for. */
int vt_ppoll(struct pollfd* fds, nfds_t count, const struct timespec* time, const sigset_t* mask);
int64_t vt_now(void);
void vt_wait_init(void);
/*
 * Sleeps until something may have changed for the socket: 0, EINTR, or EAGAIN after the deadline
 * (ns of CLOCK_MONOTONIC). interest: EPOLL* bits that end the wait at once when they hold. If the
 * thread is cancelled meanwhile, the socket is unpinned.
 */
int vt_wait(struct vt_socket* socket, uint32_t interest, int64_t deadline);
int vt_poll(struct pollfd* fds, nfds_t count, int64_t deadline, const sigset_t* mask);
int vt_select(int count, fd_set* in, fd_set* out, fd_set* except, int64_t deadline,
              const sigset_t* mask);
bool vt_poll_is_ours(struct pollfd* fds, nfds_t count);
bool vt_select_is_ours(int count, const fd_set* in, const fd_set* out, const fd_set* except);

/* ---- epoll ---------------------------------------------------------------------------------- */

int vt_epoll_created(int fd);
int vt_epoll_control(int set_fd, int operation, int fd, struct epoll_event* event);
int vt_epoll_wait(int set_fd, struct epoll_event* events, int max, int64_t deadline,
                  const sigset_t* mask);
void vt_epoll_forget(struct vt_epoll* set);
void vt_epoll_hold(struct vt_epoll* set);
void vt_epoll_mark(struct vt_member* member);
void vt_epoll_leave_all(struct vt_socket* socket, int fd); /* fd < 0: all memberships */
void vt_epoll_adopt_home(struct vt_socket* socket);        /* after it got a slot */
void vt_epoll_hand_over(struct vt_socket* socket);         /* to the kernel; socket.lock is held */
void vt_epoll_nest(struct vt_epoll* set); /* from now on its fd itself is watched by somebody */
/* A nested set's fd is then readable to the kernel only if a member is ready. */
void vt_epoll_settle(struct vt_epoll* set);
struct vt_epoll* vt_epoll_pin(int fd);
void vt_epoll_release(struct vt_epoll* set);
void vt_epoll_after_fork(bool child);

/* ---- transfer ------------------------------------------------------------------------------- */

ssize_t vt_read(struct vt_socket* socket, int fd, void* data, size_t bytes, int flags);
ssize_t vt_write(struct vt_socket* socket, int fd, const void* data, size_t bytes, int flags);
ssize_t vt_readv(struct vt_socket* socket, int fd, const struct iovec* parts, size_t count,
                 int flags);
ssize_t vt_writev(struct vt_socket* socket, int fd, const struct iovec* parts, size_t count,
                  int flags);
ssize_t vt_recvmsg(struct vt_socket* socket, int fd, struct msghdr* message, int flags);
ssize_t vt_sendfile(int fd, int in, off_t* offset, size_t count);
ssize_t vt_splice(int in, off_t* in_offset, int out, off_t* out_offset, size_t count,
                  unsigned flags);
uint64_t vt_unread(struct vt_socket* socket);
/* Takes exactly `bytes` out of the receive ring if they are there. */
bool vt_take_record(struct vt_socket* socket, void* data, size_t bytes);

/* Room in the transmit ring; adopts an offered ring if that is possible. tx_lock is held. */
uint64_t vt_tx_room(struct vt_socket* socket, struct vt_slot* slot);
/* TCP_NOTSENT_LOWAT: while less waits to be sent, another packet of 64 KiB is taken, as by Linux. */
uint64_t vt_room_to_send(const struct vt_slot* slot, uint64_t tail, uint64_t room, uint32_t low);
/* Publishes bytes already put into the ring and gives tx_lock back. False: too late, see moved.h. */
bool vt_tx_publish(struct vt_socket* socket, struct vt_slot* slot, uint64_t tail, uint64_t wanted);
/* 0 if writing is possible now as far as the state goes, else an errno. */
int vt_tx_check(struct vt_socket* socket);
int vt_tx_fail(int error, int flags); /* sets errno, raises SIGPIPE if due; -1 */
/* Waits for room: 0 or errno. The socket is pinned. */
int vt_tx_wait(struct vt_socket* socket, int flags, int64_t deadline);
int64_t vt_deadline(int64_t timeout_ns);

/* ---- the rest ------------------------------------------------------------------------------- */

void vt_fork_init(void);
/* True in the child of vfork(): its memory is the parent's, its fds are its own. */
bool vt_in_borrowed_memory(void);
long vt_fork_by_number(long number, const long* a); /* a system call of six arguments */
void vt_attach_after_fork(void);
void vt_life_before_fork(void);
void vt_life_after_fork(bool child);
void vt_epoll_before_fork(void);
int vt_adopt(struct vt_socket* socket, int fd);

enum vt_fallback { /* the last two of UDP sockets */
  VT_FALL_LOOPBACK, VT_FALL_IPV6, VT_FALL_UNATTACHED, VT_FALL_OUTSIDE, VT_FALL_OPTION, VT_FALL_COUNT
};
void vt_count_fallback(enum vt_fallback reason);
void vt_log_init(void);
void vt_log(const char* format, ...) __attribute__((format(printf, 1, 2)));

static inline int vt_fail(int error) {
  errno = error;
  return -1;
}

#endif
