package io.virtuoso.guest.netty;

import io.netty.channel.IoHandle;
import io.virtuoso.guest.core.StreamSocket;

/** What can be registered with a {@link VirtuosoIoHandler}: the owner of one socket. */
@SuppressWarnings("try") // what close() may throw is netty's to say
public interface VirtuosoIoHandle extends IoHandle {
    /** The socket, the same at every call. */
    StreamSocket socket();
}
