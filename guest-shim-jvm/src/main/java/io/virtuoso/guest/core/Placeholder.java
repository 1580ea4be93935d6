package io.virtuoso.guest.core;

import io.virtuoso.guest.os.Os;
import io.virtuoso.protocol.AttachMessage;
import io.virtuoso.protocol.Errno;
import java.io.IOException;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.Base64;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A descriptor that this JVM got from the process that started it and that stands for a socket of the guest: one end of
 * a pair whose other end the host stack holds. Any holder can ask through it for the socket; the socket is closed when
 * the last copy is. See SHARE, WHO and ADOPT in docs/abi.md.
 */
public final class Placeholder {
    private static final int LAST_STANDARD_STREAM = 2;

    /** Phase, family, local and peer address, backlog, number. */
    private static final Pattern NAME =
            Pattern.compile("virtuoso/(\\d+)/\\d+/([^:]+):(\\d+)/[^:]+:\\d+/(-?\\d+)/\\d+\\.\\d+");

    private static final int LISTENING = 3;
    private static final int CONNECTED = 5;

    private final Transport transport;
    private final Os os;
    private final int descriptor;
    private final int phase;
    private final InetAddress localAddress;
    private final int localPort;
    private final int backlog;
    private boolean released;

    private Placeholder(Transport transport, int descriptor, Matcher name) {
        this.transport = transport;
        this.os = transport.os();
        this.descriptor = descriptor;
        this.phase = Integer.parseInt(name.group(1));
        this.localAddress = address(name.group(2));
        this.localPort = Integer.parseInt(name.group(3));
        this.backlog = Integer.parseInt(name.group(4));
    }

    /** Eight digits of an IPv4 address, or base64url of an IPv6 one. */
    private static InetAddress address(String text) {
        if (text.length() == 8) {
            return SlotUse.inetAddress(Integer.reverseBytes(Integer.parseUnsignedInt(text, 16)));
        }
        try {
            return InetAddress.getByAddress(Base64.getUrlDecoder().decode(text));
        } catch (UnknownHostException | IllegalArgumentException e) {
            return SlotUse.inetAddress(0); // nobody spells it so
        }
    }

    /** What a descriptor stands for; null if for no socket of a guest. */
    private static Placeholder of(int fd, Transport transport) {
        String name = transport.nameOf(fd);
        Matcher parts = name == null ? null : NAME.matcher(name);
        if (parts == null || !parts.matches()) {
            return null;
        }
        int copy = transport.os().duplicate(fd); // stays when the program closes its standard input
        return copy < 0 ? null : new Placeholder(transport, copy, parts);
    }

    /**
     * The socket that the standard input is.
     *
     * @return null if it is no socket of a guest; else one that is listening or connected
     * @throws IOException if it is one, but this JVM cannot have it: it belongs to another guest, say
     */
    public static StreamSocket adoptStandardInput() throws IOException {
        Placeholder found = of(0, Link.get().transport());
        if (found == null) {
            return null;
        }
        try {
            StreamSocket socket = new StreamSocket();
            socket.control().beInherited(found);
            return socket;
        } catch (IOException e) {
            found.os.close(found.descriptor);
            throw e;
        }
    }

    /** Asks the host stack for the socket, for this attachment. */
    SlotUse adopt(Attachment attachment) throws IOException {
        if (!isListener() && phase != CONNECTED) {
            throw Errnos.exception(Errno.EOPNOTSUPP, Errnos.Operation.CONTROL);
        }
        AttachMessage token = transport.who(descriptor);
        if (token == null) {
            throw Errnos.exception(Errno.ECONNABORTED, Errnos.Operation.CONTROL);
        }
        return attachment.adopt(token.value());
    }

    boolean isListener() {
        return phase == LISTENING;
    }

    InetAddress localAddress() {
        return localAddress;
    }

    int localPort() {
        return localPort;
    }

    int backlog() {
        return backlog;
    }

    /** Lets go of it: of the standard streams, too, as the JDK does when it closes a channel that it inherited. */
    synchronized void release() {
        if (!released) {
            released = true;
            for (int fd = 0; fd <= LAST_STANDARD_STREAM; fd++) {
                os.discard(fd);
            }
            os.close(descriptor);
        }
    }
}
