/* SPDX-License-Identifier: Apache-2.0 */
/* Serves short connections: reads a request, answers with as many bytes, waits for the end. */
#ifndef VIRTUOSO_LOAD_CONNECT_SERVER_H
#define VIRTUOSO_LOAD_CONNECT_SERVER_H

#include <stdint.h>
#include <stdnoreturn.h>

/* Listens on `ports` consecutive ports from `port`; serves until a signal ends the process. */
noreturn void connect_serve(uint16_t port, uint32_t ports);

#endif
