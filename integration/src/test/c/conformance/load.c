/* Many connections, much data. */
#include <sys/epoll.h>
#include <sys/resource.h>

#include "conformance.h"

static void raise_descriptor_limit(void) {
  struct rlimit limit;
  OK(getrlimit(RLIMIT_NOFILE, &limit));
  limit.rlim_cur = limit.rlim_max;
  OK(setrlimit(RLIMIT_NOFILE, &limit));
  if (limit.rlim_cur < 3000) {
    conf_skip("descriptor limit below 3000");
  }
}

CASE(load, thousand_connections_open_at_once) {
  enum { COUNT = 1000 };
  static int clients[COUNT];
  static int servers[COUNT];
  raise_descriptor_limit();
  struct sockaddr_in where;
  int listener = conf_listen(&where);
  for (int i = 0; i < COUNT; i++) {
    clients[i] = conf_connect(&where);
    servers[i] = conf_accept(listener);
  }
  for (int i = 0; i < COUNT; i++) {
    SAME(write(clients[i], &i, sizeof i), sizeof i);
  }
  for (int i = COUNT - 1; i >= 0; i--) {
    int got = -1;
    conf_read_all(servers[i], &got, sizeof got);
    SAME(got, i);
  }
  for (int i = 0; i < COUNT; i++) {
    OK(close(clients[i]));
    conf_expect_eof(servers[i]);
    OK(close(servers[i]));
  }
}

CASE(load, thousand_connections_in_one_epoll) {
  enum { COUNT = 1000 };
  static int clients[COUNT];
  raise_descriptor_limit();
  struct sockaddr_in where;
  int listener = conf_listen(&where);
  int epoll = conf_epoll();
  for (int i = 0; i < COUNT; i++) {
    clients[i] = conf_connect(&where);
    int server = conf_accept(listener);
    conf_epoll_add(epoll, server, EPOLLIN | (i % 2 == 0 ? (uint32_t)EPOLLET : 0));
  }
  for (int i = 0; i < COUNT; i++) {
    conf_write_all(clients[i], "e", 1);
  }
  int seen = 0;
  while (seen < COUNT) {
    struct epoll_event events[64];
    int count = OK(epoll_wait(epoll, events, 64, SOON));
    CHECK(count > 0);
    for (int k = 0; k < count; k++) {
      conf_expect(events[k].data.fd, "e");
      seen++;
    }
  }
  SAME(conf_epoll_next(epoll, QUIET), 0);
}

CASE(load, twenty_streams_at_once) {
  enum { COUNT = 20 };
  struct conf_stream streams[COUNT * 2];
  pthread_t threads[COUNT * 2];
  for (int i = 0; i < COUNT; i++) {
    struct conf_pair pair = conf_pair();
    streams[2 * i] = (struct conf_stream){pair.client, (uint64_t)i, 1500000, true};
    streams[2 * i + 1] = (struct conf_stream){pair.server, (uint64_t)i, 1500000, true};
  }
  for (int i = 0; i < COUNT * 2; i++) {
    threads[i] = i % 2 == 0 ? conf_sending(&streams[i]) : conf_receiving(&streams[i]);
  }
  for (int i = 0; i < COUNT * 2; i++) {
    conf_join(threads[i]);
  }
}

CASE(load, with_little_address_space) {
  struct rlimit limit = {400 << 20, 400 << 20};
  OK(setrlimit(RLIMIT_AS, &limit));
  struct conf_pair pair = conf_pair();
  struct conf_stream out = {pair.client, 7, 3000000, true};
  struct conf_stream in = {pair.server, 7, 3000000, false};
  pthread_t sender = conf_sending(&out);
  pthread_t receiver = conf_receiving(&in);
  conf_join(sender);
  conf_join(receiver);
  pid_t child = conf_fork();
  if (child == 0) {
    conf_write_all(pair.server, "by the child", 12);
    conf_child_done();
  }
  conf_expect(pair.client, "by the child");
  conf_child_passes(child);
}

CASE(load, open_and_close_without_leak) {
  struct sockaddr_in where;
  int listener = conf_listen(&where);
  int highest = 0;
  for (int i = 0; i < 3000; i++) {
    int client = conf_connect(&where);
    int server = conf_accept(listener);
    highest = server > highest ? server : highest;
    OK(close(i % 2 == 0 ? client : server));
    OK(close(i % 2 == 0 ? server : client));
  }
  CHECK(highest < 64);
}
