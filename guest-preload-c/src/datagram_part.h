/* What a UDP socket has besides what all sockets have (datagram.c). */
#ifndef VIRTUOSO_DATAGRAM_PART_H
#define VIRTUOSO_DATAGRAM_PART_H

#include <stdbool.h>
#include <stdint.h>

/* An address and a port. */
struct vt_address {
  uint32_t ipv4;    /* network order; 0 if six */
  uint16_t port;    /* host order */
  bool six;         /* the address is ipv6 */
  uint8_t ipv6[16]; /* network order */
};

struct vt_datagram_part {
  bool bound_to_any; /* bind() to any address and port, which is left for later */
  bool named;        /* bind() chose the port: it comes back with the host stack */
  bool connected;
  bool reopening; /* a thread takes it to a host stack that came back */
  bool broadcast, packet_info, packet_info6; /* SO_BROADCAST, IP_PKTINFO, IPV6_RECVPKTINFO */
  bool receive_errors; /* IP_RECVERR; of AF_INET6 sockets IPV6_RECVERR as well */
  struct vt_address peer; /* as the host stack knows it */
  uint32_t errors_seen;   /* slot.error_count of the last error that was reported */
  uint32_t errors_taken;  /* and of the last one that MSG_ERRQUEUE gave out */
};

#endif
