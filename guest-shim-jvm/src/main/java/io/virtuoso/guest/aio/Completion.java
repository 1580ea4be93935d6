package io.virtuoso.guest.aio;

/**
 * Who hears of an operation's end.
 *
 * @param <V> what the operation gives
 */
interface Completion<V> {
    /** It has succeeded. */
    void succeed(V value);

    /** It has failed. */
    void fail(Throwable why);
}
