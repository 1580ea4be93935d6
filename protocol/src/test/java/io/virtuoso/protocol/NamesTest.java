package io.virtuoso.protocol;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.lang.reflect.Field;
import org.junit.jupiter.api.Test;

class NamesTest {
    @Test
    void shouldNameEveryErrno() throws IllegalAccessException {
        for (Field field : Errno.class.getFields()) {
            assertEquals(field.getName(), Errno.name(field.getInt(null)));
        }
        assertEquals("errno 4711", Errno.name(4711));
        assertEquals("ECONNRESET (connection reset by peer)", Errno.describe(Errno.ECONNRESET));
    }

    @Test
    void shouldNameEveryMessageCommandAndEvent() throws IllegalAccessException {
        for (Field field : MessageType.class.getFields()) {
            assertEquals(field.getName(), MessageType.name(field.getInt(null)));
        }
        for (Field field : Command.class.getFields()) {
            if (!field.getName().matches("(BIND|SHUT|CLOSE|ARM)_.*")) {
                assertEquals(field.getName(), Command.name(field.getInt(null)));
            }
        }
        assertEquals("command 200", Command.name(200));
        assertEquals("READY", Event.name(Event.READY));
        assertEquals("REPLY", Event.name(Event.REPLY));
        assertEquals("RELEASED", Event.name(Event.RELEASED));
        assertEquals("event 9", Event.name(9));
        assertEquals("message 0", MessageType.name(0));
    }
}
