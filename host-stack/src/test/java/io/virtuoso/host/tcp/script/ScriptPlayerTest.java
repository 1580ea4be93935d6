package io.virtuoso.host.tcp.script;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A script that is not true fails, at the line where it is not, and says what was there. */
class ScriptPlayerTest {
    private static final List<String> OPEN = List.of(
            "# A connection.", "connect", "> SYN seq 0", "+1ms < SYN ACK seq 0 ack 1 mss 1000", "> ACK seq 1 ack 1");

    @TempDir
    Path folder;

    @Test
    void shouldPlayWhatIsTrue() throws IOException {
        play("write 2000", "> ACK seq 1 ack 1 data 1000 x2", "< ACK seq 1 ack 2001 data 500", "> ACK seq 2001 ack 501");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "> ACK seq 2 ack 1 data 1000",
                "> ACK seq 1 ack 2 data 1000",
                "> ACK seq 1 ack 1 data 999",
                "> ACK seq 1 ack 1",
                "> FIN ACK seq 1 ack 1 data 1000",
                "> ACK seq 1 ack 1 data 1000 win 5",
                "> ACK seq 1 ack 1 data 1000 mss 5",
                "> ACK seq 1 ack 1 data 1000 ect",
                "> ACK seq 1 ack 1 data 1000 wscale 5",
                "> ACK seq 1 ack 1 data 1000 sackok",
                "> ACK seq 1 ack 1 data 1000 ts *",
                "> ACK seq 1 ack 1 data 1000 sack 1-2",
                "> ACK seq 1 ack 1 data 1000 x2",
                "+1ms > ACK seq 1 ack 1 data 1000",
                "+1ms < ACK seq 1 ack 1",
                "+1ms wait",
                "expect cwnd 10001",
                "expect state CLOSED"
            })
    void shouldFailByWhatIsNotTrue(String line) {
        ScriptFailure failure = assertThrows(ScriptFailure.class, () -> play("write 1000", line));
        assertTrue(failure.getMessage().startsWith("test.script:7: " + line), failure.getMessage());
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "> ACK seq 1",
                "> ACK seq 1 ack",
                "> ACK seq 1 ack 1 colour 5",
                "< ACK ack 1",
                "< ACK seq 1 ack 1..2",
                "< ACK seq 1 ack 1 sack 5",
                "+1..2 write 5",
                "+5x write 5",
                "dance",
                "config mss 500",
                "nodelay perhaps",
                "expect weather 5"
            })
    void shouldFailByWhatMakesNoSense(String line) {
        ScriptFailure failure = assertThrows(ScriptFailure.class, () -> play(line));
        assertTrue(failure.getMessage().startsWith("test.script:6: " + line), failure.getMessage());
    }

    @Test
    void shouldSayWhatWasThere() {
        ScriptFailure failure = assertThrows(ScriptFailure.class, () -> play("write 10", "> ACK seq 1 ack 1 data 11"));
        assertEquals(
                "test.script:7: > ACK seq 1 ack 1 data 11\n  expected: data 11\n"
                        + "  got:      PSH ACK seq 1 ack 1 win 65535 data 10 after +0s",
                failure.getMessage());
    }

    @Test
    void shouldFailWhenSomethingIsLeftAtTheEnd() {
        ScriptFailure failure = assertThrows(ScriptFailure.class, () -> play("write 10"));
        assertTrue(failure.getMessage().contains("nothing sent before this"), failure.getMessage());
    }

    private void play(String... lines) throws IOException {
        Path file = folder.resolve("test.script");
        Files.writeString(file, String.join("\n", OPEN) + "\n" + String.join("\n", lines) + "\n");
        new ScriptPlayer(new StackMachine()).play(ScriptParser.parse(folder, file));
    }
}
