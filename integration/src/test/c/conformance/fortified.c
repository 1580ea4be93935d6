/* Calls that -D_FORTIFY_SOURCE turns into __..._chk functions: known buffer, unknown length. */
#include "conformance.h"

static volatile size_t eight = 8;
static volatile nfds_t one_entry = 1;

CASE(fortified, read_chk) {
  struct conf_pair pair = conf_pair();
  conf_write_all(pair.client, "abc", 3);
  char bytes[16];
  SAME(read(pair.server, bytes, eight), 3);
}

CASE(fortified, recv_chk) {
  struct conf_pair pair = conf_pair();
  conf_write_all(pair.client, "abc", 3);
  char bytes[16];
  SAME(recv(pair.server, bytes, eight, 0), 3);
}

CASE(fortified, recvfrom_chk) {
  struct conf_pair pair = conf_pair();
  conf_write_all(pair.client, "abc", 3);
  char bytes[16];
  struct sockaddr_in name;
  socklen_t length = sizeof name;
  SAME(recvfrom(pair.server, bytes, eight, 0, conf_sa(&name), &length), 3);
}

CASE(fortified, poll_chk) {
  struct conf_pair pair = conf_pair();
  conf_write_all(pair.client, "abc", 3);
  struct pollfd entries[2] = {{pair.server, POLLIN, 0}, {-1, 0, 0}};
  SAME(poll(entries, one_entry, SOON), 1);
  SAME(entries[0].revents, POLLIN);
}

CASE(fortified, ppoll_chk) {
  struct conf_pair pair = conf_pair();
  conf_write_all(pair.client, "abc", 3);
  struct pollfd entries[2] = {{pair.server, POLLIN, 0}, {-1, 0, 0}};
  struct timespec time = {SOON / 1000, 0};
  SAME(ppoll(entries, one_entry, &time, NULL), 1);
  SAME(entries[0].revents, POLLIN);
}

CASE(fortified, dprintf_chk) {
  struct conf_pair pair = conf_pair();
  SAME(dprintf(pair.client, "%zu", eight), 1);
  conf_expect(pair.server, "8");
}
