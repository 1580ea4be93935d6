/*
 * UDP sockets. A socket is undecided (VT_FRESH) until its first bind, connect or datagram says
 * where it belongs: to the host stack (VT_BOUND, with a slot) or to the kernel, to which its fd
 * then belongs like any other's.
 */
#ifndef VIRTUOSO_DATAGRAM_H
#define VIRTUOSO_DATAGRAM_H

#include "control.h"

#define VT_DATAGRAM_KIND 16u /* added to the phase in a placeholder's name */

/* What can be asked of a datagram's way before it is sent. */
struct vt_way {
  struct vt_address to; /* a guest's own address for 127.x */
  uint16_t flags;       /* VT_DATAGRAM_LOOPBACK */
};

#define VT_TO_KERNEL (-1) /* instead of an errno: the fd is the kernel's now */

/* Where a datagram to `to` goes; decides for an undecided socket. 0, an errno or VT_TO_KERNEL. */
int vt_datagram_way(struct vt_socket* socket, int fd, struct vt_address to, struct vt_way* way);
/* Makes an undecided socket with a name of its own the host stack's: 0, errno, VT_TO_KERNEL. */
int vt_datagram_settle(struct vt_socket* socket, int fd);

/* The pending error, which is then no longer pending; 0 if none. */
int vt_datagram_take_error(struct vt_socket* socket);
bool vt_datagram_has_error(const struct vt_socket* socket);

/* The socket is the kernel's, or will be: an option that only the kernel has. */
void vt_datagram_yield(struct vt_socket* socket, int fd);
void vt_datagram_send_options(struct vt_socket* socket);

/* Copies out of the receive ring, whose ring may just change. rx_lock is held. */
void vt_rx_copy(struct vt_socket* socket, const struct vt_slot* slot, uint64_t head, uint8_t* data,
                size_t count);
/* Copies into the transmit ring, where there is room. tx_lock is held. */
void vt_tx_put(struct vt_socket* socket, uint64_t cursor, const uint8_t* data, size_t count);

/* ---- UDP sockets ---------------------------------------------------------------------------- */

int vt_datagram_use(struct vt_socket* socket, int fd);
int vt_datagram_bind(struct vt_socket* socket, int fd, const struct sockaddr* address,
                     socklen_t length);
int vt_datagram_connect(struct vt_socket* socket, int fd, const struct sockaddr* address,
                        socklen_t length);
int vt_datagram_shutdown(struct vt_socket* socket, int fd, int how);
int vt_datagram_name(struct vt_socket* socket, int fd, struct sockaddr* address, socklen_t* length,
                     bool peer);
int vt_datagram_set_option(struct vt_socket* socket, int fd, int level, int name,
                           const void* value, socklen_t length);
int vt_datagram_get_option(struct vt_socket* socket, int fd, int level, int name, void* value,
                           socklen_t* length);
int vt_datagram_open_again(struct vt_socket* socket); /* at a host stack that came back */
void vt_datagram_after_fork(void);
uint32_t vt_datagram_ready(struct vt_socket* socket, uint32_t interest);
uint32_t vt_ready_to_write(struct vt_socket* socket, struct vt_slot* slot);
int vt_datagram_next_bytes(struct vt_socket* socket);
ssize_t vt_datagram_read(int fd, const struct iovec* parts, size_t count, int flags);
ssize_t vt_datagram_write(int fd, const struct iovec* parts, size_t count, int flags);
ssize_t vt_datagram_receive(int fd, struct msghdr* message, int flags);
ssize_t vt_datagram_send(int fd, const struct msghdr* message, int flags);
int vt_datagram_receive_many(int fd, struct mmsghdr* messages, unsigned count, int flags,
                             const struct timespec* time);

static inline bool vt_datagram_is_ours(const struct vt_socket* socket) {
  return socket->phase == VT_BOUND;
}

#endif
