/* Processes that are not made by fork(): by system calls, clone() and _Fork(), in namespaces of their own, too. */
#include <linux/sched.h>
#include <sched.h>
#include <sys/syscall.h>

#include "conformance.h"

static pid_t by_clone(unsigned long flags) {
  return (pid_t)syscall(SYS_clone, flags | SIGCHLD, NULL, NULL, NULL, NULL);
}

static pid_t by_clone3(unsigned long flags) {
  struct clone_args arguments = {.flags = flags, .exit_signal = SIGCHLD};
  return (pid_t)syscall(SYS_clone3, &arguments, sizeof arguments);
}

static pid_t by_the_oldest_call(unsigned long flags) {
  (void)flags;
  return (pid_t)syscall(SYS_fork);
}

static pid_t without_handlers(unsigned long flags) {
  (void)flags;
  return _Fork();
}

struct ends {
  int listener;
  int server;
  int client;
};

static int serve(void *argument) {
  const struct ends *ends = argument;
  OK(close(ends->client));
  conf_expect(ends->server, "question");
  conf_write_all(ends->server, "answer", 6);
  OK(close(ends->server));
  int other = conf_accept(ends->listener);
  conf_write_all(other, "from the listener", 17);
  OK(close(other));
  return 0;
}

static void expect_service(pid_t child, struct sockaddr_in *where, const struct ends *ends) {
  OK(close(ends->server));
  conf_write_all(ends->client, "question", 8);
  conf_expect(ends->client, "answer");
  conf_expect_eof(ends->client);
  int client = conf_connect(where);
  conf_expect(client, "from the listener");
  conf_expect_eof(client);
  conf_child_passes(child);
  client = conf_connect(where); /* the parent's listener is what it was */
  int server = conf_accept(ends->listener);
  conf_write_all(server, "parent", 6);
  conf_expect(client, "parent");
}

static void expect_a_child(pid_t (*make)(unsigned long flags), unsigned long flags) {
  struct sockaddr_in where;
  struct ends ends = {.listener = conf_listen(&where)};
  ends.client = conf_connect(&where);
  ends.server = conf_accept(ends.listener);
  fflush(stdout);
  pid_t child = make(flags);
  if (child < 0 && flags != 0 && errno == EPERM) {
    conf_skip("this process may make no namespaces");
  }
  OK(child);
  if (child == 0) {
    serve(&ends);
    _exit(0);
  }
  expect_service(child, &where, &ends);
}

CASE(clones, system_call) { expect_a_child(by_clone, 0); }

CASE(clones, newer_system_call) { expect_a_child(by_clone3, 0); }

CASE(clones, oldest_system_call) { expect_a_child(by_the_oldest_call, 0); }

CASE(clones, fork_without_handlers) { expect_a_child(without_handlers, 0); }

CASE(clones, with_processes_of_its_own) { expect_a_child(by_clone, CLONE_NEWPID); }

CASE(clones, with_networks_of_its_own) { expect_a_child(by_clone, CLONE_NEWNET | CLONE_NEWIPC); }

CASE(clones, with_all_of_its_own) {
  expect_a_child(by_clone3, CLONE_NEWPID | CLONE_NEWNET | CLONE_NEWNS | CLONE_NEWUTS);
}

CASE(clones, function_on_a_stack_of_its_own) {
  static _Alignas(16) char stack[256 << 10];
  struct sockaddr_in where;
  struct ends ends = {.listener = conf_listen(&where)};
  ends.client = conf_connect(&where);
  ends.server = conf_accept(ends.listener);
  fflush(stdout);
  pid_t child = OK(clone(serve, stack + sizeof stack, SIGCHLD, &ends));
  expect_service(child, &where, &ends);
}

CASE(clones, that_fails) {
  struct conf_pair pair = conf_pair();
  FAILS(syscall(SYS_clone, CLONE_NEWNS | CLONE_FS | SIGCHLD, NULL, NULL, NULL, NULL), EINVAL);
  conf_write_all(pair.client, "goes on", 7);
  conf_expect(pair.server, "goes on");
}
