/* Options that are switched off where they are off anyway, as Erlang does with each connection. */
#include "udp.h"

static const struct {
  int level;
  int name;
} choices[] = {{IPPROTO_IP, IP_RECVTOS},     {IPPROTO_IP, IP_RECVTTL},
               {IPPROTO_IP, IP_TRANSPARENT}, {SOL_SOCKET, SO_TIMESTAMP},
               {SOL_SOCKET, SO_TIMESTAMPNS}, {SOL_SOCKET, SO_BUSY_POLL}};

static void switch_off(int fd) {
  for (size_t i = 0; i < sizeof choices / sizeof choices[0]; i++) {
    int value = 0;
    OK(setsockopt(fd, choices[i].level, choices[i].name, &value, sizeof value));
  }
}

CASE(off, streams) {
  struct sockaddr_in where;
  int listener = conf_listen(&where);
  int client = conf_socket();
  switch_off(listener);
  switch_off(client);
  OK(connect(client, conf_sa(&where), sizeof where));
  int server = conf_accept(listener);
  switch_off(server);
  switch_off(client);
  conf_write_all(client, "still", 5);
  conf_expect(server, "still");
}

CASE(off, streams_after_fork) {
  struct conf_pair pair = conf_pair();
  pid_t child = conf_fork();
  if (child == 0) {
    switch_off(pair.server);
    conf_write_all(pair.server, "child", 5);
    conf_child_done();
  }
  OK(close(pair.server));
  conf_expect(pair.client, "child");
  conf_child_passes(child);
}

CASE(off, datagrams) {
  struct sockaddr_in where = conf_address(0);
  int server = OK(socket(AF_INET, SOCK_DGRAM, 0));
  int client = conf_udp();
  switch_off(server);
  OK(bind(server, conf_sa(&where), sizeof where));
  where.sin_port = htons(conf_port_of(server));
  switch_off(server);
  switch_off(client);
  conf_say(client, "still", &where);
  SAME(conf_poll(server, POLLIN, SOON), POLLIN);
  conf_hear(server, "still");
}
