/*
 * An HTTP client that checks every byte.
 *
 *   httpverify ADDRESS PORT THREADS SECONDS KEEPALIVE SIZE...
 *
 *   httpverify make FOLDER SIZE...       writes the files
 *
 * Each thread fetches /SIZE again and again; the file's bytes are the stream of seed SIZE (see
 * conf_fill). KEEPALIVE 1 keeps connections; then, as browsers do, a request is sent once more on
 * a fresh connection if a kept one was closed before any byte of the answer. Everything else that
 * is not a complete, right answer ends the program with status 1.
 */
#include "conformance.h"

struct fetcher {
  struct sockaddr_in where;
  long long until_ms;
  bool keep_alive;
  char **sizes;
  int size_count;
  uint64_t requests;
  uint64_t repeated;
  uint64_t bytes;
};

static long read_head(int fd, char *head, size_t room) {
  size_t have = 0;
  while (have + 1 < room) {
    ssize_t got = recv(fd, head + have, 1, 0);
    if (got <= 0) {
      return have == 0 ? -1 : -2; /* closed before, or within, the answer */
    }
    have += (size_t)got;
    head[have] = 0;
    if (have >= 4 && strcmp(head + have - 4, "\r\n\r\n") == 0) {
      return (long)have;
    }
  }
  return -2;
}

static bool send_request(int fd, const char *size, bool keep_alive) {
  char request[256];
  int length =
      snprintf(request, sizeof request, "GET /%s HTTP/1.1\r\nHost: test\r\nConnection: %s\r\n\r\n",
               size, keep_alive ? "keep-alive" : "close");
  return send(fd, request, (size_t)length, MSG_NOSIGNAL) == length;
}

static int fetch(struct fetcher *fetcher, int fd, const char *size) {
  char head[2048];
  bool fresh = fd < 0;
  for (;;) {
    if (fd < 0) {
      fd = conf_connect(&fetcher->where);
    }
    long length =
        send_request(fd, size, fetcher->keep_alive) ? read_head(fd, head, sizeof head) : -1;
    if (length > 0) {
      break;
    }
    if (fresh || length == -2) {
      conf_fail(CONF_HERE(size), "no answer (%ld)", length);
    }
    OK(close(fd));
    fd = -1;
    fresh = true;
    fetcher->repeated++;
  }
  char expected[64];
  snprintf(expected, sizeof expected, "Content-Length: %s\r\n", size);
  CHECK(strncmp(head, "HTTP/1.1 200 ", 13) == 0);
  CHECK(strstr(head, expected) != NULL);
  uint64_t bytes = strtoull(size, NULL, 10);
  conf_expect_pattern(fd, bytes, bytes);
  fetcher->requests++;
  fetcher->bytes += bytes;
  if (fetcher->keep_alive && strstr(head, "Connection: keep-alive") != NULL) {
    return fd;
  }
  conf_expect_eof(fd);
  OK(close(fd));
  return -1;
}

static void *fetch_all(void *argument) {
  struct fetcher *fetcher = argument;
  int fd = -1;
  for (int i = 0; conf_now_ms() < fetcher->until_ms || i < fetcher->size_count; i++) {
    fd = fetch(fetcher, fd, fetcher->sizes[i % fetcher->size_count]);
  }
  if (fd >= 0) {
    OK(close(fd));
  }
  return NULL;
}

static int make_files(const char *folder, int count, char **sizes) {
  for (int i = 0; i < count; i++) {
    char path[4096];
    uint8_t chunk[8192];
    snprintf(path, sizeof path, "%s/%s", folder, sizes[i]);
    FILE *file = fopen(path, "w");
    CHECK(file != NULL);
    uint64_t bytes = strtoull(sizes[i], NULL, 10);
    for (uint64_t done = 0; done < bytes; done += sizeof chunk) {
      size_t size = bytes - done < sizeof chunk ? (size_t)(bytes - done) : sizeof chunk;
      conf_fill(chunk, size, bytes, done);
      SAME(fwrite(chunk, 1, size, file), size);
    }
    SAME(fclose(file), 0);
  }
  return 0;
}

int main(int argc, char **argv) {
  if (argc > 3 && strcmp(argv[1], "make") == 0) {
    conf_current = "httpverify";
    return make_files(argv[2], argc - 3, argv + 3);
  }
  int threads = argc > 6 ? atoi(argv[3]) : 0;
  if (threads < 1 || threads > 64) {
    fprintf(stderr, "usage: httpverify ADDRESS PORT THREADS SECONDS KEEPALIVE SIZE...\n");
    return 2;
  }
  conf_current = "httpverify";
  struct fetcher fetchers[64];
  pthread_t handles[64];
  for (int i = 0; i < threads; i++) {
    fetchers[i] = (struct fetcher){.until_ms = conf_now_ms() + atoi(argv[4]) * 1000LL,
                                   .keep_alive = atoi(argv[5]) != 0,
                                   .sizes = argv + 6,
                                   .size_count = argc - 6};
    fetchers[i].where.sin_family = AF_INET;
    fetchers[i].where.sin_port = htons((uint16_t)atoi(argv[2]));
    SAME(inet_pton(AF_INET, argv[1], &fetchers[i].where.sin_addr), 1);
    handles[i] = conf_thread(fetch_all, &fetchers[i]);
  }
  uint64_t requests = 0;
  uint64_t repeated = 0;
  uint64_t bytes = 0;
  for (int i = 0; i < threads; i++) {
    conf_join(handles[i]);
    requests += fetchers[i].requests;
    repeated += fetchers[i].repeated;
    bytes += fetchers[i].bytes;
  }
  printf("right: %llu requests, %llu sent again, %llu bytes\n", (unsigned long long)requests,
         (unsigned long long)repeated, (unsigned long long)bytes);
  return 0;
}
