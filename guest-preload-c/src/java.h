/*
 * JVMs as guests. A java launcher that a guest starts is given the agent, virtuoso-guest.jar, which
 * makes the JVM's sockets the guest's in Java. Used by virtuoso-ctl, too, and between fork and
 * exec: nothing here allocates, locks or needs the library's initialisation.
 */
#ifndef VIRTUOSO_JAVA_H
#define VIRTUOSO_JAVA_H

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>

#define VT_AGENT_JAR "virtuoso-guest.jar"

/* This is a virtual machine with a device for guests: nothing needs to name their socket. */
void vt_java_in_machine(void);

/* Looks for the agent once: `given` (may be NULL), else beside `self` and where it is built. */
bool vt_java_find_agent(const char* given, const char* self);
const char* vt_java_agent_path(void); /* "" if it was not found */

/* The file that execvp() would take; false if there is none. */
bool vt_java_search(const char* file, char path[PATH_MAX]);

/* Does path lead to the java launcher of a JDK, 17 or newer, that can load agents? */
bool vt_java_is_launcher(const char* path);

/* Has this command line, or the launcher's environment, the agent already? */
bool vt_java_has_agent(char* const arguments[], char* const environment[]);

/* Is the agent to be added? True for a launcher without it, in a guest's environment. */
bool vt_java_wants_agent(const char* path, char* const arguments[], char* const environment[]);

/* Elements that vt_java_add_agent() writes. */
size_t vt_java_room(char* const arguments[]);
void vt_java_add_agent(char* const arguments[], char* longer[]);

#endif
