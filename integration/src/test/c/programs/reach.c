/*
 * Says whether somebody can be reached, for tests of policies.
 *
 *   reach tcp ADDRESS PORT MS    connects: "connected", the errno's name, or "no answer" after so many ms
 *   reach udp ADDRESS PORT MS    sends a datagram and waits for an answer: "answer", an errno, or "no answer"
 *   reach icmp ADDRESS 0 MS      sends an echo request, from the kernel: "answer" or "no answer"
 *   reach serve ADDRESS PORT     answers datagrams, and accepts connections; prints "serving"
 */
#include "conformance.h"

#include <netinet/ip.h>
#include <netinet/ip_icmp.h>

static int tell(const char *what) {
  puts(what);
  return 0;
}

/* Waits for an event of a socket without blocking in it. */
static bool await_event(int fd, short event, int ms) {
  struct pollfd one = {.fd = fd, .events = event};
  return poll(&one, 1, ms) == 1;
}

static int by_tcp(const struct sockaddr_in *where, int ms) {
  int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
  if (connect(fd, (const struct sockaddr *)where, sizeof *where) == 0) {
    return tell("connected");
  }
  if (errno != EINPROGRESS) {
    return tell(strerrorname_np(errno));
  }
  if (!await_event(fd, POLLOUT, ms)) {
    return tell("no answer");
  }
  int error = 0;
  socklen_t length = sizeof error;
  getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &length);
  return tell(error == 0 ? "connected" : strerrorname_np(error));
}

static int by_udp(const struct sockaddr_in *where, int ms) {
  int fd = socket(AF_INET, SOCK_DGRAM, 0);
  if (connect(fd, (const struct sockaddr *)where, sizeof *where) != 0 || send(fd, "?", 1, 0) != 1) {
    return tell(strerrorname_np(errno));
  }
  if (!await_event(fd, POLLIN, ms)) {
    return tell("no answer");
  }
  char byte;
  return tell(recv(fd, &byte, 1, 0) == 1 ? "answer" : strerrorname_np(errno));
}

static int by_icmp(const struct sockaddr_in *where, int ms) {
  int fd = socket(AF_INET, SOCK_RAW, IPPROTO_ICMP);
  /* Type 8 and nothing else: all words but the first are 0, so the checksum is easily told. */
  struct icmphdr question = {.type = ICMP_ECHO, .checksum = (uint16_t)~htons(ICMP_ECHO << 8)};
  if (sendto(fd, &question, sizeof question, 0, (const struct sockaddr *)where, sizeof *where) < 0) {
    return tell(strerrorname_np(errno));
  }
  struct {
    struct iphdr ip;
    struct icmphdr icmp;
  } packet;
  while (await_event(fd, POLLIN, ms)) {
    if (recv(fd, &packet, sizeof packet, 0) == sizeof packet && packet.icmp.type == ICMP_ECHOREPLY &&
        packet.ip.saddr == where->sin_addr.s_addr) {
      return tell("answer");
    }
  }
  return tell("no answer");
}

static int serve(const struct sockaddr_in *where) {
  int listener = socket(AF_INET, SOCK_STREAM, 0);
  int datagrams = socket(AF_INET, SOCK_DGRAM, 0);
  if (bind(listener, (const struct sockaddr *)where, sizeof *where) != 0 ||
      bind(datagrams, (const struct sockaddr *)where, sizeof *where) != 0 ||
      listen(listener, 64) != 0) {
    return tell(strerrorname_np(errno));
  }
  tell("serving");
  fflush(stdout);
  struct pollfd both[] = {{.fd = listener, .events = POLLIN}, {.fd = datagrams, .events = POLLIN}};
  for (;;) {
    poll(both, 2, -1);
    if (both[0].revents != 0) {
      accept(listener, NULL, NULL);
    }
    if (both[1].revents != 0) {
      struct sockaddr_in from;
      socklen_t length = sizeof from;
      char byte;
      if (recvfrom(datagrams, &byte, 1, 0, (struct sockaddr *)&from, &length) == 1) {
        sendto(datagrams, "!", 1, 0, (struct sockaddr *)&from, length);
      }
    }
  }
}

int main(int argc, char **argv) {
  conf_current = "reach";
  struct sockaddr_in where = {.sin_family = AF_INET};
  if (argc >= 4 && inet_pton(AF_INET, argv[2], &where.sin_addr) == 1) {
    where.sin_port = htons((uint16_t)atoi(argv[3]));
    if (strcmp(argv[1], "serve") == 0) {
      return serve(&where);
    }
    if (argc == 5) {
      int ms = atoi(argv[4]);
      bool icmp = strcmp(argv[1], "icmp") == 0;
      return icmp ? by_icmp(&where, ms)
                  : strcmp(argv[1], "udp") == 0 ? by_udp(&where, ms) : by_tcp(&where, ms);
    }
  }
  fprintf(stderr, "usage: reach tcp|udp|icmp ADDRESS PORT MS | reach serve ADDRESS PORT\n");
  return 2;
}
