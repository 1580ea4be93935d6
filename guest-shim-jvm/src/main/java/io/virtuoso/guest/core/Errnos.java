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
        switch (errno) {
            case Errno.EPROTO:
                return new ProtocolException(text);
            case Errno.ECONNREFUSED:
            case Errno.ETIMEDOUT:
            case Errno.ENOTCONN:
                return new ConnectException(text);
            case Errno.EHOSTUNREACH:
                return new NoRouteToHostException(text);
            case Errno.EADDRINUSE:
            case Errno.EADDRNOTAVAIL:
            case Errno.EACCES:
                return new BindException(text);
            default:
                return new SocketException(text);
        }
    }

    /** Linux's text for an error number. */
    public static String text(int errno) {
        switch (errno) {
            case Errno.EPERM:
                return "Operation not permitted";
            case Errno.ENOMEM:
                return "Cannot allocate memory";
            case Errno.EACCES:
                return "Permission denied";
            case Errno.EINVAL:
                return "Invalid argument";
            case Errno.EPIPE:
                return "Broken pipe";
            case Errno.ENOPROTOOPT:
                return "Protocol not available";
            case Errno.EADDRINUSE:
                return "Address already in use";
            case Errno.EADDRNOTAVAIL:
                return "Cannot assign requested address";
            case Errno.ENETDOWN:
                return "Network is down";
            case Errno.ENETUNREACH:
                return "Network is unreachable";
            case Errno.ECONNABORTED:
                return "Software caused connection abort";
            case Errno.ECONNRESET:
                return "Connection reset by peer";
            case Errno.ENOBUFS:
                return "No buffer space available";
            case Errno.EISCONN:
                return "Transport endpoint is already connected";
            case Errno.ENOTCONN:
                return "Transport endpoint is not connected";
            case Errno.ETIMEDOUT:
                return "Connection timed out";
            case Errno.ECONNREFUSED:
                return "Connection refused";
            case Errno.EHOSTUNREACH:
                return "No route to host";
            default:
                return Errno.describe(errno);
        }
    }
}
