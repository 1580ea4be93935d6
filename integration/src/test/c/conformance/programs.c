/* exec, vfork-like starts, descriptors passed over Unix sockets, direct system calls. */
#include <spawn.h>
#include <sys/syscall.h>

#include "conformance.h"

extern char **environ;

CASE(programs, socket_survives_exec) {
  struct conf_pair pair = conf_pair();
  SAME(dup2(pair.server, 9), 9);
  OK(close(pair.server));
  pid_t child = conf_fork();
  if (child == 0) {
    execlp("sh", "sh", "-c", "read line <&9; echo \"got $line\" >&9", (char *)NULL);
    _exit(127);
  }
  OK(close(9));
  conf_write_all(pair.client, "hello\n", 6);
  conf_expect(pair.client, "got hello\n");
  conf_child_passes(child);
  conf_expect_eof(pair.client);
}

CASE(programs, socket_as_standard_input_and_output) {
  struct conf_pair pair = conf_pair();
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_adddup2(&actions, pair.server, 0);
  posix_spawn_file_actions_adddup2(&actions, pair.server, 1);
  char *arguments[] = {"tr", "a-z", "A-Z", NULL};
  pid_t child;
  SAME(posix_spawnp(&child, "tr", &actions, NULL, arguments, environ), 0);
  OK(close(pair.server));
  conf_write_all(pair.client, "inetd\n", 6);
  OK(shutdown(pair.client, SHUT_WR));
  conf_expect(pair.client, "INETD\n");
  conf_child_passes(child);
}

/* For a child that becomes another program: the server's end is its standard input and output. */
static void take_as_standard(struct conf_pair pair) {
  dup2(pair.server, 0);
  dup2(pair.server, 1);
  close(pair.server);
  close(pair.client);
}

/* What `tr a-z A-Z` does with a socket as standard input and output. */
static void upper_case_comes_back(struct conf_pair pair, pid_t child, const char *sent,
                                  const char *expected) {
  OK(close(pair.server));
  conf_write_all(pair.client, sent, strlen(sent));
  OK(shutdown(pair.client, SHUT_WR));
  conf_expect(pair.client, expected);
  conf_child_passes(child);
  conf_expect_eof(pair.client);
}

CASE(programs, socket_through_vfork) {
  struct conf_pair pair = conf_pair();
  OK(fcntl(pair.server, F_SETFD, FD_CLOEXEC));
  OK(fcntl(pair.client, F_SETFD, FD_CLOEXEC));
  char *arguments[] = {"tr", "a-z", "A-Z", NULL};
  pid_t child = OK(vfork());
  if (child == 0) {
    dup2(pair.server, 0);
    dup2(pair.server, 1);
    execvp("tr", arguments);
    _exit(127);
  }
  upper_case_comes_back(pair, child, "borrowed\n", "BORROWED\n");
}

CASE(programs, socket_through_system_and_popen) {
  struct conf_pair pair = conf_pair();
  SAME(dup2(pair.server, 9), 9);
  OK(close(pair.server));
  conf_write_all(pair.client, "one\ntwo\n", 8);
  SAME(system("read line <&9; echo \"first $line\" >&9"), 0);
  conf_expect(pair.client, "first one\n");
  FILE *pipe = popen("read line <&9; echo \"second $line\"", "r");
  char line[32] = "";
  CHECK(pipe != NULL && fgets(line, sizeof line, pipe) != NULL);
  SAME(strcmp(line, "second two\n"), 0);
  SAME(pclose(pipe), 0);
  conf_write_all(9, "mine", 4);
  conf_expect(pair.client, "mine");
}

/* As inetd starts programs, and nginx its successor. */
CASE(programs, another_environment_with_a_socket_in_it) {
  struct conf_pair pair = conf_pair();
  char *arguments[] = {"tr", "a-z", "A-Z", NULL};
  char *environment[] = {"TZ=UTC", NULL};
  pid_t child = conf_fork();
  if (child == 0) {
    take_as_standard(pair);
    execvpe("tr", arguments, environment);
    _exit(127);
  }
  upper_case_comes_back(pair, child, "elsewhere\n", "ELSEWHERE\n");
}

CASE(programs, another_environment_by_descriptor) {
  struct conf_pair pair = conf_pair();
  char *arguments[] = {"tr", "a-z", "A-Z", NULL};
  char *environment[] = {"TZ=UTC", NULL};
  int program = OK(open("/usr/bin/tr", O_RDONLY | O_CLOEXEC));
  pid_t child = conf_fork();
  if (child == 0) {
    take_as_standard(pair);
    fexecve(program, arguments, environment);
    _exit(127);
  }
  upper_case_comes_back(pair, child, "elsewhere\n", "ELSEWHERE\n");
  FAILS(fexecve(-1, arguments, environment), EINVAL);
}

CASE(programs, another_environment_after_vfork) {
  struct conf_pair pair = conf_pair();
  OK(fcntl(pair.server, F_SETFD, FD_CLOEXEC));
  OK(fcntl(pair.client, F_SETFD, FD_CLOEXEC));
  char *arguments[] = {"tr", "a-z", "A-Z", NULL};
  char *environment[] = {NULL};
  pid_t child = OK(vfork());
  if (child == 0) {
    dup2(pair.server, 0);
    dup2(pair.server, 1);
    execvpe("tr", arguments, environment);
    _exit(127);
  }
  upper_case_comes_back(pair, child, "elsewhere\n", "ELSEWHERE\n");
}

CASE(programs, another_environment_by_posix_spawn) {
  struct conf_pair pair = conf_pair();
  OK(fcntl(pair.server, F_SETFD, FD_CLOEXEC));
  OK(fcntl(pair.client, F_SETFD, FD_CLOEXEC));
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_adddup2(&actions, pair.server, 0);
  posix_spawn_file_actions_adddup2(&actions, pair.server, 1);
  char *arguments[] = {"tr", "a-z", "A-Z", NULL};
  char *environment[] = {"TZ=UTC", NULL};
  pid_t child;
  SAME(posix_spawnp(&child, "tr", &actions, NULL, arguments, environment), 0);
  upper_case_comes_back(pair, child, "elsewhere\n", "ELSEWHERE\n");
}

CASE(programs, close_on_exec_closes) {
  struct conf_pair pair = conf_pair();
  OK(fcntl(pair.server, F_SETFD, FD_CLOEXEC));
  OK(fcntl(pair.client, F_SETFD, FD_CLOEXEC));
  pid_t child = conf_fork();
  if (child == 0) {
    execlp("sleep", "sleep", "5", (char *)NULL);
    _exit(127);
  }
  conf_sleep_ms(50);
  OK(close(pair.server));
  conf_expect_eof(pair.client); /* at once, not after five seconds */
  kill(child, SIGKILL);
}

static void pass(int channel, int fd) {
  union {
    char bytes[CMSG_SPACE(sizeof(int))];
    struct cmsghdr align;
  } control = {{0}};
  struct iovec out = {"f", 1};
  struct msghdr message = {.msg_iov = &out,
                           .msg_iovlen = 1,
                           .msg_control = control.bytes,
                           .msg_controllen = sizeof control.bytes};
  struct cmsghdr *header = CMSG_FIRSTHDR(&message);
  header->cmsg_level = SOL_SOCKET;
  header->cmsg_type = SCM_RIGHTS;
  header->cmsg_len = CMSG_LEN(sizeof fd);
  memcpy(CMSG_DATA(header), &fd, sizeof fd);
  SAME(sendmsg(channel, &message, 0), 1);
}

static int take(int channel) {
  union {
    char bytes[CMSG_SPACE(sizeof(int))];
    struct cmsghdr align;
  } control;
  char byte;
  struct iovec in = {&byte, 1};
  struct msghdr message = {.msg_iov = &in,
                           .msg_iovlen = 1,
                           .msg_control = control.bytes,
                           .msg_controllen = sizeof control.bytes};
  SAME(recvmsg(channel, &message, 0), 1);
  struct cmsghdr *header = CMSG_FIRSTHDR(&message);
  CHECK(header != NULL && header->cmsg_type == SCM_RIGHTS);
  int fd;
  memcpy(&fd, CMSG_DATA(header), sizeof fd);
  return fd;
}

CASE(programs, connection_passed_to_another_process) {
  struct conf_pair pair = conf_pair();
  int channel[2];
  OK(socketpair(AF_UNIX, SOCK_STREAM, 0, channel));
  pid_t child = conf_fork();
  if (child == 0) {
    OK(close(pair.server));
    OK(close(pair.client));
    int server = take(channel[1]);
    conf_expect(server, "passed");
    conf_write_all(server, "thanks", 6);
    conf_child_done();
  }
  pass(channel[0], pair.server);
  OK(close(pair.server));
  conf_write_all(pair.client, "passed", 6);
  conf_expect(pair.client, "thanks");
  conf_child_passes(child);
  conf_expect_eof(pair.client);
}

CASE(programs, listener_passed_to_another_process) {
  int channel[2];
  OK(socketpair(AF_UNIX, SOCK_STREAM, 0, channel));
  pid_t child = conf_fork();
  if (child == 0) {
    int listener = take(channel[1]);
    int server = conf_accept(listener);
    conf_write_all(server, "served", 6);
    conf_child_done();
  }
  struct sockaddr_in where;
  int listener = conf_listen(&where);
  pass(channel[0], listener);
  OK(close(listener));
  int client = conf_connect(&where);
  conf_expect(client, "served");
  conf_child_passes(child);
}

CASE(programs, syscall_moves_data) {
  struct conf_pair pair = conf_pair();
  SAME(syscall(SYS_write, pair.client, "direct", 6), 6);
  SAME(conf_poll(pair.server, POLLIN, SOON), POLLIN);
  char bytes[8];
  SAME(syscall(SYS_read, pair.server, bytes, sizeof bytes), 6);
  SAME(syscall(SYS_sendto, pair.server, "back", 4, 0, NULL, 0), 4);
  SAME(syscall(SYS_recvfrom, pair.client, bytes, sizeof bytes, 0, NULL, NULL), 4);
}

CASE(programs, syscall_closes) {
  struct conf_pair pair = conf_pair();
  SAME(syscall(SYS_close, pair.server), 0); /* libuv closes every descriptor so */
  conf_expect_eof(pair.client);
  FAILS(fcntl(pair.server, F_GETFD), EBADF);
}

CASE(programs, syscall_other_calls_still_work) {
  SAME(syscall(SYS_getpid), getpid());
  int fd = (int)syscall(SYS_eventfd2, 0, 0);
  OK(fd);
  OK(close(fd));
  FAILS(syscall(SYS_close, 999), EBADF);
}

CASE(programs, shell_network_tools_see_a_socket) {
  struct conf_pair pair = conf_pair();
  char path[64];
  char target[64] = {0};
  snprintf(path, sizeof path, "/proc/self/fd/%d", pair.client);
  OK(readlink(path, target, sizeof target - 1));
  SAME(strncmp(target, "socket:[", 8), 0);
}
