/* IP_FREEBIND, which servers set that may start before their address is there. */
#include "udp.h"

#define IPV6_FREEBIND_OPTION 78

static void set_on(int fd, int level, int name) {
  int on = 1;
  int value = 0;
  socklen_t length = sizeof value;
  OK(setsockopt(fd, level, name, &on, sizeof on));
  OK(getsockopt(fd, level, name, &value, &length));
  SAME(value, 1);
}

CASE(freebind, listener) {
  struct sockaddr_in where = conf_address(0);
  int listener = conf_socket();
  set_on(listener, IPPROTO_IP, IP_FREEBIND);
  OK(bind(listener, conf_sa(&where), sizeof where));
  OK(listen(listener, 5));
  where.sin_port = htons(conf_port_of(listener));
  int client = conf_connect(&where);
  int server = conf_accept(listener);
  conf_write_all(client, "free", 4);
  conf_expect(server, "free");
}

CASE(freebind, listener_of_both_families) {
  struct sockaddr_in6 any = {.sin6_family = AF_INET6};
  int listener = OK(socket(AF_INET6, SOCK_STREAM, 0));
  set_on(listener, IPPROTO_IPV6, IPV6_FREEBIND_OPTION);
  OK(bind(listener, (struct sockaddr *)&any, sizeof any));
  OK(listen(listener, 5));
  socklen_t length = sizeof any;
  OK(getsockname(listener, (struct sockaddr *)&any, &length));
  struct sockaddr_in where = conf_address(ntohs(any.sin6_port));
  int client = conf_connect(&where);
  int server = conf_accept(listener);
  conf_write_all(client, "both", 4);
  conf_expect(server, "both");
}

CASE(freebind, datagrams) {
  struct sockaddr_in where = conf_address(0);
  int server = OK(socket(AF_INET, SOCK_DGRAM, 0));
  int client = conf_udp();
  set_on(server, IPPROTO_IP, IP_FREEBIND);
  OK(bind(server, conf_sa(&where), sizeof where));
  where.sin_port = htons(conf_port_of(server));
  conf_say(client, "free", &where);
  SAME(conf_poll(server, POLLIN, SOON), POLLIN);
  struct sockaddr_in from = conf_hear(server, "free");
  conf_say(server, "answer", &from);
  SAME(conf_poll(client, POLLIN, SOON), POLLIN);
  conf_hear(client, "answer");
}
