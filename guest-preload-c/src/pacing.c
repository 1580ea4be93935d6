/* SO_MAX_PACING_RATE of TCP sockets: kept here, and told to the host stack, which paces. */
#include <sys/socket.h>

#include "answer.h"
#include "control.h"
#include "pacing.h"

/* The socket holds one more than was set: 0 stands for UINT64_MAX, which is no limit. */

void vt_send_max_pacing_rate(struct vt_socket* socket) {
  uint64_t rate = socket->options.max_pacing_rate;
  rate = rate == 0 ? 0 : rate - 1;
  vt_command(socket, VT_CMD_OPTION, VT_OPT_MAX_PACING_RATE, rate < INT64_MAX ? rate : INT64_MAX);
}

/* The kernel's socket has judged the value: it has 4 bytes, or 8. */
void vt_set_max_pacing_rate(struct vt_socket* socket, const void* value, socklen_t length) {
  uint64_t rate = 0;
  uint32_t half = 0;
  if (length >= sizeof rate) {
    memcpy(&rate, value, sizeof rate);
  } else {
    memcpy(&half, value, sizeof half);
    rate = half == UINT32_MAX ? UINT64_MAX : half;
  }
  socket->options.max_pacing_rate = rate + 1;
  socket->options.touched = true;
  if (socket->phase > VT_BOUND) {
    vt_send_max_pacing_rate(socket);
  }
}

int vt_get_max_pacing_rate(const struct vt_socket* socket, void* value, socklen_t* length) {
  uint64_t rate = socket->options.max_pacing_rate - 1;
  if (*length >= sizeof rate) {
    return vt_put(value, length, &rate, sizeof rate);
  }
  uint32_t half = rate < UINT32_MAX ? (uint32_t)rate : UINT32_MAX;
  return vt_put(value, length, &half, sizeof half);
}
