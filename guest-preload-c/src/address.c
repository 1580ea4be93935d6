/* Addresses of both families, as applications, the ABI and placeholders have them. */
#include "address.h"

static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

static bool has_ipv6(const struct vt_attachment* attachment) {
  return attachment->prefix_length6 != 0;
}

bool vt_is_any(const struct vt_address* address) {
  static const uint8_t zeros[16];
  return address->ipv4 == 0 && (!address->six || memcmp(address->ipv6, zeros, 16) == 0);
}

void vt_address_raw(const struct vt_address* address, uint8_t raw[16]) {
  if (address->six) {
    memcpy(raw, address->ipv6, 16);
    return;
  }
  memset(raw, 0, 10);
  raw[10] = raw[11] = 0xff;
  memcpy(raw + 12, &address->ipv4, 4);
}

struct vt_address vt_address_from_raw(const uint8_t raw[16], uint16_t port) {
  struct vt_address address = {.port = port};
  struct in6_addr in;
  memcpy(&in, raw, sizeof in);
  if (IN6_IS_ADDR_V4MAPPED(&in)) {
    memcpy(&address.ipv4, raw + 12, 4);
  } else {
    address.six = true;
    memcpy(address.ipv6, raw, 16);
  }
  return address;
}

struct vt_address vt_own_address(const struct vt_attachment* attachment,
                                 const struct vt_address* peer) {
  struct vt_address own = {.ipv4 = attachment->address, .port = peer->port};
  if (peer->six) {
    own.ipv4 = 0;
    own.six = true;
    memcpy(own.ipv6, attachment->header->address6, 16);
  }
  return own;
}

struct vt_address vt_loopback(bool six, uint16_t port) {
  struct vt_address loopback = {.port = port, .six = six};
  if (six) {
    loopback.ipv6[15] = 1;
  } else {
    loopback.ipv4 = htonl(INADDR_LOOPBACK);
  }
  return loopback;
}

/* Whether the first bits of two addresses are the same. */
static bool has_prefix(const uint8_t raw[16], const uint8_t prefix[16], uint32_t bits) {
  uint32_t bytes = bits / 8;
  uint8_t mask = (uint8_t)(0xff << (8 - bits % 8));
  return memcmp(raw, prefix, bytes) == 0 &&
         (bits % 8 == 0 || ((raw[bytes] ^ prefix[bytes]) & mask) == 0);
}

/* More than a host stack needs to change the routes. */
#define ROUTE_ATTEMPTS 1000000

static uint32_t search_routes(const struct vt_attachment* attachment, const uint8_t raw[16]) {
  const struct vt_region_header* header = attachment->header;
  uint32_t count = header->abi_minor < 3 ? 0 : header->route_count;
  const struct vt_route* routes = (const struct vt_route*)(attachment->region + VT_ROUTE_OFFSET);
  int64_t longest = -1;
  uint32_t target = 0;
  for (uint32_t i = 0; i < count && i < VT_MAX_ROUTES; i++) {
    uint32_t bits = routes[i].prefix_length;
    if (bits <= 128 && bits > longest && has_prefix(raw, routes[i].address, bits)) {
      longest = bits;
      target = routes[i].target;
    }
  }
  return target;
}

uint32_t vt_route_target(const struct vt_attachment* attachment, const uint8_t raw[16]) {
  const uint32_t* version = &attachment->header->route_version;
  uint32_t target = 0;
  for (int attempt = 0; attempt < ROUTE_ATTEMPTS; attempt++) {
    uint32_t before = VT_LOAD(version);
    target = search_routes(attachment, raw);
    __atomic_thread_fence(__ATOMIC_ACQUIRE);
    if ((before & 1) == 0 && before == __atomic_load_n(version, __ATOMIC_RELAXED)) {
      break;
    }
  }
  return target;
}

bool vt_in_subnet6(const struct vt_attachment* attachment, const uint8_t raw[16]) {
  return has_prefix(raw, attachment->header->address6, attachment->prefix_length6);
}

/* Any address is IPv4's where the guest has no IPv6: nobody would notice a difference. */
static enum vt_target classify_ipv6(const struct vt_socket* socket, struct vt_address* address) {
  struct vt_attachment* attachment = vt_attach_quick();
  bool possible = attachment != NULL && has_ipv6(attachment);
  struct in6_addr in;
  memcpy(&in, address->ipv6, sizeof in);
  if (IN6_IS_ADDR_UNSPECIFIED(&in)) {
    address->six = possible;
    return possible || !socket->options.v6_only ? TO_VIRTUOSO : TO_KERNEL_V6;
  }
  if (IN6_IS_ADDR_LOOPBACK(&in)) {
    return possible ? TO_LOOPBACK : TO_KERNEL_V6;
  }
  if (possible && vt_in_subnet6(attachment, address->ipv6)) {
    return TO_VIRTUOSO;
  }
  uint32_t target = attachment == NULL ? 0 : vt_route_target(attachment, address->ipv6);
  bool wide = possible && !IN6_IS_ADDR_MULTICAST(&in) && !IN6_IS_ADDR_LINKLOCAL(&in);
  return target == VT_ROUTE_STACK && wide ? TO_VIRTUOSO
         : target == VT_ROUTE_NONE        ? TO_NOWHERE
                                          : TO_KERNEL_V6;
}

static bool is_loopback(uint32_t ipv4) { return (ntohl(ipv4) >> 24) == 127; }

enum vt_target vt_classify(const struct vt_socket* socket, const struct sockaddr* address,
                           socklen_t length, struct vt_address* out) {
  if (socket->family == AF_INET) {
    struct sockaddr_in in;
    if (length < sizeof in || address->sa_family != AF_INET) {
      return TO_KERNEL;
    }
    memcpy(&in, address, sizeof in);
    *out = (struct vt_address){.ipv4 = in.sin_addr.s_addr, .port = ntohs(in.sin_port)};
  } else {
    struct sockaddr_in6 in;
    if (length < 24 || address->sa_family != AF_INET6) {
      return TO_KERNEL;
    }
    memcpy(&in, address, 24);
    *out = vt_address_from_raw(in.sin6_addr.s6_addr, ntohs(in.sin6_port));
    if (out->six) {
      return classify_ipv6(socket, out);
    }
    if (socket->options.v6_only) {
      return TO_KERNEL;
    }
  }
  return is_loopback(out->ipv4) ? TO_LOOPBACK : TO_VIRTUOSO;
}

void vt_put_name(int family, const uint8_t raw[16], uint16_t port, struct sockaddr* address,
                 socklen_t* length) {
  union {
    struct sockaddr_in v4;
    struct sockaddr_in6 v6;
  } name;
  memset(&name, 0, sizeof name);
  socklen_t bytes = sizeof name.v4;
  if (family == AF_INET) {
    name.v4.sin_family = AF_INET;
    name.v4.sin_port = htons(port);
    memcpy(&name.v4.sin_addr, raw + 12, 4);
  } else {
    bytes = sizeof name.v6;
    name.v6.sin6_family = AF_INET6;
    name.v6.sin6_port = htons(port);
    memcpy(&name.v6.sin6_addr, raw, 16);
  }
  if (address != NULL && length != NULL) {
    memcpy(address, &name, *length < bytes ? *length : bytes);
    *length = bytes;
  }
}

uint64_t vt_bind_flags(const struct vt_socket* socket) {
  return (socket->options.reuse_address ? VT_BIND_REUSEADDR : 0) |
         (socket->options.reuse_port ? VT_BIND_REUSEPORT : 0) |
         (socket->options.v6_only && socket->bound.six ? VT_BIND_V6ONLY : 0);
}

int vt_ask_bind(struct vt_socket* socket, struct vt_address name) {
  uint64_t port = 0;
  uint64_t arg[4] = {0, 0, name.port, 0};
  vt_address_raw(&name, (uint8_t*)arg);
  struct vt_address before = socket->bound;
  socket->bound = name;
  arg[3] = vt_bind_flags(socket);
  int error = vt_ask(socket, VT_CMD_BIND, arg, &port);
  if (error == 0) {
    socket->bound.port = (uint16_t)port;
  } else {
    socket->bound = before;
  }
  return error;
}

/* ---- names of placeholders ------------------------------------------------------------------ */

void vt_spell(const uint8_t raw[16], char text[VT_SPELLED]) {
  struct vt_address address = vt_address_from_raw(raw, 0);
  if (!address.six) {
    snprintf(text, VT_SPELLED, "%08x", address.ipv4);
    return;
  }
  for (unsigned i = 0; i < VT_SPELLED - 1; i++) { /* six bits each, as base64url has them */
    unsigned bit = 6 * i;
    unsigned pair = (unsigned)raw[bit / 8] << 8 | (bit / 8 < 15 ? raw[bit / 8 + 1] : 0u);
    text[i] = digits[pair >> (10 - bit % 8) & 63];
  }
  text[VT_SPELLED - 1] = '\0';
}

bool vt_unspell(const char* text, uint8_t raw[16]) {
  size_t length = strlen(text);
  if (length == 8) {
    struct vt_address address = {.ipv4 = (uint32_t)strtoul(text, NULL, 16)};
    vt_address_raw(&address, raw);
    return true;
  }
  memset(raw, 0, 16);
  for (unsigned i = 0; i < length; i++) {
    const char* digit = strchr(digits, text[i]);
    unsigned bit = 6 * i;
    if (digit == NULL || bit / 8 > 15) {
      return false;
    }
    unsigned pair = (unsigned)(digit - digits) << (10 - bit % 8);
    raw[bit / 8] |= (uint8_t)(pair >> 8);
    if (bit / 8 < 15) {
      raw[bit / 8 + 1] |= (uint8_t)pair;
    }
  }
  return length == VT_SPELLED - 1;
}
