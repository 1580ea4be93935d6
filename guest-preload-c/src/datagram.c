/* UDP sockets: where they belong, bind, connect, names, and their place at the host stack. */
#include "datagram.h"

#include "address.h"
#include "raw.h"

static vt_lock settle_lock; /* one thread decides for a socket */

void vt_datagram_after_fork(void) { settle_lock.word = 0; }

/* ---- places --------------------------------------------------------------------------------- */

enum place { IN_NETWORK, LOOPBACK, BROADCAST, MULTICAST, OUTSIDE, NOWHERE };

/* The live attachment, if the host stack knows UDP (ABI 2.1); else NULL. */
static struct vt_attachment* attachment_for_udp(void) {
  struct vt_attachment* attachment = vt_attach_quick();
  return attachment != NULL && attachment->header->abi_minor >= 1 ? attachment : NULL;
}

static uint32_t network_mask(const struct vt_attachment* attachment) {
  uint32_t bits = attachment->header->prefix_length;
  return bits == 0 ? 0 : UINT32_MAX << (32 - (bits > 32 ? 32 : bits));
}

static void put_words(uint32_t ipv4, uint64_t words[2]) {
  uint8_t raw[16] = {[10] = 0xff, [11] = 0xff};
  memcpy(raw + 12, &ipv4, sizeof ipv4);
  memcpy(words, raw, sizeof raw);
}

static enum place place_beyond(const struct vt_attachment* attachment, uint32_t ipv4) {
  uint64_t words[2];
  put_words(ipv4, words);
  uint32_t target = vt_route_target(attachment, (const uint8_t*)words);
  return target == VT_ROUTE_STACK ? IN_NETWORK : target == VT_ROUTE_NONE ? NOWHERE : OUTSIDE;
}

/* attachment may be NULL: then there is no network. */
static enum place place_of(const struct vt_attachment* attachment, uint32_t ipv4) {
  uint32_t address = ntohl(ipv4);
  if (address >> 24 == 127 || address == 0) {
    return LOOPBACK;
  }
  if (address == INADDR_BROADCAST) {
    return BROADCAST;
  }
  if (IN_MULTICAST(address)) {
    return MULTICAST;
  }
  if (attachment == NULL) {
    return OUTSIDE;
  }
  uint32_t mask = network_mask(attachment);
  if (((address ^ ntohl(attachment->address)) & mask) != 0) {
    return place_beyond(attachment, ipv4);
  }
  return (address | mask) == UINT32_MAX ? BROADCAST : IN_NETWORK;
}

/* ---- at the host stack ---------------------------------------------------------------------- */

static int ask_open(struct vt_socket* socket, struct vt_address name) {
  uint64_t flags = (socket->options.reuse_address ? VT_BIND_REUSEADDR : 0) |
                   (socket->options.reuse_port ? VT_BIND_REUSEPORT : 0);
  uint64_t arg[4] = {0, 0, name.port, flags};
  uint64_t port = 0;
  put_words(name.ipv4, arg);
  int error = vt_ask(socket, VT_CMD_DATAGRAM, arg, &port);
  if (error == 0) {
    socket->bound = (struct vt_address){.ipv4 = name.ipv4, .port = (uint16_t)port};
  }
  return error;
}

static int ask_connect(struct vt_socket* socket, struct vt_address peer, uint64_t probe) {
  uint64_t arg[4] = {0, 0, peer.port, probe};
  if (peer.ipv4 != 0) {
    put_words(peer.ipv4, arg);
  }
  return vt_ask(socket, VT_CMD_DATAGRAM_CONNECT, arg, NULL);
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
    error = open_here(socket, (struct vt_address){.ipv4 = socket->bound.ipv4});
  }
  if (error == 0 && socket->udp.connected) {
    error = ask_connect(socket, socket->udp.peer, 0);
  }
  return error;
}

/* Attaching brings sockets back by itself, this one perhaps, too. */
int vt_datagram_open_again(struct vt_socket* socket) {
  bool attached = attachment_for_udp() != NULL;
  if (!attached || __atomic_exchange_n(&socket->udp.reopening, true, __ATOMIC_ACQ_REL)) {
    return ENETDOWN;
  }
  bool back = socket->slot != NULL && !vt_is_dead(socket->attachment);
  int error = back ? 0 : open_again(socket);
  __atomic_store_n(&socket->udp.reopening, false, __ATOMIC_RELEASE);
  return error;
}

/* Another process that shares the socket used it last. */
static bool was_taken_away(const struct vt_socket* socket) {
  const struct vt_slot* slot = VT_LOAD(&socket->slot);
  return socket->shared && !socket->orphan && slot != NULL && !vt_is_dead(socket->attachment) &&
         (VT_LOAD(&slot->state) & VT_STATE_FAILED) != 0;
}

/* Takes the socket back from another process; opens it anew if its host stack is gone. */
int vt_datagram_use(struct vt_socket* socket, int fd) {
  if (!vt_datagram_is_ours(socket)) {
    return socket->phase == VT_LOST ? ECONNRESET : 0;
  }
  if (VT_UNLIKELY(was_taken_away(socket))) {
    vt_slot_drop(socket);
    VT_STORE(&socket->orphan, true);
  }
  int error = 0;
  if (VT_UNLIKELY(socket->orphan)) {
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
static int settle_loopback(struct vt_socket* socket, int fd, uint16_t port) {
  if (attachment_for_udp() == NULL || open_here(socket, (struct vt_address){0}) != 0) {
    return yield(socket, fd, VT_FALL_LOOPBACK);
  }
  if (ask_connect(socket, (struct vt_address){.port = port}, VT_DATAGRAM_PROBE) != 0) {
    give_up(socket);
    return yield(socket, fd, VT_FALL_LOOPBACK);
  }
  return 0;
}

static int settle_by(struct vt_socket* socket, int fd, struct vt_address to) {
  struct vt_attachment* attachment = attachment_for_udp();
  switch (place_of(attachment, to.ipv4)) {
    case LOOPBACK:
      return settle_loopback(socket, fd, to.port);
    case MULTICAST:
    case NOWHERE:
      return ENETUNREACH;
    case BROADCAST:
      return socket->udp.broadcast ? yield(socket, fd, VT_FALL_OUTSIDE) : EACCES;
    case OUTSIDE:
      return yield(socket, fd, attachment == NULL ? VT_FALL_UNATTACHED : VT_FALL_OUTSIDE);
    default:
      return open_here(socket, (struct vt_address){0});
  }
}

/* What holds for a socket of the host stack's, wherever it sends. */
static int way_here(struct vt_socket* socket, struct vt_address to, struct vt_way* way) {
  const struct vt_attachment* attachment = socket->attachment;
  *way = (struct vt_way){to, 0};
  if (attachment == NULL) {
    return ENETDOWN;
  }
  switch (place_of(attachment, to.ipv4)) {
    case LOOPBACK:
      *way = (struct vt_way){{.ipv4 = attachment->address, .port = to.port}, VT_DATAGRAM_LOOPBACK};
      return 0;
    case MULTICAST:
    case NOWHERE:
      return ENETUNREACH;
    case BROADCAST:
      return socket->udp.broadcast ? ENETUNREACH : EACCES;
    case OUTSIDE: {
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
    bool here = attachment_for_udp() != NULL && open_here(socket, (struct vt_address){0}) == 0;
    if (!here) {
      struct sockaddr_in any = {.sin_family = AF_INET};
      libc.bind(fd, (const struct sockaddr*)&any, sizeof any);
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
  if (name.ipv4 == 0 && name.port == 0) {
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

int vt_datagram_bind(struct vt_socket* socket, int fd, const struct sockaddr* address,
                     socklen_t length) {
  struct sockaddr_in in;
  if (address == NULL || length < sizeof in || address->sa_family != AF_INET) {
    return bind_kernel(socket, fd, address, length, VT_FALL_OUTSIDE); /* which mostly refuses */
  }
  if (socket->phase != VT_FRESH || socket->udp.bound_to_any) {
    return EINVAL;
  }
  memcpy(&in, address, sizeof in);
  struct vt_address name = {.ipv4 = in.sin_addr.s_addr, .port = ntohs(in.sin_port)};
  struct vt_attachment* attachment = vt_attach_quick();
  if (attachment != NULL && attachment->header->abi_minor < 1) {
    return bind_kernel(socket, fd, address, length, VT_FALL_UNATTACHED);
  }
  if (name.ipv4 == 0) {
    return attachment == NULL && name.port != 0 ? ENETDOWN : bind_here(socket, name);
  }
  switch (place_of(attachment, name.ipv4)) {
    case IN_NETWORK:
      return name.ipv4 == attachment->address ? bind_here(socket, name) : EADDRNOTAVAIL;
    case MULTICAST:
    case BROADCAST:
    case NOWHERE:
      return EADDRNOTAVAIL;
    case LOOPBACK:
      return bind_kernel(socket, fd, address, length, VT_FALL_LOOPBACK);
    default:
      return bind_kernel(socket, fd, address, length, VT_FALL_OUTSIDE);
  }
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
  enum place place = place_of(socket->attachment, to.ipv4);
  return place == OUTSIDE ||
         (place == LOOPBACK &&
          ask_connect(socket, (struct vt_address){.port = to.port}, VT_DATAGRAM_PROBE) != 0);
}

int vt_datagram_connect(struct vt_socket* socket, int fd, const struct sockaddr* address,
                        socklen_t length) {
  struct sockaddr_in in;
  if (address->sa_family == AF_UNSPEC) {
    return dissolve(socket, fd, address, length);
  }
  if (length < sizeof in || address->sa_family != AF_INET) {
    return length < sizeof in ? EINVAL : EAFNOSUPPORT;
  }
  memcpy(&in, address, sizeof in);
  struct vt_address to = {.ipv4 = in.sin_addr.s_addr, .port = ntohs(in.sin_port)};
  int error = vt_datagram_use(socket, fd);
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
    if (to.ipv4 == 0) {
      socket->peer_shown.ipv4 = htonl(INADDR_LOOPBACK);
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

static void put_name(struct vt_address name, struct sockaddr* address, socklen_t* length) {
  uint8_t raw[16] = {0};
  memcpy(raw + 12, &name.ipv4, sizeof name.ipv4);
  vt_put_name(AF_INET, raw, name.port, address, length);
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
    put_name(socket->peer_shown, address, length);
    return 0;
  }
  struct vt_address name = socket->bound;
  const struct vt_attachment* attachment = VT_LOAD(&socket->attachment);
  if (socket->udp.connected && name.ipv4 == 0 && attachment != NULL) {
    name.ipv4 = socket->shows_loopback ? htonl(INADDR_LOOPBACK) : attachment->address;
  }
  put_name(name, address, length);
  return 0;
}
