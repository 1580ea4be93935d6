/*
 * The environment of programs that inherit sockets. Used between vfork and exec, too: nothing here
 * allocates or locks.
 */
#ifndef VIRTUOSO_ENVIRONMENT_H
#define VIRTUOSO_ENVIRONMENT_H

#include <stdbool.h>
#include <stddef.h>

/* At start. self: the file of this library, or ""; socket: the guest's, or "" in a machine. */
void vt_environment_init(const char* self, const char* socket);

/* The most elements that vt_environment() writes; environment may be NULL, as for execve(). */
size_t vt_environment_room(char* const environment[]);

/*
 * What a program is to get instead of environment: the same, or longer, with the variables that
 * make it a guest. It gets them if a socket of this guest stays open, unless LD_PRELOAD is set
 * already, to whatever. any_socket: also if there is one of which nobody knows whether it does.
 */
char* const* vt_environment(char* const environment[], char* longer[], bool any_socket);

#endif
