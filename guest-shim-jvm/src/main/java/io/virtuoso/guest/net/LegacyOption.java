package io.virtuoso.guest.net;

import java.net.SocketException;
import java.net.SocketOption;
import java.net.SocketOptions;
import java.net.StandardSocketOptions;

/** Options as {@link SocketOptions} numbers them, in today's terms. */
final class LegacyOption {
    private LegacyOption() {}

    /** A Boolean option by its number; null if it is none. */
    static SocketOption<Boolean> flag(int number) {
        return switch (number) {
            case SocketOptions.TCP_NODELAY -> StandardSocketOptions.TCP_NODELAY;
            case SocketOptions.SO_KEEPALIVE -> StandardSocketOptions.SO_KEEPALIVE;
            case SocketOptions.SO_REUSEADDR -> StandardSocketOptions.SO_REUSEADDR;
            case SocketOptions.SO_REUSEPORT -> StandardSocketOptions.SO_REUSEPORT;
            default -> null;
        };
    }

    /** An option of a number of bytes or seconds; null if it is none. */
    static SocketOption<Integer> number(int number) {
        return switch (number) {
            case SocketOptions.IP_TOS -> StandardSocketOptions.IP_TOS;
            case SocketOptions.SO_LINGER -> StandardSocketOptions.SO_LINGER;
            case SocketOptions.SO_SNDBUF -> StandardSocketOptions.SO_SNDBUF;
            case SocketOptions.SO_RCVBUF -> StandardSocketOptions.SO_RCVBUF;
            default -> null;
        };
    }

    static boolean asFlag(Object value) throws SocketException {
        if (value instanceof Boolean flag) {
            return flag;
        }
        throw new SocketException("Bad value for a Boolean option: " + value);
    }

    /** A number of bytes, or of seconds to linger, where false means not at all. */
    static int asNumber(int option, Object value) throws SocketException {
        if (option == SocketOptions.SO_LINGER && Boolean.FALSE.equals(value)) {
            return -1;
        }
        int number = asInteger(value);
        boolean isSize = option == SocketOptions.SO_SNDBUF || option == SocketOptions.SO_RCVBUF;
        if (number <= 0 && isSize) {
            throw new SocketException("Invalid buffer size: " + number);
        }
        return number;
    }

    static int asInteger(Object value) throws SocketException {
        if (value instanceof Integer number) {
            return number;
        }
        throw new SocketException("Bad value for a numeric option: " + value);
    }

    static SocketException unknown(int option) {
        return new SocketException("Unknown option " + option);
    }
}
