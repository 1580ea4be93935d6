/* One process, several threads: hand-over, concurrent use, close under use. */
#include "conformance.h"

static void *echo_all(void *argument) {
  int fd = (int)(intptr_t)argument;
  char bytes[4096];
  ssize_t got;
  while ((got = recv(fd, bytes, sizeof bytes, 0)) > 0) {
    conf_write_all(fd, bytes, (size_t)got);
  }
  SAME(got, 0);
  OK(close(fd));
  return NULL;
}

CASE(threads, accepted_here_served_there) {
  struct sockaddr_in where;
  int listener = conf_listen(&where);
  for (int i = 0; i < 20; i++) {
    int client = conf_connect(&where);
    pthread_t thread = conf_thread(echo_all, (void *)(intptr_t)conf_accept(listener));
    conf_write_all(client, "ping", 4);
    conf_expect(client, "ping");
    OK(close(client));
    conf_join(thread);
  }
}

static void *accept_many(void *argument) {
  for (int i = 0; i < 25; i++) {
    int server = conf_accept(*(int *)argument);
    conf_write_all(server, "x", 1);
    OK(close(server));
  }
  return NULL;
}

CASE(threads, four_accept_on_one_listener) {
  struct sockaddr_in where;
  int listener = conf_listen(&where);
  pthread_t threads[4];
  for (int i = 0; i < 4; i++) {
    threads[i] = conf_thread(accept_many, &listener);
  }
  for (int i = 0; i < 100; i++) {
    int client = conf_connect(&where);
    conf_expect(client, "x");
    OK(close(client));
  }
  for (int i = 0; i < 4; i++) {
    conf_join(threads[i]);
  }
}

static void *blocked_accept(void *argument) {
  FAILS(accept(*(int *)argument, NULL, NULL), EINVAL);
  return NULL;
}

CASE(threads, shutdown_wakes_accept) {
  struct sockaddr_in where;
  int listener = conf_listen(&where);
  pthread_t thread = conf_thread(blocked_accept, &listener);
  conf_sleep_ms(50);
  OK(shutdown(listener, SHUT_RD));
  conf_join(thread);
  FAILS(connect(conf_socket(), conf_sa(&where), sizeof where), ECONNREFUSED);
}

static void *blocked_recv(void *argument) {
  conf_expect_eof(*(int *)argument);
  return NULL;
}

CASE(threads, shutdown_wakes_recv) {
  struct conf_pair pair = conf_pair();
  pthread_t thread = conf_thread(blocked_recv, &pair.server);
  conf_sleep_ms(50);
  OK(shutdown(pair.server, SHUT_RDWR));
  conf_join(thread);
}

static void *blocked_send(void *argument) {
  FAILS(send(*(int *)argument, "x", 1, MSG_NOSIGNAL), EPIPE);
  return NULL;
}

CASE(threads, shutdown_wakes_send) {
  struct conf_pair pair = conf_pair();
  conf_fill_up(pair.client);
  pthread_t thread = conf_thread(blocked_send, &pair.client);
  conf_sleep_ms(50);
  OK(shutdown(pair.client, SHUT_WR));
  conf_join(thread);
}

static void *blocked_until_data(void *argument) {
  char byte = 0;
  conf_tell_thread();
  SAME(recv(*(int *)argument, &byte, 1, 0), 1);
  SAME(byte, 'z');
  return NULL;
}

CASE(threads, close_elsewhere_leaves_the_blocked_reader) {
  struct conf_pair pair = conf_pair();
  pthread_t thread = conf_thread(blocked_until_data, &pair.server);
  conf_await_blocked();
  OK(close(pair.server)); /* the running call keeps the connection */
  conf_sleep_ms(QUIET);
  conf_write_all(pair.client, "z", 1);
  conf_join(thread);
  char byte;
  ssize_t end = recv(pair.client, &byte, 1, 0); /* and with the call it ends */
  CHECK(end == 0 || (end == -1 && errno == ECONNRESET));
}

CASE(threads, reader_and_writer_on_one_socket) {
  struct conf_pair pair = conf_pair();
  pthread_t echo = conf_thread(echo_all, (void *)(intptr_t)pair.server);
  struct conf_stream out = {pair.client, 51, 4000000, true};
  pthread_t sender = conf_sending(&out);
  conf_expect_pattern(pair.client, 51, 4000000);
  conf_expect_eof(pair.client);
  conf_join(sender);
  conf_join(echo);
}

static void *write_records(void *argument) {
  int *arguments = argument;
  char record[64];
  memset(record, arguments[1], sizeof record);
  for (int i = 0; i < 2000; i++) {
    SAME(write(arguments[0], record, sizeof record), sizeof record);
  }
  return NULL;
}

CASE(threads, two_writers_keep_their_writes_whole) {
  struct conf_pair pair = conf_pair();
  int first[2] = {pair.client, 'a'};
  int second[2] = {pair.client, 'b'};
  pthread_t one = conf_thread(write_records, first);
  pthread_t two = conf_thread(write_records, second);
  for (int i = 0; i < 4000; i++) {
    char record[64];
    conf_read_all(pair.server, record, sizeof record);
    for (int k = 1; k < 64; k++) {
      SAME(record[k], record[0]);
    }
  }
  conf_join(one);
  conf_join(two);
}

static void *read_tokens(void *argument) {
  intptr_t count = 0;
  char byte;
  while (recv(*(int *)argument, &byte, 1, 0) == 1) {
    count++;
  }
  return (void *)count;
}

CASE(threads, two_readers_share_the_bytes) {
  struct conf_pair pair = conf_pair();
  pthread_t one = conf_thread(read_tokens, &pair.server);
  pthread_t two = conf_thread(read_tokens, &pair.server);
  char bytes[3000] = {0};
  conf_write_all(pair.client, bytes, sizeof bytes);
  OK(close(pair.client));
  SAME((intptr_t)conf_join(one) + (intptr_t)conf_join(two), sizeof bytes);
}

static void *connect_and_talk(void *argument) {
  struct sockaddr_in where = *(struct sockaddr_in *)argument;
  for (int i = 0; i < 50; i++) {
    int client = conf_connect(&where);
    conf_write_all(client, "talk", 4);
    conf_expect(client, "talk");
    OK(close(client));
  }
  return NULL;
}

CASE(threads, many_clients_at_once) {
  struct sockaddr_in where;
  int listener = conf_listen(&where);
  pthread_t clients[8];
  for (int i = 0; i < 8; i++) {
    clients[i] = conf_thread(connect_and_talk, &where);
  }
  for (int i = 0; i < 400; i++) {
    int server = conf_accept(listener);
    conf_expect(server, "talk");
    conf_write_all(server, "talk", 4);
    OK(close(server));
  }
  for (int i = 0; i < 8; i++) {
    conf_join(clients[i]);
  }
}

static void *short_life(void *argument) {
  struct conf_pair pair = conf_pair();
  conf_write_all(pair.client, "a", 1);
  conf_expect(pair.server, "a");
  OK(close(pair.client));
  OK(close(pair.server));
  OK(close(pair.listener));
  return argument;
}

CASE(threads, threads_come_and_go) {
  for (int i = 0; i < 200; i++) {
    conf_join(conf_thread(short_life, NULL));
  }
}

CASE(threads, sixty_four_threads_at_once) {
  pthread_t threads[64];
  for (int i = 0; i < 64; i++) {
    threads[i] = conf_thread(short_life, NULL);
  }
  for (int i = 0; i < 64; i++) {
    conf_join(threads[i]);
  }
}

static void *wait_for_marker(void *argument) {
  char byte;
  conf_tell_thread();
  ssize_t got = recv(*(int *)argument, &byte, 1, 0);
  return (void *)(intptr_t)(got == -1 ? errno : 0);
}

static void on_signal(int signal) { (void)signal; }

CASE(threads, dup2_over_a_socket_in_use) {
  struct conf_pair pair = conf_pair();
  conf_handle(SIGUSR2, on_signal, 0);
  pthread_t thread = conf_thread(wait_for_marker, &pair.server);
  conf_await_blocked();
  int marker[2]; /* as the JDK closes: a half closed marker over it, then a signal */
  OK(socketpair(AF_UNIX, SOCK_STREAM, 0, marker));
  OK(close(marker[1]));
  SAME(dup2(marker[0], pair.server), pair.server);
  pthread_kill(thread, SIGUSR2);
  SAME((intptr_t)conf_join(thread), EINTR);
  conf_expect_eof(pair.client);
}
