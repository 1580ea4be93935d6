/* SPDX-License-Identifier: Apache-2.0 */
/* An echo server: one thread, one epoll set, every byte goes back where it came from. */
#ifndef VIRTUOSO_LOAD_RPC_SERVER_H
#define VIRTUOSO_LOAD_RPC_SERVER_H

#include <stdint.h>
#include <stdnoreturn.h>

/* Serves until a signal ends the process. With `spin` it never sleeps. */
noreturn void rpc_serve(uint16_t port, int spin);

#endif
