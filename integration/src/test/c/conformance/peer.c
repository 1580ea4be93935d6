/* The other machine of the cross cases: a server that does what the first line of a connection
 * says. */
#include <inttypes.h>
#include <stdatomic.h>

#include "conformance.h"

#define PEER_PORT 7000

static atomic_int last_was_reset; /* 1: yes, 2: no, 0: not yet known */

int conf_peer_connect(const char *command) {
  const char *peer = getenv("CONF_PEER");
  if (peer == NULL) {
    conf_skip("CONF_PEER is not set");
  }
  struct sockaddr_in where = {.sin_family = AF_INET, .sin_port = htons(PEER_PORT)};
  SAME(inet_pton(AF_INET, peer, &where.sin_addr), 1);
  int fd = conf_connect(&where);
  conf_write_all(fd, command, strlen(command));
  conf_write_all(fd, "\n", 1);
  return fd;
}

static void read_line(int fd, char *line, size_t room) {
  for (size_t i = 0; i + 1 < room; i++) {
    char byte;
    if (recv(fd, &byte, 1, 0) != 1 || byte == '\n') {
      line[i] = 0;
      return;
    }
    line[i] = byte;
  }
  line[room - 1] = 0;
}

static void echo(int fd) {
  static _Thread_local char bytes[65536];
  ssize_t got;
  while ((got = recv(fd, bytes, sizeof bytes, 0)) > 0) {
    for (ssize_t done = 0, sent; done < got; done += sent) {
      sent = send(fd, bytes + done, (size_t)(got - done), MSG_NOSIGNAL);
      if (sent < 0) {
        return; /* the case ended early; the next one goes on */
      }
    }
  }
}

static void sink(int fd, const char *arguments, int pause_ms) {
  uint64_t seed = 0;
  uint64_t bytes = 0;
  if (sscanf(arguments, "%" SCNu64 " %" SCNu64, &seed, &bytes) != 2) {
    return;
  }
  static _Thread_local uint8_t got[30000];
  static _Thread_local uint8_t expected[30000];
  uint64_t count = 0;
  ssize_t now;
  bool right = true;
  while ((now = recv(fd, got, sizeof got, 0)) > 0) {
    conf_fill(expected, (size_t)now, seed, count);
    right = right && memcmp(got, expected, (size_t)now) == 0;
    count += (uint64_t)now;
    if (pause_ms > 0) {
      conf_sleep_ms(pause_ms);
    }
  }
  const char *verdict = right && now == 0 && count == bytes ? "right" : "wrong";
  send(fd, verdict, 5, MSG_NOSIGNAL);
}

static void source(int fd, const char *arguments) {
  uint64_t seed = 0;
  uint64_t bytes = 0;
  if (sscanf(arguments, "%" SCNu64 " %" SCNu64, &seed, &bytes) != 2) {
    return;
  }
  static _Thread_local uint8_t chunk[50000];
  for (uint64_t done = 0; done < bytes;) {
    size_t size = bytes - done < sizeof chunk ? (size_t)(bytes - done) : sizeof chunk;
    conf_fill(chunk, size, seed, done);
    ssize_t sent = send(fd, chunk, size, MSG_NOSIGNAL);
    if (sent < 0) {
      return;
    }
    done += (uint64_t)sent;
  }
}

static void dial(int fd, const char *port) {
  struct sockaddr_in6 where;
  socklen_t length = sizeof where;
  if (getpeername(fd, (struct sockaddr *)&where, &length) < 0) {
    return;
  }
  where.sin6_port = htons((uint16_t)atoi(port));
  int out = socket(AF_INET6, SOCK_STREAM, 0);
  if (out >= 0 && connect(out, (struct sockaddr *)&where, sizeof where) == 0) {
    echo(out);
  }
  if (out >= 0) {
    close(out);
  }
}

static void answer_after_end(int fd) {
  char bytes[256];
  char answer[32];
  ssize_t got;
  int total = 0;
  while ((got = recv(fd, bytes, sizeof bytes, 0)) > 0) {
    total += (int)got;
  }
  int length = snprintf(answer, sizeof answer, "answer %d", total);
  send(fd, answer, (size_t)length, MSG_NOSIGNAL);
}

static void answer_until_reset(int fd) {
  char bytes[256];
  atomic_store(&last_was_reset, 0);
  ssize_t sent = send(fd, "!", 1, MSG_NOSIGNAL);
  while (recv(fd, bytes, sizeof bytes, 0) > 0) {
  }
  for (int i = 0; i < SOON && sent == 1; i++) {
    conf_sleep_ms(1);
    sent = send(fd, "!", 1, MSG_NOSIGNAL);
  }
  atomic_store(&last_was_reset, sent == -1 && errno == EPIPE ? 1 : 2);
}

static void tell_dead_port(int fd) {
  struct sockaddr_in any = {.sin_family = AF_INET};
  char text[8];
  int bound = socket(AF_INET, SOCK_STREAM, 0);
  if (bound < 0 || bind(bound, conf_sa(&any), sizeof any) < 0) {
    return;
  }
  int length = snprintf(text, sizeof text, "%05u", conf_port_of(bound));
  send(fd, text, (size_t)length, MSG_NOSIGNAL);
  char byte;
  (void)!recv(fd, &byte, 1, 0);
  close(bound);
}

static void note_reset(int fd) {
  char byte;
  atomic_store(&last_was_reset, 0);
  send(fd, "!", 1, MSG_NOSIGNAL); /* the line was read: a reset cannot throw it away any more */
  atomic_store(&last_was_reset, recv(fd, &byte, 1, 0) == -1 && errno == ECONNRESET ? 1 : 2);
}

static void tell_reset(int fd) {
  for (int i = 0; i < SOON && atomic_load(&last_was_reset) == 0; i++) {
    conf_sleep_ms(1);
  }
  send(fd, atomic_load(&last_was_reset) == 1 ? "yes" : "no!", 3, MSG_NOSIGNAL);
}

static void reset(int fd) {
  struct linger now = {1, 0};
  setsockopt(fd, SOL_SOCKET, SO_LINGER, &now, sizeof now);
}

static void *serve(void *argument) {
  int fd = (int)(intptr_t)argument;
  char line[64];
  read_line(fd, line, sizeof line);
  if (strcmp(line, "echo") == 0) {
    echo(fd);
  } else if (strncmp(line, "sink ", 5) == 0) {
    sink(fd, line + 5, 0);
  } else if (strncmp(line, "slow ", 5) == 0) {
    sink(fd, line + 5, 2);
  } else if (strncmp(line, "source ", 7) == 0) {
    source(fd, line + 7);
  } else if (strncmp(line, "dial ", 5) == 0) {
    dial(fd, line + 5);
  } else if (strcmp(line, "answer-after-end") == 0) {
    answer_after_end(fd);
  } else if (strcmp(line, "answer-until-reset") == 0) {
    answer_until_reset(fd);
  } else if (strcmp(line, "dead-port") == 0) {
    tell_dead_port(fd);
  } else if (strcmp(line, "until-reset") == 0) {
    note_reset(fd);
  } else if (strcmp(line, "was-reset") == 0) {
    tell_reset(fd);
  } else if (strcmp(line, "reset") == 0) {
    reset(fd);
  }
  close(fd); /* "close" and what is unknown */
  return NULL;
}

static void *echo_datagrams(void *argument) {
  static char bytes[65536];
  int fd = (int)(intptr_t)argument;
  for (;;) {
    struct sockaddr_in6 from;
    socklen_t length = sizeof from;
    ssize_t got = recvfrom(fd, bytes, sizeof bytes, 0, (struct sockaddr *)&from, &length);
    if (got >= 0) {
      sendto(fd, bytes, (size_t)got, 0, (struct sockaddr *)&from, length);
    }
  }
  return NULL;
}

int conf_peer_main(void) {
  signal(SIGPIPE, SIG_IGN);
  int datagrams = OK(socket(AF_INET6, SOCK_DGRAM, 0));
  struct sockaddr_in6 udp = {.sin6_family = AF_INET6, .sin6_port = htons(CONF_PEER_UDP_PORT)};
  OK(bind(datagrams, (struct sockaddr *)&udp, sizeof udp));
  pthread_detach(conf_thread(echo_datagrams, (void *)(intptr_t)datagrams));
  int listener = OK(socket(AF_INET6, SOCK_STREAM, 0)); /* takes IPv4, too */
  struct sockaddr_in6 any = {.sin6_family = AF_INET6, .sin6_port = htons(PEER_PORT)};
  int on = 1;
  OK(setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on));
  OK(bind(listener, (struct sockaddr *)&any, sizeof any));
  OK(listen(listener, 512));
  puts("peer ready");
  fflush(stdout);
  for (;;) {
    int fd = accept(listener, NULL, NULL);
    if (fd < 0) {
      conf_sleep_ms(1);
      continue;
    }
    pthread_t thread;
    if (pthread_create(&thread, NULL, serve, (void *)(intptr_t)fd) == 0) {
      pthread_detach(thread);
    } else {
      close(fd);
    }
  }
}
