/* Bytes and datagrams, by all calls that move them. */
#include <time.h>

#include <linux/errqueue.h>
#include <limits.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/uio.h>

#include "calls.h"

#define MOST_SENT 10000 /* a connection that nobody has accepted takes so much everywhere */
#define VECTORS 4
#define MESSAGES 4

static const struct word flags[] = {
    {MSG_OOB, "OOB"},           {MSG_PEEK, "PEEK"},       {MSG_DONTROUTE, "DONTROUTE"},
    {MSG_CTRUNC, "CTRUNC"},     {MSG_TRUNC, "TRUNC"},     {MSG_DONTWAIT, "DONTWAIT"},
    {MSG_EOR, "EOR"},           {MSG_WAITALL, "WAITALL"}, {MSG_CONFIRM, "CONFIRM"},
    {MSG_ERRQUEUE, "ERRQUEUE"}, {MSG_NOSIGNAL, "NOSIGNAL"}, {MSG_MORE, "MORE"},
    {MSG_WAITFORONE, "WAITFORONE"}, {MSG_CMSG_CLOEXEC, "CMSG_CLOEXEC"}};

static const int lengths[] = {0, 1, 1, 2, 7, 30, 100, 333, 1000, 1500};

static size_t some_length(void) { return (size_t)ONE_OF(lengths); }

static enum kind some_kind(void) { return chance(70) ? TCP : UDP; }

/* Where nobody takes it a guest's first ring of 1 KiB is all that is written. */
static bool is_for_nobody(int slot, size_t count) {
  bool ended = (ready(fd_of(slot), POLLRDHUP) & POLLRDHUP) != 0;
  return slots[slot].kind == TCP && count > 1000 && ended;
}

static bool has_sent_enough(int slot, size_t count) {
  if (slots[slot].kind == UDP && local_port(slot) == 0) {
    say(" without a port"); /* the kernel gives it one, even if nothing can be sent */
    return true;
  }
  if (is_for_nobody(slot, count)) {
    say(" for nobody");
    return true;
  }
  if (slots[slot].sent + count > MOST_SENT) {
    say(" has sent enough");
    return true;
  }
  return would_block(slot, POLLOUT);
}

static void sent(int slot, long long result) {
  say_result(result);
  slots[slot].sent += result > 0 ? (size_t)result : 0;
}

/* UDP's are left out that it refuses as documented (MSG_MORE). */
static int send_flags(int slot) {
  static const int choices[] = {MSG_NOSIGNAL, MSG_DONTWAIT, MSG_MORE,    MSG_EOR,
                                MSG_DONTROUTE, MSG_CONFIRM, MSG_PEEK, MSG_WAITALL};
  int chosen = chance(60) ? 0 : ONE_OF(choices) | (chance(30) ? ONE_OF(choices) : 0);
  return slots[slot].kind == TCP ? chosen : chosen & ~MSG_MORE;
}

static struct name somebody(int slot) {
  struct name name;
  int other = pick(UDP);
  bool apart = slots[slot].kind == UDP && other != slot;
  return apart && slots[other].kind == UDP && local_port(other) != 0 && name_towards(slot, other, &name)
             ? name
             : nobody_towards(slot);
}

static void call_send(void) {
  int slot = pick(some_kind());
  size_t count = some_length();
  int flag = send_flags(slot);
  say("send(%d, %zu, ", slot, count);
  SAY_WORDS(flag, flags);
  say(")");
  if (!has_sent_enough(slot, count)) {
    sent(slot, send(fd_of(slot), bytes_to_send(count), count, flag));
  }
}

/* A guest's connected socket is told of errors of what it sends to others, too. */
static bool is_connected_elsewhere(int slot) {
  if (slots[slot].kind == UDP && peer_port(slot) != 0) {
    say(" is connected");
    return true;
  }
  return false;
}

static void call_sendto(void) {
  int slot = pick(chance(20) ? TCP : UDP);
  size_t count = some_length();
  int flag = send_flags(slot);
  struct name name = somebody(slot);
  say("sendto(%d, %zu, ", slot, count);
  SAY_WORDS(flag, flags);
  say(", ");
  say_name(&name.address.any, name.length);
  if (chance(6) && slots[slot].kind == UDP) {
    static const socklen_t odd[] = {0, 1, 8, 15, 20, 128, 129, 4000};
    name.length = ONE_OF(odd);
    say(" length %u", name.length);
  } else if (chance(5) && slots[slot].kind == UDP) {
    name.address.any.sa_family = chance(50) ? AF_UNSPEC : 77;
    say(" family %d", name.address.any.sa_family);
  }
  say(")");
  if (!is_connected_elsewhere(slot) && !has_sent_enough(slot, count)) {
    sent(slot, sendto(fd_of(slot), bytes_to_send(count), count, flag, &name.address.any,
                      name.length));
  }
}

static void call_write(void) {
  int slot = pick(some_kind());
  size_t count = some_length();
  say("write(%d, %zu)", slot, count);
  if (!has_sent_enough(slot, count)) {
    sent(slot, write(fd_of(slot), bytes_to_send(count), count));
  }
}

/* Splits a buffer in pieces, also empty ones. */
static size_t split(uint8_t *bytes, struct iovec *vectors, int count) {
  size_t all = 0;
  say("[");
  for (int i = 0; i < count; i++) {
    size_t length = some_length();
    vectors[i] = (struct iovec){.iov_base = bytes + all, .iov_len = length};
    all += length;
    say("%s%zu", i == 0 ? "" : " ", length);
  }
  say("]");
  return all;
}

static int some_vectors(void) { return chance(4) ? 0 : 1 + (int)roll(VECTORS - 1); }

static void call_writev(void) {
  int slot = pick(some_kind());
  struct iovec vectors[VECTORS];
  int count = some_vectors();
  uint8_t *bytes = (uint8_t *)(uintptr_t)bytes_to_send(ROOM);
  say("writev(%d, ", slot);
  size_t all = split(bytes, vectors, count);
  if (chance(4)) {
    count = chance(50) ? -1 : IOV_MAX + 1;
    say(" %d", count);
  }
  say(")");
  if (!has_sent_enough(slot, all)) {
    sent(slot, writev(fd_of(slot), vectors, count));
  }
}

static void call_sendmsg(void) {
  int slot = pick(some_kind());
  struct iovec vectors[VECTORS];
  struct name name = somebody(slot);
  struct msghdr message = {.msg_iov = vectors, .msg_iovlen = (size_t)some_vectors()};
  int flag = send_flags(slot);
  say("sendmsg(%d, ", slot);
  size_t all = split((uint8_t *)(uintptr_t)bytes_to_send(ROOM), vectors, (int)message.msg_iovlen);
  say(", ");
  SAY_WORDS(flag, flags);
  if (chance(40) && (slots[slot].kind == TCP || peer_port(slot) == 0)) {
    message.msg_name = &name.address;
    message.msg_namelen = name.length;
    say(", ");
    say_name(&name.address.any, name.length);
  }
  if (chance(4)) {
    message.msg_iovlen = IOV_MAX + 1;
    say(" too many");
  }
  say(")");
  if (!has_sent_enough(slot, all)) {
    sent(slot, sendmsg(fd_of(slot), &message, flag));
  }
}

static void call_sendmmsg(void) {
  int slot = pick(chance(30) ? TCP : UDP);
  struct iovec vectors[MESSAGES];
  struct mmsghdr messages[MESSAGES];
  struct name names[MESSAGES];
  unsigned count = roll(MESSAGES + 1);
  bool alone = slots[slot].kind == TCP ? (ready(fd_of(slot), POLLRDHUP) & POLLRDHUP) != 0
                                       : peer_port(slot) != 0;
  count = alone && count > 1 ? 1 : count; /* the kernel's second one is told what the first one met */
  memset(messages, 0, sizeof messages);
  int flag = send_flags(slot);
  say("sendmmsg(%d, ", slot);
  size_t all = split((uint8_t *)(uintptr_t)bytes_to_send(ROOM), vectors, (int)count);
  bool named = chance(40) && (slots[slot].kind == TCP || peer_port(slot) == 0);
  for (unsigned i = 0; i < count; i++) {
    messages[i].msg_hdr.msg_iov = &vectors[i];
    messages[i].msg_hdr.msg_iovlen = 1;
    names[i] = somebody(slot);
    if (named) {
      messages[i].msg_hdr.msg_name = &names[i].address;
      messages[i].msg_hdr.msg_namelen = names[i].length;
      say(" ");
      say_name(&names[i].address.any, names[i].length);
    }
  }
  say(", ");
  SAY_WORDS(flag, flags);
  say(")");
  if (has_sent_enough(slot, all)) {
    return;
  }
  int result = sendmmsg(fd_of(slot), messages, count, flag);
  say_result(result);
  for (int i = 0; i < result; i++) {
    say(" %u", messages[i].msg_len);
    slots[slot].sent += messages[i].msg_len;
  }
}

/* ---- receiving ---- */

static int receive_flags(void) {
  static const int choices[] = {MSG_PEEK, MSG_PEEK, MSG_DONTWAIT, MSG_TRUNC,     MSG_WAITALL,
                                MSG_OOB,  MSG_ERRQUEUE, MSG_NOSIGNAL, MSG_CMSG_CLOEXEC};
  int chosen = chance(50) ? 0 : ONE_OF(choices) | (chance(30) ? ONE_OF(choices) : 0);
  return chosen & MSG_ERRQUEUE ? chosen & ~MSG_OOB : chosen;
}

/* Whether a blocking call would find an end: bytes, an error, or a time-out. */
static bool would_wait(int slot, size_t count, int flag) {
  int never = MSG_DONTWAIT | MSG_ERRQUEUE | (slots[slot].kind == TCP ? MSG_OOB : 0);
  if ((flag & never) != 0 || fd_of(slot) < 0) {
    return false;
  }
  int bytes = 0;
  short events = ready(fd_of(slot), POLLIN | POLLRDHUP);
  if ((flag & MSG_WAITALL) != 0 && slots[slot].kind == TCP && !is_nonblocking(fd_of(slot)) &&
      (events & (POLLRDHUP | POLLHUP | POLLERR)) == 0 &&
      ioctl(fd_of(slot), FIONREAD, &bytes) == 0 && (size_t)bytes < count) {
    say(" would wait for all");
    return true;
  }
  return would_block(slot, POLLIN);
}

static void received(const void *bytes, long long result, size_t room) {
  say_result(result);
  say_bytes(bytes, result < 0 ? 0 : (size_t)result < room ? (size_t)result : room);
}

static void call_recv(void) {
  static uint8_t bytes[ROOM];
  int slot = pick(some_kind());
  size_t count = some_length();
  int flag = receive_flags();
  say("recv(%d, %zu, ", slot, count);
  SAY_WORDS(flag, flags);
  say(")");
  if (!would_wait(slot, count, flag)) {
    memset(bytes, 0, sizeof bytes); /* what MSG_TRUNC throws away is not written */
    received(bytes, recv(fd_of(slot), bytes, count, flag), count);
  }
}

static void call_recvfrom(void) {
  static const socklen_t rooms[] = {128, 128, 28, 16, 8, 0};
  static uint8_t bytes[ROOM];
  int slot = pick(some_kind());
  size_t count = some_length();
  int flag = receive_flags();
  struct name name;
  memset(&name, 0, sizeof name);
  name.length = ONE_OF(rooms);
  socklen_t given = name.length;
  say("recvfrom(%d, %zu, ", slot, count);
  SAY_WORDS(flag, flags);
  say(", %u)", given);
  if (would_wait(slot, count, flag)) {
    return;
  }
  memset(bytes, 0, sizeof bytes);
  long long result =
      recvfrom(fd_of(slot), bytes, count, flag, &name.address.any, &name.length);
  received(bytes, result, count);
  if (result >= 0) {
    say(" %u ", name.length);
    say_result_name(&name.address.any, name.length < given ? name.length : given);
  }
}

static void call_read(void) {
  static uint8_t bytes[ROOM];
  int slot = pick(some_kind());
  size_t count = some_length();
  say("read(%d, %zu)", slot, count);
  if (!would_block(slot, POLLIN)) {
    received(bytes, read(fd_of(slot), bytes, count), count);
  }
}

static void call_readv(void) {
  static uint8_t bytes[ROOM];
  int slot = pick(some_kind());
  struct iovec vectors[VECTORS];
  int count = some_vectors();
  say("readv(%d, ", slot);
  size_t all = split(bytes, vectors, count);
  if (chance(4)) {
    count = chance(50) ? -1 : IOV_MAX + 1;
    say(" %d", count);
  }
  say(")");
  if (!would_block(slot, POLLIN)) {
    received(bytes, readv(fd_of(slot), vectors, count), all);
  }
}

static void say_error(const struct sock_extended_err *error) {
  const char *name = strerrorname_np((int)error->ee_errno);
  say(" %s of %u type %u code %u info %u by ", name == NULL ? "0" : name, error->ee_origin,
      error->ee_type, error->ee_code, error->ee_info);
  const struct sockaddr *by = SO_EE_OFFENDER(error);
  if (by->sa_family == AF_UNSPEC) {
    say("nobody");
  } else {
    say_result_name(by, by->sa_family == AF_INET ? sizeof(struct sockaddr_in)
                                          : sizeof(struct sockaddr_in6));
  }
}

/* Without numbers of interfaces, which are the machine's. */
static void say_control(struct msghdr *message) {
  for (struct cmsghdr *one = CMSG_FIRSTHDR(message); one != NULL; one = CMSG_NXTHDR(message, one)) {
    say(" {%d/%d %zu", one->cmsg_level, one->cmsg_type, (size_t)one->cmsg_len);
    if (one->cmsg_level == IPPROTO_IP && one->cmsg_type == IP_PKTINFO) {
      struct in_pktinfo info;
      memcpy(&info, CMSG_DATA(one), sizeof info);
      struct sockaddr_in to = {.sin_family = AF_INET, .sin_addr = info.ipi_addr};
      struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr = info.ipi_spec_dst};
      say(" to ");
      say_result_name((struct sockaddr *)&to, sizeof to);
      say(" at ");
      say_result_name((struct sockaddr *)&at, sizeof at);
    } else if (one->cmsg_level == IPPROTO_IPV6 && one->cmsg_type == IPV6_PKTINFO) {
      struct in6_pktinfo info;
      memcpy(&info, CMSG_DATA(one), sizeof info);
      struct sockaddr_in6 to = {.sin6_family = AF_INET6, .sin6_addr = info.ipi6_addr};
      say(" to ");
      say_result_name((struct sockaddr *)&to, sizeof to);
    } else if ((one->cmsg_level == IPPROTO_IP && one->cmsg_type == IP_RECVERR) ||
               (one->cmsg_level == IPPROTO_IPV6 && one->cmsg_type == IPV6_RECVERR)) {
      say_error((const struct sock_extended_err *)(const void *)CMSG_DATA(one));
    }
    say("}");
  }
}

static void call_recvmsg(void) {
  static const size_t controls[] = {256, 256, 0, 16, 40};
  static uint8_t bytes[ROOM];
  static _Alignas(struct cmsghdr) uint8_t control[256];
  int slot = pick(some_kind());
  struct iovec vectors[VECTORS];
  struct name name;
  struct msghdr message = {.msg_iov = vectors, .msg_iovlen = (size_t)some_vectors()};
  int flag = receive_flags();
  memset(&name, 0, sizeof name);
  message.msg_control = control;
  message.msg_controllen = ONE_OF(controls);
  if (chance(70)) {
    message.msg_name = &name.address;
    message.msg_namelen = chance(90) ? sizeof name.address : 8;
  }
  socklen_t given = message.msg_namelen;
  say("recvmsg(%d, ", slot);
  size_t all = split(bytes, vectors, (int)message.msg_iovlen);
  say(", ");
  SAY_WORDS(flag, flags);
  say(", %u, %zu)", given, (size_t)message.msg_controllen);
  if (would_wait(slot, all, flag)) {
    return;
  }
  memset(bytes, 0, sizeof bytes);
  long long result = recvmsg(fd_of(slot), &message, flag);
  received(bytes, result, all);
  if (result >= 0) {
    say(" flags ");
    SAY_WORDS(message.msg_flags, flags);
    say(" name %u ", message.msg_namelen);
    if (message.msg_name != NULL && message.msg_namelen > 0) {
      say_result_name(&name.address.any, message.msg_namelen < given ? message.msg_namelen : given);
    }
    say_control(&message);
  }
}

static void call_recvmmsg(void) {
  static uint8_t bytes[ROOM];
  int slot = pick(chance(30) ? TCP : UDP);
  struct iovec vectors[MESSAGES];
  struct mmsghdr messages[MESSAGES];
  struct name names[MESSAGES];
  unsigned count = 1 + roll(MESSAGES);
  int flag = MSG_DONTWAIT | (chance(30) ? MSG_WAITFORONE : 0) | (chance(20) ? receive_flags() : 0);
  memset(messages, 0, sizeof messages);
  memset(names, 0, sizeof names);
  memset(bytes, 0, sizeof bytes);
  say("recvmmsg(%d, ", slot);
  split(bytes, vectors, (int)count);
  for (unsigned i = 0; i < count; i++) {
    messages[i].msg_hdr =
        (struct msghdr){.msg_iov = &vectors[i], .msg_iovlen = 1, .msg_name = &names[i].address,
                        .msg_namelen = sizeof names[i].address};
  }
  say(", ");
  SAY_WORDS(flag, flags);
  say(")");
  if ((ready(fd_of(slot), 0) & POLLERR) != 0) {
    say(" after an error"); /* which Linux tells first here, before what came before it */
    return;
  }
  int result = recvmmsg(fd_of(slot), messages, count, flag, NULL);
  say_result(result);
  for (int i = 0; i < result; i++) {
    const struct msghdr *one = &messages[i].msg_hdr;
    say(" %u", messages[i].msg_len);
    say_bytes(vectors[i].iov_base,
              messages[i].msg_len < vectors[i].iov_len ? messages[i].msg_len : vectors[i].iov_len);
    say(" flags %#x name %u ", (unsigned)one->msg_flags, one->msg_namelen);
    if (one->msg_namelen > 0) {
      say_result_name(&names[i].address.any, one->msg_namelen);
    }
  }
}

const struct call calls_of_bytes[] = {
    {"send", 10, call_send},       {"sendto", 7, call_sendto},     {"write", 4, call_write},
    {"writev", 3, call_writev},    {"sendmsg", 5, call_sendmsg},   {"sendmmsg", 3, call_sendmmsg},
    {"recv", 12, call_recv},       {"recvfrom", 6, call_recvfrom}, {"read", 5, call_read},
    {"readv", 3, call_readv},      {"recvmsg", 7, call_recvmsg},   {"recvmmsg", 3, call_recvmmsg},
    {NULL, 0, NULL}};
