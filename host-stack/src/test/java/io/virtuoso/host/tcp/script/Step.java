package io.virtuoso.host.tcp.script;

import java.util.List;

/** What a line of a script says. */
sealed interface Step {
    /** The peer sends. */
    record Inject(SegmentSpec segment) implements Step {}

    /** The machine must have sent this next. */
    record Expect(SegmentSpec segment) implements Step {}

    /** Nothing that was sent until then matters. */
    record Skip() implements Step {}

    /** A configuration, a socket call, an ICMP message. */
    record Command(String name, List<String> arguments) implements Step {}

    /** A fact that must hold. */
    record Check(String fact, List<String> values) implements Step {}
}
