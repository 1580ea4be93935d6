package io.virtuoso.host.tcp.script;

import io.virtuoso.host.tcp.Sent;
import io.virtuoso.host.tcp.TcpFlags;
import java.util.ArrayList;
import java.util.List;

/** Plays a script against a machine, line by line. What was sent and is not expected is a failure, too. */
final class ScriptPlayer {
    private final Machine machine;
    private final Numbers numbers;
    /** When the line before was. */
    private long timeNs;

    ScriptPlayer(Machine machine) {
        this.machine = machine;
        numbers = new Numbers(machine.toleranceNs() == 0);
    }

    void play(Script script) {
        boolean begun = false;
        for (Script.Line line : script.lines()) {
            try {
                boolean configures = line.step() instanceof Step.Command command
                        && command.name().equals("config");
                if (!begun && !configures) {
                    begun = true;
                    timeNs = machine.nowNs();
                }
                run(line);
            } catch (IllegalArgumentException | IndexOutOfBoundsException e) {
                throw new ScriptFailure(
                        line.where(), "a line as docs/testing.md describes", e.getMessage(), line.text());
            }
        }
        nothingUntil(timeNs, new Script.Line(script.name(), "the end", Span.ZERO, new Step.Skip()));
    }

    private void run(Script.Line line) {
        switch (line.step()) {
            case Step.Expect expect -> expect(line, expect.segment());
            case Step.Skip skip -> skip(timeNs + line.delay().min());
            case Step.Inject inject -> {
                passTo(line);
                for (int i = 0; i < inject.segment().times(); i++) {
                    machine.inject(numbers.toWire(inject.segment(), i, machine.nowNs()));
                }
            }
            case Step.Command command -> command(line, command);
            case Step.Check check -> {
                passTo(line);
                check(line, check);
            }
        }
    }

    private void command(Script.Line line, Step.Command command) {
        if (command.name().equals("config") && command.arguments().getFirst().equals("peer-iss")) {
            numbers.setPeerIss((int) Span.number(command.arguments().get(1)));
        } else if (command.name().equals("config")) {
            machine.command(command.name(), command.arguments());
        } else {
            passTo(line);
            machine.command(command.name(), toWire(command));
        }
    }

    /** The last argument of an ICMP message is a sequence number of the machine's. */
    private List<String> toWire(Step.Command command) {
        if (!command.name().equals("mtu") && !command.name().equals("unreachable")) {
            return command.arguments();
        }
        List<String> arguments = new ArrayList<>(command.arguments());
        int seq = numbers.machineSeq(Long.parseLong(arguments.removeLast()));
        arguments.add(Integer.toString(seq));
        return arguments;
    }

    // ---- time --------------------------------------------------------------------------------------------------

    private void passTo(Script.Line line) {
        nothingUntil(timeNs + line.delay().min(), line);
    }

    private void nothingUntil(long untilNs, Script.Line line) {
        Machine.Arrived arrived = machine.poll(untilNs);
        if (arrived != null) {
            throw new ScriptFailure(line.where(), "nothing sent before this", describe(arrived), line.text());
        }
        timeNs = machine.nowNs();
    }

    private void skip(long untilNs) {
        for (Machine.Arrived arrived = machine.poll(untilNs); arrived != null; arrived = machine.poll(untilNs)) {
            numbers.onSent(arrived.segment());
        }
        timeNs = machine.nowNs();
    }

    // ---- segments ----------------------------------------------------------------------------------------------

    private void expect(Script.Line line, SegmentSpec spec) {
        Span delay = line.delay();
        for (int i = 0; i < spec.times(); i++) {
            Machine.Arrived arrived = machine.poll(timeNs + delay.max() + machine.toleranceNs());
            if (arrived == null) {
                String when = "within +" + Span.time(delay.max());
                throw new ScriptFailure(line.where(), "this segment", "nothing " + when, line.text());
            }
            long afterNs = arrived.atNs() - timeNs;
            numbers.onSent(arrived.segment());
            List<String> differences = numbers.compare(spec, i, arrived.segment());
            if (afterNs < delay.min() - machine.toleranceNs() || afterNs > delay.max() + machine.toleranceNs()) {
                differences.add("after +" + delay.asTime());
            }
            if (!differences.isEmpty()) {
                throw new ScriptFailure(line.where(), String.join(", ", differences), describe(arrived), line.text());
            }
            timeNs = arrived.atNs();
            delay = Span.ZERO;
        }
    }

    private String describe(Machine.Arrived arrived) {
        numbers.onSent(arrived.segment());
        Sent sent = arrived.segment();
        StringBuilder text = new StringBuilder(SegmentSpec.flagNames(sent.flags()));
        text.append(" seq ").append(numbers.machineRelative(sent.seq()));
        if (sent.has(TcpFlags.ACK)) {
            text.append(" ack ").append(numbers.peerRelative(sent.ack()));
        }
        text.append(" win ").append(sent.window()).append(" data ").append(sent.length());
        if (sent.mss() > 0) {
            text.append(" mss ").append(sent.mss());
        }
        if (sent.hasTimestamps()) {
            text.append(" ts ").append(numbers.machineClock(sent.tsVal())).append('/');
            text.append(Integer.toUnsignedString(sent.tsEcr()));
        }
        if (sent.ecn() != 0) {
            text.append(' ').append(SegmentSpec.ecnName(sent.ecn()));
        }
        List<Long> edges = numbers.sackEdges(sent);
        for (int i = 0; i < edges.size(); i += 2) {
            text.append(i == 0 ? " sack " : ",")
                    .append(edges.get(i))
                    .append('-')
                    .append(edges.get(i + 1));
        }
        return text + " after +" + Span.time(arrived.atNs() - timeNs);
    }

    // ---- facts -------------------------------------------------------------------------------------------------

    private void check(Script.Line line, Step.Check check) {
        Object fact = machine.fact(check.fact());
        String expected = String.join(" ", check.values());
        boolean holds;
        if (fact instanceof Number number) {
            holds = Span.parse(expected).contains(number.longValue());
        } else {
            holds = fact.equals(expected);
        }
        if (!holds) {
            throw new ScriptFailure(line.where(), check.fact() + " " + expected, fact.toString(), line.text());
        }
    }
}
