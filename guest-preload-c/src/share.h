/* Sockets in several processes. */
#ifndef VIRTUOSO_SHARE_H
#define VIRTUOSO_SHARE_H

#include "internal.h"

void vt_share(struct vt_socket* socket); /* puts a placeholder pair in the place of its fds */
void vt_share_all(bool exec_only);       /* exec_only: not those whose fds are all closed by exec */
void vt_share_fd(int fd);                /* it is about to be sent to another process */
/* file takes the place of every number of the socket, of which fd is one or -1; flags stay. */
void vt_replace_numbers(struct vt_socket* socket, int file, int fd);
void vt_inherit(int fd);   /* it came from elsewhere, and may stand for a socket */
void vt_inherit_all(void); /* a program starts: what did it get through exec? */
void vt_message_leaves(const struct msghdr* message); /* on a socket of the kernel's */
void vt_message_arrived(const struct msghdr* message);

#endif
