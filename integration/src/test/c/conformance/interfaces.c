/* What a program learns of interfaces and their addresses, and what it may do with them. */
#include "interfaces.h"

#include <dlfcn.h>
#include <ifaddrs.h>
#include <stddef.h>

#include "udp.h"

#define MOST 64

static const unsigned long BY_NAME[] = {SIOCGIFFLAGS, SIOCGIFADDR, SIOCGIFNETMASK, SIOCGIFBRDADDR,
                                        SIOCGIFDSTADDR, SIOCGIFMTU, SIOCGIFHWADDR, SIOCGIFINDEX};

static struct ifaddrs *addresses(void) {
  struct ifaddrs *list = NULL;
  OK(getifaddrs(&list));
  CHECK(list != NULL);
  return list;
}

static bool has(const struct ifaddrs *item, int family) {
  return item->ifa_addr != NULL && item->ifa_addr->sa_family == family;
}

static socklen_t bytes_of(const struct sockaddr *address) {
  return address->sa_family == AF_INET ? sizeof(struct sockaddr_in) : sizeof(struct sockaddr_in6);
}

static uint32_t ipv4_of(const struct sockaddr *address) {
  struct sockaddr_in in;
  memcpy(&in, address, sizeof in);
  SAME(in.sin_family, AF_INET);
  return in.sin_addr.s_addr;
}

static const struct ifaddrs *item_of(const struct ifaddrs *list, const struct sockaddr *address) {
  size_t skip = address->sa_family == AF_INET ? offsetof(struct sockaddr_in, sin_addr)
                                              : offsetof(struct sockaddr_in6, sin6_addr);
  size_t bytes = address->sa_family == AF_INET ? 4 : 16;
  while (list != NULL && (!has(list, address->sa_family) ||
                          memcmp((const char *)list->ifa_addr + skip, (const char *)address + skip,
                                 bytes) != 0)) {
    list = list->ifa_next;
  }
  return list;
}

static struct ifreq about(const char *name) {
  struct ifreq request = {0};
  strncpy(request.ifr_name, name, IFNAMSIZ - 1);
  return request;
}

struct ifreq conf_own_interface(void) {
  struct sockaddr_in own = conf_address(0);
  struct ifaddrs *list = addresses();
  const struct ifaddrs *item = item_of(list, conf_sa(&own));
  CHECK(item != NULL);
  struct ifreq request = about(item->ifa_name);
  freeifaddrs(list);
  return request;
}

/* Of each family, fresh and in use. */
static size_t sockets(int fds[MOST]) {
  struct conf_pair pair = conf_pair();
  struct conf_two two = conf_two();
  struct sockaddr_in where;
  const int all[] = {pair.client, pair.server, pair.listener, two.client, two.server, conf_socket(),
                     conf_udp(), conf_udp_bound(&where), OK(socket(AF_INET6, SOCK_STREAM, 0)),
                     OK(socket(AF_INET6, SOCK_DGRAM, 0)), OK(socket(AF_UNIX, SOCK_STREAM, 0))};
  memcpy(fds, all, sizeof all);
  return sizeof all / sizeof all[0];
}

#define OF_IPV4 8 /* as many of them */

CASE(interfaces, the_own_address_is_listed) {
  struct sockaddr_in own = conf_address(0);
  struct ifaddrs *list = addresses();
  const struct ifaddrs *item = item_of(list, conf_sa(&own));
  CHECK(item != NULL);
  SAME(item->ifa_flags & (IFF_UP | IFF_RUNNING), IFF_UP | IFF_RUNNING);
  uint32_t mask = ntohl(ipv4_of(item->ifa_netmask));
  CHECK(mask != 0 && (~mask & (~mask + 1)) == 0);
  if (item->ifa_flags & IFF_BROADCAST) {
    CHECK(item->ifa_broadaddr != NULL);
    /* an address may be given without one */
    uint32_t broadcast = ntohl(ipv4_of(item->ifa_broadaddr));
    CHECK(broadcast == (ntohl(own.sin_addr.s_addr) | ~mask) ||
          broadcast == ntohl(own.sin_addr.s_addr));
  }
  freeifaddrs(list);
}

CASE(interfaces, the_own_ipv6_address_is_listed) {
  const char *text = getenv("CONF_ADDR6");
  struct sockaddr_in6 own = {.sin6_family = AF_INET6};
  if (text == NULL) {
    conf_skip("CONF_ADDR6 is not set");
  }
  SAME(inet_pton(AF_INET6, text, &own.sin6_addr), 1);
  struct ifaddrs *list = addresses();
  const struct ifaddrs *item = item_of(list, (struct sockaddr *)&own);
  CHECK(item != NULL);
  SAME(strcmp(item->ifa_name, conf_own_interface().ifr_name), 0);
  struct sockaddr_in6 mask;
  memcpy(&mask, item->ifa_netmask, sizeof mask);
  SAME(mask.sin6_family, AF_INET6);
  int bits = 0;
  while (bits < 128 && (mask.sin6_addr.s6_addr[bits / 8] & (0x80 >> bits % 8))) {
    bits++;
  }
  SAME(bits, 64);
  SAME(mask.sin6_addr.s6_addr[8] | mask.sin6_addr.s6_addr[15], 0);
  freeifaddrs(list);
}

CASE(interfaces, each_address_can_be_bound_to) {
  struct ifaddrs *list = addresses();
  int bound = 0;
  for (struct ifaddrs *item = list; item != NULL; item = item->ifa_next) {
    const int kinds[] = {SOCK_STREAM, SOCK_DGRAM};
    if (!has(item, AF_INET) && !has(item, AF_INET6)) {
      continue;
    }
    for (int i = 0; i < 2; i++) {
      int fd = OK(socket(item->ifa_addr->sa_family, kinds[i], 0));
      /* the kernel still looks whether another station has a new address of IPv6 */
      EVENTUALLY(bind(fd, item->ifa_addr, bytes_of(item->ifa_addr)) == 0);
      struct sockaddr_storage name;
      socklen_t length = sizeof name;
      OK(getsockname(fd, (struct sockaddr *)&name, &length));
      CHECK(item_of(list, (struct sockaddr *)&name) != NULL);
      if (kinds[i] == SOCK_STREAM) {
        OK(listen(fd, 1));
        OK(connect(OK(socket(name.ss_family, SOCK_STREAM, 0)), (struct sockaddr *)&name, length));
        conf_accept(fd);
      }
      bound++;
    }
  }
  CHECK(bound >= 2);
  freeifaddrs(list);
}

/* A server that wants to know by which address it was asked has a socket for each. */
CASE(interfaces, a_socket_for_each_address_hears_what_is_sent_to_it) {
  struct ifaddrs *list = addresses();
  struct sockaddr_in own = conf_address(0);
  int heard = 0;
  for (struct ifaddrs *item = list; item != NULL; item = item->ifa_next) {
    if (!has(item, AF_INET)) {
      continue;
    }
    struct sockaddr_in where = {.sin_family = AF_INET};
    where.sin_addr.s_addr = ipv4_of(item->ifa_addr);
    int server = conf_udp();
    OK(bind(server, conf_sa(&where), sizeof where));
    where.sin_port = htons(conf_port_of(server));
    int client = conf_udp();
    conf_say(client, "to you", &where);
    struct sockaddr_in from = conf_hear(server, "to you");
    conf_say(server, "and back", &from);
    from = conf_hear(client, "and back");
    SAME(from.sin_addr.s_addr, where.sin_addr.s_addr);
    heard += where.sin_addr.s_addr == own.sin_addr.s_addr;
  }
  SAME(heard, 1);
  freeifaddrs(list);
}

CASE(interfaces, names_and_numbers) {
  struct if_nameindex *all = if_nameindex();
  CHECK(all != NULL && all[0].if_index != 0);
  int own = 0;
  for (struct if_nameindex *one = all; one->if_index != 0; one++) {
    char name[IFNAMSIZ];
    SAME(if_nametoindex(one->if_name), one->if_index);
    CHECK(if_indextoname(one->if_index, name) == name);
    SAME(strcmp(name, one->if_name), 0);
    own += strcmp(name, conf_own_interface().ifr_name) == 0;
    for (struct if_nameindex *other = all; other < one; other++) {
      CHECK(other->if_index != one->if_index && strcmp(other->if_name, one->if_name) != 0);
    }
  }
  SAME(own, 1);
  if_freenameindex(all);
  struct ifaddrs *list = addresses();
  for (struct ifaddrs *item = list; item != NULL; item = item->ifa_next) {
    CHECK(if_nametoindex(item->ifa_name) != 0);
  }
  freeifaddrs(list);
}

CASE(interfaces, unknown_names_and_numbers) {
  char name[IFNAMSIZ];
  errno = 0;
  SAME(if_nametoindex(NOBODY), 0);
  SAME(errno, ENODEV);
  SAME(if_nametoindex("a name that is much too long"), 0);
  SAME(if_nametoindex(""), 0);
  errno = 0;
  CHECK(if_indextoname(NOBODYS_INDEX, name) == NULL);
  SAME(errno, ENXIO);
  CHECK(if_indextoname(0, name) == NULL);
  int fds[MOST];
  size_t count = sockets(fds);
  for (size_t i = 0; i < count; i++) {
    for (size_t j = 0; j < sizeof BY_NAME / sizeof BY_NAME[0]; j++) {
      bool address = j >= 1 && j <= 4;
      struct ifreq request = about(NOBODY);
      FAILS(ioctl(fds[i], BY_NAME[j], &request), i >= OF_IPV4 && address ? ENOTTY : ENODEV);
    }
    struct ifreq request = {.ifr_ifindex = NOBODYS_INDEX};
    FAILS(ioctl(fds[i], SIOCGIFNAME, &request), ENODEV);
    FAILS(ioctl(fds[i], SIOCGIFFLAGS, NULL), EFAULT);
    FAILS(ioctl(fds[i], SIOCGIFCONF, NULL), EFAULT);
  }
}

CASE(interfaces, what_is_no_socket) {
  struct ifreq request = conf_own_interface();
  int ends[2];
  OK(pipe(ends));
  FAILS(ioctl(ends[0], SIOCGIFADDR, &request), ENOTTY);
  FAILS(ioctl(ends[0], SIOCGIFINDEX, &request), ENOTTY);
  FAILS(ioctl(-1, SIOCGIFADDR, &request), EBADF);
  FAILS(ioctl(999, SIOCGIFINDEX, &request), EBADF);
}

CASE(interfaces, ioctl_lists_the_same_addresses) {
  int fds[MOST];
  size_t count = sockets(fds);
  struct ifaddrs *list = addresses();
  for (size_t i = 0; i < count; i++) {
    struct ifreq buffer[MOST];
    struct ifconf all = {.ifc_len = sizeof buffer, .ifc_req = buffer};
    OK(ioctl(fds[i], SIOCGIFCONF, &all));
    SAME(all.ifc_len % (int)sizeof buffer[0], 0);
    struct ifreq *next = buffer;
    for (struct ifaddrs *item = list; item != NULL; item = item->ifa_next) {
      if (has(item, AF_INET)) {
        CHECK(next < buffer + all.ifc_len / (int)sizeof buffer[0]);
        SAME(strcmp(next->ifr_name, item->ifa_name), 0);
        SAME(ipv4_of(&next->ifr_addr), ipv4_of(item->ifa_addr));
        next++;
      }
    }
    SAME((char *)next - (char *)buffer, all.ifc_len);
  }
  freeifaddrs(list);
}

CASE(interfaces, ioctl_lists_as_much_as_there_is_room_for) {
  int fds[MOST];
  size_t count = sockets(fds);
  for (size_t i = 0; i < count; i++) {
    struct ifreq buffer[MOST];
    struct ifconf question = {.ifc_len = 7};
    OK(ioctl(fds[i], SIOCGIFCONF, &question)); /* no buffer: how much? */
    int needed = question.ifc_len;
    CHECK(needed >= (int)sizeof buffer[0] && needed < (int)sizeof buffer);
    for (int room = -1; room <= needed + 1; room++) {
      struct ifconf some = {.ifc_len = room, .ifc_req = buffer};
      memset(buffer, 0x55, sizeof buffer);
      OK(ioctl(fds[i], SIOCGIFCONF, &some));
      int whole = room < 0 ? 0 : room / (int)sizeof buffer[0] * (int)sizeof buffer[0];
      SAME(some.ifc_len, whole < needed ? whole : needed);
      for (int at = some.ifc_len; at < (int)sizeof buffer; at++) {
        SAME(((char *)buffer)[at], 0x55);
      }
    }
  }
}

static struct ifreq ask(int fd, unsigned long what, const char *name) {
  struct ifreq request = about(name);
  memset(&request.ifr_ifru, 0x55, sizeof request.ifr_ifru);
  OK(ioctl(fd, what, &request));
  SAME(strcmp(request.ifr_name, name), 0);
  return request;
}

static void tells_of(int fd, bool of_ipv4, const struct ifaddrs *item) {
  const char *name = item->ifa_name;
  unsigned index = if_nametoindex(name);
  SAME((uint16_t)ask(fd, SIOCGIFFLAGS, name).ifr_flags, (uint16_t)item->ifa_flags);
  CHECK(ask(fd, SIOCGIFMTU, name).ifr_mtu >= 576);
  SAME(ask(fd, SIOCGIFINDEX, name).ifr_ifindex, index);
  ask(fd, SIOCGIFHWADDR, name);
  struct ifreq request = {.ifr_ifindex = (int)index};
  OK(ioctl(fd, SIOCGIFNAME, &request));
  SAME(strcmp(request.ifr_name, name), 0);
  if (!of_ipv4) {
    struct ifreq refused = about(name);
    FAILS(ioctl(fd, SIOCGIFADDR, &refused), ENOTTY);
    return;
  }
  struct ifreq address = ask(fd, SIOCGIFADDR, name);
  SAME(ipv4_of(&address.ifr_addr), ipv4_of(item->ifa_addr));
  struct ifreq mask = ask(fd, SIOCGIFNETMASK, name);
  SAME(ipv4_of(&mask.ifr_netmask), ipv4_of(item->ifa_netmask));
  struct ifreq broadcast = ask(fd, SIOCGIFBRDADDR, name);
  if (ipv4_of(&broadcast.ifr_broadaddr) != 0) {
    SAME(ipv4_of(&broadcast.ifr_broadaddr), ipv4_of(item->ifa_broadaddr));
  }
  struct ifreq other = ask(fd, SIOCGIFDSTADDR, name);
  SAME(ipv4_of(&other.ifr_dstaddr), ipv4_of(item->ifa_addr));
}

CASE(interfaces, ioctl_tells_of_each_by_name) {
  int fds[MOST];
  size_t count = sockets(fds);
  struct ifaddrs *list = addresses();
  for (size_t i = 0; i < count; i++) {
    for (struct ifaddrs *item = list; item != NULL; item = item->ifa_next) {
      if (has(item, AF_INET)) {
        tells_of(fds[i], i < OF_IPV4, item);
      }
    }
  }
  freeifaddrs(list);
}

static void *free_list(void *list) {
  freeifaddrs(list);
  return NULL;
}

CASE(interfaces, lists_are_freed_wherever) {
  freeifaddrs(NULL);
  for (int i = 0; i < 200; i++) {
    struct ifaddrs *first = addresses();
    struct ifaddrs *second = addresses();
    CHECK(first != second);
    freeifaddrs(first);
    for (struct ifaddrs *item = second; item != NULL; item = item->ifa_next) {
      CHECK(strlen(item->ifa_name) < IFNAMSIZ);
    }
    conf_join(conf_thread(free_list, second));
    if_freenameindex(if_nameindex());
  }
  struct ifaddrs *list = addresses();
  pid_t child = conf_fork();
  if (child == 0) {
    CHECK(list->ifa_name != NULL);
    freeifaddrs(list);
    freeifaddrs(addresses());
    conf_child_done();
  }
  conf_child_passes(child);
  freeifaddrs(list);
}

/* As of a library that is bound to the C library itself, and frees by whatever comes first. */
CASE(interfaces, lists_of_the_c_librarys_own_are_freed_too) {
  void *library = dlopen("libc.so.6", RTLD_NOW);
  CHECK(library != NULL);
  int (*theirs)(struct ifaddrs **);
  struct if_nameindex *(*names)(void);
  *(void **)&theirs = dlsym(library, "getifaddrs");
  *(void **)&names = dlsym(library, "if_nameindex");
  for (int i = 0; i < 20; i++) {
    struct ifaddrs *list = NULL;
    OK(theirs(&list));
    freeifaddrs(list);
    if_freenameindex(names());
  }
}

CASE(interfaces, children_see_the_same) {
  struct ifreq own = conf_own_interface();
  unsigned index = if_nametoindex(own.ifr_name);
  pid_t child = conf_fork();
  if (child == 0) {
    struct ifreq again = conf_own_interface();
    SAME(strcmp(own.ifr_name, again.ifr_name), 0);
    SAME(if_nametoindex(own.ifr_name), index);
    conf_child_done();
  }
  conf_child_passes(child);
}
