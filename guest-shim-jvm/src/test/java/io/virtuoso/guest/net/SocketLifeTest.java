package io.virtuoso.guest.net;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.net.SocketException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;

class SocketLifeTest {
    private final SocketLife life = new SocketLife();

    @Test
    void shouldReleaseAtOnceWhenNobodyIsInside() {
        assertTrue(life.close());
        assertFalse(life.isOpen());
        assertFalse(life.close(), "closed once");
    }

    @Test
    void shouldLeaveTheReleaseToTheLastOneOut() throws SocketException {
        life.enter();
        life.enter();
        assertFalse(life.close());
        assertFalse(life.leave());
        assertTrue(life.leave());
    }

    @Test
    void shouldNotReleaseWhenOneLeavesAnOpenSocket() throws SocketException {
        life.enter();
        assertFalse(life.leave());
        assertTrue(life.close());
    }

    @Test
    void shouldKeepEverybodyOutOnceClosed() {
        life.created();
        life.close();
        assertFails("Socket closed", life::enter);
        assertFails("Socket closed", life::checkCreated);
        assertFails("Socket closed", life::checkConnected);
        assertFails("Socket closed", life::beginConnect);
    }

    @Test
    void shouldTellWhatIsMissing() throws SocketException {
        assertTrue(life.isNew());
        assertFails("Socket not created", life::checkCreated);
        assertFails("Not created", life::beginConnect);
        life.created();
        assertFalse(life.isNew());
        life.checkCreated();
        life.checkUnconnected();
        assertFails("Not connected", life::checkConnected);
        life.beginConnect();
        assertFails("Connection in progress", life::beginConnect);
        assertFails("Invalid argument", life::checkUnconnected);
        life.connected();
        life.checkConnected();
        assertFails("Already connected", life::beginConnect);
    }

    private static void assertFails(String message, Executable call) {
        assertEquals(message, assertThrows(SocketException.class, call).getMessage());
    }
}
