package io.virtuoso.conformance;

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
 *   CONF_UNREACHABLE an address that no route leads to
 *   CONF_PEERS   "name=address[,kind...] ...": machines that run --peer; enables the cross cases
 *   CONF_NAMES   "name=address ...": guests that have names
 *   CONF_NO_MULTICAST set: no network carries multicast
 *   CONF_JOBS    how many cases run at once (default 1)
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
                System.exit(Runner.run(chosen(arguments)));
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
}
