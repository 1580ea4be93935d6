/* UDP sockets: where they belong, bind, connect, names, and their place at the host stack. */
#include "datagram.h"

#include "datagram_place.h"
#include "raw.h"

static vt_lock settle_lock; /* one thread decides for a socket */

void vt_datagram_after_fork(void) { settle_lock.word = 0; }

/* ---- at the host stack ---------------------------------------------------------------------- */

static int ask_open(struct vt_socket* socket, struct vt_address name) {
  uint64_t flags = (socket->options.reuse_address ? VT_BIND_REUSEADDR : 0) |
                   (socket->options.reuse_port ? VT_BIND_REUSEPORT : 0) |
                   (socket->options.v6_only && name.six ? VT_BIND_V6ONLY : 0);
  uint64_t arg[4] = {0, 0, name.port, flags};
  uint64_t port = 0;
  vt_address_raw(&name, (uint8_t*)arg);
  int error = vt_ask(socket, VT_CMD_DATAGRAM, arg, &port);
  if (error == 0) {
    socket->bound = name;
    socket->bound.port = (uint16_t)port;
  }
  return error;
}

static int ask_connect(struct vt_socket* socket, struct vt_address peer, uint64_t probe) {
  uint64_t arg[4] = {0, 0, peer.port, probe};
  if (!vt_is_any(&peer)) {
    vt_address_raw(&peer, (uint8_t*)arg);
  }
  return vt_ask(socket, VT_CMD_DATAGRAM_CONNECT, arg, NULL);
}

/* Whether a socket of this guest receives what goes to a loopback address. */
static bool answered(struct vt_socket* socket, struct vt_address to) {
  struct vt_address own = {.port = to.port};
  if (to.six) {
    own = vt_own_address(socket->attachment, &to);
  }
  return ask_connect(socket, own, VT_DATAGRAM_PROBE) == 0;
}

/* Gets a slot and a port. On failure the socket is as before. */
static int open_here(struct vt_socket* socket, struct vt_address name) {
  int error = vt_slot_acquire(socket);
  if (error != 0) {
    return error;
  }
  error = ask_open(socket, name);
  if (error != 0) {
    vt_give_up_slot(socket);
    return error;
  }
  socket->udp.errors_seen = socket->udp.errors_taken = 0;
  VT_STORE(&socket->phase, VT_BOUND);
  vt_datagram_send_options(socket);
  vt_epoll_adopt_home(socket);
  vt_notify(socket);
  return 0;
}

/* Undecided again. */
static void give_up(struct vt_socket* socket) {
  vt_give_up_slot(socket);
  if (socket->udp.named) {
    vt_listener_gone();
  }
  VT_STORE(&socket->phase, VT_FRESH);
  socket->bound = (struct vt_address){0};
  socket->shows_loopback = false;
  socket->udp.named = socket->udp.connected = socket->udp.bound_to_any = false;
}

static int open_again(struct vt_socket* socket) {
  socket->options.reuse_port |= socket->shared; /* other processes that share it come back, too */
  socket->shared = false;
  vt_slot_drop(socket);
  int error = open_here(socket, socket->bound);
  if (error == EADDRINUSE && !socket->udp.named) {
    struct vt_address name = socket->bound;
    name.port = 0;
    error = open_here(socket, name);
  }
  if (error == 0 && socket->udp.connected) {
    error = ask_connect(socket, socket->udp.peer, 0);
  }
  return error;
}

/* Attaching brings sockets back by itself, this one perhaps, too. */
int vt_datagram_open_again(struct vt_socket* socket) {
  bool attached = vt_attachment_for_udp() != NULL;
  if (!attached || __atomic_exchange_n(&socket->udp.reopening, true, __ATOMIC_ACQ_REL)) {
    return ENETDOWN;
  }
  bool back = socket->slot != NULL && !vt_is_dead(socket->attachment);
  int error = back ? 0 : open_again(socket);
  __atomic_store_n(&socket->udp.reopening, false, __ATOMIC_RELEASE);
  return error;
}

/* Takes the socket back from another process; opens it anew if its host stack is gone. */
int vt_datagram_use(struct vt_socket* socket, int fd) {
  if (!vt_datagram_is_ours(socket)) {
    return socket->phase == VT_LOST ? ECONNRESET : 0;
  }
  int error = 0;
  if (VT_UNLIKELY(socket->shared) && (socket->orphan || vt_was_taken_away(socket))) {
    error = vt_adopt(socket, fd);
    socket->udp.errors_seen = socket->udp.errors_taken = 0;
    vt_epoll_adopt_home(socket);
  }
  if (error == 0 && (socket->slot == NULL || vt_is_dead(socket->attachment))) {
    vt_take(&settle_lock);
    bool again = socket->slot == NULL || vt_is_dead(socket->attachment);
    error = again ? vt_datagram_open_again(socket) : 0;
    vt_give(&settle_lock);
  }
  return error;
}

/* ---- deciding ------------------------------------------------------------------------------- */

static int yield(struct vt_socket* socket, int fd, enum vt_fallback reason) {
  vt_leave_to_kernel(socket, fd, reason);
  vt_notify(socket);
  return VT_TO_KERNEL;
}

void vt_datagram_yield(struct vt_socket* socket, int fd) { yield(socket, fd, VT_FALL_OPTION); }

/* 127.x reaches this guest's own sockets; what none of them receives is the kernel's. */
static int settle_loopback(struct vt_socket* socket, int fd, struct vt_address to) {
  if (vt_attachment_for_udp() == NULL || open_here(socket, vt_datagram_any(socket)) != 0) {
    return yield(socket, fd, VT_FALL_LOOPBACK);
  }
  if (!answered(socket, to)) {
    give_up(socket);
    return yield(socket, fd, VT_FALL_LOOPBACK);
  }
  return 0;
}

static int settle_by(struct vt_socket* socket, int fd, struct vt_address to) {
  struct vt_attachment* attachment = vt_attachment_for_udp();
  switch (vt_place_of(attachment, &to)) {
    case PLACE_LOOPBACK:
      return settle_loopback(socket, fd, to);
    case PLACE_MULTICAST:
    case PLACE_NOWHERE:
      return ENETUNREACH;
    case PLACE_BROADCAST:
      return socket->udp.broadcast ? yield(socket, fd, VT_FALL_OUTSIDE) : EACCES;
    case PLACE_OUTSIDE:
      return yield(socket, fd, attachment == NULL ? VT_FALL_UNATTACHED : VT_FALL_OUTSIDE);
    case PLACE_IPV6:
      return yield(socket, fd, VT_FALL_IPV6);
    default:
      return open_here(socket, vt_datagram_any(socket));
  }
}

/* What holds for a socket of the host stack's, wherever it sends. */
static int way_here(struct vt_socket* socket, struct vt_address to, struct vt_way* way) {
  const struct vt_attachment* attachment = socket->attachment;
  *way = (struct vt_way){to, 0};
  if (attachment == NULL) {
    return ENETDOWN;
  }
  bool other = to.six ? !socket->bound.six : socket->bound.six && !vt_is_any(&socket->bound);
  if (other) {
    return ENETUNREACH; /* it is bound in the other family */
  }
  switch (vt_place_of(attachment, &to)) {
    case PLACE_LOOPBACK:
      *way = (struct vt_way){vt_own_address(attachment, &to), VT_DATAGRAM_LOOPBACK};
      return 0;
    case PLACE_MULTICAST:
    case PLACE_NOWHERE:
    case PLACE_IPV6:
      return ENETUNREACH;
    case PLACE_BROADCAST:
      return socket->udp.broadcast ? ENETUNREACH : EACCES;
    case PLACE_OUTSIDE: {
      static const uint8_t none[4];
      return memcmp(attachment->header->gateway + 12, none, sizeof none) == 0 ? ENETUNREACH : 0;
    }
    default:
      return 0;
  }
}

int vt_datagram_way(struct vt_socket* socket, int fd, struct vt_address to, struct vt_way* way) {
  if (!vt_datagram_is_ours(socket)) {
    vt_take(&settle_lock);
    int error = vt_socket_of(fd) != socket     ? VT_TO_KERNEL
                : vt_datagram_is_ours(socket) ? 0
                                              : settle_by(socket, fd, to);
    vt_give(&settle_lock);
    if (error != 0) {
      return error;
    }
  }
  return way_here(socket, to, way);
}

int vt_datagram_settle(struct vt_socket* socket, int fd) {
  vt_take(&settle_lock);
  int error = 0;
  if (vt_socket_of(fd) != socket) {
    error = VT_TO_KERNEL;
  } else if (socket->phase == VT_FRESH) {
    bool here =
        vt_attachment_for_udp() != NULL && open_here(socket, vt_datagram_any(socket)) == 0;
    if (!here) {
      struct sockaddr_in6 any = {.sin6_family = (sa_family_t)socket->family};
      libc.bind(fd, (const struct sockaddr*)&any,
                socket->family == AF_INET ? sizeof(struct sockaddr_in) : sizeof any);
      error = yield(socket, fd, VT_FALL_UNATTACHED);
    }
  }
  vt_give(&settle_lock);
  return error;
}

/* ---- bind ----------------------------------------------------------------------------------- */

static int bind_kernel(struct vt_socket* socket, int fd, const struct sockaddr* address,
                       socklen_t length, enum vt_fallback reason) {
  if (libc.bind(fd, address, length) != 0) {
    return errno;
  }
  yield(socket, fd, reason);
  return 0;
}

static int bind_here(struct vt_socket* socket, struct vt_address name) {
  if (vt_is_any(&name) && name.port == 0) {
    socket->udp.bound_to_any = true; /* the first use says where */
    return 0;
  }
  int error = open_here(socket, name);
  if (error == 0 && name.port != 0) {
    socket->udp.named = true;
    vt_listener_added();
  }
  return error;
}

/* Reads the address: of IPv6 in a guest without it, any is IPv4's, unless that is not wanted. */
static int read_name(const struct vt_socket* socket, const struct vt_attachment* attachment,
                     const struct sockaddr* address, struct vt_address* name) {
  struct sockaddr_in in;
  struct sockaddr_in6 in6;
  if (socket->family == AF_INET) {
    memcpy(&in, address, sizeof in);
    *name = (struct vt_address){.ipv4 = in.sin_addr.s_addr, .port = ntohs(in.sin_port)};
    return 0;
  }
  memcpy(&in6, address, VT_SOCKADDR_IN6_MIN);
  *name = vt_address_from_raw(in6.sin6_addr.s6_addr, ntohs(in6.sin6_port));
  if (!name->six) {
    return socket->options.v6_only ? EINVAL : 0;
  }
  bool old = vt_is_any(name) && !socket->options.v6_only && !vt_datagram_has_ipv6(attachment);
  name->six = !old;
  return 0;
}

static int bind_by(struct vt_socket* socket, int fd, const struct sockaddr* address,
                   socklen_t length, struct vt_address name) {
  struct vt_attachment* attachment = vt_attach_quick();
  enum vt_place place = vt_place_of(attachment, &name);
  if (vt_is_any(&name) && place != PLACE_IPV6) {
    return attachment == NULL && name.port != 0 ? ENETDOWN : bind_here(socket, name);
  }
  switch (place) {
    case PLACE_NETWORK: {
      struct vt_address own = vt_own_address(attachment, &name);
      bool ours = own.ipv4 == name.ipv4 && memcmp(own.ipv6, name.ipv6, sizeof own.ipv6) == 0;
      return ours ? bind_here(socket, name) : EADDRNOTAVAIL;
    }
    case PLACE_MULTICAST:
    case PLACE_BROADCAST:
    case PLACE_NOWHERE:
      return EADDRNOTAVAIL;
    case PLACE_LOOPBACK:
      return bind_kernel(socket, fd, address, length, VT_FALL_LOOPBACK);
    case PLACE_IPV6:
      return bind_kernel(socket, fd, address, length, VT_FALL_IPV6);
    default:
      return bind_kernel(socket, fd, address, length, VT_FALL_OUTSIDE);
  }
}

int vt_datagram_bind(struct vt_socket* socket, int fd, const struct sockaddr* address,
                     socklen_t length) {
  size_t least = socket->family == AF_INET ? sizeof(struct sockaddr_in) : VT_SOCKADDR_IN6_MIN;
  if (address == NULL || length < least || address->sa_family != socket->family) {
    return bind_kernel(socket, fd, address, length, VT_FALL_OUTSIDE); /* which mostly refuses */
  }
  if (socket->phase != VT_FRESH || socket->udp.bound_to_any) {
    return EINVAL;
  }
  struct vt_attachment* attachment = vt_attach_quick();
  if (attachment != NULL && attachment->header->abi_minor < 1) {
    return bind_kernel(socket, fd, address, length, VT_FALL_UNATTACHED);
  }
  struct vt_address name;
  int error = read_name(socket, attachment, address, &name);
  return error != 0 ? error : bind_by(socket, fd, address, length, name);
}

/* ---- connect -------------------------------------------------------------------------------- */

static int connect_kernel(int fd, const struct sockaddr* address, socklen_t length) {
  return libc.connect(fd, address, length) == 0 ? 0 : errno;
}

static int dissolve(struct vt_socket* socket, int fd, const struct sockaddr* address,
                    socklen_t length) {
  if (!vt_datagram_is_ours(socket)) {
    return connect_kernel(fd, address, length);
  }
  if (!socket->udp.named) {
    give_up(socket); /* as on Linux, the port was the connection's */
    return 0;
  }
  int error = vt_datagram_use(socket, fd);
  error = error == 0 ? ask_connect(socket, (struct vt_address){0}, 0) : error;
  if (error == 0) {
    socket->udp.connected = socket->shows_loopback = false;
  }
  return error;
}

/* A socket without a name of its own goes where its new peer is. */
static bool must_leave(struct vt_socket* socket, struct vt_address to) {
  if (!vt_datagram_is_ours(socket) || socket->udp.named || socket->attachment == NULL) {
    return false;
  }
  enum vt_place place = vt_place_of(socket->attachment, &to);
  return place == PLACE_OUTSIDE || place == PLACE_IPV6 ||
         (place == PLACE_LOOPBACK && !answered(socket, to));
}

int vt_datagram_connect(struct vt_socket* socket, int fd, const struct sockaddr* address,
                        socklen_t length) {
  if (address->sa_family == AF_UNSPEC) {
    return dissolve(socket, fd, address, length);
  }
  struct vt_address to;
  int error = vt_datagram_destination(socket, address, length, &to);
  if (error != EINVAL && address->sa_family != AF_INET && address->sa_family != socket->family) {
    error = EAFNOSUPPORT;
  }
  error = error == 0 ? vt_datagram_use(socket, fd) : error;
  if (error == 0 && must_leave(socket, to)) {
    give_up(socket);
  }
  struct vt_way way;
  error = error == 0 ? vt_datagram_way(socket, fd, to, &way) : error;
  if (error == VT_TO_KERNEL) {
    return connect_kernel(fd, address, length);
  }
  error = error == 0 ? ask_connect(socket, way.to, 0) : error;
  if (error == 0) {
    socket->udp.peer = way.to;
    socket->shows_loopback = way.flags != 0;
    socket->peer_shown = to;
    if (vt_is_any(&to)) {
      socket->peer_shown = vt_loopback(to.six, to.port);
    }
    socket->udp.connected = true;
  }
  return error;
}

/* Linux shuts an unconnected socket, too, and says that it is not connected. */
int vt_datagram_shutdown(struct vt_socket* socket, int fd, int how) {
  if (!vt_datagram_is_ours(socket)) {
    return libc.shutdown(fd, how) == 0 ? 0 : errno;
  }
  socket->read_shut |= how != SHUT_WR;
  socket->write_shut |= how != SHUT_RD;
  vt_notify(socket);
  return socket->udp.connected ? 0 : ENOTCONN;
}

/* ---- names ---------------------------------------------------------------------------------- */

static void put_name(const struct vt_socket* socket, struct vt_address name,
                     struct sockaddr* address, socklen_t* length) {
  uint8_t raw[16] = {0};
  if (!vt_is_any(&name)) {
    vt_address_raw(&name, raw);
  }
  vt_put_name(socket->family, raw, name.port, address, length);
}

int vt_datagram_name(struct vt_socket* socket, int fd, struct sockaddr* address, socklen_t* length,
                     bool peer) {
  if (!peer && socket->udp.bound_to_any && vt_datagram_settle(socket, fd) == VT_TO_KERNEL) {
    return libc.getsockname(fd, address, length) == 0 ? 0 : errno;
  }
  if (peer) {
    if (!vt_datagram_is_ours(socket) || !socket->udp.connected) {
      return ENOTCONN;
    }
    put_name(socket, socket->peer_shown, address, length);
    return 0;
  }
  struct vt_address name = socket->bound;
  const struct vt_attachment* attachment = VT_LOAD(&socket->attachment);
  if (socket->udp.connected && vt_is_any(&name) && attachment != NULL) {
    struct vt_address shown = socket->shows_loopback
                                  ? vt_loopback(socket->peer_shown.six, name.port)
                                  : vt_own_address(attachment, &socket->peer_shown);
    shown.port = name.port;
    name = shown;
  }
  put_name(socket, name, address, length);
  return 0;
}
