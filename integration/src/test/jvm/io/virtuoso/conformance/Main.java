package io.virtuoso.conformance;

import java.io.PrintWriter;
import java.io.StringWriter;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;

/**
 * Conformance cases for sockets in Java: one program, many named cases. The kernel is the oracle: a case is right only
 * if it passes on a plain JVM.
 *
 * <pre>
 *   CONF_ADDR    the address cases bind and connect to (default 127.0.0.1)
 *   CONF_SILENT  an address that never answers
 *   CONF_PEERS   "name=address ...": machines that run --peer; enables the cross cases
 * </pre>
 */
public final class Main {
    private static final String USAGE = "usage: conformance --list | --peer | --all | NAME-OR-PREFIX...";

    private Main() {}

    /** Exit status 0: all passed; 1: some failed; 2: wrong use. */
    public static void main(final String[] arguments) throws Exception {
        final String first = arguments.length == 0 ? "" : arguments[0];
        switch (first) {
            case "--list":
                Registry.cases().forEach(entry -> System.out.println(entry.name));
                break;
            case "--peer":
                new PeerServer().run();
                break;
            case "--child":
                Children.main(arguments);
                break;
            case "":
                System.err.println(USAGE);
                System.exit(2);
                break;
            default:
                System.exit(runAll(chosen(arguments)));
        }
    }

    private static List<Registry.Entry> chosen(final String[] words) {
        final List<Registry.Entry> all = Registry.cases();
        if ("--all".equals(words[0])) {
            return all;
        }
        final List<Registry.Entry> chosen = new ArrayList<>();
        for (final String word : words) {
            final List<Registry.Entry> matching =
                    all.stream().filter(entry -> entry.name.startsWith(word)).collect(Collectors.toList());
            if (matching.isEmpty()) {
                System.err.println("conformance: no case " + word + "; --list shows all");
                System.exit(2);
            }
            chosen.addAll(matching);
        }
        return chosen;
    }

    private static int runAll(final List<Registry.Entry> entries) throws InterruptedException {
        entries.forEach(entry -> System.out.println("plan " + entry.name));
        System.out.println("planned " + entries.size());
        int failed = 0;
        for (final Registry.Entry entry : entries) {
            failed += run(entry) ? 0 : 1;
        }
        System.out.println("failed " + failed);
        return failed == 0 ? 0 : 1;
    }

    /** Runs one in a thread of its own, which is left alone when its time is over. */
    private static boolean run(final Registry.Entry entry) throws InterruptedException {
        final long start = System.nanoTime();
        final Scope scope = new Scope(entry.virtual);
        String verdict = "ok";
        try {
            scope.startCase(entry::run).join(entry.seconds * 1000);
        } catch (final AssertionError e) {
            if (e.getCause() instanceof Support.Skipped) {
                verdict = "skipped: " + e.getCause().getMessage();
            } else {
                final Throwable failure = e.getCause() == null ? e : e.getCause();
                verdict = "FAILED: " + failure.getMessage() + " at " + place(failure);
                final StringWriter text = new StringWriter();
                failure.printStackTrace(new PrintWriter(text));
                (text + scope.whereabouts())
                        .lines()
                        .forEach(line -> System.out.println("# " + entry.name + ": " + line));
            }
        }
        scope.close();
        final long took = (System.nanoTime() - start) / 1_000_000;
        System.out.println("case " + entry.name + " (" + took + " ms): " + verdict.replace('\n', ' '));
        return !verdict.startsWith("FAILED");
    }

    /** The line of the suite that failed. */
    private static String place(final Throwable failure) {
        for (final StackTraceElement frame : failure.getStackTrace()) {
            if (!frame.getClassName().equals(Support.class.getName())
                    && frame.getClassName().startsWith(Main.class.getPackageName())) {
                return frame.getFileName() + ":" + frame.getLineNumber();
            }
        }
        return failure.getSuppressed().length == 0 ? "an unknown place" : place(failure.getSuppressed()[0]);
    }
}
