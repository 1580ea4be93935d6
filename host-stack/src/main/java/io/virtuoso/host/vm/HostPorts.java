package io.virtuoso.host.vm;

import io.virtuoso.host.vsock.VsockConnection;
import io.virtuoso.host.vsock.VsockHandler;
import io.virtuoso.host.vsock.VsockPorts;
import io.virtuoso.protocol.AttachMessage;
import java.util.Optional;

/** What a machine finds at the host's vsock ports. VM thread only. */
final class HostPorts implements VsockPorts {
    /** RFC 862: whatever comes goes back. Shows that a machine reaches the host stack. */
    static final int ECHO = 7;

    private final AttachPort attach;

    HostPorts(final AttachPort attach) {
        this.attach = attach;
    }

    @Override
    public Optional<VsockHandler> connect(final int port, final VsockConnection connection) {
        return switch (port) {
            case ECHO -> Optional.of(new EchoHandler(connection));
            case AttachMessage.VSOCK_PORT -> Optional.of(attach.accept(connection));
            default -> Optional.empty();
        };
    }
}
