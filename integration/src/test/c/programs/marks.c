/*
 * What the IP header of datagrams says, for tests on the wire.
 *
 *   marks hear ADDRESS PORT              in the kernel: prints "hearing", then for each datagram
 *                                        "class 0x2a hops 9", of either family
 *   marks send ADDRESS PORT CLASS HOPS   sends a datagram that is marked so, from a socket that was
 *                                        used before
 */
#include "conformance.h"

struct place {
  struct sockaddr_storage address;
  socklen_t length;
  bool ipv6;
};

static struct place place_of(char **argv) {
  struct place place = {.ipv6 = strchr(argv[2], ':') != NULL};
  in_port_t port = htons((uint16_t)atoi(argv[3]));
  if (place.ipv6) {
    struct sockaddr_in6 *to = (struct sockaddr_in6 *)&place.address;
    *to = (struct sockaddr_in6){.sin6_family = AF_INET6, .sin6_port = port};
    SAME(inet_pton(AF_INET6, argv[2], &to->sin6_addr), 1);
    place.length = sizeof *to;
  } else {
    struct sockaddr_in *to = (struct sockaddr_in *)&place.address;
    *to = (struct sockaddr_in){.sin_family = AF_INET, .sin_port = port};
    SAME(inet_pton(AF_INET, argv[2], &to->sin_addr), 1);
    place.length = sizeof *to;
  }
  return place;
}

/* A number that came beside a datagram; IPv4's class is a byte. */
static int beside(struct cmsghdr *one) {
  int number = 0;
  size_t bytes = one->cmsg_len - CMSG_LEN(0);
  memcpy(&number, CMSG_DATA(one), bytes < sizeof number ? bytes : sizeof number);
  return number;
}

static _Noreturn void hear(const struct place *place) {
  int fd = OK(socket(place->ipv6 ? AF_INET6 : AF_INET, SOCK_DGRAM, 0));
  OK(bind(fd, (const struct sockaddr *)&place->address, place->length));
  int level = place->ipv6 ? IPPROTO_IPV6 : IPPROTO_IP;
  OK(setsockopt(fd, level, place->ipv6 ? IPV6_RECVTCLASS : IP_RECVTOS, &(int){1}, sizeof(int)));
  OK(setsockopt(fd, level, place->ipv6 ? IPV6_RECVHOPLIMIT : IP_RECVTTL, &(int){1}, sizeof(int)));
  puts("hearing");
  fflush(stdout);
  for (;;) {
    char byte;
    char control[128];
    struct iovec bytes = {&byte, 1};
    struct msghdr message = {
        .msg_iov = &bytes, .msg_iovlen = 1, .msg_control = control, .msg_controllen = sizeof control};
    OK(recvmsg(fd, &message, 0));
    int class = -1;
    int hops = -1;
    for (struct cmsghdr *one = CMSG_FIRSTHDR(&message); one != NULL; one = CMSG_NXTHDR(&message, one)) {
      bool is_class = one->cmsg_type == (place->ipv6 ? IPV6_TCLASS : IP_TOS);
      *(is_class ? &class : &hops) = beside(one);
    }
    printf("class 0x%02x hops %d\n", class, hops);
    fflush(stdout);
  }
}

static int mark_and_send(const struct place *place, int class, int hops) {
  int fd = OK(socket(place->ipv6 ? AF_INET6 : AF_INET, SOCK_DGRAM, 0));
  int level = place->ipv6 ? IPPROTO_IPV6 : IPPROTO_IP;
  SAME(sendto(fd, "?", 1, 0, (const struct sockaddr *)&place->address, place->length), 1);
  OK(setsockopt(fd, level, place->ipv6 ? IPV6_TCLASS : IP_TOS, &class, sizeof class));
  OK(setsockopt(fd, level, place->ipv6 ? IPV6_UNICAST_HOPS : IP_TTL, &hops, sizeof hops));
  SAME(sendto(fd, "!", 1, 0, (const struct sockaddr *)&place->address, place->length), 1);
  return 0;
}

int main(int argc, char **argv) {
  conf_current = "marks";
  if (argc == 4 && strcmp(argv[1], "hear") == 0) {
    struct place place = place_of(argv);
    hear(&place);
  }
  if (argc == 6 && strcmp(argv[1], "send") == 0) {
    struct place place = place_of(argv);
    return mark_and_send(&place, (int)strtol(argv[4], NULL, 0), atoi(argv[5]));
  }
  fprintf(stderr, "usage: marks hear ADDRESS PORT | marks send ADDRESS PORT CLASS HOPS\n");
  return 2;
}
