/* What bind, listen, connect and accept share. */
#ifndef VIRTUOSO_CONTROL_H
#define VIRTUOSO_CONTROL_H

#include "internal.h"

enum vt_target { TO_VIRTUOSO, TO_LOOPBACK, TO_KERNEL, TO_KERNEL_V6, TO_NOWHERE };

/* Where an address belongs. The kernel judges what is malformed: its error is the right one. */
enum vt_target vt_classify(const struct vt_socket* socket, const struct sockaddr* address,
                           socklen_t length, struct vt_address* out);
/* From now on the fd is the kernel's, with its memberships in epoll sets. */
void vt_leave_to_kernel(struct vt_socket* socket, int fd, enum vt_fallback reason);
/* Gives a slot that came to nothing back. */
void vt_give_up_slot(struct vt_socket* socket);

/* Gives the kernel's socket the port that this one has, of any address. Returns an errno, or 0. */
int vt_bind_kernel(struct vt_socket* socket, int fd);

#endif
