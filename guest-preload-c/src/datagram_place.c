/* Where addresses of datagrams lie, as seen from this guest, and what UDP sockets take for one. */
#include "datagram_place.h"

struct vt_attachment* vt_attachment_for_udp(void) {
  struct vt_attachment* attachment = vt_attach_quick();
  return attachment != NULL && attachment->header->abi_minor >= 1 ? attachment : NULL;
}

bool vt_datagram_has_ipv6(const struct vt_attachment* attachment) {
  return attachment != NULL && attachment->prefix_length6 != 0 &&
         attachment->header->abi_minor >= 3;
}

static uint32_t network_mask(const struct vt_attachment* attachment) {
  uint32_t bits = attachment->header->prefix_length;
  return bits == 0 ? 0 : UINT32_MAX << (32 - (bits > 32 ? 32 : bits));
}

static enum vt_place place_of_ipv6(const struct vt_attachment* attachment, const uint8_t raw[16]) {
  struct in6_addr in;
  memcpy(&in, raw, sizeof in);
  bool possible = vt_datagram_has_ipv6(attachment);
  if (IN6_IS_ADDR_LOOPBACK(&in) || IN6_IS_ADDR_UNSPECIFIED(&in)) {
    return possible ? PLACE_LOOPBACK : PLACE_IPV6;
  }
  if (possible && vt_in_subnet6(attachment, raw)) {
    return PLACE_NETWORK;
  }
  uint32_t target = attachment == NULL ? 0 : vt_route_target(attachment, raw);
  bool wide = possible && !IN6_IS_ADDR_MULTICAST(&in) && !IN6_IS_ADDR_LINKLOCAL(&in);
  return target == VT_ROUTE_STACK && wide ? PLACE_NETWORK
         : target == VT_ROUTE_NONE        ? PLACE_NOWHERE
                                          : PLACE_IPV6;
}

static enum vt_place place_beyond(const struct vt_attachment* attachment,
                                  const struct vt_address* where) {
  uint8_t raw[16];
  vt_address_raw(where, raw);
  uint32_t target = vt_route_target(attachment, raw);
  return target == VT_ROUTE_STACK  ? PLACE_NETWORK
         : target == VT_ROUTE_NONE ? PLACE_NOWHERE
                                   : PLACE_OUTSIDE;
}

enum vt_place vt_place_of(const struct vt_attachment* attachment, const struct vt_address* where) {
  if (where->six) {
    return place_of_ipv6(attachment, where->ipv6);
  }
  uint32_t address = ntohl(where->ipv4);
  if (address >> 24 == 127 || address == 0) {
    return PLACE_LOOPBACK;
  }
  if (address == INADDR_BROADCAST) {
    return PLACE_BROADCAST;
  }
  if (IN_MULTICAST(address)) {
    return PLACE_MULTICAST;
  }
  if (attachment == NULL) {
    return PLACE_OUTSIDE;
  }
  uint32_t mask = network_mask(attachment);
  if (((address ^ ntohl(attachment->address)) & mask) != 0) {
    return place_beyond(attachment, where);
  }
  return (address | mask) == UINT32_MAX ? PLACE_BROADCAST : PLACE_NETWORK;
}

struct vt_address vt_datagram_any(const struct vt_socket* socket) {
  return (struct vt_address){.six = socket->family == AF_INET6 &&
                                    vt_datagram_has_ipv6(vt_attach_quick())};
}

/* A socket of IPv6 takes addresses of both families, as on Linux. */
int vt_datagram_destination(const struct vt_socket* socket, const struct sockaddr* address,
                            socklen_t length, struct vt_address* to) {
  struct sockaddr_in in;
  struct sockaddr_in6 in6;
  bool old = socket->family == AF_INET || address->sa_family == AF_INET;
  if (length < (old ? sizeof in : VT_SOCKADDR_IN6_MIN)) {
    return EINVAL;
  }
  if (old) {
    memcpy(&in, address, sizeof in);
    *to = (struct vt_address){.ipv4 = in.sin_addr.s_addr, .port = ntohs(in.sin_port)};
  } else {
    memcpy(&in6, address, VT_SOCKADDR_IN6_MIN);
    *to = vt_address_from_raw(in6.sin6_addr.s6_addr, ntohs(in6.sin6_port));
  }
  return socket->family == AF_INET6 && !to->six && socket->options.v6_only ? ENETUNREACH : 0;
}
