package io.virtuoso.host.tcp.script;

import static org.junit.jupiter.api.Assumptions.abort;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.virtuoso.host.port.NetworkNamespace;
import java.io.IOException;
import java.nio.file.Path;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;

/**
 * The scripts that say so are true of the kernel as well. In real time, so only on demand, as root:
 * {@code -Dscripts.linux=true}.
 */
class LinuxScriptsTest {
    @TestFactory
    Stream<DynamicTest> shouldBeTrueOfLinux() throws IOException {
        String chosen = System.getProperty("script", "");
        return ScriptsTest.files().stream()
                .filter(file -> file.toString().contains(chosen))
                .map(LinuxScriptsTest::parse)
                .filter(Script::onLinux)
                .map(script -> DynamicTest.dynamicTest(script.name(), () -> play(script)));
    }

    private static Script parse(Path file) {
        try {
            return ScriptParser.parse(ScriptsTest.ROOT, file);
        } catch (IOException e) {
            throw new java.io.UncheckedIOException(e);
        }
    }

    private static void play(Script script) throws Exception {
        assumeTrue(Boolean.getBoolean("scripts.linux"), "-Dscripts.linux=true asks for it");
        try {
            NetworkNamespace.call(() -> {
                LinuxMachine machine = new LinuxMachine();
                try {
                    new ScriptPlayer(machine).play(script);
                } finally {
                    machine.close();
                }
                return null;
            });
        } catch (NetworkNamespace.NotPermittedException e) {
            abort(e.getMessage());
        }
    }
}
