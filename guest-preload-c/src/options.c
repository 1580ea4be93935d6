/*
 * Socket options: each that is accepted has its effect here or at the host stack, every other one
 * is refused. Values are judged by a kernel TCP socket, so ranges and errors are Linux's.
 */
#include <linux/tcp.h>
#include <netinet/ip.h>

#include "answer.h"
#include "datagram.h"
#include "interfaces.h"
#include "ip_options.h"
#include "kernel_options.h"
#include "option_values.h"
#include "pacing.h"
#include "raw.h"

#define MIN_SEND_BUFFER 4608

/* ---- sending to the host stack ----------------------------------------------------------------
 */

static void send_option(struct vt_socket* socket, enum vt_option option, int value) {
  vt_command(socket, VT_CMD_OPTION, (uint64_t)option, (uint64_t)(int64_t)value);
}

/* All that differ from the defaults, for a socket that has just come to life. */
void vt_send_options(struct vt_socket* socket) {
  const struct vt_options* options = &socket->options;
  const struct {
    enum vt_option option;
    int value;
    int normal;
  } all[] = {{VT_OPT_NODELAY, options->no_delay, 0},
             {VT_OPT_CORK, options->cork, 0},
             {VT_OPT_KEEPIDLE, options->keep_idle, 7200},
             {VT_OPT_KEEPINTVL, options->keep_interval, 75},
             {VT_OPT_KEEPCNT, options->keep_count, 9},
             {VT_OPT_KEEPALIVE, options->keep_alive, 0},
             {VT_OPT_USER_TIMEOUT, options->user_timeout, 0},
             {VT_OPT_QUICKACK, options->quick_ack, 1},
             {VT_OPT_MAXSEG, options->max_segment, 0},
             {VT_OPT_CONGESTION, options->congestion, 0},
             {VT_OPT_DEFER_ACCEPT, options->defer_accept, 0},
             {VT_OPT_TOS, options->type_of_service, 0},
             {VT_OPT_TTL, options->time_to_live, 0},
             {VT_OPT_TRAFFIC_CLASS, options->traffic_class, 0},
             {VT_OPT_HOP_LIMIT, options->hop_limit, 0},
             {VT_OPT_NOTSENT_LOWAT, options->notsent_low_water != 0, 0},
             {VT_OPT_SEND_BUFFER, options->send_buffer, 0},
             {VT_OPT_RECEIVE_BUFFER, options->receive_buffer, 0}};
  for (size_t i = 0; i < sizeof all / sizeof all[0]; i++) {
    if (all[i].value != all[i].normal) {
      send_option(socket, all[i].option, all[i].value);
    }
  }
  if (options->max_pacing_rate != 0) {
    vt_send_max_pacing_rate(socket);
  }
}

void vt_keep_option(struct vt_socket* socket, int* place, enum vt_option option, int value) {
  *place = value;
  socket->options.touched = true;
  if (socket->phase > VT_BOUND) {
    send_option(socket, option, value);
  }
}

static void keep_flag(struct vt_socket* socket, bool* place, enum vt_option option, int value) {
  bool flag = value != 0;
  if (*place != flag) {
    *place = flag;
    socket->options.touched = true;
    if (socket->phase > VT_BOUND) {
      send_option(socket, option, flag);
    }
  }
}

/* ---- setting -------------------------------------------------------------------------------- */

/* What an older host stack would not do is refused. */
static int host_can(uint16_t abi_minor) {
  const struct vt_attachment* attachment = vt_attach_quick();
  return attachment == NULL || attachment->header->abi_minor >= abi_minor ? 0 : ENOPROTOOPT;
}

/* The option is one that has an effect; otherwise the errno that says so. */
static int judge_tcp(int name, const void* value, socklen_t length) {
  switch (name) {
    case TCP_NODELAY:
    case TCP_CORK:
    case TCP_QUICKACK:
    case TCP_KEEPIDLE:
    case TCP_KEEPINTVL:
    case TCP_KEEPCNT:
    case TCP_USER_TIMEOUT:
    case TCP_MAXSEG:
      return 0;
    case TCP_DEFER_ACCEPT:
      return host_can(2);
    case TCP_NOTSENT_LOWAT:
      return host_can(4);
    case TCP_CONGESTION:
      return (int)length < 1 ? EINVAL : vt_congestion_number(value, length) != 0 ? 0 : ENOENT;
    case TCP_FASTOPEN:
    case TCP_FASTOPEN_CONNECT:
      return EOPNOTSUPP;
    default:
      return ENOPROTOOPT;
  }
}

static int judge(int level, int name, const void* value, socklen_t length) {
  if (level == IPPROTO_TCP) {
    return judge_tcp(name, value, length);
  }
  if (level == IPPROTO_IPV6) {
    return name == IPV6_V6ONLY || name == VT_IPV6_FREEBIND    ? 0
           : name == IPV6_TCLASS || name == IPV6_UNICAST_HOPS ? host_can(4)
           : name == IPV6_MTU_DISCOVER && vt_is_path_mtu_choice(value, length) ? 0
                                                                               : ENOPROTOOPT;
  }
  if (level == IPPROTO_IP) {
    return name == IP_BIND_ADDRESS_NO_PORT || name == IP_FREEBIND ? 0
           : name == IP_TOS || name == IP_TTL ? host_can(2)
           : name == IP_TRANSPARENT           ? EPERM
           : name == IP_MTU_DISCOVER && vt_is_path_mtu_choice(value, length) ? 0
                                                                             : ENOPROTOOPT;
  }
  if (level != SOL_SOCKET) {
    return ENOPROTOOPT;
  }
  switch (name) {
    case SO_REUSEADDR:
    case SO_REUSEPORT:
    case SO_KEEPALIVE:
    case SO_LINGER:
    case SO_SNDBUF:
    case SO_RCVBUF:
    case SO_SNDBUFFORCE:
    case SO_RCVBUFFORCE:
    case SO_RCVTIMEO:
    case SO_SNDTIMEO:
    case VT_RCVTIMEO_NEW:
    case VT_SNDTIMEO_NEW:
    case SO_RCVLOWAT:
    case SO_BROADCAST: /* without meaning for a stream, on Linux, too */
    case SO_PRIORITY:  /* the kernel's socket keeps these two and judges who may set them */
    case SO_MARK:
    case SO_OOBINLINE: /* there is no urgent data to lie elsewhere */
      return 0;
    case SO_MAX_PACING_RATE:
      return host_can(3);
    case SO_ZEROCOPY:
      return EOPNOTSUPP;
    default:
      return ENOPROTOOPT;
  }
}

/* Servers set these for each answer. Linux takes any number for them. */
static bool is_frequent_flag(int level, int name) {
  return level == IPPROTO_TCP && (name == TCP_CORK || name == TCP_NODELAY);
}

/* Lets a kernel TCP socket say what it thinks of the value. */
static int ask_kernel(struct vt_socket* socket, int fd, int level, int name,
                      const void* value, socklen_t length) {
  if (level == IPPROTO_TCP && name == TCP_CONGESTION) {
    return 0; /* the kernel's list is not ours */
  }
  if (socket->phase == VT_CONNECTED && is_frequent_flag(level, name)) {
    return length < sizeof(int) || (int)length < 0 ? EINVAL : 0; /* the kernel will not need it */
  }
  return vt_set_in_kernel(socket, fd, level, name, value, length);
}

static void apply_socket(struct vt_socket* socket, int name, const void* value, socklen_t length,
                         int number) {
  struct vt_options* options = &socket->options;
  struct linger linger;
  switch (name) {
    case SO_REUSEADDR:
      options->reuse_address = number != 0;
      break;
    case SO_REUSEPORT:
      options->reuse_port = number != 0;
      break;
    case SO_KEEPALIVE:
      keep_flag(socket, &options->keep_alive, VT_OPT_KEEPALIVE, number);
      break;
    case SO_LINGER:
      memcpy(&linger, value, sizeof linger);
      options->linger_on = linger.l_onoff != 0;
      options->linger_seconds = linger.l_linger;
      break;
    case SO_SNDBUF:
    case SO_SNDBUFFORCE:
      number = number < MIN_SEND_BUFFER / 2 ? MIN_SEND_BUFFER / 2 : number;
      vt_keep_option(socket, &options->send_buffer, VT_OPT_SEND_BUFFER, number);
      break;
    case SO_RCVBUF:
    case SO_RCVBUFFORCE:
      number = number < VT_MIN_RECEIVE_BUFFER / 2 ? VT_MIN_RECEIVE_BUFFER / 2 : number;
      vt_keep_option(socket, &options->receive_buffer, VT_OPT_RECEIVE_BUFFER, number);
      break;
    case SO_RCVTIMEO:
    case VT_RCVTIMEO_NEW:
      options->receive_timeout_ns = vt_time_of(value);
      break;
    case SO_SNDTIMEO:
    case VT_SNDTIMEO_NEW:
      options->send_timeout_ns = vt_time_of(value);
      break;
    case SO_RCVLOWAT:
      options->receive_low_water = number == 0 ? 1 : number < 0 ? INT32_MAX : number;
      break;
    case SO_MAX_PACING_RATE:
      vt_set_max_pacing_rate(socket, value, length);
      break;
    default:
      break;
  }
}

/* Linux waits for a number of timeouts of 1, 2, 4 ... up to 120 seconds: the time that these take. */
static int deferral(int seconds) {
  int time = 0;
  int step = 1;
  for (int timeouts = 0; time < seconds && timeouts < 255; timeouts++) {
    time += step;
    step = step < 60 ? 2 * step : 120;
  }
  return time;
}

static void apply_tcp(struct vt_socket* socket, int name, int number) {
  struct vt_options* options = &socket->options;
  switch (name) {
    case TCP_NODELAY:
      keep_flag(socket, &options->no_delay, VT_OPT_NODELAY, number);
      break;
    case TCP_CORK:
      keep_flag(socket, &options->cork, VT_OPT_CORK, number);
      break;
    case TCP_QUICKACK:
      keep_flag(socket, &options->quick_ack, VT_OPT_QUICKACK, number);
      break;
    case TCP_KEEPIDLE:
      vt_keep_option(socket, &options->keep_idle, VT_OPT_KEEPIDLE, number);
      break;
    case TCP_KEEPINTVL:
      vt_keep_option(socket, &options->keep_interval, VT_OPT_KEEPINTVL, number);
      break;
    case TCP_KEEPCNT:
      vt_keep_option(socket, &options->keep_count, VT_OPT_KEEPCNT, number);
      break;
    case TCP_USER_TIMEOUT:
      vt_keep_option(socket, &options->user_timeout, VT_OPT_USER_TIMEOUT, number);
      break;
    case TCP_MAXSEG:
      vt_keep_option(socket, &options->max_segment, VT_OPT_MAXSEG, number);
      break;
    case TCP_DEFER_ACCEPT:
      vt_keep_option(socket, &options->defer_accept, VT_OPT_DEFER_ACCEPT, deferral(number));
      break;
    case TCP_NOTSENT_LOWAT: /* of the host stack's interest is only whether there is any */
      VT_STORE_RELAXED(&options->notsent_low_water, (uint32_t)number);
      options->touched = true;
      if (socket->phase > VT_BOUND) {
        send_option(socket, VT_OPT_NOTSENT_LOWAT, number != 0);
      }
      break;
    case TCP_CONGESTION:
      vt_keep_option(socket, &options->congestion, VT_OPT_CONGESTION, number);
      break;
    default:
      break;
  }
}

static int set(struct vt_socket* socket, int fd, int level, int name, const void* value,
               socklen_t length) {
  if (value == NULL && length != 0) {
    return EFAULT;
  }
  int error = judge(level, name, value, length);
  if (error == 0 && level == IPPROTO_IPV6 && name == IPV6_V6ONLY && socket->family == AF_INET6 &&
      socket->phase != VT_FRESH) {
    error = EINVAL;
  }
  if (error != 0 && vt_is_off_anyway(socket, fd, level, name, value, length)) {
    return 0;
  }
  if (error == 0) {
    error = ask_kernel(socket, fd, level, name, value, length);
  }
  if (error != 0) {
    return error;
  }
  int number = 0;
  memcpy(&number, value, length < sizeof number ? length : sizeof number);
  if (level == SOL_SOCKET) {
    apply_socket(socket, name, value, length, number);
  } else if (level == IPPROTO_TCP) {
    apply_tcp(socket, name,
              name == TCP_CONGESTION ? vt_congestion_number(value, length) : number);
  } else if (level == IPPROTO_IP && !vt_set_ip_option(socket, name, value, length)) {
    socket->options.no_port = number != 0;
  } else if (level == IPPROTO_IPV6 && name == IPV6_V6ONLY) {
    socket->options.v6_only = number != 0;
  } else if (level == IPPROTO_IPV6) {
    return vt_set_ipv6_option(socket, name, number);
  }
  return 0;
}

int vt_set_option(int fd, int level, int name, const void* value, socklen_t length) {
  struct vt_socket* socket = vt_pin(fd);
  if (socket == NULL) {
    return libc.setsockopt(fd, level, name, value, length);
  }
  int error = vt_set_device(socket, fd, level, name, value, length);
  if (error == ENOSYS) {
    error = socket->datagram ? vt_datagram_set_option(socket, fd, level, name, value, length)
                             : set(socket, fd, level, name, value, length);
  }
  vt_unpin(socket);
  return error == 0 ? 0 : vt_fail(error);
}

/* ---- getting -------------------------------------------------------------------------------- */

static int put_time(void* value, socklen_t* length, int64_t ns) {
  struct timeval time = {.tv_sec = ns / VT_NS_PER_SECOND, .tv_usec = ns % VT_NS_PER_SECOND / 1000};
  return vt_put(value, length, &time, sizeof time);
}

static int put_linger(void* value, socklen_t* length, const struct vt_options* options) {
  struct linger linger = {options->linger_on, options->linger_seconds};
  return vt_put(value, length, &linger, sizeof linger);
}

/* As set, or what it has become by itself; doubled, as Linux counts its own bookkeeping in. */
static int put_buffer(const struct vt_socket* socket, void* value, socklen_t* length, int set,
                      bool receive) {
  uint32_t bytes = (uint32_t)set;
  const struct vt_slot* slot = VT_LOAD(&socket->slot);
  if (set == 0 && slot != NULL && socket->phase == VT_CONNECTED) {
    bytes = receive ? VT_LOAD_RELAXED(&slot->rx_buffer) : VT_LOAD_RELAXED(&slot->tx_ring_bytes);
  }
  return bytes == 0 ? ENOSYS : vt_put_int(value, length, (int)(2 * bytes));
}

/* ENOSYS of this and the next ones: the kernel's socket gives the right answer. */
static int get_socket(struct vt_socket* socket, int name, void* value, socklen_t* length) {
  const struct vt_options* options = &socket->options;
  switch (name) {
    case SO_ERROR:
      return vt_put_int(value, length, vt_take_error(socket));
    case SO_TYPE:
      return vt_put_int(value, length, SOCK_STREAM);
    case SO_DOMAIN:
      return vt_put_int(value, length, socket->family);
    case SO_PROTOCOL:
      return vt_put_int(value, length, IPPROTO_TCP);
    case SO_ACCEPTCONN:
      return vt_put_int(value, length, socket->phase == VT_LISTENING);
    case SO_REUSEADDR:
      return vt_put_int(value, length, options->reuse_address);
    case SO_REUSEPORT:
      return vt_put_int(value, length, options->reuse_port);
    case SO_KEEPALIVE:
      return vt_put_int(value, length, options->keep_alive);
    case SO_LINGER:
      return put_linger(value, length, options);
    case SO_RCVTIMEO:
    case VT_RCVTIMEO_NEW:
      return put_time(value, length, options->receive_timeout_ns);
    case SO_SNDTIMEO:
    case VT_SNDTIMEO_NEW:
      return put_time(value, length, options->send_timeout_ns);
    case SO_RCVLOWAT:
      return vt_put_int(value, length, options->receive_low_water);
    case SO_MAX_PACING_RATE:
      return vt_get_max_pacing_rate(socket, value, length);
    case SO_SNDLOWAT:
      return vt_put_int(value, length, 1);
    case SO_SNDBUF:
      return put_buffer(socket, value, length, options->send_buffer, false);
    case SO_RCVBUF:
      return put_buffer(socket, value, length, options->receive_buffer, true);
    default:
      return vt_get_device(socket, name, value, length);
  }
}

static int get_max_segment(struct vt_socket* socket, void* value, socklen_t* length) {
  struct vt_socket_info info;
  if (socket->phase == VT_CONNECTED && vt_ask_info(socket, &info) == 0 && info.mss != 0) {
    return vt_put_int(value, length, (int)info.mss);
  }
  return vt_put_int(value, length,
                 socket->options.max_segment != 0 ? socket->options.max_segment : 536);
}

static int get_tcp(struct vt_socket* socket, int name, void* value, socklen_t* length) {
  const struct vt_options* options = &socket->options;
  switch (name) {
    case TCP_INFO:
      return vt_get_info(socket, value, length);
    case TCP_CONGESTION:
      return vt_put(value, length, vt_congestion_name(socket), VT_CONGESTION_NAME_BYTES);
    case TCP_NODELAY:
      return vt_put_int(value, length, options->no_delay);
    case TCP_CORK:
      return vt_put_int(value, length, options->cork);
    case TCP_QUICKACK:
      return vt_put_int(value, length, options->quick_ack);
    case TCP_KEEPIDLE:
      return vt_put_int(value, length, options->keep_idle);
    case TCP_KEEPINTVL:
      return vt_put_int(value, length, options->keep_interval);
    case TCP_KEEPCNT:
      return vt_put_int(value, length, options->keep_count);
    case TCP_USER_TIMEOUT:
      return vt_put_int(value, length, options->user_timeout);
    case TCP_MAXSEG:
      return get_max_segment(socket, value, length);
    case TCP_DEFER_ACCEPT:
      return vt_put_int(value, length, options->defer_accept);
    case TCP_NOTSENT_LOWAT:
      return vt_put_int(value, length, (int)options->notsent_low_water);
    case TCP_FASTOPEN:
    case TCP_FASTOPEN_CONNECT:
      return vt_put_int(value, length, 0);
    case TCP_ULP:
    case TCP_CC_INFO:
      return vt_put(value, length, "", 0);
    default:
      return ENOSYS;
  }
}

int vt_get_option(int fd, int level, int name, void* value, socklen_t* length) {
  struct vt_socket* socket = vt_pin(fd);
  if (socket == NULL) {
    return libc.getsockopt(fd, level, name, value, length);
  }
  int error = ENOSYS;
  if (length == NULL || (value == NULL && *length != 0)) {
    error = EFAULT;
  } else if (socket->datagram) {
    error = vt_datagram_get_option(socket, fd, level, name, value, length);
  } else if (level == SOL_SOCKET) {
    error = get_socket(socket, name, value, length);
  } else if (level == IPPROTO_TCP) {
    error = get_tcp(socket, name, value, length);
  } else if (level == IPPROTO_IP) {
    error = vt_get_ip_option(socket, name, value, length);
  } else if (level == IPPROTO_IPV6 && socket->family == AF_INET6) {
    error = vt_get_ipv6_option(socket, name, value, length);
  }
  if (error == ENOSYS) {
    bool placeholder = socket->shared || socket->orphan;
    error = placeholder && level != SOL_SOCKET
                ? ENOPROTOOPT
                : vt_get_from_kernel(socket, fd, level, name, value, length);
  }
  vt_unpin(socket);
  return error == 0 ? 0 : vt_fail(error);
}
