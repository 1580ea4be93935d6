/* IP_TOS and IP_TTL of TCP sockets: kept here, and told to the host stack, whose packets carry them. */
#include <netinet/in.h>
#include <netinet/ip.h>

#include "answer.h"
#include "control.h"
#include "ip_options.h"

#define DEFAULT_TTL 64

/* One byte will do, as on Linux. */
static int number_of(const void* value, socklen_t length) {
  int number = 0;
  uint8_t byte = 0;
  if (length >= sizeof number) {
    memcpy(&number, value, sizeof number);
    return number;
  }
  if (length > 0) {
    memcpy(&byte, value, 1);
  }
  return byte;
}

bool vt_set_ip_option(struct vt_socket* socket, int name, const void* value, socklen_t length) {
  int number = number_of(value, length);
  switch (name) {
    case IP_TOS: /* the lowest bits are congestion notification's, which is TCP's business */
      vt_keep_option(socket, &socket->options.type_of_service, VT_OPT_TOS, number & 0xfc);
      return true;
    case IP_TTL:
      vt_keep_option(socket, &socket->options.time_to_live, VT_OPT_TTL, number < 0 ? 0 : number);
      return true;
    default:
      return false;
  }
}

int vt_get_ip_option(const struct vt_socket* socket, int name, void* value, socklen_t* length) {
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

uint64_t vt_options_of_syn(const struct vt_socket* socket) {
  const struct vt_options* options = &socket->options;
  return (uint64_t)options->max_segment | (uint64_t)options->type_of_service << 32 |
         (uint64_t)options->time_to_live << 40;
}
