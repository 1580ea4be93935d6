/* Sockets that are bound to an interface, and datagrams that say by which they came. */
#include "interfaces.h"
#include "udp.h"

static void bound_to_device(int fd, const char *name) {
  char got[IFNAMSIZ];
  socklen_t length = sizeof got;
  OK(getsockopt(fd, SOL_SOCKET, SO_BINDTODEVICE, got, &length));
  SAME(length, *name == '\0' ? 0 : strlen(name) + 1);
  SAME(memcmp(got, name, length), 0);
}

CASE(interfaces, sockets_are_bound_to_the_own_one) {
  struct ifreq own = conf_own_interface();
  const char *name = own.ifr_name;
  struct sockaddr_in where = conf_address(0);
  const int kinds[] = {SOCK_STREAM, SOCK_DGRAM};
  for (int i = 0; i < 2; i++) {
    int fd = OK(socket(AF_INET, kinds[i], 0));
    bound_to_device(fd, "");
    FAILS(setsockopt(fd, SOL_SOCKET, SO_BINDTODEVICE, NOBODY, sizeof NOBODY), ENODEV);
    OK(setsockopt(fd, SOL_SOCKET, SO_BINDTODEVICE, name, (socklen_t)strlen(name)));
    bound_to_device(fd, name);
    char few[4];
    socklen_t length = sizeof few;
    FAILS(getsockopt(fd, SOL_SOCKET, SO_BINDTODEVICE, few, &length), EINVAL);
    OK(bind(fd, conf_sa(&where), sizeof where));
    bound_to_device(fd, name);
    OK(setsockopt(fd, SOL_SOCKET, SO_BINDTODEVICE, "", 0));
    bound_to_device(fd, "");
    int index = (int)if_nametoindex(name);
    OK(setsockopt(fd, SOL_SOCKET, SO_BINDTOIFINDEX, &index, sizeof index));
    bound_to_device(fd, name);
    FAILS(setsockopt(fd, SOL_SOCKET, SO_BINDTOIFINDEX, &index, 2), EINVAL);
    int got = 0;
    length = sizeof got;
    OK(getsockopt(fd, SOL_SOCKET, SO_BINDTOIFINDEX, &got, &length));
    SAME(got, index);
  }
}

CASE(interfaces, sockets_are_bound_to_the_loopback) {
  struct sockaddr_in where = {.sin_family = AF_INET};
  where.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  int listener = conf_socket();
  OK(setsockopt(listener, SOL_SOCKET, SO_BINDTODEVICE, "lo", 3));
  bound_to_device(listener, "lo");
  OK(bind(listener, conf_sa(&where), sizeof where));
  OK(listen(listener, 1));
  where.sin_port = htons(conf_port_of(listener));
  int client = conf_connect(&where);
  conf_write_all(conf_accept(listener), "in here", 7);
  conf_expect(client, "in here");
  where.sin_port = 0;
  int server = conf_udp();
  OK(setsockopt(server, SOL_SOCKET, SO_BINDTODEVICE, "lo", 3));
  OK(bind(server, conf_sa(&where), sizeof where));
  where.sin_port = htons(conf_port_of(server));
  conf_say(conf_udp(), "in here", &where);
  conf_hear(server, "in here");
}

/* CONF_PEER hears and answers what comes from sockets that are bound to the interface. */
CASE(cross, sockets_bound_to_the_interface) {
  const char *text = getenv("CONF_PEER");
  struct sockaddr_in peer = {.sin_family = AF_INET, .sin_port = htons(CONF_PEER_UDP_PORT)};
  if (text == NULL) {
    conf_skip("CONF_PEER is not set");
  }
  SAME(inet_pton(AF_INET, text, &peer.sin_addr), 1);
  struct ifreq own = conf_own_interface();
  socklen_t length = (socklen_t)strlen(own.ifr_name);
  int fd = conf_udp();
  OK(setsockopt(fd, SOL_SOCKET, SO_BINDTODEVICE, own.ifr_name, length));
  conf_say(fd, "by this way", &peer);
  conf_hear(fd, "by this way");
  peer.sin_port = htons(7000);
  fd = conf_socket();
  OK(setsockopt(fd, SOL_SOCKET, SO_BINDTODEVICE, own.ifr_name, length));
  OK(connect(fd, conf_sa(&peer), sizeof peer));
  conf_write_all(fd, "echo\n", 5);
  conf_write_all(fd, "by this way", 11);
  conf_expect(fd, "by this way");
}

/* What a message says, and the whole message to be sent back with it. */
struct arrival {
  struct sockaddr_in from;
  struct in_pktinfo info;
};

static struct arrival arrival_at(int fd) {
  struct arrival arrival;
  char text[8];
  char control[CMSG_SPACE(sizeof arrival.info)];
  struct iovec part = {text, sizeof text};
  struct msghdr message = {&arrival.from, sizeof arrival.from, &part, 1, control, sizeof control,
                           0};
  SAME(recvmsg(fd, &message, 0), 5);
  struct cmsghdr *item = CMSG_FIRSTHDR(&message);
  CHECK(item != NULL && item->cmsg_type == IP_PKTINFO);
  memcpy(&arrival.info, CMSG_DATA(item), sizeof arrival.info);
  return arrival;
}

static ssize_t send_by(int fd, struct arrival *arrival) {
  char control[CMSG_SPACE(sizeof arrival->info)] = {0};
  struct iovec part = {"hello", 5};
  struct msghdr message = {&arrival->from, sizeof arrival->from, &part, 1, control, sizeof control,
                           0};
  struct cmsghdr *item = CMSG_FIRSTHDR(&message);
  item->cmsg_level = IPPROTO_IP;
  item->cmsg_type = IP_PKTINFO;
  item->cmsg_len = CMSG_LEN(sizeof arrival->info);
  memcpy(CMSG_DATA(item), &arrival->info, sizeof arrival->info);
  return sendmsg(fd, &message, 0);
}

static int server_that_asks(struct sockaddr_in *where) {
  int on = 1;
  int server = conf_udp();
  struct sockaddr_in any = {.sin_family = AF_INET};
  OK(setsockopt(server, IPPROTO_IP, IP_PKTINFO, &on, sizeof on));
  OK(bind(server, conf_sa(&any), sizeof any));
  where->sin_port = htons(conf_port_of(server));
  return server;
}

CASE(interfaces, datagrams_come_by_one_that_has_a_name) {
  struct sockaddr_in own = conf_address(0);
  struct sockaddr_in loopback = own;
  loopback.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  struct sockaddr_in to[] = {own, loopback};
  for (int i = 0; i < 2; i++) {
    int server = server_that_asks(&to[i]);
    int client = conf_udp();
    conf_say(client, "hello", &to[i]);
    struct arrival arrival = arrival_at(server);
    SAME(arrival.info.ipi_addr.s_addr, to[i].sin_addr.s_addr);
    char name[IFNAMSIZ];
    CHECK(if_indextoname((unsigned)arrival.info.ipi_ifindex, name) != NULL);
    struct ifreq request = {.ifr_ifindex = arrival.info.ipi_ifindex};
    OK(ioctl(server, SIOCGIFNAME, &request));
    SAME(strcmp(request.ifr_name, name), 0);
    SAME(strcmp(name, "lo") == 0, i == 1 || (own.sin_addr.s_addr == loopback.sin_addr.s_addr));
    SAME(send_by(server, &arrival), 5);
    conf_hear(client, "hello");
  }
}

CASE(interfaces, datagrams_do_not_go_by_one_that_is_not_there) {
  struct sockaddr_in where = conf_address(0);
  int server = server_that_asks(&where);
  conf_say(conf_udp(), "hello", &where);
  struct arrival arrival = arrival_at(server);
  arrival.info.ipi_ifindex = NOBODYS_INDEX;
  FAILS(send_by(server, &arrival), ENODEV);
  arrival.info.ipi_ifindex = 0;
  SAME(send_by(server, &arrival), 5);
}
