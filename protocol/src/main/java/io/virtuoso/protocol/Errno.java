package io.virtuoso.protocol;

/** Linux error numbers (the generic ones: x86-64 and arm64), as slots, replies and system calls carry them. */
public final class Errno {
    public static final int EPERM = 1;
    public static final int ENOENT = 2;
    public static final int ESRCH = 3;
    public static final int EINTR = 4;
    public static final int EIO = 5;
    public static final int ENXIO = 6;
    public static final int EBADF = 9;
    public static final int EAGAIN = 11;
    public static final int ENOMEM = 12;
    public static final int EACCES = 13;
    public static final int EFAULT = 14;
    public static final int EBUSY = 16;
    public static final int EEXIST = 17;
    public static final int ENODEV = 19;
    public static final int EINVAL = 22;
    public static final int ENFILE = 23;
    public static final int EMFILE = 24;
    public static final int ENOTTY = 25;
    public static final int ENOSPC = 28;
    public static final int EPIPE = 32;
    public static final int ENAMETOOLONG = 36;
    public static final int ENOSYS = 38;
    public static final int ELOOP = 40;
    public static final int EPROTO = 71;
    public static final int EOVERFLOW = 75;
    public static final int ENOTSOCK = 88;
    public static final int EDESTADDRREQ = 89;
    public static final int EMSGSIZE = 90;
    public static final int ENOPROTOOPT = 92;
    public static final int EPROTONOSUPPORT = 93;
    public static final int EOPNOTSUPP = 95;
    public static final int EAFNOSUPPORT = 97;
    public static final int EADDRINUSE = 98;
    public static final int EADDRNOTAVAIL = 99;
    public static final int ENETDOWN = 100;
    public static final int ENETUNREACH = 101;
    public static final int ECONNABORTED = 103;
    public static final int ECONNRESET = 104;
    public static final int ENOBUFS = 105;
    public static final int EISCONN = 106;
    public static final int ENOTCONN = 107;
    public static final int ESHUTDOWN = 108;
    public static final int ETIMEDOUT = 110;
    public static final int ECONNREFUSED = 111;
    public static final int EHOSTUNREACH = 113;
    public static final int EALREADY = 114;
    public static final int EINPROGRESS = 115;
    public static final int ECANCELED = 125;

    private Errno() {}

    /** "ECONNRESET" for 104; "errno 4711" for a number that has no name here. */
    public static String name(int errno) {
        return switch (errno) {
            case EPERM -> "EPERM";
            case ENOENT -> "ENOENT";
            case ESRCH -> "ESRCH";
            case EINTR -> "EINTR";
            case EIO -> "EIO";
            case ENXIO -> "ENXIO";
            case EBADF -> "EBADF";
            case EAGAIN -> "EAGAIN";
            case ENOMEM -> "ENOMEM";
            case EACCES -> "EACCES";
            case EFAULT -> "EFAULT";
            case EBUSY -> "EBUSY";
            case EEXIST -> "EEXIST";
            case ENODEV -> "ENODEV";
            case EINVAL -> "EINVAL";
            case ENFILE -> "ENFILE";
            case EMFILE -> "EMFILE";
            case ENOTTY -> "ENOTTY";
            case ENOSPC -> "ENOSPC";
            case EPIPE -> "EPIPE";
            case ENAMETOOLONG -> "ENAMETOOLONG";
            case ENOSYS -> "ENOSYS";
            case ELOOP -> "ELOOP";
            case EPROTO -> "EPROTO";
            case EOVERFLOW -> "EOVERFLOW";
            case ENOTSOCK -> "ENOTSOCK";
            case EDESTADDRREQ -> "EDESTADDRREQ";
            case EMSGSIZE -> "EMSGSIZE";
            case ENOPROTOOPT -> "ENOPROTOOPT";
            case EPROTONOSUPPORT -> "EPROTONOSUPPORT";
            case EOPNOTSUPP -> "EOPNOTSUPP";
            case EAFNOSUPPORT -> "EAFNOSUPPORT";
            case EADDRINUSE -> "EADDRINUSE";
            case EADDRNOTAVAIL -> "EADDRNOTAVAIL";
            case ENETDOWN -> "ENETDOWN";
            case ENETUNREACH -> "ENETUNREACH";
            case ECONNABORTED -> "ECONNABORTED";
            case ECONNRESET -> "ECONNRESET";
            case ENOBUFS -> "ENOBUFS";
            case EISCONN -> "EISCONN";
            case ENOTCONN -> "ENOTCONN";
            case ESHUTDOWN -> "ESHUTDOWN";
            case ETIMEDOUT -> "ETIMEDOUT";
            case ECONNREFUSED -> "ECONNREFUSED";
            case EHOSTUNREACH -> "EHOSTUNREACH";
            case EALREADY -> "EALREADY";
            case EINPROGRESS -> "EINPROGRESS";
            case ECANCELED -> "ECANCELED";
            default -> "errno " + errno;
        };
    }

    /** A name and what it means: "ECONNRESET (connection reset by peer)". */
    public static String describe(int errno) {
        return name(errno) + meaning(errno);
    }

    private static String meaning(int errno) {
        return switch (errno) {
            case EPERM -> " (operation not permitted)";
            case ENOENT -> " (no such file or directory)";
            case EINTR -> " (interrupted system call)";
            case EIO -> " (input/output error)";
            case EBADF -> " (bad file descriptor)";
            case EAGAIN -> " (resource temporarily unavailable)";
            case ENOMEM -> " (cannot allocate memory)";
            case EACCES -> " (permission denied)";
            case EBUSY -> " (device or resource busy)";
            case EEXIST -> " (file exists)";
            case ENODEV -> " (no such device)";
            case EINVAL -> " (invalid argument)";
            case ENFILE -> " (too many open files in system)";
            case EMFILE -> " (too many open files)";
            case ENOTTY -> " (inappropriate ioctl for device)";
            case ENOSPC -> " (no space left on device)";
            case EPIPE -> " (broken pipe)";
            case ENOSYS -> " (function not implemented)";
            case EPROTO -> " (protocol error)";
            case EMSGSIZE -> " (message too long)";
            case ENOPROTOOPT -> " (protocol not available)";
            case EOPNOTSUPP -> " (operation not supported)";
            case EAFNOSUPPORT -> " (address family not supported by protocol)";
            case EADDRINUSE -> " (address already in use)";
            case EADDRNOTAVAIL -> " (cannot assign requested address)";
            case ENETDOWN -> " (network is down)";
            case ENETUNREACH -> " (network is unreachable)";
            case ECONNABORTED -> " (software caused connection abort)";
            case ECONNRESET -> " (connection reset by peer)";
            case ENOBUFS -> " (no buffer space available)";
            case EISCONN -> " (transport endpoint is already connected)";
            case ENOTCONN -> " (transport endpoint is not connected)";
            case ETIMEDOUT -> " (connection timed out)";
            case ECONNREFUSED -> " (connection refused)";
            case EHOSTUNREACH -> " (no route to host)";
            case EALREADY -> " (operation already in progress)";
            case EINPROGRESS -> " (operation now in progress)";
            default -> "";
        };
    }
}
