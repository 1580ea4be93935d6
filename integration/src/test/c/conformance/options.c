/* Socket options: what is set is true, what is not known is refused. */
#include "conformance.h"

static int get(int fd, int level, int name) {
  int value = -1;
  socklen_t length = sizeof value;
  OK(getsockopt(fd, level, name, &value, &length));
  SAME(length, sizeof value);
  return value;
}

static int set(int fd, int level, int name, int value) {
  return setsockopt(fd, level, name, &value, sizeof value);
}

static void flag_can_be_set(int level, int name) {
  int fd = conf_socket();
  SAME(get(fd, level, name), 0);
  OK(set(fd, level, name, 1));
  SAME(get(fd, level, name), 1);
  OK(set(fd, level, name, 0));
  SAME(get(fd, level, name), 0);
}

CASE(options, what_a_socket_is) {
  struct conf_pair pair = conf_pair();
  SAME(get(pair.client, SOL_SOCKET, SO_TYPE), SOCK_STREAM);
  SAME(get(pair.client, SOL_SOCKET, SO_DOMAIN), AF_INET);
  SAME(get(pair.client, SOL_SOCKET, SO_PROTOCOL), IPPROTO_TCP);
  SAME(get(pair.client, SOL_SOCKET, SO_ACCEPTCONN), 0);
  SAME(get(pair.server, SOL_SOCKET, SO_ACCEPTCONN), 0);
  SAME(get(pair.listener, SOL_SOCKET, SO_ACCEPTCONN), 1);
  SAME(get(pair.server, SOL_SOCKET, SO_TYPE), SOCK_STREAM);
}

CASE(options, error_is_zero_when_well) {
  struct conf_pair pair = conf_pair();
  SAME(get(pair.client, SOL_SOCKET, SO_ERROR), 0);
  SAME(get(pair.listener, SOL_SOCKET, SO_ERROR), 0);
}

CASE(options, reuseaddr_flag) { flag_can_be_set(SOL_SOCKET, SO_REUSEADDR); }
CASE(options, reuseport_flag) { flag_can_be_set(SOL_SOCKET, SO_REUSEPORT); }
CASE(options, keepalive_flag) { flag_can_be_set(SOL_SOCKET, SO_KEEPALIVE); }
CASE(options, oobinline_flag) { flag_can_be_set(SOL_SOCKET, SO_OOBINLINE); }
CASE(options, nodelay_flag) { flag_can_be_set(IPPROTO_TCP, TCP_NODELAY); }
CASE(options, cork_flag) { flag_can_be_set(IPPROTO_TCP, TCP_CORK); }

CASE(options, keepalive_times) {
  struct conf_pair pair = conf_pair();
  OK(set(pair.client, SOL_SOCKET, SO_KEEPALIVE, 1));
  OK(set(pair.client, IPPROTO_TCP, TCP_KEEPIDLE, 33));
  OK(set(pair.client, IPPROTO_TCP, TCP_KEEPINTVL, 7));
  OK(set(pair.client, IPPROTO_TCP, TCP_KEEPCNT, 3));
  SAME(get(pair.client, IPPROTO_TCP, TCP_KEEPIDLE), 33);
  SAME(get(pair.client, IPPROTO_TCP, TCP_KEEPINTVL), 7);
  SAME(get(pair.client, IPPROTO_TCP, TCP_KEEPCNT), 3);
  FAILS(set(pair.client, IPPROTO_TCP, TCP_KEEPIDLE, 0), EINVAL);
  FAILS(set(pair.client, IPPROTO_TCP, TCP_KEEPIDLE, 32768), EINVAL);
  FAILS(set(pair.client, IPPROTO_TCP, TCP_KEEPINTVL, 0), EINVAL);
  FAILS(set(pair.client, IPPROTO_TCP, TCP_KEEPCNT, 0), EINVAL);
  FAILS(set(pair.client, IPPROTO_TCP, TCP_KEEPCNT, 128), EINVAL);
}

CASE(options, linger_is_kept) {
  int fd = conf_socket();
  struct linger value = {1, 5};
  OK(setsockopt(fd, SOL_SOCKET, SO_LINGER, &value, sizeof value));
  struct linger got = {0, 0};
  socklen_t length = sizeof got;
  OK(getsockopt(fd, SOL_SOCKET, SO_LINGER, &got, &length));
  SAME(got.l_onoff, 1);
  SAME(got.l_linger, 5);
  FAILS(setsockopt(fd, SOL_SOCKET, SO_LINGER, &value, 4), EINVAL);
}

CASE(options, buffer_sizes_are_doubled) {
  int fd = conf_socket();
  OK(set(fd, SOL_SOCKET, SO_SNDBUF, 40000));
  OK(set(fd, SOL_SOCKET, SO_RCVBUF, 50000));
  SAME(get(fd, SOL_SOCKET, SO_SNDBUF), 80000);
  SAME(get(fd, SOL_SOCKET, SO_RCVBUF), 100000);
  OK(set(fd, SOL_SOCKET, SO_RCVBUF, 1));
  CHECK(get(fd, SOL_SOCKET, SO_RCVBUF) >= 256);
}

static struct tcp_info info_of(int fd) {
  struct tcp_info info;
  memset(&info, 0xee, sizeof info);
  socklen_t length = sizeof info;
  OK(getsockopt(fd, IPPROTO_TCP, TCP_INFO, &info, &length));
  CHECK(length >= 104 && length <= sizeof info);
  return info;
}

/* Nothing was set: what they tell is what the stack makes of it, before and after much has passed. */
CASE(options, buffer_sizes_are_told_while_they_are_tuned) {
  struct conf_pair pair = conf_pair();
  int before = get(pair.server, SOL_SOCKET, SO_RCVBUF);
  CHECK(before >= 16384);
  CHECK(get(pair.client, SOL_SOCKET, SO_SNDBUF) >= 2048);
  static char bytes[65536];
  for (int i = 0; i < 64; i++) {
    SAME(send(pair.client, bytes, sizeof bytes, 0), sizeof bytes);
    for (size_t got = 0; got < sizeof bytes;) {
      ssize_t more = recv(pair.server, bytes, sizeof bytes, 0);
      CHECK(more > 0);
      got += (size_t)more;
    }
  }
  CHECK(get(pair.server, SOL_SOCKET, SO_RCVBUF) >= before);
  CHECK(info_of(pair.server).tcpi_rcv_ssthresh >= 8192);
}

/* Bytes come through whole while rings grow under a reader that is behind, and after a rest. */
CASE(options, unread_bytes_survive_growth) {
  struct conf_pair pair = conf_pair();
  enum { TOTAL = 1 << 20 };
  static unsigned char sent[TOTAL], got[TOTAL];
  for (size_t i = 0; i < TOTAL; i++) {
    sent[i] = (unsigned char)(i * 31 + (i >> 8) * 7);
  }
  OK(fcntl(pair.client, F_SETFL, O_NONBLOCK));
  size_t out = 0, in = 0;
  for (size_t round = 0; in < TOTAL; round++) {
    ssize_t wrote = out < TOTAL ? send(pair.client, sent + out, TOTAL - out, 0) : 0;
    out += wrote > 0 ? (size_t)wrote : 0;
    ssize_t more = recv(pair.server, got + in, 1 + round % 3000, MSG_DONTWAIT);
    in += more > 0 ? (size_t)more : 0;
  }
  SAME(memcmp(sent, got, TOTAL), 0);
}

CASE(options, small_send_buffer_limits_what_is_queued) {
  struct sockaddr_in where;
  int listener = conf_listen(&where);
  OK(set(listener, SOL_SOCKET, SO_RCVBUF, 8192));
  int client = conf_socket();
  OK(set(client, SOL_SOCKET, SO_SNDBUF, 8192));
  OK(connect(client, conf_sa(&where), sizeof where));
  conf_accept(listener);
  int queued = conf_fill_up(client);
  CHECK(queued >= 4096 && queued <= 256 * 1024);
}

CASE(options, receive_timeout) {
  struct conf_pair pair = conf_pair();
  struct timeval time = {0, 60000};
  OK(setsockopt(pair.server, SOL_SOCKET, SO_RCVTIMEO, &time, sizeof time));
  struct timeval got;
  socklen_t length = sizeof got;
  OK(getsockopt(pair.server, SOL_SOCKET, SO_RCVTIMEO, &got, &length));
  CHECK(got.tv_sec == 0 && got.tv_usec >= 60000 && got.tv_usec <= 64000);
  long long start = conf_now_ms();
  char byte;
  FAILS(recv(pair.server, &byte, 1, 0), EAGAIN);
  CHECK(conf_now_ms() - start >= 55);
  time.tv_sec = SOON / 1000;
  OK(setsockopt(pair.server, SOL_SOCKET, SO_RCVTIMEO, &time, sizeof time));
  conf_write_all(pair.client, "a", 1);
  conf_expect(pair.server, "a");
}

CASE(options, receive_timeout_of_accept) {
  struct sockaddr_in where;
  int listener = conf_listen(&where);
  struct timeval time = {0, 60000};
  OK(setsockopt(listener, SOL_SOCKET, SO_RCVTIMEO, &time, sizeof time));
  FAILS(accept(listener, NULL, NULL), EAGAIN);
}

CASE(options, send_timeout) {
  struct conf_pair pair = conf_pair();
  struct timeval time = {0, 60000};
  OK(setsockopt(pair.client, SOL_SOCKET, SO_SNDTIMEO, &time, sizeof time));
  conf_fill_up(pair.client);
  long long start = conf_now_ms();
  FAILS(send(pair.client, "x", 1, 0), EAGAIN);
  CHECK(conf_now_ms() - start >= 55);
}

CASE(options, receive_low_water_mark) {
  struct conf_pair pair = conf_pair();
  SAME(get(pair.server, SOL_SOCKET, SO_RCVLOWAT), 1);
  OK(set(pair.server, SOL_SOCKET, SO_RCVLOWAT, 4));
  conf_write_all(pair.client, "abc", 3);
  SAME(conf_poll(pair.server, POLLIN, QUIET), 0);
  conf_write_all(pair.client, "d", 1);
  SAME(conf_poll(pair.server, POLLIN, SOON), POLLIN);
  conf_expect(pair.server, "abcd");
}

CASE(options, send_low_water_mark_is_fixed) {
  int fd = conf_socket();
  SAME(get(fd, SOL_SOCKET, SO_SNDLOWAT), 1);
  FAILS(set(fd, SOL_SOCKET, SO_SNDLOWAT, 2), ENOPROTOOPT);
}

CASE(options, not_sent_low_water_mark) {
  struct conf_pair pair = conf_pair();
  SAME(get(pair.client, IPPROTO_TCP, TCP_NOTSENT_LOWAT), 0);
  OK(set(pair.client, IPPROTO_TCP, TCP_NOTSENT_LOWAT, 32768));
  SAME(get(pair.client, IPPROTO_TCP, TCP_NOTSENT_LOWAT), 32768);
  SAME(conf_poll(pair.client, POLLOUT, SOON), POLLOUT);
  static char data[4096];
  long written = 0;
  ssize_t count;
  do { /* what is sent in the background makes room once more */
    while ((count = send(pair.client, data, sizeof data, MSG_DONTWAIT)) > 0) {
      written += count;
    }
  } while (conf_poll(pair.client, POLLOUT, QUIET) != 0);
  while (written > 0) {
    count = recv(pair.server, data, sizeof data, 0);
    CHECK(count > 0);
    written -= count;
  }
  SAME(conf_poll(pair.client, POLLOUT, SOON), POLLOUT);
  OK(set(pair.client, IPPROTO_TCP, TCP_NOTSENT_LOWAT, 1)); /* as if everything had to be sent before */
  for (int i = 0; i < 100; i++) {
    conf_write_all(pair.client, "now", 3);
    conf_expect(pair.server, "now");
  }
  SAME(conf_poll(pair.client, POLLOUT, SOON), POLLOUT);
  struct sockaddr_in where;
  int listener = conf_listen(&where);
  OK(set(listener, IPPROTO_TCP, TCP_NOTSENT_LOWAT, 16384));
  int client = conf_socket();
  OK(connect(client, conf_sa(&where), sizeof where));
  int server = conf_accept(listener);
  SAME(get(server, IPPROTO_TCP, TCP_NOTSENT_LOWAT), 16384);
  conf_write_all(server, "inherited", 9);
  conf_expect(client, "inherited");
}

CASE(options, cork_holds_and_lets_go) {
  struct conf_pair pair = conf_pair();
  OK(set(pair.client, IPPROTO_TCP, TCP_CORK, 1));
  conf_write_all(pair.client, "held", 4);
  OK(set(pair.client, IPPROTO_TCP, TCP_CORK, 0));
  conf_expect(pair.server, "held");
  OK(set(pair.client, IPPROTO_TCP, TCP_CORK, 1));
  conf_write_all(pair.client, "then", 4);
  conf_expect(pair.server, "then"); /* at the latest after 200 ms */
}

CASE(options, user_timeout_and_quickack) {
  struct conf_pair pair = conf_pair();
  OK(set(pair.client, IPPROTO_TCP, TCP_USER_TIMEOUT, 5000));
  SAME(get(pair.client, IPPROTO_TCP, TCP_USER_TIMEOUT), 5000);
  FAILS(set(pair.client, IPPROTO_TCP, TCP_USER_TIMEOUT, -1), EINVAL);
  OK(set(pair.client, IPPROTO_TCP, TCP_QUICKACK, 1));
  SAME(get(pair.client, IPPROTO_TCP, TCP_QUICKACK), 1);
}

CASE(options, maximum_segment) {
  struct conf_pair pair = conf_pair();
  int mss = get(pair.client, IPPROTO_TCP, TCP_MAXSEG);
  CHECK(mss >= 500 && mss <= 65536);
  int fd = conf_socket();
  OK(set(fd, IPPROTO_TCP, TCP_MAXSEG, 1000));
  FAILS(set(fd, IPPROTO_TCP, TCP_MAXSEG, 10), EINVAL);
}

CASE(options, tcp_info_state) {
  SAME(info_of(conf_socket()).tcpi_state, TCP_CLOSE);
  SAME(info_of(conf_socket()).tcpi_snd_ssthresh, 0x7fffffff);
  struct conf_pair pair = conf_pair();
  SAME(info_of(pair.listener).tcpi_snd_ssthresh, 0);
  SAME(info_of(pair.client).tcpi_snd_ssthresh, 0x7fffffff);
  SAME(info_of(pair.client).tcpi_state, TCP_ESTABLISHED);
  SAME(info_of(pair.server).tcpi_state, TCP_ESTABLISHED);
  SAME(info_of(pair.listener).tcpi_state, TCP_LISTEN);
  CHECK(info_of(pair.client).tcpi_snd_mss >= 500);
  CHECK(info_of(pair.client).tcpi_snd_cwnd >= 1);
  OK(shutdown(pair.client, SHUT_WR));
  EVENTUALLY(info_of(pair.server).tcpi_state == TCP_CLOSE_WAIT);
  EVENTUALLY(info_of(pair.client).tcpi_state == TCP_FIN_WAIT2);
  OK(shutdown(pair.server, SHUT_WR));
  EVENTUALLY(info_of(pair.server).tcpi_state == TCP_CLOSE);
}

CASE(options, tcp_info_may_be_cut) {
  struct conf_pair pair = conf_pair();
  char bytes[16];
  memset(bytes, 0x55, sizeof bytes);
  socklen_t length = 8;
  OK(getsockopt(pair.client, IPPROTO_TCP, TCP_INFO, bytes, &length));
  SAME(length, 8);
  SAME(bytes[0], TCP_ESTABLISHED);
  SAME(bytes[8], 0x55);
}

CASE(options, defer_accept_waits_for_data) {
  struct sockaddr_in where;
  int listener = conf_listen(&where);
  OK(set(listener, IPPROTO_TCP, TCP_DEFER_ACCEPT, 5));
  int client = conf_connect(&where);
  SAME(conf_poll(listener, POLLIN, QUIET), 0);
  conf_nonblocking(listener);
  FAILS(accept(listener, NULL, NULL), EAGAIN);
  conf_write_all(client, "now", 3);
  SAME(conf_poll(listener, POLLIN, SOON), POLLIN);
  int server = conf_accept(listener);
  SAME(conf_poll(server, POLLIN, 0), POLLIN);
  conf_expect(server, "now");
}

CASE(options, defer_accept_is_rounded_up) {
  static const int pairs[][2] = {{0, 0},   {-1, 0},  {1, 1},   {2, 3},     {3, 3},
                                 {5, 7},   {30, 31}, {31, 31}, {32, 63},   {64, 127},
                                 {128, 247}, {300, 367}, {0, 0}};
  int fd = conf_socket();
  SAME(get(fd, IPPROTO_TCP, TCP_DEFER_ACCEPT), 0);
  for (size_t i = 0; i < sizeof pairs / sizeof pairs[0]; i++) {
    OK(set(fd, IPPROTO_TCP, TCP_DEFER_ACCEPT, pairs[i][0]));
    SAME(get(fd, IPPROTO_TCP, TCP_DEFER_ACCEPT), pairs[i][1]);
  }
  FAILS(setsockopt(fd, IPPROTO_TCP, TCP_DEFER_ACCEPT, &fd, 2), EINVAL);
}

CASE(options, defer_accept_ends) {
  struct sockaddr_in where;
  int listener = conf_listen(&where);
  OK(set(listener, IPPROTO_TCP, TCP_DEFER_ACCEPT, 1));
  long long start = conf_now_ms();
  int client = conf_connect(&where);
  SAME(conf_poll(listener, POLLIN, SOON), POLLIN);
  CHECK(conf_now_ms() - start >= 900);
  int server = conf_accept(listener);
  SAME(conf_poll(server, POLLIN, QUIET), 0);
  conf_write_all(server, "anybody?", 8);
  conf_expect(client, "anybody?");
}

CASE(options, defer_accept_shows_an_end) {
  struct sockaddr_in where;
  int listener = conf_listen(&where);
  OK(set(listener, IPPROTO_TCP, TCP_DEFER_ACCEPT, 30));
  int client = conf_connect(&where);
  SAME(conf_poll(listener, POLLIN, QUIET), 0);
  OK(shutdown(client, SHUT_WR));
  SAME(conf_poll(listener, POLLIN, SOON), POLLIN);
  char byte;
  SAME(read(conf_accept(listener), &byte, 1), 0);
  client = conf_connect(&where);
  SAME(conf_poll(listener, POLLIN, QUIET), 0);
  OK(close(client));
  SAME(conf_poll(listener, POLLIN, SOON), POLLIN);
  SAME(read(conf_accept(listener), &byte, 1), 0);
}

CASE(options, defer_accept_goes_with_the_listener) {
  struct sockaddr_in where;
  int listener = conf_listen(&where);
  OK(set(listener, IPPROTO_TCP, TCP_DEFER_ACCEPT, 30));
  int client = conf_connect(&where);
  SAME(conf_poll(listener, POLLIN, QUIET), 0);
  OK(close(listener));
  char byte = 'x';
  if (write(client, &byte, 1) < 0) { /* the kernel's client hears of it by this write only */
    SAME(errno, ECONNRESET);
    return;
  }
  SAME(conf_poll(client, POLLIN, SOON) & POLLIN, POLLIN);
  FAILS(read(client, &byte, 1), ECONNRESET);
}

CASE(options, accepted_sockets_inherit) {
  struct sockaddr_in where;
  int listener = conf_listen(&where);
  OK(set(listener, IPPROTO_TCP, TCP_NODELAY, 1));
  OK(set(listener, SOL_SOCKET, SO_KEEPALIVE, 1));
  OK(set(listener, IPPROTO_TCP, TCP_KEEPIDLE, 44));
  OK(set(listener, IPPROTO_TCP, TCP_DEFER_ACCEPT, 7));
  OK(set(listener, SOL_SOCKET, SO_RCVBUF, 70000));
  conf_write_all(conf_connect(&where), "x", 1);
  int server = conf_accept(listener);
  SAME(get(server, IPPROTO_TCP, TCP_NODELAY), 1);
  SAME(get(server, IPPROTO_TCP, TCP_DEFER_ACCEPT), 0);
  SAME(get(server, SOL_SOCKET, SO_KEEPALIVE), 1);
  SAME(get(server, IPPROTO_TCP, TCP_KEEPIDLE), 44);
  SAME(get(server, SOL_SOCKET, SO_RCVBUF), 140000);
}

CASE(options, unknown_ones_are_refused) {
  int fd = conf_socket();
  int value = 1;
  socklen_t length = sizeof value;
  FAILS(set(fd, SOL_SOCKET, 999, 1), ENOPROTOOPT);
  FAILS(getsockopt(fd, SOL_SOCKET, 999, &value, &length), ENOPROTOOPT);
  FAILS(set(fd, IPPROTO_TCP, 999, 1), ENOPROTOOPT);
  FAILS(getsockopt(fd, IPPROTO_TCP, 999, &value, &length), ENOPROTOOPT);
  FAILS(set(fd, 999, 1, 1), ENOPROTOOPT);
  FAILS(getsockopt(fd, 999, 1, &value, &length), EOPNOTSUPP);
  FAILS(setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &value, 2), EINVAL);
  FAILS(setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &value, 2), EINVAL);
  FAILS(set(-1, SOL_SOCKET, SO_KEEPALIVE, 1), EBADF);
}

CASE(options, short_answers_are_cut) {
  struct conf_pair pair = conf_pair();
  int value = 0x55555555;
  socklen_t length = 1;
  OK(getsockopt(pair.client, SOL_SOCKET, SO_TYPE, &value, &length));
  SAME(length, 1);
  SAME(value, 0x55555500 | SOCK_STREAM);
}

CASE(options, ip_type_of_service) {
  static const int pairs[][2] = {{0x10, 0x10}, {0xb8, 0xb8}, {0x13, 0x10}, {3, 0}, {255, 252},
                                 {-1, 252},    {0x108, 8},   {0, 0}};
  int fd = conf_socket();
  SAME(get(fd, IPPROTO_IP, IP_TOS), 0);
  for (size_t i = 0; i < sizeof pairs / sizeof pairs[0]; i++) {
    OK(set(fd, IPPROTO_IP, IP_TOS, pairs[i][0]));
    SAME(get(fd, IPPROTO_IP, IP_TOS), pairs[i][1]);
  }
  unsigned char byte = 0x28;
  OK(setsockopt(fd, IPPROTO_IP, IP_TOS, &byte, 1));
  byte = 0;
  socklen_t length = 1;
  OK(getsockopt(fd, IPPROTO_IP, IP_TOS, &byte, &length));
  SAME(length, 1);
  SAME(byte, 0x28);
}

CASE(options, ip_time_to_live) {
  int fd = conf_socket();
  int usual = get(fd, IPPROTO_IP, IP_TTL);
  CHECK(usual > 0 && usual < 256);
  OK(set(fd, IPPROTO_IP, IP_TTL, 77));
  SAME(get(fd, IPPROTO_IP, IP_TTL), 77);
  FAILS(set(fd, IPPROTO_IP, IP_TTL, 0), EINVAL);
  FAILS(set(fd, IPPROTO_IP, IP_TTL, 256), EINVAL);
  FAILS(set(fd, IPPROTO_IP, IP_TTL, -2), EINVAL);
  SAME(get(fd, IPPROTO_IP, IP_TTL), 77);
  OK(set(fd, IPPROTO_IP, IP_TTL, -1));
  SAME(get(fd, IPPROTO_IP, IP_TTL), usual);
}

CASE(options, ip_options_of_connections) {
  struct sockaddr_in where;
  int listener = conf_listen(&where);
  OK(set(listener, IPPROTO_IP, IP_TOS, 0x20));
  OK(set(listener, IPPROTO_IP, IP_TTL, 33));
  int client = conf_socket();
  OK(set(client, IPPROTO_IP, IP_TOS, 0x10));
  OK(connect(client, conf_sa(&where), sizeof where));
  int server = conf_accept(listener);
  SAME(get(server, IPPROTO_IP, IP_TOS), 0x20);
  SAME(get(server, IPPROTO_IP, IP_TTL), 33);
  OK(set(server, IPPROTO_IP, IP_TOS, 8));
  OK(set(client, IPPROTO_IP, IP_TTL, 44));
  conf_write_all(client, "marked", 6);
  conf_expect(server, "marked");
  SAME(get(client, IPPROTO_IP, IP_TOS), 0x10);
  SAME(get(client, IPPROTO_IP, IP_TTL), 44);
  SAME(get(server, IPPROTO_IP, IP_TOS), 8);
}

CASE(options, path_mtu) {
  struct conf_pair pair = conf_pair();
  SAME(get(pair.client, IPPROTO_IP, IP_MTU_DISCOVER), IP_PMTUDISC_WANT);
  OK(set(pair.client, IPPROTO_IP, IP_MTU_DISCOVER, IP_PMTUDISC_DO));
  SAME(get(pair.client, IPPROTO_IP, IP_MTU_DISCOVER), IP_PMTUDISC_DO);
  OK(set(pair.client, IPPROTO_IP, IP_MTU_DISCOVER, IP_PMTUDISC_WANT));
  CHECK(get(pair.client, IPPROTO_IP, IP_MTU) >= 1280);
  struct tcp_info info;
  socklen_t length = sizeof info;
  OK(getsockopt(pair.client, IPPROTO_TCP, TCP_INFO, &info, &length));
  SAME((int)info.tcpi_pmtu, get(pair.client, IPPROTO_IP, IP_MTU));
  int fd = conf_socket();
  int value = 0;
  length = sizeof value;
  FAILS(getsockopt(fd, IPPROTO_IP, IP_MTU, &value, &length), ENOTCONN);
}

CASE(options, ip_level) {
  int fd = conf_socket();
  OK(set(fd, IPPROTO_IP, 24 /* IP_BIND_ADDRESS_NO_PORT */, 1));
}

CASE(options, priority_and_cpu) {
  int fd = conf_socket();
  OK(set(fd, SOL_SOCKET, SO_PRIORITY, 3));
  SAME(get(fd, SOL_SOCKET, SO_PRIORITY), 3);
  struct conf_pair pair = conf_pair();
  int value = -2;
  socklen_t length = sizeof value;
  OK(getsockopt(pair.server, SOL_SOCKET, SO_INCOMING_CPU, &value, &length));
  CHECK(value >= -1 && value < 4096);
}
