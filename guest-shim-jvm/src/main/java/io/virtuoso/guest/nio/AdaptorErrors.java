package io.virtuoso.guest.nio;

import java.io.IOException;
import java.net.SocketException;
import java.net.SocketOption;
import java.net.UnknownHostException;
import java.nio.channels.AlreadyBoundException;
import java.nio.channels.AlreadyConnectedException;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.NetworkChannel;
import java.nio.channels.NotYetBoundException;
import java.nio.channels.NotYetConnectedException;
import java.nio.channels.UnresolvedAddressException;
import java.nio.channels.UnsupportedAddressTypeException;

/** Says in the words of sockets what channels say in theirs. */
final class AdaptorErrors {
    private AdaptorErrors() {}

    /** An exception of a channel as users of a socket know it: an IOException, or the same. */
    static IOException translate(Exception e) {
        if (e instanceof UnresolvedAddressException) {
            return withCause(new UnknownHostException("Unresolved address"), e);
        }
        String message = message(e);
        if (message != null) {
            return withCause(new SocketException(message), e);
        }
        if (e instanceof IOException already) {
            return already;
        }
        throw (RuntimeException) e;
    }

    private static String message(Exception e) {
        if (e instanceof NotYetConnectedException) {
            return "Socket is not connected";
        }
        if (e instanceof AlreadyConnectedException) {
            return "Already connected";
        }
        if (e instanceof AlreadyBoundException) {
            return "Already bound";
        }
        if (e instanceof NotYetBoundException) {
            return "Socket is not bound yet";
        }
        return e instanceof UnsupportedAddressTypeException ? "Unsupported address type" : null;
    }

    private static IOException withCause(IOException translated, Exception cause) {
        translated.initCause(cause);
        return translated;
    }

    /** The same for calls that declare SocketException only. */
    static SocketException socketException(Exception e) {
        IOException translated = translate(e);
        if (translated instanceof SocketException already) {
            return already;
        }
        boolean closed = translated instanceof ClosedChannelException;
        SocketException wrapped = new SocketException(closed ? "Socket is closed" : translated.getMessage());
        wrapped.initCause(translated);
        return wrapped;
    }

    static <T> void setOption(NetworkChannel channel, SocketOption<T> name, T value) throws SocketException {
        try {
            channel.setOption(name, value);
        } catch (IOException e) {
            throw socketException(e);
        }
    }

    static <T> T getOption(NetworkChannel channel, SocketOption<T> name) throws SocketException {
        try {
            return channel.getOption(name);
        } catch (IOException e) {
            throw socketException(e);
        }
    }
}
