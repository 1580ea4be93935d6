/* Calls on fd numbers, ours or the kernel's. */
#ifndef VIRTUOSO_DESCRIPTOR_H
#define VIRTUOSO_DESCRIPTOR_H

int vt_socket_created(int fd, int family, int type);
int vt_dup(int fd);
int vt_dup_to(int fd, int newfd, int flags);
int vt_fcntl(int fd, int command, long argument);
int vt_ioctl(int fd, unsigned long request, void* argument);
int vt_close_range(unsigned first, unsigned last, int flags);

#endif
