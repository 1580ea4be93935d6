package io.virtuoso.host.guest;

/**
 * Why an attachment ended. The code goes into the region's header, where the guest finds it; codes are never reused.
 */
public enum EndReason {
    /** The guest closed its attach connection: by exiting, being killed, or on purpose. */
    GUEST_CLOSED(1, "the guest closed the attachment", false),
    /** The host stack stops. */
    HOST_STOPPED(2, "the host stack stops", false),
    /** A command of unknown type, or with arguments out of range. */
    BAD_COMMAND(3, "a command made no sense", true),
    /** A cursor or ring word outside what the host handed out. */
    BAD_CURSOR(4, "a cursor left its ring", true),
    /** A slot number or generation that is not the guest's to use. */
    BAD_SLOT(5, "a command named a slot that is not the guest's", true),
    /** A context word that names no open context, or a queue whose words contradict each other. */
    BAD_CONTEXT(6, "a queue's words made no sense", true),
    /** A message on the attach connection that no shim sends. */
    BAD_MESSAGE(7, "a message on the attach socket made no sense", true),
    /** A fault of the host stack's own, met while it served this guest. */
    HOST_FAULT(8, "the host stack failed while serving it", true),
    /** A record in a UDP socket's transmit ring that no shim writes. */
    BAD_DATAGRAM(9, "a datagram's header made no sense", true),
    /** The guest is not in the configuration any more. */
    GUEST_REMOVED(10, "the guest was taken out of the configuration", true);

    private final int code;
    private final String text;
    private final boolean fault;

    EndReason(final int code, final String text, final boolean fault) {
        this.code = code;
        this.text = text;
        this.fault = fault;
    }

    /** @return the number in the region's header */
    public int code() {
        return code;
    }

    /** @return a clause for people */
    public String text() {
        return text;
    }

    /** @return true if connections are to be reset rather than finished, and a warning logged */
    public boolean isFault() {
        return fault;
    }
}
