package io.virtuoso.host.tcp.script;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** Reads scripts from files. */
final class ScriptParser {
    private static final String LINUX_MARK = "# linux";

    private final Path root;
    private final List<Script.Line> lines = new ArrayList<>();
    private String title;
    private boolean onLinux;

    private ScriptParser(Path root) {
        this.root = root;
    }

    /**
     * Reads a script and what it includes.
     *
     * @param root folder of all scripts, in which {@code include} holds what others include
     */
    static Script parse(Path root, Path file) throws IOException {
        ScriptParser parser = new ScriptParser(root);
        parser.read(file, true);
        String name = root.relativize(file).toString();
        if (parser.title == null) {
            throw new ScriptFailure(name, "a title", "no comment at the top", "");
        }
        return new Script(name, parser.title, parser.onLinux, List.copyOf(parser.lines));
    }

    private void read(Path file, boolean top) throws IOException {
        List<String> texts = Files.readAllLines(file);
        for (int i = 0; i < texts.size(); i++) {
            String text = texts.get(i).strip();
            String where = root.relativize(file) + ":" + (i + 1);
            if (text.equals(LINUX_MARK)) {
                onLinux |= top;
            } else if (text.startsWith("#")) {
                title = title == null && top ? text.substring(1).strip() : title;
            } else if (!text.isEmpty()) {
                readLine(where, text);
            }
        }
    }

    private void readLine(String where, String text) throws IOException {
        int comment = text.indexOf(" #");
        String meaning = comment < 0 ? text : text.substring(0, comment).strip();
        List<String> words = new ArrayList<>(List.of(meaning.split("\\s+")));
        if (words.getFirst().equals("include")) {
            read(root.resolve("include").resolve(words.get(1) + ".script"), false);
            return;
        }
        try {
            Span delay = words.getFirst().startsWith("+")
                    ? Span.parse(words.removeFirst().substring(1))
                    : Span.ZERO;
            lines.add(new Script.Line(where, text, delay, step(words, delay)));
        } catch (IllegalArgumentException | IndexOutOfBoundsException e) {
            throw new ScriptFailure(where, "a line as docs/testing.md describes", e.getMessage(), text);
        }
    }

    private static Step step(List<String> words, Span delay) {
        String first = words.getFirst();
        List<String> rest = List.copyOf(words.subList(1, words.size()));
        if (!first.equals(">") && !delay.isExact()) {
            throw new IllegalArgumentException("only what is expected may come within a range of time");
        }
        return switch (first) {
            case "<" -> new Step.Inject(checked(SegmentSpec.parse(rest)));
            case ">" -> new Step.Expect(checked(SegmentSpec.parse(rest)));
            case "skip" -> new Step.Skip();
            case "expect" -> new Step.Check(rest.getFirst(), rest.subList(1, rest.size()));
            default -> new Step.Command(first, rest);
        };
    }

    private static SegmentSpec checked(SegmentSpec spec) {
        spec.check();
        return spec;
    }
}
