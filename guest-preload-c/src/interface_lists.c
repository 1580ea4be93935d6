/*
 * Lists of interfaces and of addresses. The C library makes its own by netlink on sockets that no
 * preload sees, and looks for names and numbers in the same way. Each list made here is one
 * allocation whose names lie in this library: by that it is known again when it is freed, from one
 * that the C library made before this was a guest, or for a library that called it past this one.
 */
#include <ifaddrs.h>
#include <stdlib.h>

#include "interfaces.h"
#include "next.h"

#define MOST_ADDRESSES 4

static char loopback_name[] = VT_LOOPBACK_NAME;
static char own_name[] = VT_INTERFACE_NAME;

static struct {
  int (*getifaddrs)(struct ifaddrs**);
  void (*freeifaddrs)(struct ifaddrs*);
  unsigned (*if_nametoindex)(const char*);
  char* (*if_indextoname)(unsigned, char*);
  struct if_nameindex* (*if_nameindex)(void);
  void (*if_freenameindex)(struct if_nameindex*);
} next;

#define NEXT(name) (vt_find_next(&next.name, #name), next.name)

static bool is_our_name(const char* name) { return name == loopback_name || name == own_name; }

/* ---- addresses ------------------------------------------------------------------------------ */

union name {
  struct sockaddr_in v4;
  struct sockaddr_in6 v6;
};

struct list {
  struct ifaddrs items[MOST_ADDRESSES]; /* first: the list is where its first item is */
  struct {
    union name address, netmask, broadcast;
  } names[MOST_ADDRESSES];
  int count;
};

static struct ifaddrs* add(struct list* list, char* name, unsigned flags) {
  int i = list->count++;
  struct ifaddrs* item = &list->items[i];
  item->ifa_name = name;
  item->ifa_flags = flags;
  item->ifa_addr = (struct sockaddr*)&list->names[i].address;
  item->ifa_netmask = (struct sockaddr*)&list->names[i].netmask;
  if (i > 0) {
    list->items[i - 1].ifa_next = item;
  }
  return item;
}

static void add_ipv4(struct list* list, char* name, unsigned flags, const struct vt_interface* is) {
  struct ifaddrs* item = add(list, name, flags);
  union name* names = &list->names[list->count - 1].address;
  const uint32_t words[] = {is->address, is->netmask, is->broadcast};
  for (int i = 0; i < 3; i++) {
    names[i].v4.sin_family = AF_INET;
    names[i].v4.sin_addr.s_addr = words[i];
  }
  if (is->broadcast != 0) {
    item->ifa_broadaddr = (struct sockaddr*)&names[2];
  }
}

static void add_ipv6(struct list* list, char* name, unsigned flags, const uint8_t address[16],
                     uint32_t prefix_length) {
  add(list, name, flags);
  struct sockaddr_in6* in = &list->names[list->count - 1].address.v6;
  struct sockaddr_in6* mask = &list->names[list->count - 1].netmask.v6;
  in->sin6_family = mask->sin6_family = AF_INET6;
  memcpy(&in->sin6_addr, address, 16);
  for (uint32_t bit = 0; bit < prefix_length && bit < 128; bit++) {
    mask->sin6_addr.s6_addr[bit / 8] |= (uint8_t)(0x80 >> bit % 8);
  }
}

/* In the order of the C library: by family, then by index. */
static void fill(struct list* list, const struct vt_interface* own) {
  const struct vt_interface loopback = {.address = htonl(INADDR_LOOPBACK),
                                        .netmask = htonl(IN_CLASSA_NET)};
  const struct in6_addr loopback6 = IN6ADDR_LOOPBACK_INIT;
  unsigned flags = vt_loopback_flags();
  if (vt_loopback_has(AF_INET)) {
    add_ipv4(list, loopback_name, flags, &loopback);
  }
  add_ipv4(list, own_name, vt_interface_flags(), own);
  if (vt_loopback_has(AF_INET6)) {
    add_ipv6(list, loopback_name, flags, loopback6.s6_addr, 128);
  }
  if (own->prefix_length6 != 0) {
    add_ipv6(list, own_name, vt_interface_flags(), own->address6, own->prefix_length6);
  }
}

/*
 * Without items of AF_PACKET: the guest has no Ethernet address of its own, and the kernel's
 * counters, which would come with them, are not about it.
 */
VT_EXPORT int getifaddrs(struct ifaddrs** result) {
  if (!vt_enabled) {
    return NEXT(getifaddrs)(result);
  }
  const struct vt_interface* own = vt_interface();
  if (own == NULL) {
    return vt_fail(ENETDOWN);
  }
  struct list* list = calloc(1, sizeof *list);
  if (list == NULL) {
    return -1;
  }
  fill(list, own);
  *result = list->items;
  return 0;
}

VT_EXPORT void freeifaddrs(struct ifaddrs* list) {
  if (list == NULL) {
    return;
  }
  if (is_our_name(list->ifa_name)) {
    free(list);
  } else {
    NEXT(freeifaddrs)(list);
  }
}

/* ---- names and numbers ---------------------------------------------------------------------- */

VT_EXPORT unsigned if_nametoindex(const char* name) {
  if (!vt_enabled || strcmp(name, VT_LOOPBACK_NAME) == 0) {
    return NEXT(if_nametoindex)(name);
  }
  if (vt_interface() != NULL && strcmp(name, VT_INTERFACE_NAME) == 0) {
    return VT_INTERFACE_INDEX;
  }
  errno = ENODEV;
  return 0;
}

VT_EXPORT char* if_indextoname(unsigned index, char name[IF_NAMESIZE]) {
  if (!vt_enabled || index == VT_LOOPBACK_INDEX) {
    return NEXT(if_indextoname)(index, name);
  }
  if (vt_interface() != NULL && index == VT_INTERFACE_INDEX) {
    return strcpy(name, VT_INTERFACE_NAME);
  }
  errno = ENXIO;
  return NULL;
}

VT_EXPORT struct if_nameindex* if_nameindex(void) {
  if (!vt_enabled) {
    return NEXT(if_nameindex)();
  }
  if (vt_interface() == NULL) {
    errno = ENETDOWN;
    return NULL;
  }
  struct if_nameindex* list = calloc(3, sizeof *list);
  if (list != NULL) {
    list[0] = (struct if_nameindex){VT_LOOPBACK_INDEX, loopback_name};
    list[1] = (struct if_nameindex){VT_INTERFACE_INDEX, own_name};
  }
  return list;
}

VT_EXPORT void if_freenameindex(struct if_nameindex* list) {
  if (list == NULL) {
    return;
  }
  if (is_our_name(list->if_name)) {
    free(list);
  } else {
    NEXT(if_freenameindex)(list);
  }
}
