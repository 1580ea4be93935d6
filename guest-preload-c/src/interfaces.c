/* The guest's interface, ioctls that ask for interfaces, and sockets bound to one. */
#include "interfaces.h"

#include <net/if_arp.h>
#include <sys/ioctl.h>

#include "answer.h"
#include "control.h"
#include "raw.h"
#include "standin.h"

#define BINDTOIFINDEX 62 /* SO_BINDTOIFINDEX, since Linux 5.0 */

static const struct vt_interface* known; /* NULL: nothing yet */

/* ---- what is known -------------------------------------------------------------------------- */

static uint32_t mask_of(uint32_t prefix_length) {
  uint32_t bits = prefix_length < 32 ? prefix_length : 32;
  return bits == 0 ? 0 : htonl(UINT32_MAX << (32 - bits));
}

/*
 * A thread may still look at what was known before, so that is kept: 4 KiB for each time that a
 * host stack has come back with another address for this guest.
 */
void vt_interface_learn(const struct vt_attachment* attachment) {
  static struct vt_interface first;
  const struct vt_region_header* header = attachment->header;
  struct vt_interface now = {.address = attachment->address,
                             .netmask = mask_of(header->prefix_length),
                             .mtu = header->mtu,
                             .prefix_length6 = attachment->prefix_length6};
  now.broadcast = header->prefix_length > 30 ? 0 : now.address | ~now.netmask;
  if (now.prefix_length6 != 0) {
    memcpy(now.address6, header->address6, sizeof now.address6);
  }
  if (known != NULL && memcmp(known, &now, sizeof now) == 0) {
    return;
  }
  struct vt_interface* place = known == NULL ? &first : vt_pages(sizeof now);
  if (place != NULL) {
    *place = now;
    VT_STORE(&known, place);
  }
}

const struct vt_interface* vt_interface(void) {
  vt_attach_quick();
  return VT_LOAD(&known);
}

/* No IFF_MULTICAST: groups are refused. */
unsigned vt_interface_flags(void) {
  return IFF_UP | IFF_BROADCAST | (VT_LOAD(&vt_current) != NULL ? IFF_RUNNING : 0u);
}

/* ---- the kernel's loopback ------------------------------------------------------------------ */

bool vt_loopback_has(int family) {
  struct sockaddr_in6 six = {.sin6_family = AF_INET6, .sin6_addr = IN6ADDR_LOOPBACK_INIT};
  struct sockaddr_in four = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
  long address = family == AF_INET ? (long)(intptr_t)&four : (long)(intptr_t)&six;
  long length = family == AF_INET ? sizeof four : sizeof six;
  long fd = vt_raw_plain(SYS_socket, family, SOCK_DGRAM | SOCK_CLOEXEC, 0, 0, 0, 0);
  if (fd < 0) {
    return false;
  }
  bool bound = vt_raw_plain(SYS_bind, fd, address, length, 0, 0, 0) == 0;
  vt_raw_plain(SYS_close, fd, 0, 0, 0, 0, 0);
  return bound;
}

/* On a socket of its own: what stands for a guest's socket may be of another family. */
static int ask_kernel(int family, unsigned long request, struct ifreq* about) {
  long fd = vt_raw_plain(SYS_socket, family, SOCK_DGRAM | SOCK_CLOEXEC, 0, 0, 0, 0);
  if (fd < 0) {
    return (int)-fd;
  }
  long result = vt_raw_plain(SYS_ioctl, fd, (long)request, (long)(intptr_t)about, 0, 0, 0);
  vt_raw_plain(SYS_close, fd, 0, 0, 0, 0, 0);
  return result < 0 ? (int)-result : 0;
}

uint32_t vt_loopback_flags(void) {
  struct ifreq about = {.ifr_name = VT_LOOPBACK_NAME};
  return ask_kernel(AF_UNIX, SIOCGIFFLAGS, &about) == 0 ? (uint16_t)about.ifr_flags : IFF_LOOPBACK;
}

/* ---- ioctl ---------------------------------------------------------------------------------- */

static bool asks_for_address(unsigned long request) {
  return request == SIOCGIFADDR || request == SIOCGIFDSTADDR || request == SIOCGIFBRDADDR ||
         request == SIOCGIFNETMASK;
}

bool vt_asks_for_interfaces(unsigned long request) {
  return asks_for_address(request) || request == SIOCGIFCONF || request == SIOCGIFNAME ||
         request == SIOCGIFINDEX || request == SIOCGIFFLAGS || request == SIOCGIFMTU ||
         request == SIOCGIFHWADDR;
}

static void put_address(struct sockaddr* place, uint32_t address) {
  struct sockaddr_in in = {.sin_family = AF_INET, .sin_addr.s_addr = address};
  memcpy(place, &in, sizeof in);
}

static bool is_named(const char name[IFNAMSIZ], const char* wanted) {
  return strncmp(name, wanted, IFNAMSIZ - 1) == 0;
}

static void tell_own(const struct vt_interface* own, unsigned long request, struct ifreq* about) {
  switch (request) {
    case SIOCGIFFLAGS:
      about->ifr_flags = (short)vt_interface_flags();
      break;
    case SIOCGIFADDR:
    case SIOCGIFDSTADDR: /* as Linux has it of what leads to more than one other station */
      put_address(&about->ifr_addr, own->address);
      break;
    case SIOCGIFBRDADDR:
      put_address(&about->ifr_broadaddr, own->broadcast);
      break;
    case SIOCGIFNETMASK:
      put_address(&about->ifr_netmask, own->netmask);
      break;
    case SIOCGIFMTU:
      about->ifr_mtu = (int)own->mtu;
      break;
    case SIOCGIFHWADDR: /* stations behind one port have its Ethernet address, none of their own */
      memset(&about->ifr_hwaddr, 0, sizeof about->ifr_hwaddr);
      about->ifr_hwaddr.sa_family = ARPHRD_NONE;
      break;
    default:
      about->ifr_ifindex = VT_INTERFACE_INDEX;
      break;
  }
}

static int tell_by_name(int family, unsigned long request, struct ifreq* about) {
  const struct vt_interface* own = vt_interface();
  if (is_named(about->ifr_name, VT_LOOPBACK_NAME)) {
    return ask_kernel(family, request, about);
  }
  if (own == NULL || !is_named(about->ifr_name, VT_INTERFACE_NAME)) {
    return ENODEV;
  }
  tell_own(own, request, about);
  return 0;
}

static int tell_name(struct ifreq* about) {
  const struct vt_interface* own = vt_interface();
  bool loopback = about->ifr_ifindex == VT_LOOPBACK_INDEX;
  if (!loopback && (own == NULL || about->ifr_ifindex != VT_INTERFACE_INDEX)) {
    return ENODEV;
  }
  strcpy(about->ifr_name, loopback ? VT_LOOPBACK_NAME : VT_INTERFACE_NAME);
  return 0;
}

/* IPv4 addresses, as many as there is room for; without a buffer how much room they need. */
static int list(struct ifconf* request) {
  const struct vt_interface* own = vt_interface();
  struct ifreq all[2] = {{.ifr_name = VT_LOOPBACK_NAME}, {.ifr_name = VT_INTERFACE_NAME}};
  if (own == NULL) {
    return ENETDOWN;
  }
  put_address(&all[0].ifr_addr, htonl(INADDR_LOOPBACK));
  put_address(&all[1].ifr_addr, own->address);
  size_t first = vt_loopback_has(AF_INET) ? 0 : 1;
  size_t count = 2 - first;
  if (request->ifc_req != NULL) {
    size_t room = request->ifc_len < 0 ? 0 : (size_t)request->ifc_len / sizeof all[0];
    count = room < count ? room : count;
    memcpy(request->ifc_req, all + first, count * sizeof all[0]);
  }
  request->ifc_len = (int)(count * sizeof all[0]);
  return 0;
}

static int family_of(const struct vt_socket* socket, int fd) {
  int family = AF_UNSPEC;
  socklen_t length = sizeof family;
  if (socket != NULL) {
    return socket->family;
  }
  return libc.getsockopt(fd, SOL_SOCKET, SO_DOMAIN, &family, &length) == 0 ? family : AF_UNSPEC;
}

/* Sockets of other families (packets, netlink) are for the kernel's own interfaces. */
int vt_interface_ioctl(const struct vt_socket* socket, int fd, unsigned long request,
                       void* argument) {
  int saved = errno;
  int family = vt_enabled ? family_of(socket, fd) : AF_UNSPEC;
  errno = saved;
  bool here = family == AF_INET || ((family == AF_INET6 || family == AF_UNIX) &&
                                    !asks_for_address(request)); /* which Linux refuses there */
  return !here                    ? ENOSYS
         : argument == NULL       ? EFAULT
         : request == SIOCGIFCONF ? list(argument)
         : request == SIOCGIFNAME ? tell_name(argument)
                                  : tell_by_name(family, request, argument);
}

/* ---- sockets bound to an interface ---------------------------------------------------------- */

/* The name of an interface that is known here, "" for none and NULL for any other. */
static const char* device_of(int name, const void* value, socklen_t length) {
  char text[IFNAMSIZ] = {0};
  if (name == SO_BINDTODEVICE) {
    memcpy(text, value, length < sizeof text ? length : sizeof text - 1);
  } else {
    int index;
    memcpy(&index, value, sizeof index);
    return index == 0                    ? ""
           : index == VT_INTERFACE_INDEX ? VT_INTERFACE_NAME
           : index == VT_LOOPBACK_INDEX  ? VT_LOOPBACK_NAME
                                         : NULL;
  }
  return *text == '\0'                          ? ""
         : strcmp(text, VT_INTERFACE_NAME) == 0 ? VT_INTERFACE_NAME
         : strcmp(text, VT_LOOPBACK_NAME) == 0  ? VT_LOOPBACK_NAME
                                                : NULL;
}

/*
 * All that comes to a guest's socket comes by the guest's interface, or from the guest itself:
 * there is nothing to do. To be bound to the loopback is to be the kernel's, as it is with the
 * loopback's addresses; so it is with UDP sockets and any other interface of the kernel's.
 */
int vt_set_device(struct vt_socket* socket, int fd, int level, int name, const void* value,
                  socklen_t length) {
  if (level != SOL_SOCKET || (name != SO_BINDTODEVICE && name != BINDTOIFINDEX)) {
    return ENOSYS;
  }
  if ((int)length < 0 || (name == BINDTOIFINDEX && length < sizeof(int))) {
    return EINVAL;
  }
  if (value == NULL && length != 0) {
    return EFAULT;
  }
  const char* device = length == 0 ? "" : device_of(name, value, length);
  bool own = device != NULL && strcmp(device, VT_INTERFACE_NAME) == 0;
  if (own && vt_interface() == NULL) {
    return ENODEV;
  }
  if (own || (device != NULL && *device == '\0')) {
    socket->options.on_device = own;
    return 0;
  }
  if (socket->datagram) {
    return ENOSYS;
  }
  if (device == NULL || socket->phase != VT_FRESH) {
    return ENODEV;
  }
  int error = vt_own_file(socket, fd);
  if (error != 0 || libc.setsockopt(fd, level, name, value, length) != 0) {
    return error != 0 ? error : errno;
  }
  vt_leave_to_kernel(socket, fd, VT_FALL_LOOPBACK);
  return 0;
}

int vt_get_device(const struct vt_socket* socket, int name, void* value, socklen_t* length) {
  if (!socket->options.on_device || (name != SO_BINDTODEVICE && name != BINDTOIFINDEX)) {
    return ENOSYS;
  }
  if (name == BINDTOIFINDEX) {
    return vt_put_int(value, length, VT_INTERFACE_INDEX);
  }
  return (int)*length < IFNAMSIZ
             ? EINVAL
             : vt_put(value, length, VT_INTERFACE_NAME, sizeof VT_INTERFACE_NAME);
}
