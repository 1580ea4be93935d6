/* What the kernel's sockets make of options, so that a guest's sockets do the same. */
#ifndef VIRTUOSO_KERNEL_OPTIONS_H
#define VIRTUOSO_KERNEL_OPTIONS_H

#include "internal.h"

/*
 * Sets the option of a kernel's socket of this kind: 0 or its errno. It is set of the one behind fd,
 * too, now or as soon as that is the socket's own; but not of a placeholder.
 */
int vt_set_in_kernel(struct vt_socket* socket, int fd, int level, int name,
                     const void* value, socklen_t length);
/* What a kernel's socket says that has the options set so far. */
int vt_get_from_kernel(struct vt_socket* socket, int fd, int level, int name, void* value,
                       socklen_t* length);
/*
 * Is an option switched off, by an int, that is off with the kernel's sockets of this kind? That
 * changes nothing, whether it could be on or not: Erlang does so with each connection.
 */
bool vt_is_off_anyway(const struct vt_socket* socket, int fd, int level, int name,
                      const void* value, socklen_t length);

#endif
