/* What the cases of UDP share. */
#ifndef CONFORMANCE_UDP_H
#define CONFORMANCE_UDP_H

#include "conformance.h"

int conf_udp(void);
int conf_udp_bound(struct sockaddr_in *where); /* to any port of the own address */
void conf_say(int fd, const char *text, struct sockaddr_in *to);
struct sockaddr_in conf_hear(int fd, const char *text); /* from whom */
void conf_unheard(int fd);                               /* says something and is told that nobody receives it */

struct conf_two {
  int server;
  int client; /* connected to the server, which is not */
  struct sockaddr_in where;
};
struct conf_two conf_two(void);

#endif
