package io.virtuoso.host.vm;

import io.virtuoso.host.vsock.VsockConnection;
import io.virtuoso.host.vsock.VsockHandler;
import io.virtuoso.protocol.AttachMessage;
import io.virtuoso.protocol.MessageType;
import java.util.Optional;

/** A connection to the attach port, whose first message says what it is for. VM thread only. */
final class AttachStream implements VsockHandler {
    private final AttachPort port;
    private final VsockConnection connection;
    private VsockHandler role;

    AttachStream(final AttachPort port, final VsockConnection connection) {
        this.port = port;
        this.connection = connection;
    }

    @Override
    public void onReadable() {
        if (role != null) {
            role.onReadable();
        } else if (port.read(connection)) {
            begin();
        }
    }

    private void begin() {
        final AttachMessage message = port.message();
        if (message.type() == MessageType.HELLO) {
            final MachineProcess process = new MachineProcess(port, connection);
            role = process;
            process.hello();
        } else {
            final Optional<MachineProcess> process = port.process(message.key());
            if (process.isEmpty() || message.check(AttachMessage.BYTES) != null) {
                connection.reset();
                return;
            }
            join(process.get(), message.type());
        }
        if (role != null && connection.readable() > 0) {
            role.onReadable();
        }
    }

    private void join(final MachineProcess process, final int type) {
        switch (type) {
            case MessageType.DOORBELL -> role = new HostBell(process, connection);
            case MessageType.OPEN_CONTEXT -> {
                final ContextBell bell = new ContextBell(port, process, connection);
                role = bell;
                bell.open();
            }
            case MessageType.SHARE -> {
                final SharedPair pair = new SharedPair(port, process, connection);
                role = pair;
                pair.open();
            }
            default -> connection.reset();
        }
    }

    @Override
    public void onWritable() {
        // Nobody waits for room.
    }

    @Override
    public void onEnd() {
        if (role != null) {
            role.onEnd();
        } else {
            connection.close();
        }
    }

    @Override
    public void onGone() {
        if (role != null) {
            role.onGone();
        }
    }
}
