package io.virtuoso.host.vsock;

/** A program's end of a connection. Called on the device's thread; may use the connection from within. */
public interface VsockHandler {
    /** There are bytes that have not been read, more than at the last call. */
    void onReadable();

    /** There is room again, after {@link VsockConnection#write} took less than it was given or the handler asked to be told. */
    void onWritable();

    /** The machine sends no more; what it sent can still be read. */
    void onEnd();

    /** The connection is gone: reset, or the machine is. The last call. */
    void onGone();
}
