package io.virtuoso.guest.aio;

import java.nio.channels.CompletionHandler;

/** Tells a handler, on a thread of the group. */
final class HandlerCompletion<V, A> implements Completion<V> {
    private final GuestChannelGroup group;
    private final A attachment;
    private final CompletionHandler<V, ? super A> handler;

    HandlerCompletion(GuestChannelGroup group, A attachment, CompletionHandler<V, ? super A> handler) {
        this.group = group;
        this.attachment = attachment;
        this.handler = handler;
    }

    @Override
    public void succeed(V value) {
        group.dispatch(() -> handler.completed(value, attachment));
    }

    @Override
    public void fail(Throwable why) {
        group.dispatch(() -> handler.failed(why, attachment));
    }
}
