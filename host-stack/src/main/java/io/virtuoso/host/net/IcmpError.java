package io.virtuoso.host.net;

import io.virtuoso.host.tcp.TcpErrno;
import io.virtuoso.host.wire.IcmpMessage;
import io.virtuoso.host.wire.Icmpv6Message;
import io.virtuoso.protocol.Errno;

/** What an ICMP error says, and what it means to a socket. Reused. */
public final class IcmpError {
    static final int CODE_HOST = 1;
    static final int CODE_PROTOCOL = 2;
    static final int CODE_PORT = IcmpMessage.CODE_PORT;
    static final int CODE_FRAGMENTATION_NEEDED = IcmpMessage.CODE_FRAGMENTATION_NEEDED;
    static final int CODE_SOURCE_ROUTE = 5;
    static final int CODE_HOST_UNKNOWN = 7;
    static final int CODE_HOST_ISOLATED = 8;
    static final int CODE_NETWORK_PROHIBITED = 9;
    static final int CODE_HOST_PROHIBITED = 10;
    static final int CODE_NETWORK_FOR_SERVICE = 11;
    static final int CODE_HOST_FOR_SERVICE = 12;
    static final int CODE_PROHIBITED = 13;
    static final int CODE_PRECEDENCE = 14;
    static final int CODE_PRECEDENCE_CUTOFF = 15;

    private int type;
    private int code;
    private int mtu;
    private int offender;
    private int denial;

    /**
     * @param mtuOfNextHop told by "fragmentation needed"; else 0
     * @param from who sent the message; its family is the message's
     */
    public IcmpError set(final int icmpType, final int icmpCode, final int mtuOfNextHop, final int from) {
        type = icmpType;
        code = icmpCode;
        mtu = mtuOfNextHop;
        offender = from;
        denial = 0;
        return this;
    }

    /** Sets: nobody has bound this port. */
    public IcmpError portUnreachable(final int from) {
        return Ipv6Numbers.isIpv6(from)
                ? set(Icmpv6Message.UNREACHABLE, Icmpv6Message.CODE_PORT, 0, from)
                : set(IcmpMessage.UNREACHABLE, CODE_PORT, 0, from);
    }

    /**
     * Sets: a policy of this host forbids it. Type and code say about the same.
     *
     * @param errno what the sender is to see, in any case
     * @param from  whom the datagram was for; its family is the message's
     */
    public IcmpError forbidden(final int errno, final int from) {
        if (Ipv6Numbers.isIpv6(from)) {
            set(Icmpv6Message.UNREACHABLE, Icmpv6Input.code(errno), 0, from);
        } else {
            set(IcmpMessage.UNREACHABLE, code(errno), 0, from);
        }
        denial = errno;
        return this;
    }

    /**
     * @return the code of an "unreachable" that says about the same as an errno, and of which connected UDP sockets are told:
     *     as firewalls do
     */
    static int code(final int errno) {
        return switch (errno) {
            case Errno.ENETUNREACH -> CODE_NETWORK_PROHIBITED;
            case Errno.EHOSTUNREACH -> CODE_HOST_PROHIBITED;
            case Errno.EACCES -> CODE_PROHIBITED;
            default -> CODE_PORT;
        };
    }

    public int type() {
        return type;
    }

    public int code() {
        return code;
    }

    public int mtu() {
        return mtu;
    }

    public int offender() {
        return offender;
    }

    /** @return a connected UDP socket reports it even if it did not ask for errors (RFC 1122 section 4.1.3.3) */
    public boolean isHard() {
        if (denial != 0) {
            return true;
        }
        if (Ipv6Numbers.isIpv6(offender)) {
            return type == Icmpv6Message.PARAMETER_PROBLEM || type == Icmpv6Message.UNREACHABLE && isHardIpv6(code);
        }
        if (type == IcmpMessage.PARAMETER_PROBLEM) {
            return true;
        }
        if (type == IcmpMessage.TIME_EXCEEDED) {
            return false;
        }
        return switch (code) {
            case 0,
                    CODE_HOST,
                    CODE_FRAGMENTATION_NEEDED,
                    CODE_SOURCE_ROUTE,
                    CODE_NETWORK_FOR_SERVICE,
                    CODE_HOST_FOR_SERVICE -> false;
            default -> true;
        };
    }

    /** Prohibited, by policy or a rejected route; or nobody has the port; or a code that is not known. */
    private static boolean isHardIpv6(final int code) {
        return code == 1 || code >= Icmpv6Message.CODE_PORT;
    }

    /** @return what a socket's owner gets to see; Linux's choice for each code, or what a policy of this host says */
    public int errno() {
        if (denial != 0) {
            return denial;
        }
        return Ipv6Numbers.isIpv6(offender) ? Icmpv6Input.errno(type, code) : errno(type, code);
    }

    static int errno(final int type, final int code) {
        if (type == IcmpMessage.PARAMETER_PROBLEM) {
            return TcpErrno.EPROTO;
        }
        if (type == IcmpMessage.TIME_EXCEEDED) {
            return TcpErrno.EHOSTUNREACH;
        }
        return switch (code) {
            case CODE_PROTOCOL -> Errno.ENOPROTOOPT;
            case CODE_PORT -> TcpErrno.ECONNREFUSED;
            case CODE_FRAGMENTATION_NEEDED -> Errno.EMSGSIZE;
            case CODE_SOURCE_ROUTE -> Errno.EOPNOTSUPP;
            case CODE_HOST_UNKNOWN -> TcpErrno.EHOSTDOWN;
            case CODE_HOST_ISOLATED -> TcpErrno.ENONET;
            case CODE_HOST,
                    CODE_HOST_PROHIBITED,
                    CODE_HOST_FOR_SERVICE,
                    CODE_PROHIBITED,
                    CODE_PRECEDENCE,
                    CODE_PRECEDENCE_CUTOFF -> TcpErrno.EHOSTUNREACH;
            default -> TcpErrno.ENETUNREACH;
        };
    }
}
