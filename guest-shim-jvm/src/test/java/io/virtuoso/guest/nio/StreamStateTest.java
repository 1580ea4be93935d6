package io.virtuoso.guest.nio;

import static org.junit.jupiter.api.Assertions.assertDoesNotThrow;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.channels.AlreadyConnectedException;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.ConnectionPendingException;
import java.nio.channels.NoConnectionPendingException;
import java.nio.channels.NotYetConnectedException;
import org.junit.jupiter.api.Test;

class StreamStateTest {
    private final StreamState state = new StreamState();

    @Test
    void shouldReleaseByTheCloserWhenNobodyIsInside() throws ClosedChannelException {
        state.enter();
        assertFalse(state.leave());
        assertTrue(state.close());
        assertFalse(state.close());
    }

    @Test
    void shouldReleaseByTheLastOneOut() throws ClosedChannelException {
        state.enter();
        state.enter();
        assertFalse(state.close());
        assertFalse(state.leave());
        assertTrue(state.leave());
    }

    @Test
    void shouldLetNobodyInOnceClosed() throws ClosedChannelException {
        state.enter();
        state.close();
        assertThrows(ClosedChannelException.class, state::enter);
        assertThrows(ClosedChannelException.class, state::checkOpen);
        assertFalse(state.isOpen());
        assertTrue(state.leave());
        assertThrows(ClosedChannelException.class, state::enter);
    }

    @Test
    void shouldGoFromUnconnectedOverPendingToConnected() {
        assertThrows(NotYetConnectedException.class, state::checkConnected);
        assertThrows(NoConnectionPendingException.class, state::checkPending);
        assertDoesNotThrow(state::checkUnconnected);

        state.beginConnect();
        assertTrue(state.isPending());
        assertDoesNotThrow(state::checkPending);
        assertThrows(ConnectionPendingException.class, state::beginConnect);
        assertThrows(ConnectionPendingException.class, state::checkNotPending);
        assertThrows(NotYetConnectedException.class, state::checkConnected);

        state.connected();
        assertTrue(state.isConnected());
        assertFalse(state.isPending());
        assertDoesNotThrow(state::checkConnected);
        assertThrows(AlreadyConnectedException.class, state::checkUnconnected);
        assertThrows(NoConnectionPendingException.class, state::checkPending);
    }

    @Test
    void shouldBeNeitherPendingNorConnectedWhenClosed() {
        state.beginConnect();
        state.connected();
        state.close();
        assertFalse(state.isConnected());
        assertFalse(state.isPending());
    }

    @Test
    void shouldTellTheFirstShutdownFromLaterOnes() {
        assertTrue(state.shutInput());
        assertFalse(state.shutInput());
        assertTrue(state.isInputShut());
        assertFalse(state.isOutputShut());
        assertTrue(state.shutOutput());
        assertFalse(state.shutOutput());
    }
}
