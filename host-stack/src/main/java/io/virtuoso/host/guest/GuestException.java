package io.virtuoso.host.guest;

/** A guest cannot be made; the message says why, for the one who asked. */
public final class GuestException extends Exception {
    private static final long serialVersionUID = 1L;

    /** @param message one line without a final stop */
    public GuestException(final String message) {
        super(message);
    }
}
