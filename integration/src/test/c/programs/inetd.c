/*
 * inetd wait|nowait PORT PROGRAM ARGUMENT...: starts the program for the first connection that comes
 * to the port, with the listener (wait) or the connection (nowait) as its standard input. Status 0 if
 * that of the program is.
 */
#include <sys/wait.h>

#include "conformance.h"

int main(int argc, char **argv) {
  CHECK(argc >= 4);
  bool keep = strcmp(argv[1], "wait") == 0;
  struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((uint16_t)atoi(argv[2]))};
  int socket_fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  int on = 1;
  OK(setsockopt(socket_fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on));
  OK(bind(socket_fd, (struct sockaddr *)&address, sizeof address));
  OK(listen(socket_fd, 16));
  puts("listening");
  fflush(stdout);
  if (!keep) {
    int connection = accept4(socket_fd, NULL, NULL, SOCK_CLOEXEC);
    OK(connection);
    OK(close(socket_fd));
    socket_fd = connection;
  }
  pid_t child = fork();
  OK(child);
  if (child == 0) {
    OK(dup2(socket_fd, 0));
    execvp(argv[3], argv + 3);
    _exit(127);
  }
  if (!keep) {
    OK(close(socket_fd));
  }
  int status = -1;
  OK(waitpid(child, &status, 0));
  return WIFEXITED(status) && WEXITSTATUS(status) == 0 ? 0 : 1;
}
