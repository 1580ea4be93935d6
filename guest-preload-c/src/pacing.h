/* SO_MAX_PACING_RATE of TCP sockets. */
#ifndef VIRTUOSO_PACING_H
#define VIRTUOSO_PACING_H

#include "internal.h"

/* A value that Linux accepts. */
void vt_set_max_pacing_rate(struct vt_socket* socket, const void* value, socklen_t length);
/* 0 or errno. */
int vt_get_max_pacing_rate(const struct vt_socket* socket, void* value, socklen_t* length);
/* Tells the host stack. */
void vt_send_max_pacing_rate(struct vt_socket* socket);

#endif
