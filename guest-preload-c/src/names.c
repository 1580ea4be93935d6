/*
 * Names of guests. The C library's resolver talks to servers on sockets of its own, which no
 * preload sees; so it works as without this library. Only what may be a guest of the own network
 * is asked for at the host stack first.
 */
#include <arpa/inet.h>
#include <netdb.h>
#include <strings.h>
#include <stdlib.h>

#include "internal.h"
#include "next.h"

#define GUEST_NAME_MAX 63

static struct {
  int (*getaddrinfo)(const char*, const char*, const struct addrinfo*, struct addrinfo**);
  int (*getnameinfo)(const struct sockaddr*, socklen_t, char*, socklen_t, char*, socklen_t, int);
  int (*gethostbyname2_r)(const char*, int, struct hostent*, char*, size_t, struct hostent**, int*);
  int (*gethostbyaddr_r)(const void*, socklen_t, int, struct hostent*, char*, size_t,
                         struct hostent**, int*);
  struct hostent* (*gethostbyname2)(const char*, int);
  struct hostent* (*gethostbyaddr)(const void*, socklen_t, int);
} next;

/* Looked for at the first call: constructors of other libraries may resolve names, too. */
#define NEXT(name) (vt_find_next(&next.name, #name), next.name)

/* ---- asking --------------------------------------------------------------------------------- */

/* Might be a guest: no address, no name that means this machine, and of a guest's letters. */
static bool plausible(const char* name) {
  size_t length = name == NULL ? 0 : strlen(name);
  struct in6_addr unused;
  if (length == 0 || length > GUEST_NAME_MAX || strcasecmp(name, "localhost") == 0 ||
      inet_aton(name, (struct in_addr*)(void*)&unused) != 0) {
    return false;
  }
  for (const char* c = name; *c != '\0'; c++) {
    bool letter = (*c >= 'a' && *c <= 'z') || (*c >= 'A' && *c <= 'Z') || (*c >= '0' && *c <= '9');
    if (!letter && (c == name || strchr("._-", *c) == NULL)) {
      return false;
    }
  }
  return true;
}

static bool ask(struct vt_message* message) {
  struct vt_attachment* attachment = vt_attach_quick();
  struct vt_message answer;
  message->type = VT_MSG_RESOLVE;
  if (attachment == NULL || attachment->header->abi_minor < 1) {
    return false;
  }
  int saved = errno;
  int error = vt_control(attachment, message, -1, &answer, NULL);
  errno = saved;
  if (error != 0 || answer.type != VT_MSG_RESOLVED || answer.error != 0) {
    return false;
  }
  answer.text[sizeof answer.text - 1] = '\0';
  *message = answer;
  return true;
}

struct guest {
  uint32_t ipv4; /* network order */
  bool six;      /* has the IPv6 address, too */
  struct in6_addr ipv6;
};

/* The addresses of the guest with this name. */
static bool find_guest(const char* name, struct guest* guest) {
  if (!vt_enabled || !plausible(name)) {
    return false;
  }
  struct vt_message message = {0};
  strcpy(message.text, name);
  bool found = ask(&message);
  struct vt_attachment* attachment = vt_attach_quick();
  *guest = (struct guest){.ipv4 = htonl((uint32_t)message.value)};
  if (found && attachment != NULL && attachment->prefix_length6 != 0 && message.features != 0) {
    guest->six = true;
    memcpy(guest->ipv6.s6_addr, attachment->header->address6, 8);
    memcpy(guest->ipv6.s6_addr + 8, &message.features, 8);
  }
  return found;
}

static bool guest_named(const char* name, uint32_t* ipv4) {
  struct guest guest;
  bool found = find_guest(name, &guest);
  *ipv4 = found ? guest.ipv4 : 0;
  return found;
}

static bool name_of(struct vt_message* message, char name[GUEST_NAME_MAX + 1]) {
  if (!vt_enabled || !ask(message)) {
    return false;
  }
  memcpy(name, message->text, GUEST_NAME_MAX);
  name[GUEST_NAME_MAX] = '\0';
  return true;
}

/* The name of the guest with this address. */
static bool guest_at(uint32_t ipv4, char name[GUEST_NAME_MAX + 1]) {
  struct vt_message message = {.value = ntohl(ipv4)};
  return name_of(&message, name);
}

static bool guest_at6(const struct in6_addr* ipv6, char name[GUEST_NAME_MAX + 1]) {
  struct vt_attachment* attachment = vt_enabled ? vt_attach_quick() : NULL;
  if (attachment == NULL || attachment->prefix_length6 == 0 ||
      memcmp(ipv6->s6_addr, attachment->header->address6, 8) != 0) {
    return false;
  }
  struct vt_message message = {0};
  memcpy(&message.features, ipv6->s6_addr + 8, 8);
  return message.features != 0 && name_of(&message, name);
}

/* ---- getaddrinfo and getnameinfo ------------------------------------------------------------ */

/* The C library makes the list of an address; where it repeats the name it gets the right one. */
static int list_of(int family, const void* address, const char* name, const char* service,
                   const struct addrinfo* hints, struct addrinfo** list) {
  char text[INET6_ADDRSTRLEN];
  inet_ntop(family, address, text, sizeof text);
  struct addrinfo wanted = hints == NULL ? (struct addrinfo){.ai_family = AF_UNSPEC} : *hints;
  wanted.ai_flags &= ~AI_ADDRCONFIG; /* a guest has its addresses, whatever the kernel has */
  int error = NEXT(getaddrinfo)(text, service, &wanted, list);
  if (error == EAI_ADDRFAMILY) {
    return EAI_NODATA; /* there is the name, but no address of that family */
  }
  if (error == 0 && (*list)->ai_canonname != NULL) {
    char* copy = strdup(name);
    if (copy == NULL) {
      freeaddrinfo(*list);
      return EAI_MEMORY;
    }
    free((*list)->ai_canonname);
    (*list)->ai_canonname = copy;
  }
  return error;
}

/*
 * The IPv4 address comes first, as RFC 6724 has it for addresses of fc00::/7: every guest is there,
 * and where an old program listens at all, it listens there.
 */
static int both_lists(const struct guest* guest, const char* name, const char* service,
                      const struct addrinfo* hints, struct addrinfo** list) {
  int family = hints == NULL ? AF_UNSPEC : hints->ai_family;
  if (family == AF_INET6 && guest->six) {
    return list_of(AF_INET6, &guest->ipv6, name, service, hints, list);
  }
  int error = list_of(AF_INET, &guest->ipv4, name, service, hints, list);
  struct addrinfo* others = NULL;
  if (error == 0 && family == AF_UNSPEC && guest->six &&
      list_of(AF_INET6, &guest->ipv6, name, service, hints, &others) == 0) {
    struct addrinfo* last = *list;
    while (last->ai_next != NULL) {
      last = last->ai_next;
    }
    last->ai_next = others;
  }
  return error;
}

VT_EXPORT int getaddrinfo(const char* restrict name, const char* restrict service,
                          const struct addrinfo* restrict hints, struct addrinfo** restrict list) {
  struct guest guest;
  bool numeric = hints != NULL && (hints->ai_flags & AI_NUMERICHOST) != 0;
  return !numeric && find_guest(name, &guest) ? both_lists(&guest, name, service, hints, list)
                                              : NEXT(getaddrinfo)(name, service, hints, list);
}

static bool guest_of(const struct sockaddr* address, socklen_t length,
                     char name[GUEST_NAME_MAX + 1]) {
  if (address->sa_family == AF_INET6 && length >= sizeof(struct sockaddr_in6)) {
    struct sockaddr_in6 in6;
    memcpy(&in6, address, sizeof in6);
    return guest_at6(&in6.sin6_addr, name);
  }
  struct sockaddr_in in;
  if (address->sa_family != AF_INET || length < sizeof in) {
    return false;
  }
  memcpy(&in, address, sizeof in);
  return guest_at(in.sin_addr.s_addr, name);
}

VT_EXPORT int getnameinfo(const struct sockaddr* restrict address, socklen_t length,
                          char* restrict host, socklen_t host_length, char* restrict service,
                          socklen_t service_length, int flags) {
  char name[GUEST_NAME_MAX + 1];
  if (host == NULL || host_length == 0 || (flags & NI_NUMERICHOST) || address == NULL ||
      length < sizeof address->sa_family || !guest_of(address, length, name)) {
    return NEXT(getnameinfo)(address, length, host, host_length, service, service_length, flags);
  }
  if (strlen(name) >= host_length) {
    return EAI_OVERFLOW;
  }
  strcpy(host, name);
  return service == NULL || service_length == 0
             ? 0
             : NEXT(getnameinfo)(address, length, NULL, 0, service, service_length, flags);
}

/* ---- gethostbyname and gethostbyaddr -------------------------------------------------------- */

/* What a struct hostent points to. */
struct host_memory {
  char* addresses[2];
  char* aliases[1];
  uint32_t ipv4;
  char name[GUEST_NAME_MAX + 1];
};

/* 0 or ERANGE. */
static int fill(struct hostent* host, char* buffer, size_t bytes, const char* name,
                uint32_t ipv4) {
  size_t skip = -(uintptr_t)buffer % _Alignof(struct host_memory);
  if (bytes < skip + sizeof(struct host_memory)) {
    return ERANGE;
  }
  struct host_memory* memory = (struct host_memory*)(void*)(buffer + skip);
  memset(memory, 0, sizeof *memory);
  memory->ipv4 = ipv4;
  memory->addresses[0] = (char*)&memory->ipv4;
  memcpy(memory->name, name, strnlen(name, GUEST_NAME_MAX));
  *host = (struct hostent){.h_name = memory->name,
                           .h_aliases = memory->aliases,
                           .h_addrtype = AF_INET,
                           .h_length = sizeof memory->ipv4,
                           .h_addr_list = memory->addresses};
  return 0;
}

static int answer(int error, struct hostent* host, struct hostent** result, int* why) {
  *result = error == 0 ? host : NULL;
  *why = error == 0 ? 0 : NETDB_INTERNAL;
  return error;
}

VT_EXPORT int gethostbyname2_r(const char* restrict name, int family, struct hostent* restrict host,
                               char* restrict buffer, size_t bytes,
                               struct hostent** restrict result, int* restrict why) {
  uint32_t ipv4;
  return family == AF_INET && guest_named(name, &ipv4)
             ? answer(fill(host, buffer, bytes, name, ipv4), host, result, why)
             : NEXT(gethostbyname2_r)(name, family, host, buffer, bytes, result, why);
}

VT_EXPORT int gethostbyname_r(const char* restrict name, struct hostent* restrict host,
                              char* restrict buffer, size_t bytes, struct hostent** restrict result,
                              int* restrict why) {
  return gethostbyname2_r(name, AF_INET, host, buffer, bytes, result, why);
}

VT_EXPORT int gethostbyaddr_r(const void* restrict address, socklen_t length, int family,
                              struct hostent* restrict host, char* restrict buffer, size_t bytes,
                              struct hostent** restrict result, int* restrict why) {
  char name[GUEST_NAME_MAX + 1];
  uint32_t ipv4;
  if (family == AF_INET && length == sizeof ipv4 && address != NULL) {
    memcpy(&ipv4, address, sizeof ipv4);
    if (guest_at(ipv4, name)) {
      return answer(fill(host, buffer, bytes, name, ipv4), host, result, why);
    }
  }
  return NEXT(gethostbyaddr_r)(address, length, family, host, buffer, bytes, result, why);
}

/* Those with one answer for the whole process. */
static struct hostent host_of_all;
static char memory_of_all[sizeof(struct host_memory) + 16];

VT_EXPORT struct hostent* gethostbyname2(const char* name, int family) {
  uint32_t ipv4;
  if (family != AF_INET || !guest_named(name, &ipv4)) {
    return NEXT(gethostbyname2)(name, family);
  }
  fill(&host_of_all, memory_of_all, sizeof memory_of_all, name, ipv4);
  return &host_of_all;
}

VT_EXPORT struct hostent* gethostbyname(const char* name) { return gethostbyname2(name, AF_INET); }

VT_EXPORT struct hostent* gethostbyaddr(const void* address, socklen_t length, int family) {
  char name[GUEST_NAME_MAX + 1];
  uint32_t ipv4;
  if (family == AF_INET && length == sizeof ipv4 && address != NULL) {
    memcpy(&ipv4, address, sizeof ipv4);
    if (guest_at(ipv4, name)) {
      fill(&host_of_all, memory_of_all, sizeof memory_of_all, name, ipv4);
      return &host_of_all;
    }
  }
  return NEXT(gethostbyaddr)(address, length, family);
}
