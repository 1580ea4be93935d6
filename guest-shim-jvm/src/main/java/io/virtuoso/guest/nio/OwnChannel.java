package io.virtuoso.guest.nio;

/** What our selector asks of our channels. */
interface OwnChannel {
    /**
     * What the channel is ready for now. For what it is not, the selector hears when that may have changed.
     *
     * @param interestOps what the key asks for
     * @return bits of interestOps; also all of them, when the connection is over
     */
    int readyOps(int interestOps);

    ChannelKeys selectionKeys();
}
