/* Calls on fd numbers, ours or the kernel's. */
#ifndef VIRTUOSO_DESCRIPTOR_H
#define VIRTUOSO_DESCRIPTOR_H

int vt_socket_open(int family, int type); /* TCP or UDP, over IPv4 or IPv6 */
int vt_dup(int fd);
int vt_dup_to(int fd, int newfd, int flags);
int vt_fcntl(int fd, int command, long argument);
int vt_ioctl(int fd, unsigned long request, void* argument);
int vt_close_range(unsigned first, unsigned last, int flags);

#endif
