package io.virtuoso.host.tcp;

/**
 * What a connection tells its owner. Arrived data and free send room are told by {@link ReceiveBuffer#commit} and
 * {@link SendBuffer#release}. Callbacks must not call into the connection, except where stated.
 */
public interface TcpEvents {
    /**
     * The handshake is done, of an active open as of a passive one.
     * {@link TcpConnection#attachBuffers} must have been called when this returns, here or earlier. Options may be set
     * here, too, after that.
     */
    void established(TcpConnection connection);

    /** The peer's FIN arrived and all data before it is committed: end of stream. */
    void peerClosed(TcpConnection connection);

    /**
     * The connection ended by an error: {@code errno} is one of {@link TcpErrno}. {@link #buffersDone} and
     * {@link #closed} follow. Not called for what {@code abort} and {@code close} ask for, nor for a passive
     * connection that fails before it is established.
     */
    void failed(TcpConnection connection, int errno);

    /** TCP touches neither buffer any more; both directions are done. Called once, also if no buffers were attached. */
    void buffersDone(TcpConnection connection);

    /** All is over, TIME_WAIT included: the flow may be forgotten. Called once, last. */
    void closed(TcpConnection connection);
}
