/* IP_TOS and IP_TTL of TCP sockets, and the same of IPv6. */
#ifndef VIRTUOSO_IP_OPTIONS_H
#define VIRTUOSO_IP_OPTIONS_H

#include "internal.h"

#define VT_IPV6_FREEBIND 78 /* not in every C library's headers */

/* A value that Linux accepts. False if the option is none of these. */
bool vt_set_ip_option(struct vt_socket* socket, int name, const void* value, socklen_t length);
/* 0 or errno; ENOSYS if the option is none of these. */
int vt_get_ip_option(struct vt_socket* socket, int name, void* value, socklen_t* length);
/* A value that Linux accepts. 0 or errno. */
int vt_set_ipv6_option(struct vt_socket* socket, int name, int number);
/* A choice of IP_MTU_DISCOVER, or IPV6_MTU_DISCOVER, that is true of TCP here. */
bool vt_is_path_mtu_choice(const void* value, socklen_t length);
/* As vt_get_ip_option, of an AF_INET6 socket. */
int vt_get_ipv6_option(struct vt_socket* socket, int name, void* value, socklen_t* length);
/* VT_CMD_CONNECT's arg3, for a connection of a family. */
uint64_t vt_options_of_syn(const struct vt_socket* socket, bool six);
/* Keeps an option; tells the host stack now, or as soon as there is a connection or listener. */
void vt_keep_option(struct vt_socket* socket, int* place, enum vt_option option, int value);

#endif
