/* The kernel's sockets behind a guest's numbers: docs/adr/0031. */
#ifndef VIRTUOSO_STANDIN_H
#define VIRTUOSO_STANDIN_H

#include "internal.h"

/*
 * A new number for a TCP socket. flags: SOCK_NONBLOCK (which the library keeps), SOCK_CLOEXEC.
 * *stands_in: it is a copy of the process's socket of that family, else it has one of its own.
 * -1 with errno as socket() has it.
 */
int vt_stand_in(int family, int flags, bool* stands_in);
/*
 * Gives the socket, one of whose numbers is fd, a kernel's socket of its own, with the options that
 * were set so far. 0, or an errno; none if it has one already.
 */
int vt_own_file(struct vt_socket* socket, int fd);
/* A socket of the kernel's that is asked what it thinks of options; -1 with errno. */
int vt_judge(int family, bool datagram);
/* Keeps what the judge agreed to. False: there is no more room. */
bool vt_note_option(struct vt_socket* socket, int level, int name, const void* value,
                    socklen_t length);
bool vt_has_noted(const struct vt_socket* socket, int level, int name);
/* The parent's are not used: processes would contend for their reference counts. */
void vt_stand_in_after_fork(void);

#endif
