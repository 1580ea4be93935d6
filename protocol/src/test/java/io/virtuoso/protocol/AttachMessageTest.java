package io.virtuoso.protocol;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.nio.ByteBuffer;
import org.junit.jupiter.api.Test;

class AttachMessageTest {
    private final ByteBuffer buffer = ByteBuffer.allocateDirect(AttachMessage.BYTES);
    private final AttachMessage message = new AttachMessage().wrap(buffer);

    @Test
    void shouldCarryEveryField() {
        message.begin(MessageType.HELLO).kind(GuestKind.JVM).pid(77).features(5).text("memcached");

        assertNull(message.check(AttachMessage.BYTES));
        assertEquals(MessageType.HELLO, message.type());
        assertEquals(Abi.MAJOR, message.abiMajor());
        assertEquals(Abi.MINOR, message.abiMinor());
        assertEquals(GuestKind.JVM, message.kind());
        assertEquals(77, message.pid());
        assertEquals(5, message.features());
        assertEquals("memcached", message.text());
        assertEquals(
                "ECONNREFUSED", Errno.name(message.error(Errno.ECONNREFUSED).error()));
    }

    @Test
    void shouldPackSlotAndGeneration() {
        message.begin(MessageType.ADOPTED).slotAndGeneration(0xffff_fffe, 3);
        assertEquals(0x3_ffff_fffeL, message.value());
        assertEquals(0xffff_fffe, message.slot());
        assertEquals(3, message.generation());
    }

    @Test
    void shouldForgetAnEarlierMessage() {
        message.begin(MessageType.REFUSED).error(1).text("x".repeat(200));
        assertEquals(AttachMessage.TEXT_BYTES - 1, message.text().length());
        message.begin(MessageType.WELCOME);
        assertEquals("", message.text());
        assertEquals(0, message.error());
    }

    @Test
    void shouldNotCutACharacterInTwo() {
        message.begin(MessageType.REFUSED).text("\u00e4".repeat(60));
        assertEquals("\u00e4".repeat(43), message.text());
    }

    @Test
    void shouldSayWhatIsWrongWithAMessage() {
        message.begin(MessageType.HELLO);
        assertEquals("a message has 128 bytes, not 3", message.check(3));
        buffer.putShort(AttachMessage.ABI_MAJOR_OFFSET, (short) 1);
        assertEquals("ABI version 1 offered, the host stack speaks 2", message.check(AttachMessage.BYTES));
        buffer.putInt(AttachMessage.MAGIC_OFFSET, 0);
        assertEquals("the message does not begin with VTS1", message.check(AttachMessage.BYTES));
    }

    @Test
    void shouldReadTextWithoutATerminator() {
        for (int i = 0; i < AttachMessage.BYTES; i++) {
            buffer.put(i, (byte) 'a');
        }
        assertEquals("a".repeat(AttachMessage.TEXT_BYTES), message.text());
        buffer.put(AttachMessage.TEXT_OFFSET, (byte) 0xff);
        assertEquals(AttachMessage.TEXT_BYTES, message.text().length());
    }

    @Test
    void shouldRefuseAShortBuffer() {
        assertThrows(IllegalArgumentException.class, () -> message.wrap(ByteBuffer.allocate(127)));
    }
}
