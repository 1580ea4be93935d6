package io.virtuoso.host.vsock;

import java.util.Optional;

/** Who answers at the host's ports. */
@FunctionalInterface
public interface VsockPorts {
    /**
     * A machine connects.
     *
     * @param port       the host's
     * @param connection open as soon as this returns a handler
     * @return empty to refuse it
     */
    Optional<VsockHandler> connect(int port, VsockConnection connection);
}
