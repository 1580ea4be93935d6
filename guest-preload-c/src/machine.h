/* In a virtual machine: vsock and an ivshmem device in the place of the guest's Unix socket. */
#ifndef VIRTUOSO_MACHINE_H
#define VIRTUOSO_MACHINE_H

#include "internal.h"

int vt_send_message(int socket, const struct vt_message* message, int fd);
int vt_receive_message(int socket, struct vt_message* message, int* fds, int fd_count,
                       int timeout_ms);
/* Looks for the device with the memory; from then on vt_in_machine says whether it is there. */
void vt_machine_find(void);
/* A connection to the host stack; -1 and errno. */
int vt_machine_connect(void);
/* The bus address of the device's memory: what HELLO tells. */
uint64_t vt_machine_memory(void);
/* The device's registers, mapped for good; NULL if they cannot be had. Called with the attach lock. */
volatile uint32_t* vt_machine_registers(void);
/* Maps the part of the memory that WELCOME names; NULL if it cannot be had. */
void* vt_machine_map(uint64_t place, uint64_t* bytes);
/*
 * Sends a message as the first of a connection of its own and, if answer is not NULL, waits for
 * the answer. The connection, or -1 if that failed.
 */
int vt_machine_open(struct vt_attachment* attachment, struct vt_message* message,
                    struct vt_message* answer);
/* Is this a connection to the host stack? */
bool vt_machine_is_link(int fd);

#endif
