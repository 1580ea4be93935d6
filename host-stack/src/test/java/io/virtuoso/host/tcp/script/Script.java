package io.virtuoso.host.tcp.script;

import java.util.List;

/**
 * A script, parsed.
 *
 * @param name folder and file
 * @param title its first comment
 * @param onLinux whether the kernel must behave the same
 */
record Script(String name, String title, boolean onLinux, List<Line> lines) {
    /**
     * A line that says something.
     *
     * @param where file and number of the line
     * @param text as it stands there
     * @param delay since the line before, in nanoseconds
     */
    record Line(String where, String text, Span delay, Step step) {}
}
