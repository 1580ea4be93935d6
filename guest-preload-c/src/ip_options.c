/*
 * IP_TOS and IP_TTL of TCP sockets, and the same of IPv6: kept here, and told to the host stack,
 * whose packets carry them. IP_MTU and IP_MTU_DISCOVER: TCP's packets are never to be cut.
 */
#include <netinet/in.h>
#include <netinet/ip.h>

#include "answer.h"
#include "control.h"
#include "ip_options.h"
#include "option_values.h"

#define DEFAULT_TTL 64

bool vt_set_ip_option(struct vt_socket* socket, int name, const void* value, socklen_t length) {
  int number = vt_number_of(value, length);
  switch (name) {
    case IP_TOS: /* the lowest bits are congestion notification's, which is TCP's business */
      vt_keep_option(socket, &socket->options.type_of_service, VT_OPT_TOS, number & 0xfc);
      return true;
    case IP_TTL:
      vt_keep_option(socket, &socket->options.time_to_live, VT_OPT_TTL, number < 0 ? 0 : number);
      return true;
    case IP_MTU_DISCOVER:
      socket->options.mtu_discover = number == IP_PMTUDISC_WANT ? 0 : number;
      return true;
    case IP_FREEBIND: /* the kernel's socket keeps it: a guest has its address from the first */
      return true;
    default:
      return false;
  }
}

bool vt_is_path_mtu_choice(const void* value, socklen_t length) {
  int number = vt_number_of(value, length);
  return number == IP_PMTUDISC_WANT || number == IP_PMTUDISC_DO;
}

/* As long as the connection lasts, on the way that it has now. */
static int get_path_mtu(struct vt_socket* socket, void* value, socklen_t* length) {
  struct vt_socket_info info;
  if (socket->phase != VT_CONNECTED) {
    return ENOTCONN;
  }
  int error = vt_ask_info(socket, &info);
  return error != 0 ? error : vt_put_int(value, length, (int)vt_path_mtu(socket, &info));
}

static int put_discover(int chosen, void* value, socklen_t* length) {
  return vt_put_int(value, length, chosen != 0 ? chosen : IP_PMTUDISC_WANT);
}

/* Linux takes a hop limit of 0; packets with it are worth nothing. */
int vt_set_ipv6_option(struct vt_socket* socket, int name, int number) {
  if (name == IPV6_TCLASS) {
    number = number < 0 ? 0 : number & 0xfc;
    vt_keep_option(socket, &socket->options.traffic_class, VT_OPT_TRAFFIC_CLASS, number);
    return 0;
  }
  if (name == IPV6_MTU_DISCOVER) {
    socket->options.mtu_discover6 = number == IPV6_PMTUDISC_WANT ? 0 : number;
    return 0;
  }
  if (name == VT_IPV6_FREEBIND) {
    return 0;
  }
  if (number == 0) {
    return EINVAL;
  }
  vt_keep_option(socket, &socket->options.hop_limit, VT_OPT_HOP_LIMIT, number < 0 ? 0 : number);
  return 0;
}

int vt_get_ipv6_option(struct vt_socket* socket, int name, void* value, socklen_t* length) {
  int hops = socket->options.hop_limit;
  switch (name) {
    case IPV6_V6ONLY:
      return vt_put_int(value, length, socket->options.v6_only);
    case IPV6_TCLASS:
      return vt_put_int(value, length, socket->options.traffic_class);
    case IPV6_MTU_DISCOVER:
      return put_discover(socket->options.mtu_discover6, value, length);
    case IPV6_MTU:
      return get_path_mtu(socket, value, length);
    case IPV6_UNICAST_HOPS:
      return vt_put_int(value, length, hops != 0 ? hops : DEFAULT_TTL);
    default:
      return ENOSYS;
  }
}

int vt_get_ip_option(struct vt_socket* socket, int name, void* value, socklen_t* length) {
  if (name == IP_MTU) {
    return get_path_mtu(socket, value, length);
  }
  if (name == IP_MTU_DISCOVER) {
    return put_discover(socket->options.mtu_discover, value, length);
  }
  int ttl = socket->options.time_to_live;
  int number = name == IP_TOS ? socket->options.type_of_service : ttl != 0 ? ttl : DEFAULT_TTL;
  if (name != IP_TOS && name != IP_TTL) {
    return ENOSYS;
  }
  if ((int)*length > 0 && *length < sizeof number) {
    uint8_t byte = (uint8_t)number;
    return vt_put(value, length, &byte, sizeof byte);
  }
  return vt_put_int(value, length, number);
}

uint64_t vt_options_of_syn(const struct vt_socket* socket, bool six) {
  const struct vt_options* options = &socket->options;
  int service = six ? options->traffic_class : options->type_of_service;
  int hops = six ? options->hop_limit : options->time_to_live;
  return (uint64_t)options->max_segment | (uint64_t)service << 32 | (uint64_t)hops << 40;
}
