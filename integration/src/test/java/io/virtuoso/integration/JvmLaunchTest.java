package io.virtuoso.integration;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.FieldSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * A JVM that is started among a guest's programs has the agent, and the preload library leaves its sockets alone. Which
 * of the two served a process is seen in their reports at its end. No host stack is needed for that.
 */
class JvmLaunchTest {
    private static final Duration LIMIT = Duration.ofMinutes(5);
    private static final String JAVA = Jdk.newest().java();
    private static final Pattern AGENT = Pattern.compile("virtuoso\\[(\\d+)]: sockets of the host stack");
    private static final Pattern LIBRARY = Pattern.compile("virtuoso\\[(\\d+)]: left to the kernel, loopback");
    static final List<Jdk> JDKS = Jdk.all();

    @TempDir
    Path folder;

    /** A JVM that starts other programs, as build tools and servers do. */
    static final class Starter {
        private Starter() {}

        public static void main(final String[] command) throws IOException, InterruptedException {
            System.exit(new ProcessBuilder(command).inheritIO().start().waitFor());
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "execl",
                "execle",
                "execlp",
                "execv",
                "execve",
                "execvp",
                "execvpe",
                "posix_spawn",
                "posix_spawnp",
                "vfork"
            })
    void shouldGiveTheAgentToAJvmHoweverItIsStarted(final String call) {
        final String said = guest(List.of(), Repository.program("starter"), call, JAVA, "-version");
        assertEquals(1, found(AGENT, said).size(), said);
        assertEquals(List.of(), overlap(said), said);
    }

    @ParameterizedTest
    @FieldSource("JDKS")
    void shouldGiveTheAgentToJvmsOfScripts(final Jdk jdk) {
        final String said = guest(List.of(), "sh", "-c", jdk.java() + " -version; exec " + jdk.java() + " -version");
        assertEquals(2, found(AGENT, said).size(), said);
        assertEquals(List.of(), overlap(said), said);
    }

    /** A JVM starts a native program, which starts a JVM. */
    @Test
    void shouldMakeChildrenOfAJvmGuestsAgain() {
        final String classes =
                Repository.ROOT.resolve("integration/target/test-classes").toString();
        final List<String> child = List.of(Repository.program("starter"), "posix_spawn", JAVA, "-version");
        final List<String> command = new ArrayList<>(List.of("env", JAVA, "-cp", classes, Starter.class.getName()));
        command.addAll(child);
        final String said = guest(List.of(), command.toArray(String[]::new));
        assertEquals(2, found(AGENT, said).size(), said);
        assertEquals(1, found(LIBRARY, said).size(), said);
        assertEquals(List.of(), overlap(said), said);
    }

    @Test
    void shouldAddTheAgentOnlyOnce() {
        final String said = guest(List.of(), "env", JAVA, "-javaagent:" + JavaProgram.AGENT, "-version");
        assertEquals(1, found(AGENT, said).size(), said);
    }

    @Test
    void shouldGiveNoAgentOutsideOfAGuest() {
        final String said = guest(List.of("VIRTUOSO_GUEST_SOCKET="), "env", JAVA, "-version");
        assertEquals(List.of(), found(AGENT, said), said);
    }

    /** The JVM would refuse to write the archive. */
    @Test
    void shouldGiveNoAgentToAJvmThatWritesAnArchive() {
        final String archive = "-XX:ArchiveClassesAtExit=" + folder.resolve("classes.jsa");
        final String said = guest(List.of(), "env", JAVA, archive, "-version");
        assertEquals(List.of(), found(AGENT, said), said);
    }

    private static String guest(final List<String> environment, final String... command) {
        final List<String> all = new ArrayList<>(List.of(
                "env",
                "-u",
                "JAVA_TOOL_OPTIONS",
                "PATH=" + Path.of(JAVA).getParent() + ":" + System.getenv("PATH"),
                "LD_PRELOAD=" + Repository.PRELOAD,
                "VIRTUOSO_GUEST_JAR=" + JavaProgram.AGENT,
                "VIRTUOSO_GUEST_SOCKET=/nonexistent/guest.sock",
                "VIRTUOSO_STATS=1"));
        all.addAll(environment);
        all.addAll(List.of(command));
        return Shell.check(LIMIT, all);
    }

    private static List<String> found(final Pattern pattern, final String said) {
        return pattern.matcher(said)
                .results()
                .map((MatchResult match) -> match.group(1))
                .toList();
    }

    /** Processes that both served. */
    private static List<String> overlap(final String said) {
        final List<String> both = new ArrayList<>(found(AGENT, said));
        both.retainAll(found(LIBRARY, said));
        return both;
    }
}
