/* What comes and goes with datagrams besides their payload. */
#ifndef VIRTUOSO_DATAGRAM_CONTROL_H
#define VIRTUOSO_DATAGRAM_CONTROL_H

#include "address.h"
#include "datagram.h"

/* A datagram that was received. */
struct vt_arrival {
  size_t bytes;
  size_t copied;
  struct vt_address from;
  uint16_t flags;
};

/* An address of a record, as applications see it: 127.0.0.1 or ::1 within the guest. */
struct vt_address vt_datagram_address(const uint8_t raw[16], uint16_t port, uint16_t flags);
/* Errors of the socket so far, slot.error_count. */
uint32_t vt_datagram_error_count(const struct vt_socket* socket);
void vt_put_source(const struct vt_socket* socket, struct msghdr* message, struct vt_address from);
/* Which of the guest's addresses, and to which interface, it was sent, if that was asked for. */
void vt_put_packet_info(const struct vt_socket* socket, const struct vt_arrival* arrival,
                        struct msghdr* message, size_t* used);
/* MSG_ERRQUEUE: the oldest ICMP error, with the datagram that caused it as far as it is known. */
ssize_t vt_datagram_queued_error(struct vt_socket* socket, struct msghdr* message);
/* Control messages to send with: 0 or an errno. */
int vt_judge_control(const struct vt_socket* socket, const struct msghdr* message);

#endif
