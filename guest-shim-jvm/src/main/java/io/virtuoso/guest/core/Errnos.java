package io.virtuoso.guest.core;

import io.virtuoso.protocol.Errno;
import java.io.IOException;
import java.net.BindException;
import java.net.ConnectException;
import java.net.NoRouteToHostException;
import java.net.ProtocolException;
import java.net.SocketException;

/** The one table from error numbers to what the JDK throws for them, with the texts of Linux. */
public final class Errnos {
    private Errnos() {}

    /** What failed: some numbers mean different exceptions in different calls. */
    public enum Operation {
        CONTROL,
        READ,
        WRITE
    }

    /** The exception for an error number. */
    public static IOException exception(int errno, Operation operation) {
        if (operation == Operation.READ && errno == Errno.ECONNRESET) {
            return new SocketException("Connection reset");
        }
        String text = text(errno);
        if (operation != Operation.CONTROL) {
            return new IOException(text);
        }
        return switch (errno) {
            case Errno.EPROTO -> new ProtocolException(text);
            case Errno.ECONNREFUSED, Errno.ETIMEDOUT, Errno.ENOTCONN -> new ConnectException(text);
            case Errno.EHOSTUNREACH -> new NoRouteToHostException(text);
            case Errno.EADDRINUSE, Errno.EADDRNOTAVAIL, Errno.EACCES -> new BindException(text);
            default -> new SocketException(text);
        };
    }

    /** Linux's text for an error number. */
    public static String text(int errno) {
        return switch (errno) {
            case Errno.EPERM -> "Operation not permitted";
            case Errno.ENOMEM -> "Cannot allocate memory";
            case Errno.EACCES -> "Permission denied";
            case Errno.EINVAL -> "Invalid argument";
            case Errno.EPIPE -> "Broken pipe";
            case Errno.ENOPROTOOPT -> "Protocol not available";
            case Errno.EADDRINUSE -> "Address already in use";
            case Errno.EADDRNOTAVAIL -> "Cannot assign requested address";
            case Errno.ENODEV -> "No such device";
            case Errno.EMSGSIZE -> "Message too long";
            case Errno.ENETDOWN -> "Network is down";
            case Errno.ENETUNREACH -> "Network is unreachable";
            case Errno.ECONNABORTED -> "Software caused connection abort";
            case Errno.ECONNRESET -> "Connection reset by peer";
            case Errno.ENOBUFS -> "No buffer space available";
            case Errno.EISCONN -> "Transport endpoint is already connected";
            case Errno.ENOTCONN -> "Transport endpoint is not connected";
            case Errno.ETIMEDOUT -> "Connection timed out";
            case Errno.ECONNREFUSED -> "Connection refused";
            case Errno.EHOSTUNREACH -> "No route to host";
            default -> Errno.describe(errno);
        };
    }
}
