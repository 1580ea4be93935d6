/* Names of congestion controls, as TCP_CONGESTION has them. */
#include "internal.h"

/* By enum vt_congestion. */
static const char names[][VT_CONGESTION_NAME_BYTES] = {"", "reno", "cubic", "dctcp", "bbr"};
#define COUNT (sizeof names / sizeof names[0])

/* A host stack of before 2.2 knows the first two only, one of before 2.3 the first three. */
static size_t count(void) {
  const struct vt_attachment* attachment = vt_attach_quick();
  uint16_t minor = attachment == NULL ? VT_ABI_MINOR : attachment->header->abi_minor;
  return minor < 2 ? VT_CONGESTION_DCTCP : minor < 3 ? VT_CONGESTION_BBR : COUNT;
}

/* The number of a control by its name, which need not end in NUL; 0: there is none. */
int vt_congestion_number(const char* name, socklen_t length) {
  size_t bytes = length == 0 ? 0 : strnlen(name, length);
  size_t known = count();
  for (size_t i = 1; i < known; i++) {
    if (strlen(names[i]) == bytes && memcmp(names[i], name, bytes) == 0) {
      return (int)i;
    }
  }
  return 0;
}

/* What the socket asked for, else what its guest has; filled up with NUL. */
const char* vt_congestion_name(const struct vt_socket* socket) {
  uint32_t number = (uint32_t)socket->options.congestion;
  const struct vt_attachment* attachment = vt_attach_quick();
  if (number == 0 && attachment != NULL) {
    number = attachment->header->congestion;
  }
  return names[number > 0 && number < COUNT ? number : VT_CONGESTION_CUBIC];
}
