/* Addresses of both families: what those who bind, connect and hand sockets on share. */
#ifndef VIRTUOSO_ADDRESS_H
#define VIRTUOSO_ADDRESS_H

#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>

#include "control.h"

#define VT_SPELLED 23 /* with its NUL */

/* 0.0.0.0 or :: */
bool vt_is_any(const struct vt_address* address);
/* As the ABI has them; IPv4 as ::ffff:a.b.c.d. */
void vt_address_raw(const struct vt_address* address, uint8_t raw[16]);
struct vt_address vt_address_from_raw(const uint8_t raw[16], uint16_t port);
/* The guest's own address of the peer's family, with the peer's port. */
struct vt_address vt_own_address(const struct vt_attachment* attachment,
                                 const struct vt_address* peer);
/* Where an address beyond the subnets belongs: enum vt_route_target, or 0 if no route fits. */
uint32_t vt_route_target(const struct vt_attachment* attachment, const uint8_t raw[16]);
/* Whether an IPv6 address is in the guest's subnet, which there must be. */
bool vt_in_subnet6(const struct vt_attachment* attachment, const uint8_t raw[16]);
struct vt_address vt_loopback(bool six, uint16_t port);
uint64_t vt_bind_flags(const struct vt_socket* socket);
/* Binds the socket's slot; its name is then socket->bound. 0 or an errno. */
int vt_ask_bind(struct vt_socket* socket, struct vt_address name);
/* In a placeholder's name: eight digits of an IPv4 address, or 22 of an IPv6 one. */
void vt_spell(const uint8_t raw[16], char text[VT_SPELLED]);
bool vt_unspell(const char* text, uint8_t raw[16]);

#endif
