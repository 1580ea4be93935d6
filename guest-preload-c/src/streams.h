/* The C library's streams (FILE) on sockets. */
#ifndef VIRTUOSO_STREAMS_H
#define VIRTUOSO_STREAMS_H

#include <stdbool.h>

/* The number 0, 1 or 2 has become a socket, or is none any more. Keeps errno. */
void vt_stream_follow(int fd, bool is_socket);

#endif
