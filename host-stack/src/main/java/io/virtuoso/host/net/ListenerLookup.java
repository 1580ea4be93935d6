package io.virtuoso.host.net;

/** Finds who accepts connections. */
public interface ListenerLookup {
    /** @return the listener of a local name, or null: the SYN is answered by RST */
    WireListener find(int localAddress, int localPort);
}
