/* Answers of getsockopt(), cut to what the application has room for. */
#ifndef VIRTUOSO_ANSWER_H
#define VIRTUOSO_ANSWER_H

#include <errno.h>
#include <stdint.h>
#include <string.h>
#include <sys/socket.h>

static inline int vt_put(void* value, socklen_t* length, const void* from, size_t bytes) {
  if ((int)*length < 0) {
    return EINVAL;
  }
  *length = *length < bytes ? *length : (socklen_t)bytes;
  memcpy(value, from, *length);
  return 0;
}

static inline int vt_put_int(void* value, socklen_t* length, int number) {
  return vt_put(value, length, &number, sizeof number);
}

struct vt_socket;
struct vt_socket_info;


/* What the host stack knows of a socket. 0 or errno. */
int vt_ask_info(struct vt_socket* socket, struct vt_socket_info* info);
/* Largest packet on a connection's way, or in the guest's network if it stays on this machine. */
uint32_t vt_path_mtu(const struct vt_socket* socket, const struct vt_socket_info* from);
/* TCP_INFO. */
int vt_get_info(struct vt_socket* socket, void* value, socklen_t* length);

#endif
