/* Where addresses of datagrams lie, as seen from this guest. */
#ifndef VIRTUOSO_DATAGRAM_PLACE_H
#define VIRTUOSO_DATAGRAM_PLACE_H

#include "address.h"

#define VT_SOCKADDR_IN6_MIN 24u /* without sin6_scope_id, as in RFC 2133 */

enum vt_place {
  PLACE_NETWORK,
  PLACE_LOOPBACK,
  PLACE_BROADCAST,
  PLACE_MULTICAST,
  PLACE_OUTSIDE, /* beyond the guest's network */
  PLACE_NOWHERE, /* beyond it, where nothing may be sent */
  PLACE_IPV6     /* IPv6 beyond the guest's subnet, groups included */
};

/* The live attachment, if the host stack knows UDP (ABI 2.1); else NULL. */
struct vt_attachment* vt_attachment_for_udp(void);
/* Whether the guest has UDP over IPv6 (ABI 2.3); attachment may be NULL. */
bool vt_datagram_has_ipv6(const struct vt_attachment* attachment);
/* attachment may be NULL: then there is no network. */
enum vt_place vt_place_of(const struct vt_attachment* attachment, const struct vt_address* where);
/* Any address, of the families that the socket receives. */
struct vt_address vt_datagram_any(const struct vt_socket* socket);
/* Reads an address to connect or send to, whose family is the socket's or AF_INET: 0 or an errno. */
int vt_datagram_destination(const struct vt_socket* socket, const struct sockaddr* address,
                            socklen_t length, struct vt_address* to);

#endif
