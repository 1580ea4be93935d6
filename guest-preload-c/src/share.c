/*
 * Sockets in several processes. One end of a socket pair takes the place of the socket's fds, the
 * host stack gets the other. Whoever holds a copy of the fd (through fork, exec or a Unix socket)
 * can ask through it which socket it is, and the host stack sees when the last copy is closed.
 *
 * In a virtual machine a connection to the host stack takes the place of the pair; the host stack
 * keeps the name and tells it to whoever asks.
 *
 * The host's end bears an abstract name, so that a program which inherits a descriptor recognises
 * it without asking anybody: virtuoso/KIND/FAMILY/LOCAL:PORT/PEER:PORT/BACKLOG/PID.NUMBER. KIND is
 * the phase, of UDP sockets 16 more; their BACKLOG holds flags: 1 connected, 2 by 127.x, 4 bound to
 * a port of the program's choice.
 */
#include <sys/un.h>

#include "address.h"
#include "datagram.h"
#include "machine.h"
#include "raw.h"
#include "share.h"
#include "standin.h"

#define PREFIX "virtuoso/"
#define INHERIT_MAX 1024 /* numbers looked at when a program starts */
#define ANSWER_TIMEOUT_MS 2000

static uint32_t share_count;

/* ---- giving --------------------------------------------------------------------------------- */

static int flags_of(const struct vt_socket* socket) {
  return (socket->udp.connected ? 1 : 0) | (socket->shows_loopback ? 2 : 0) |
         (socket->udp.named ? 4 : 0);
}

static void restore_flags(struct vt_socket* socket, int flags, struct vt_address peer) {
  socket->udp.connected = (flags & 1) != 0;
  socket->udp.peer = peer;
  socket->shows_loopback = (flags & 2) != 0;
  socket->peer_shown = peer;
  if (socket->shows_loopback) {
    socket->peer_shown = vt_loopback(peer.six, peer.port);
  }
  socket->udp.named = (flags & 4) != 0;
  if (socket->udp.named) {
    vt_listener_added();
  }
}

/* The name without its prefix. Its length, as snprintf has it. */
static int spell_name(struct vt_socket* socket, char* name, size_t size) {
  const struct vt_slot* slot = socket->slot;
  char local[VT_SPELLED];
  char peer[VT_SPELLED];
  uint8_t bound[16];
  bool listener = socket->phase == VT_LISTENING || socket->phase == VT_BOUND;
  vt_address_raw(&socket->bound, bound);
  vt_spell(listener ? bound : slot->local_address, local);
  if (slot->peer_port != 0) {
    vt_spell(slot->peer_address, peer);
  } else {
    strcpy(peer, "00000000");
  }
  uint16_t port = listener ? socket->bound.port : slot->local_port;
  socket->share_pid = (uint32_t)vt_pid;
  socket->share_number = __atomic_add_fetch(&share_count, 1, __ATOMIC_RELAXED);
  unsigned kind = socket->phase + (socket->datagram ? VT_DATAGRAM_KIND : 0u);
  return snprintf(name, size, "%u/%d/%s:%u/%s:%u/%d/%u.%u", kind, socket->family, local, port, peer,
                  slot->peer_port, socket->datagram ? flags_of(socket) : socket->backlog,
                  socket->share_pid, socket->share_number);
}

static void name_end(struct vt_socket* socket, int end) {
  struct sockaddr_un name = {.sun_family = AF_UNIX};
  char spelled[sizeof name.sun_path - sizeof PREFIX];
  spell_name(socket, spelled, sizeof spelled);
  int length = snprintf(name.sun_path + 1, sizeof name.sun_path - 1, PREFIX "%s", spelled);
  vt_raw_plain(SYS_bind, end, (long)(intptr_t)&name,
               (long)offsetof(struct sockaddr_un, sun_path) + 1 + length, 0, 0, 0);
}

static void replace_number(int file, int fd) {
  int flags = libc.fcntl(fd, F_GETFD);
  libc.dup3(file, fd, flags > 0 && (flags & FD_CLOEXEC) ? O_CLOEXEC : 0);
}

void vt_replace_numbers(struct vt_socket* socket, int file, int fd) {
  if (socket->nonblocking) {
    libc.fcntl(file, F_SETFL, (long)O_NONBLOCK);
  }
  if (VT_LOAD(&socket->fds) == 1 && vt_socket_of(fd) == socket) {
    replace_number(file, fd);
    return;
  }
  for (unsigned other = 0; other <= vt_highest_fd(); other++) {
    if (vt_table[other] == (uintptr_t)socket) {
      replace_number(file, (int)other);
    }
  }
}

/* The end that is to take the place of the socket's numbers; -1: none could be had. */
static int share_by_connection(struct vt_socket* socket, struct vt_message* message) {
  struct vt_message answer;
  if ((size_t)spell_name(socket, message->text, sizeof message->text) >= sizeof message->text) {
    return -1;
  }
  int end = vt_machine_open(socket->attachment, message, &answer);
  if (end >= 0 && (answer.type != VT_MSG_SHARED || answer.error != 0)) {
    vt_raw_close(end);
    return -1;
  }
  return end;
}

static int share_by_pair(struct vt_socket* socket, struct vt_message* message) {
  int pair[2];
  if (vt_raw_plain(SYS_socketpair, AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, (long)(intptr_t)pair,
                   0, 0) != 0) {
    return -1;
  }
  name_end(socket, pair[0]);
  struct vt_message answer;
  int error = vt_control(socket->attachment, message, pair[0], &answer, NULL);
  vt_raw_close(pair[0]);
  if (error != 0 || answer.type != VT_MSG_SHARED || answer.error != 0) {
    vt_raw_close(pair[1]);
    return -1;
  }
  return pair[1];
}

void vt_share(struct vt_socket* socket) {
  struct vt_attachment* attachment = socket->attachment;
  if (socket->slot == NULL && socket->fds != 0) {
    vt_own_file(socket, -1); /* for whoever gets it, it is the kernel's */
  }
  if (socket->shared || socket->slot == NULL || attachment == NULL || vt_is_dead(attachment) ||
      socket->fds == 0) {
    return;
  }
  struct vt_message message = {.type = VT_MSG_SHARE,
                               .value = socket->slot_index | (uint64_t)socket->generation << 32};
  int end = vt_in_machine ? share_by_connection(socket, &message) : share_by_pair(socket, &message);
  if (end >= 0) {
    vt_replace_numbers(socket, end, -1);
    socket->stands_in = false;
    socket->shared = true;
    vt_wait_for_users(socket);
    vt_raw_close(end);
  }
}

static void share_any(struct vt_socket* socket, void* unused) {
  (void)unused;
  vt_share(socket);
}

/* exec_only: not those whose fds are all closed by exec. */
void vt_share_all(bool exec_only) {
  if (!exec_only) {
    vt_for_each_socket(share_any, NULL);
    return;
  }
  for (unsigned fd = 0; fd <= vt_highest_fd(); fd++) {
    struct vt_socket* socket = vt_socket_of((int)fd);
    int flags = socket == NULL ? -1 : libc.fcntl((int)fd, F_GETFD);
    if (flags >= 0 && !(flags & FD_CLOEXEC)) {
      vt_share(socket);
    }
  }
}

/* The fd is about to be sent to another process. */
void vt_share_fd(int fd) {
  struct vt_socket* socket = vt_pin(fd);
  if (socket != NULL) {
    vt_share(socket);
    vt_unpin(socket);
  }
}

/* ---- receiving ------------------------------------------------------------------------------ */

struct named {
  bool datagram;
  unsigned phase;
  int family;
  uint8_t local[16];
  unsigned local_port;
  uint8_t peer[16];
  unsigned peer_port;
  int backlog;
  uint32_t pid;
  uint32_t number;
};

/* Asks the host stack what a connection stands for. */
static bool ask_name(int fd, char* text, size_t size) {
  struct vt_message message = {.type = VT_MSG_WHO};
  if (!vt_machine_is_link(fd) || vt_send_message(fd, &message, -1) != 0 ||
      vt_receive_message(fd, &message, NULL, 0, ANSWER_TIMEOUT_MS) != 0 ||
      message.type != VT_MSG_TOKEN) {
    return false;
  }
  message.text[sizeof message.text - 1] = '\0';
  return snprintf(text, size, "%s", message.text) > 0;
}

/* The name without its prefix, from the pair's other end. */
static bool get_name(int fd, char* text, size_t size) {
  struct sockaddr_un name;
  memset(&name, 0, sizeof name);
  socklen_t length = sizeof name;
  if (vt_raw_plain(SYS_getpeername, fd, (long)(intptr_t)&name, (long)(intptr_t)&length, 0, 0, 0) !=
          0 ||
      name.sun_family != AF_UNIX || name.sun_path[0] != '\0' ||
      strncmp(name.sun_path + 1, PREFIX, sizeof PREFIX - 1) != 0) {
    return false;
  }
  name.sun_path[sizeof name.sun_path - 1] = '\0';
  return snprintf(text, size, "%s", name.sun_path + sizeof PREFIX) > 0;
}

static bool read_name(int fd, struct named* named) {
  char text[sizeof((struct sockaddr_un*)0)->sun_path];
  if (vt_in_machine ? !ask_name(fd, text, sizeof text) : !get_name(fd, text, sizeof text)) {
    return false;
  }
  char local[VT_SPELLED];
  char peer[VT_SPELLED];
  if (sscanf(text, "%u/%d/%22[^:]:%u/%22[^:]:%u/%d/%u.%u", &named->phase,
             &named->family, local, &named->local_port, peer, &named->peer_port, &named->backlog,
             &named->pid, &named->number) != 9 ||
      !vt_unspell(local, named->local) || !vt_unspell(peer, named->peer)) {
    return false;
  }
  named->datagram = (named->phase & VT_DATAGRAM_KIND) != 0;
  named->phase &= ~VT_DATAGRAM_KIND;
  return named->phase >= VT_BOUND && named->phase <= VT_CONNECTED;
}

struct search {
  const struct named* named;
  struct vt_socket* found;
};

static void compare(struct vt_socket* socket, void* argument) {
  struct search* search = argument;
  if (socket->shared && socket->share_pid == search->named->pid &&
      socket->share_number == search->named->number) {
    search->found = socket;
  }
}

static struct vt_socket* from_name(const struct named* named, int fd) {
  struct vt_socket* socket = vt_socket_new(named->family);
  if (socket == NULL) {
    return NULL;
  }
  socket->share_pid = named->pid;
  socket->share_number = named->number;
  socket->shared = true;
  socket->orphan = true;
  socket->phase = (uint8_t)named->phase;
  socket->backlog = named->backlog;
  socket->nonblocking = (libc.fcntl(fd, F_GETFL) & O_NONBLOCK) != 0;
  if (named->phase == VT_LISTENING || named->phase == VT_BOUND) {
    socket->bound = vt_address_from_raw(named->local, (uint16_t)named->local_port);
  }
  if (named->phase == VT_LISTENING) {
    vt_listener_added();
  }
  socket->datagram = named->datagram;
  if (named->datagram) {
    restore_flags(socket, named->backlog,
                  vt_address_from_raw(named->peer, (uint16_t)named->peer_port));
  }
  memcpy(socket->saved_local, named->local, sizeof named->local);
  memcpy(socket->saved_peer, named->peer, sizeof named->peer);
  socket->saved_local_port = (uint16_t)named->local_port;
  socket->saved_peer_port = (uint16_t)named->peer_port;
  return socket;
}

/* The fd came from elsewhere: if it stands for a socket, the table learns of it. */
void vt_inherit(int fd) {
  struct named named;
  if (vt_entry_of(fd) != 0 || !read_name(fd, &named)) {
    return;
  }
  struct search search = {&named, NULL};
  vt_for_each_socket(compare, &search);
  if (search.found != NULL) {
    vt_socket_install(search.found, fd);
    return;
  }
  struct vt_socket* socket = from_name(&named, fd);
  if (socket != NULL) {
    vt_socket_install(socket, fd);
    vt_unpin(socket);
  }
}

/* A program starts: what did it get through exec? */
void vt_inherit_all(void) {
  for (int fd = 0; fd < INHERIT_MAX; fd++) {
    vt_inherit(fd);
  }
}

/* ---- descriptors in messages ------------------------------------------------------------------
 */

static void each_descriptor(const struct msghdr* message, void (*visit)(int fd)) {
  struct msghdr* header = (struct msghdr*)(uintptr_t)message;
  for (struct cmsghdr* item = CMSG_FIRSTHDR(header); item != NULL;
       item = CMSG_NXTHDR(header, item)) {
    if (item->cmsg_level != SOL_SOCKET || item->cmsg_type != SCM_RIGHTS) {
      continue;
    }
    size_t count = (item->cmsg_len - CMSG_LEN(0)) / sizeof(int);
    for (size_t i = 0; i < count; i++) {
      int fd;
      memcpy(&fd, CMSG_DATA(item) + i * sizeof fd, sizeof fd);
      visit(fd);
    }
  }
}

/* A message goes out on (or came in from) a socket of the kernel's. */
void vt_message_leaves(const struct msghdr* message) {
  if (vt_enabled && message != NULL && message->msg_controllen != 0) {
    each_descriptor(message, vt_share_fd);
  }
}

void vt_message_arrived(const struct msghdr* message) {
  if (vt_enabled && message->msg_controllen != 0) {
    int saved = errno;
    each_descriptor(message, vt_inherit);
    errno = saved;
  }
}
