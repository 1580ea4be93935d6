package io.virtuoso.guest.jar;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** The finished jar in JVMs of every kind that is installed, without a host stack. */
class AgentJarTest {
    private static final Map<String, String> GUEST = Map.of("VIRTUOSO_GUEST_SOCKET", "/nonexistent/guest.sock");

    @TempDir
    Path folder;

    static List<Path> homes() {
        return Jvms.homes();
    }

    @ParameterizedTest
    @MethodSource("homes")
    void shouldMakeAJvmAGuestWithoutAWord(Path home) {
        Jvms.Outcome outcome = probe(home, GUEST, "", "calls");
        assertEquals("", outcome.errors);
        assertEquals(0, outcome.status);
        assertEquals(
                List.of(
                        "selectors io.virtuoso.guest.nio.GuestSelectorProvider",
                        "channels io.virtuoso.guest.aio.GuestAsynchronousChannelProvider",
                        "socket SocksSocketImpl 1",
                        "server GuestSocketImpl 1",
                        "hook of boot",
                        "library of nobody",
                        "calls " + implementationOn(home) + " 8 1 -9",
                        "interfaces Network is down",
                        "native transports false"),
                outcome.out);
    }

    @ParameterizedTest
    @MethodSource("homes")
    void shouldDoNothingWithoutAGuestSocket(Path home) {
        Jvms.Outcome outcome = probe(home, Map.of(), "");
        assertEquals("", outcome.errors);
        assertEquals(
                List.of(
                        "selectors null",
                        "channels null",
                        "socket SocksSocketImpl 1",
                        "server NioSocketImpl 1",
                        "hook of app",
                        "library of nobody",
                        "calls none",
                        "interfaces none",
                        "native transports true"),
                outcome.out);
    }

    @ParameterizedTest
    @MethodSource("homes")
    void shouldNotStartWithAnArgumentThatItDoesNotKnow(Path home) {
        Jvms.Outcome outcome = probe(home, GUEST, "=colour=red");
        assertEquals(2, outcome.status);
        assertTrue(outcome.errors.startsWith("virtuoso: unknown agent argument 'colour=red'"), outcome.errors);
        assertEquals(1, outcome.errors.lines().count());
        assertEquals(List.of(), outcome.out);
    }

    @Test
    void shouldNotStartWithANetworkThatIsNone() {
        Jvms.Outcome outcome = probe(Jvms.homes().get(0), GUEST, "=kernel=10.0.0.0/8+10.0.0.0.0");
        assertEquals(2, outcome.status);
        assertTrue(outcome.errors.startsWith("virtuoso: ") && outcome.errors.contains("'10.0.0.0.0'"), outcome.errors);
    }

    @Test
    void shouldKeepTheProviderThatTheUserChose() {
        Path home = Jvms.homes().get(0);
        String property = "-Djava.nio.channels.spi.SelectorProvider=sun.nio.ch.EPollSelectorProvider";
        Jvms.Outcome outcome = probe(home, GUEST, List.of(property), "");
        assertEquals("selectors sun.nio.ch.EPollSelectorProvider", outcome.out.get(0));
    }

    @Test
    void shouldStartOnceWhenGivenTwice() {
        Path home = Jvms.homes().get(0);
        Jvms.Outcome outcome = probe(home, GUEST, List.of("-javaagent:" + Jvms.jar()), "");
        assertEquals("", outcome.errors);
        assertEquals("server GuestSocketImpl 1", outcome.out.get(3));
    }

    @Test
    void shouldHeedTheArgumentsOfBothWhenGivenTwice() {
        Path home = Jvms.homes().get(0);
        List<String> first = List.of("-javaagent:" + Jvms.jar());
        assertTrue(probe(home, GUEST, first, "=report=-").errors.contains("sockets of the host stack"));
        Jvms.Outcome clash = probe(home, GUEST, first, "=guest-socket=/other");
        assertEquals(2, clash.status);
        assertTrue(clash.errors.startsWith("virtuoso: the agent is given twice"), clash.errors);
    }

    @ParameterizedTest
    @MethodSource("homes")
    void shouldRefuseToBeLoadedIntoARunningProgram(Path home) {
        Jvms.Outcome outcome = Jvms.run(
                home,
                folder,
                GUEST,
                "-Djdk.attach.allowAttachSelf=true",
                "-cp",
                Jvms.testClasses(),
                AttachProbe.class.getName(),
                Jvms.jar());
        assertEquals(0, outcome.status, outcome.errors);
        assertEquals(List.of("loading: AgentInitializationException", "accepted"), outcome.out);
        assertTrue(outcome.errors.contains("virtuoso: a running JVM cannot become a guest; start it with -javaagent"));
    }

    /** Of an application that has the same library in another version. */
    @ParameterizedTest
    @MethodSource("homes")
    void shouldNotMixItsLibraryWithTheApplications(Path home) throws IOException {
        Path impostor = Files.createDirectories(folder.resolve("com/kenai/jffi"));
        Files.writeString(impostor.resolve("Library.class"), "no class");
        List<String> options = List.of("-Djffi.boot.library.path=" + folder, "-Xbootclasspath/a:" + folder);
        Jvms.Outcome outcome = probe(home, GUEST, options, "", "calls");
        assertTrue(outcome.errors.contains("ClassFormatError"), outcome.errors); // of the probe, looking for it
        assertTrue(outcome.out.contains("hook of boot"), outcome.errors);
    }

    /** The agent needs no right that the application was not given. */
    @ParameterizedTest
    @MethodSource("homes")
    void shouldLeaveTheApplicationsNativeAccessAsItIs(Path home) {
        if (Jvms.featureOf(home) < 24) {
            return; // nothing to leave as it is
        }
        Jvms.Outcome outcome = probe(home, GUEST, List.of("--illegal-native-access=deny"), "", "calls");
        assertEquals("", outcome.errors);
        assertEquals("calls FfmOs 8 1 -9", outcome.out.get(6));
    }

    @Test
    void shouldReportWhereItIsTold() throws IOException {
        Path report = folder.resolve("report");
        Path home = Jvms.homes().get(0);
        assertEquals("", probe(home, GUEST, "=report=" + report).errors);
        String text = Files.readString(report);
        assertTrue(text.contains("]: sockets of the host stack: 0\n"), text);
        assertTrue(text.contains("]: left to the platform, IPv6 address beyond the guest's subnet: 0\n"), text);
        Jvms.Outcome outcome = probe(home, Map.of("VIRTUOSO_GUEST_SOCKET", "/none", "VIRTUOSO_STATS", "1"), "");
        assertTrue(outcome.errors.startsWith("virtuoso["), outcome.errors);
    }

    private static String implementationOn(Path home) {
        return Jvms.featureOf(home) < 22 ? "JnrOs" : "FfmOs";
    }

    private Jvms.Outcome probe(Path home, Map<String, String> environment, String agent, String... arguments) {
        return probe(home, environment, List.of(), agent, arguments);
    }

    private Jvms.Outcome probe(
            Path home, Map<String, String> environment, List<String> options, String agent, String... arguments) {
        List<String> command = new ArrayList<>(options);
        command.add("-javaagent:" + Jvms.jar() + agent);
        command.addAll(List.of("--add-opens", "java.base/java.net=ALL-UNNAMED", "-cp", Jvms.testClasses()));
        command.add(AgentProbe.class.getName());
        command.addAll(List.of(arguments));
        return Jvms.run(home, folder, environment, command.toArray(String[]::new));
    }
}
