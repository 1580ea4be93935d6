package io.virtuoso.protocol;

/** Types of {@link AttachMessage}. */
public final class MessageType {
    /** Guest: first message; in a virtual machine value = bus address of the memory for the region. */
    public static final int HELLO = 1;

    /**
     * Host: carries two fds, the region's memfd and the host's doorbell (an eventfd that the guest writes). In a virtual
     * machine it carries a key and the region's {@link AttachMessage#place}.
     */
    public static final int WELCOME = 2;

    /** Host: error and text say why; the host then closes. */
    public static final int REFUSED = 3;

    /** Guest: value = context index. */
    public static final int OPEN_CONTEXT = 4;

    /** Host: value = index; carries the guest's doorbell (a pipe that the guest reads). */
    public static final int CONTEXT = 5;

    /** Guest: value = index; no answer. */
    public static final int CLOSE_CONTEXT = 6;

    /** Guest: value = slot | generation &lt;&lt; 32; carries the host's end of the pair that stands for the socket. */
    public static final int SHARE = 7;

    /** Host: the answer to SHARE; error. */
    public static final int SHARED = 8;

    /** Any holder, on the pair itself: which socket is this? */
    public static final int WHO = 9;

    /** Host, on the pair: value = token for ADOPT. */
    public static final int TOKEN = 10;

    /** Guest: value = token: I want to use this socket, too. */
    public static final int ADOPT = 11;

    /** Host: value = slot | generation &lt;&lt; 32 in this attachment; error. */
    public static final int ADOPTED = 12;

    /** Guest: text = a guest's name; or no text, and value = an address. Since ABI 2.1. */
    public static final int RESOLVE = 13;

    /** Host: value = IPv4 address, host order, and text = name; or error. */
    public static final int RESOLVED = 14;

    /** Guest, in a virtual machine: whatever follows on this connection rings the host. Since ABI 2.4. */
    public static final int DOORBELL = 15;

    private MessageType() {}

    /** The name of a message type, for messages to people. */
    public static String name(int type) {
        return switch (type) {
            case HELLO -> "HELLO";
            case WELCOME -> "WELCOME";
            case REFUSED -> "REFUSED";
            case OPEN_CONTEXT -> "OPEN_CONTEXT";
            case CONTEXT -> "CONTEXT";
            case CLOSE_CONTEXT -> "CLOSE_CONTEXT";
            case SHARE -> "SHARE";
            case SHARED -> "SHARED";
            case WHO -> "WHO";
            case TOKEN -> "TOKEN";
            case ADOPT -> "ADOPT";
            case ADOPTED -> "ADOPTED";
            case RESOLVE -> "RESOLVE";
            case RESOLVED -> "RESOLVED";
            case DOORBELL -> "DOORBELL";
            default -> "message " + type;
        };
    }
}
