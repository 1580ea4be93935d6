package io.virtuoso.integration;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What virtuoso-ctl makes of its arguments. No host stack is needed for that. */
class CommandLineTest {
    private static final Duration LIMIT = Duration.ofMinutes(5);
    private static final Path CTL = Repository.ROOT.resolve("guest-preload-c/target/virtuoso-ctl");
    private static final int USAGE = 2;
    private static final int NO_HOST = 125;

    @TempDir
    private Path nowhere;

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '"',
            value = {
                "run                  | no guest is named",
                "run web              | no command for guest 'web'",
                "run web --           | no command for guest 'web'",
                "guests web           | unexpected argument 'web'",
                "stats -v             | unknown option '-v'",
                "metrics -            | unknown option '-'",
                "policy --json        | unknown option '--json'",
                "ready now            | unexpected argument 'now'",
                "ss -t                | unknown option '-t'",
                "ss -i web            | unexpected argument 'web'",
                "top -1               | unknown option '-1'",
                "top -n               | no number after '-n'",
                "top -n 0             | '0' after '-n' is not a number above 0",
                "top -n 3s            | '3s' after '-n' is not a number above 0",
                "top --once -n 3      | unknown option '-n'",
                "top -n 3 more        | unexpected argument 'more'",
                "capture web cache    | unexpected argument 'cache'",
                "capture -x           | unknown option '-x'",
                "capture web -w       | no file after '-w'",
                "capture -s           | no number after '-s'",
                "capture -c -1        | '-1' after '-c' is not a number above 0",
                "capture -c 99999999999999999999 | '99999999999999999999' after '-c' is not a number above 0",
                "apply new.yaml       | unexpected argument 'new.yaml'",
                "apply -c             | no file after '-c'",
                "apply --config       | no file after '--config'",
                "apply -c new.yaml old.yaml | unexpected argument 'old.yaml'"
            })
    void shouldNameInOneLineWhatIsWrong(final String line, final String wrong) {
        final String verb = line.split(" ", -1)[0];
        assertComplaint("virtuoso-ctl: " + verb + ": " + wrong + "; usage: virtuoso-ctl " + verb, line);
    }

    @Test
    void shouldNameACommandThatThereIsNot() {
        assertComplaint("virtuoso-ctl: no command 'guest'; see virtuoso-ctl --help", "guest");
    }

    @Test
    void shouldShowTheCommandsIfNoneIsGiven() {
        final Shell.Result bare = ctl("", "2>&1 >/dev/null");
        assertEquals(USAGE, bare.status());
        assertTrue(bare.output().startsWith("virtuoso-ctl: no command is given\nusage: "), bare::output);
        final Shell.Result asked = ctl("--help", "2>/dev/null");
        assertEquals(0, asked.status());
        assertTrue(bare.output().endsWith(asked.output()), asked::output);
    }

    /** Which is told by what comes next: there is nobody to ask. */
    @ParameterizedTest
    @ValueSource(
            strings = {
                "run web true",
                "run web -- true",
                "guests",
                "ss",
                "ss -i",
                "stats",
                "metrics",
                "top",
                "top --once",
                "top -n 2",
                "capture",
                "capture -c 1 web -w file -s 96",
                "policy",
                "apply",
                "apply -c /dev/null",
                "apply --config /dev/null",
                "ready"
            })
    void shouldTakeWhatIsRight(final String line) {
        final Shell.Result result = ctl(line, "2>&1 >/dev/null");
        assertEquals(NO_HOST, result.status(), result::output);
        assertTrue(result.output().contains("no host stack runs at " + nowhere), result::output);
    }

    private void assertComplaint(final String start, final String line) {
        final Shell.Result result = ctl(line, "2>&1 >/dev/null");
        assertEquals(USAGE, result.status(), result::output);
        assertTrue(result.output().startsWith(start), result::output);
        assertEquals(1, result.output().lines().count(), result::output);
        assertEquals("", ctl(line, "2>/dev/null").output());
    }

    /** @param redirection which of the two outputs is looked at */
    private Shell.Result ctl(final String line, final String redirection) {
        final List<String> command = new ArrayList<>(List.of(
                "sh",
                "-c",
                "cd \"$1\" && export VIRTUOSO_RUN_DIR=\"$1\" && shift && \"$@\" " + redirection,
                "sh",
                nowhere.toString(),
                CTL.toString()));
        command.addAll(line.isEmpty() ? List.of() : List.of(line.split(" ", -1)));
        return Shell.run(LIMIT, command);
    }
}
