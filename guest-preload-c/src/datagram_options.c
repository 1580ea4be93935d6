/*
 * Options of UDP sockets. Values are judged by the kernel's socket, which keeps them, too: it
 * serves if the socket turns out to be the kernel's. What only the kernel can do makes an undecided
 * socket the kernel's; of a socket of the host stack's it is refused.
 */
#include "answer.h"
#include "datagram.h"
#include "datagram_place.h"
#include "interfaces.h"
#include "ip_options.h"
#include "kernel_options.h"
#include "option_values.h"

#define IP_MULTICAST_ALL_OPTION 49

enum judgement { HONOURED, OF_THE_KERNEL, REFUSED };

static enum judgement judge_socket(int name, int* error) {
  switch (name) {
    case SO_REUSEADDR:
    case SO_REUSEPORT:
    case SO_BROADCAST:
    case SO_RCVBUF:
    case SO_RCVBUFFORCE:
    case SO_SNDBUF: /* the transmit ring holds what the host stack has not taken: microseconds */
    case SO_SNDBUFFORCE:
    case SO_RCVTIMEO:
    case SO_SNDTIMEO:
    case VT_RCVTIMEO_NEW:
    case VT_SNDTIMEO_NEW:
    case SO_PRIORITY: /* the kernel's socket keeps these two and judges who may set them */
    case SO_MARK:
    case SO_KEEPALIVE: /* without meaning for datagrams, on Linux, too */
    case SO_LINGER:
    case SO_OOBINLINE:
      return HONOURED;
    case SO_ZEROCOPY:
      *error = EOPNOTSUPP;
      return REFUSED;
    default:
      *error = ENOPROTOOPT;
      return OF_THE_KERNEL;
  }
}

/* Since ABI 2.4 the host stack's datagrams have what is asked for in their IP header. */
static enum judgement judge_header(int* error) {
  const struct vt_attachment* attachment = vt_attach_quick();
  *error = ENOPROTOOPT;
  return attachment == NULL || attachment->header->abi_minor >= 4 ? HONOURED : OF_THE_KERNEL;
}

/* Datagrams are let go at any size, and may be cut on their way, whatever is known of that. */
static enum judgement judge_discovery(const void* value, socklen_t length, int* error) {
  int choice = vt_number_of(value, length);
  *error = ENOPROTOOPT;
  return choice == IP_PMTUDISC_DONT || choice == IP_PMTUDISC_WANT || choice == IP_PMTUDISC_OMIT
             ? HONOURED
             : OF_THE_KERNEL;
}

static enum judgement judge_ip(int name, int* error) {
  switch (name) {
    case IP_TOS:
    case IP_TTL:
      return judge_header(error);
    case IP_PKTINFO:
    case IP_RECVERR:
    case IP_FREEBIND: /* a guest has its address from the first */
      return HONOURED;
    case IP_ADD_MEMBERSHIP: /* no network of the guest's carries multicast */
    case IP_ADD_SOURCE_MEMBERSHIP:
    case MCAST_JOIN_GROUP:
    case MCAST_JOIN_SOURCE_GROUP:
      *error = ENODEV;
      return REFUSED;
    case IP_DROP_MEMBERSHIP:
    case IP_DROP_SOURCE_MEMBERSHIP:
    case MCAST_LEAVE_GROUP:
    case MCAST_LEAVE_SOURCE_GROUP:
      *error = EADDRNOTAVAIL;
      return REFUSED;
    case IP_MULTICAST_IF:
    case IP_MULTICAST_TTL:
    case IP_MULTICAST_LOOP:
    case IP_MULTICAST_ALL_OPTION:
      *error = ENOPROTOOPT;
      return REFUSED;
    default:
      *error = ENOPROTOOPT;
      return OF_THE_KERNEL;
  }
}

/* Groups of IPv6 are the kernel's, as far as the socket may still be. */
static enum judgement judge_ipv6(const struct vt_socket* socket, int name, int* error) {
  switch (name) {
    case IPV6_V6ONLY: /* as on Linux, before it is bound */
      *error = EINVAL;
      return socket->phase == VT_FRESH && !socket->udp.bound_to_any ? HONOURED : REFUSED;
    case IPV6_RECVPKTINFO:
    case IPV6_RECVERR:
    case VT_IPV6_FREEBIND:
      return HONOURED;
    case IPV6_TCLASS:
    case IPV6_UNICAST_HOPS:
      return judge_header(error);
    case IPV6_MTU: /* BIND, and dig with it, asks for it always and can do without */
      *error = ENOPROTOOPT;
      return vt_datagram_has_ipv6(vt_attachment_for_udp()) ? REFUSED : OF_THE_KERNEL;
    default:
      *error = ENOPROTOOPT;
      return OF_THE_KERNEL;
  }
}

static enum judgement judge(const struct vt_socket* socket, int level, int name, const void* value,
                            socklen_t length, int* error) {
  *error = ENOPROTOOPT;
  if ((level == IPPROTO_IP && name == IP_MTU_DISCOVER) ||
      (level == IPPROTO_IPV6 && name == IPV6_MTU_DISCOVER && socket->family == AF_INET6)) {
    return judge_discovery(value, length, error);
  }
  return level == SOL_SOCKET     ? judge_socket(name, error)
         : level == IPPROTO_IP   ? judge_ip(name, error)
         : level == IPPROTO_IPV6 && socket->family == AF_INET6
             ? judge_ipv6(socket, name, error)
             : OF_THE_KERNEL;
}

/* What the host stack must know. */
void vt_datagram_send_options(struct vt_socket* socket) {
  if (socket->options.receive_buffer != 0) {
    vt_command(socket, VT_CMD_OPTION, VT_OPT_RECEIVE_BUFFER,
               (uint64_t)socket->options.receive_buffer);
  }
  if (socket->udp.receive_errors) {
    vt_command(socket, VT_CMD_OPTION, VT_OPT_RECEIVE_ERRORS, 1);
  }
  const struct vt_options* options = &socket->options;
  const int header[][2] = {{VT_OPT_TOS, options->type_of_service},
                           {VT_OPT_TTL, options->time_to_live},
                           {VT_OPT_TRAFFIC_CLASS, options->traffic_class},
                           {VT_OPT_HOP_LIMIT, options->hop_limit}};
  for (size_t i = 0; i < sizeof header / sizeof header[0]; i++) {
    if (header[i][1] != 0) {
      vt_command(socket, VT_CMD_OPTION, (uint64_t)header[i][0], (uint64_t)header[i][1]);
    }
  }
}

static void apply_socket(struct vt_socket* socket, int name, const void* value, int number) {
  struct vt_options* options = &socket->options;
  switch (name) {
    case SO_REUSEADDR:
      options->reuse_address = number != 0;
      break;
    case SO_REUSEPORT:
      options->reuse_port = number != 0;
      break;
    case SO_BROADCAST:
      socket->udp.broadcast = number != 0;
      break;
    case SO_RCVBUF:
    case SO_RCVBUFFORCE:
      number = number < VT_MIN_RECEIVE_BUFFER / 2 ? VT_MIN_RECEIVE_BUFFER / 2 : number;
      options->receive_buffer = 2 * (number < INT32_MAX / 2 ? number : INT32_MAX / 2);
      if (vt_datagram_is_ours(socket)) {
        vt_command(socket, VT_CMD_OPTION, VT_OPT_RECEIVE_BUFFER,
                   (uint64_t)options->receive_buffer);
      }
      break;
    case SO_RCVTIMEO:
    case VT_RCVTIMEO_NEW:
      options->receive_timeout_ns = vt_time_of(value);
      break;
    case SO_SNDTIMEO:
    case VT_SNDTIMEO_NEW:
      options->send_timeout_ns = vt_time_of(value);
      break;
    default:
      break;
  }
}

static void receive_errors(struct vt_socket* socket, bool wanted) {
  socket->udp.receive_errors = wanted;
  if (vt_datagram_is_ours(socket)) {
    vt_command(socket, VT_CMD_OPTION, VT_OPT_RECEIVE_ERRORS, wanted);
  }
}

/*
 * -1 is the default. Waits until it is so: the host stack sends all that it finds in a ring, and
 * would send what is written after the command before it sees the command.
 */
static void keep_header(struct vt_socket* socket, int* place, enum vt_option option, int number) {
  *place = number < 0 ? 0 : number;
  if (vt_datagram_is_ours(socket)) {
    vt_ask(socket, VT_CMD_OPTION, (uint64_t[4]){option, (uint64_t)*place}, NULL);
  }
}

static void apply_ip(struct vt_socket* socket, int name, int number) {
  struct vt_options* options = &socket->options;
  if (name == IP_PKTINFO) {
    socket->udp.packet_info = number != 0;
  } else if (name == IP_RECVERR) {
    receive_errors(socket, number != 0);
  } else if (name == IP_TOS) {
    keep_header(socket, &options->type_of_service, VT_OPT_TOS, number & 0xff);
  } else if (name == IP_TTL) {
    keep_header(socket, &options->time_to_live, VT_OPT_TTL, number);
  }
}

static void apply_ipv6(struct vt_socket* socket, int name, int number) {
  if (name == IPV6_V6ONLY) {
    socket->options.v6_only = number != 0;
  } else if (name == IPV6_RECVPKTINFO) {
    socket->udp.packet_info6 = number != 0;
  } else if (name == IPV6_RECVERR) {
    receive_errors(socket, number != 0);
  } else if (name == IPV6_TCLASS) {
    keep_header(socket, &socket->options.traffic_class, VT_OPT_TRAFFIC_CLASS, number);
  } else if (name == IPV6_UNICAST_HOPS) {
    keep_header(socket, &socket->options.hop_limit, VT_OPT_HOP_LIMIT, number);
  }
}

int vt_datagram_set_option(struct vt_socket* socket, int fd, int level, int name,
                           const void* value, socklen_t length) {
  int error;
  enum judgement judgement = judge(socket, level, name, value, length, &error);
  if (value == NULL && length != 0) {
    return EFAULT;
  }
  if (judgement != HONOURED && vt_is_off_anyway(socket, fd, level, name, value, length)) {
    return 0;
  }
  bool undecided = socket->phase == VT_FRESH;
  if (judgement == REFUSED || (judgement == OF_THE_KERNEL && !undecided)) {
    return error;
  }
  error = vt_set_in_kernel(socket, fd, level, name, value, length);
  if (error != 0) {
    return error;
  }
  if (judgement == OF_THE_KERNEL) {
    vt_datagram_yield(socket, fd);
    return 0;
  }
  int number = vt_number_of(value, length);
  if (level == SOL_SOCKET) {
    apply_socket(socket, name, value, number);
  } else if (level == IPPROTO_IP) {
    apply_ip(socket, name, number);
  } else {
    apply_ipv6(socket, name, number);
  }
  return 0;
}

/* Of a placeholder the kernel knows none of these. */
static bool get_kept(const struct vt_socket* socket, int level, int name, int* number) {
  if (level == IPPROTO_IP) {
    *number = name == IP_PKTINFO ? socket->udp.packet_info : socket->udp.receive_errors;
    return name == IP_PKTINFO || name == IP_RECVERR;
  }
  if (level == IPPROTO_IPV6) {
    *number = name == IPV6_V6ONLY        ? socket->options.v6_only
              : name == IPV6_RECVPKTINFO ? socket->udp.packet_info6
                                         : socket->udp.receive_errors;
    return name == IPV6_V6ONLY || name == IPV6_RECVPKTINFO || name == IPV6_RECVERR;
  }
  switch (name) {
    case SO_TYPE:
      *number = SOCK_DGRAM;
      return true;
    case SO_DOMAIN:
      *number = socket->family;
      return true;
    case SO_PROTOCOL:
      *number = IPPROTO_UDP;
      return true;
    case SO_REUSEADDR:
      *number = socket->options.reuse_address;
      return true;
    case SO_REUSEPORT:
      *number = socket->options.reuse_port;
      return true;
    case SO_BROADCAST:
      *number = socket->udp.broadcast;
      return true;
    case SO_RCVBUF:
      *number = socket->options.receive_buffer;
      return *number != 0;
    default:
      return false;
  }
}

/* The kernel's socket has been told the same and answers the rest. */
int vt_datagram_get_option(struct vt_socket* socket, int fd, int level, int name, void* value,
                           socklen_t* length) {
  int number;
  int of_device = level == SOL_SOCKET ? vt_get_device(socket, name, value, length) : ENOSYS;
  if (of_device != ENOSYS) {
    return of_device;
  }
  if (level == SOL_SOCKET && name == SO_ERROR && vt_datagram_is_ours(socket)) {
    return vt_put_int(value, length, vt_datagram_take_error(socket));
  }
  bool known = level == SOL_SOCKET || level == IPPROTO_IP ||
               (level == IPPROTO_IPV6 && socket->family == AF_INET6);
  if (known && vt_datagram_is_ours(socket) && get_kept(socket, level, name, &number)) {
    uint8_t byte = (uint8_t)number;
    bool brief = level == IPPROTO_IP && (int)*length > 0 && *length < sizeof number;
    return brief ? vt_put(value, length, &byte, sizeof byte) : vt_put_int(value, length, number);
  }
  if ((socket->shared || socket->orphan) && level != SOL_SOCKET) {
    return ENOPROTOOPT;
  }
  return libc.getsockopt(fd, level, name, value, length) == 0 ? 0 : errno;
}
