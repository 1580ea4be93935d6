/* SPDX-License-Identifier: Apache-2.0 */
/* The few socket helpers that all load generators share. IPv4 only; errors end the program. */
#ifndef VIRTUOSO_LOAD_NET_H
#define VIRTUOSO_LOAD_NET_H

#include <netinet/in.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdnoreturn.h>
#include <sys/types.h>

/* Prints `program: text: strerror(errno)` (no reason when errno is 0) and exits with status 1. */
noreturn void die(const char *text);

/* A number within [low, high] or exit 2 with a message that names the option. */
double number_option(const char *option, const char *text, double low, double high);

struct sockaddr_in address_of(const char *host, uint16_t port);

/* For servers that are started at the same time, on a busy machine, too. */
#define CONNECT_PATIENCE_MS 60000

/* Connects, waiting up to `patience_ms` for a server that is not listening yet. Non-blocking after.
 */
int connect_patiently(const struct sockaddr_in *address, int patience_ms);

/* Begins to connect without blocking; returns the fd, or -1 with errno. */
int connect_begin(const struct sockaddr_in *address);

/* A non-blocking listener on all addresses. */
int listen_on(uint16_t port, int backlog);

int epoll_new(void);
void epoll_add(int epoll, int fd, uint32_t events, void *data);
void epoll_change(int epoll, int fd, uint32_t events, void *data);

/* True when a non-blocking call merely has nothing to do now. */
bool would_block(void);

/* Raises the soft limit of open files to the hard one. */
void raise_file_limit(void);

void *allocate(size_t count, size_t size);

#endif
