package io.virtuoso.host.ffm;

/** Who is at the other end of a Unix socket, as the kernel saw it when the connection was made. */
public record PeerCredentials(int pid, int uid, int gid) {}
