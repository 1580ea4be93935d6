package io.virtuoso.host.tcp.script;

/** A script did not come true. */
final class ScriptFailure extends AssertionError {
    private static final long serialVersionUID = 1L;

    ScriptFailure(String where, String expected, String got, String text) {
        super(where + ": " + text + "\n  expected: " + expected + "\n  got:      " + got);
    }
}
