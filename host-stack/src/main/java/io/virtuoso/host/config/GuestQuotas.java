package io.virtuoso.host.config;

/**
 * How much a guest may have at once; 0 is what holds for everybody.
 *
 * @param connections connections of all its attachments together, those being opened included
 * @param synBacklog  unfinished handshakes that are remembered for all its listeners together
 * @param poolMiB     payload pool of each of its attachments in MiB
 */
public record GuestQuotas(int connections, int synBacklog, int poolMiB) {
    /** What holds for everybody. */
    public static final GuestQuotas NONE = new GuestQuotas(0, 0, 0);
}
