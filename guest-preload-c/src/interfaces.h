/*
 * The network interface that a guest's programs see besides the loopback. The kernel has none: it
 * is how programs that ask for interfaces learn the guest's addresses.
 */
#ifndef VIRTUOSO_INTERFACES_H
#define VIRTUOSO_INTERFACES_H

#include <net/if.h>

#include "internal.h"

/*
 * No driver, rule of udev's or other program of Linux's gives out this name (virtuoso0 is what the
 * host stack calls a TAP). Should a machine have an interface of this name nevertheless, the calls
 * that are answered here do not show it: among them a name means one interface.
 */
#define VT_INTERFACE_NAME "vguest0"
/*
 * The kernel counts interfaces from 1 in each namespace, and would have to make a thousand million
 * of them to come here. It is positive as int and below what programs take for none (-1).
 */
#define VT_INTERFACE_INDEX (1 << 30)
/* The loopback is the kernel's, as sockets bound to it are. It has this index in each namespace. */
#define VT_LOOPBACK_NAME "lo"
#define VT_LOOPBACK_INDEX 1

/* Never changed once it is published. IPv4 in network order. */
struct vt_interface {
  uint32_t address;
  uint32_t netmask;
  uint32_t broadcast; /* 0: none, as in a subnet of one or two addresses */
  uint32_t mtu;
  uint32_t prefix_length6; /* 0: no IPv6 */
  uint8_t address6[16];
};

/* Called with each new attachment, by one thread at a time. */
void vt_interface_learn(const struct vt_attachment* attachment);
/*
 * Attaches if need be. Without a host stack the interface is as it was last; NULL: no host stack
 * has been there in this process's life, or that of those it was forked from.
 */
const struct vt_interface* vt_interface(void);
unsigned vt_interface_flags(void); /* IFF_RUNNING only while there is a host stack */
/* Whether 127.0.0.1 (AF_INET) or ::1 (AF_INET6) can be bound to: a namespace may have neither. */
bool vt_loopback_has(int family);
uint32_t vt_loopback_flags(void); /* of the kernel's interface */

/* Whether an ioctl asks for interfaces. */
bool vt_asks_for_interfaces(unsigned long request);
/*
 * Answers such a request as it is for a guest, on a socket (NULL: fd is not the guest's) of a
 * family of which sockets are the guest's, or of AF_UNIX. ENOSYS: the kernel answers; else 0 or an
 * errno.
 */
int vt_interface_ioctl(const struct vt_socket* socket, int fd, unsigned long request,
                       void* argument);

/* SO_BINDTODEVICE and SO_BINDTOIFINDEX: 0 or an errno; ENOSYS if that is for others to say. */
int vt_set_device(struct vt_socket* socket, int fd, int level, int name, const void* value,
                  socklen_t length);
int vt_get_device(const struct vt_socket* socket, int name, void* value, socklen_t* length);

#endif
