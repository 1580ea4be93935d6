/* What TCP's and UDP's options have in common: how Linux reads values, and its bounds. */
#ifndef VIRTUOSO_OPTION_VALUES_H
#define VIRTUOSO_OPTION_VALUES_H

#include <stdint.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>

#define VT_RCVTIMEO_NEW 66 /* same struct as the old one where time_t has 64 bits */
#define VT_SNDTIMEO_NEW 67
#define VT_MIN_RECEIVE_BUFFER 2304
#define VT_NS_PER_SECOND INT64_C(1000000000)

/* Of IP's options: one byte will do. */
static inline int vt_number_of(const void* value, socklen_t length) {
  int number = 0;
  if (value != NULL && length >= sizeof number) {
    memcpy(&number, value, sizeof number);
  } else if (value != NULL && length > 0) {
    number = *(const uint8_t*)value;
  }
  return number;
}

/* Nanoseconds; 0: for ever. */
static inline int64_t vt_time_of(const void* value) {
  struct timeval time;
  memcpy(&time, value, sizeof time);
  return time.tv_sec > 1000000000 ? 0 : time.tv_sec * VT_NS_PER_SECOND + time.tv_usec * 1000;
}

#endif
