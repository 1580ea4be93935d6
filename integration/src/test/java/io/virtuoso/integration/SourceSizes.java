package io.virtuoso.integration;

import com.sun.source.tree.CompilationUnitTree;
import com.sun.source.tree.LineMap;
import com.sun.source.tree.MethodTree;
import com.sun.source.util.JavacTask;
import com.sun.source.util.SourcePositions;
import com.sun.source.util.TreeScanner;
import com.sun.source.util.Trees;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import javax.tools.JavaCompiler;
import javax.tools.StandardJavaFileManager;
import javax.tools.ToolProvider;

/** Measures methods of Java files and functions of C files: lines from the signature to the closing brace. */
final class SourceSizes {
    /**
     * @param file  where it is
     * @param name  of the method or function
     * @param line  its first line, from 1
     * @param lines from the signature to the closing brace, both counted
     */
    record Routine(Path file, String name, long line, long lines) {
        @Override
        public String toString() {
            return "%s:%d %s has %d lines".formatted(file, line, name, lines);
        }
    }

    private static final Pattern C_NAME = Pattern.compile("(\\w+)\\s*\\(");

    private SourceSizes() {}

    static List<Routine> ofJava(final List<Path> files) throws IOException {
        final JavaCompiler compiler = ToolProvider.getSystemJavaCompiler();
        final List<Routine> found = new ArrayList<>();
        try (StandardJavaFileManager manager = compiler.getStandardFileManager(null, null, null)) {
            final JavacTask task = (JavacTask) compiler.getTask(
                    null, manager, null, List.of("-proc:none"), null, manager.getJavaFileObjectsFromPaths(files));
            final Trees trees = Trees.instance(task);
            for (final CompilationUnitTree unit : task.parse()) {
                new MethodScanner(unit, trees.getSourcePositions(), found).scan(unit, null);
            }
        }
        return found;
    }

    /** Relies on the formatter: a function's signature and its closing brace stand in the first column. */
    static List<Routine> ofC(final Path file) throws IOException {
        final List<Routine> found = new ArrayList<>();
        final List<String> lines = Files.readAllLines(file);
        int start = -1;
        boolean open = false;
        for (int i = 0; i < lines.size(); i++) {
            final String line = lines.get(i);
            if (start < 0 && isSignature(line)) {
                start = i;
            }
            open |= start >= 0 && line.endsWith("{");
            if (start >= 0 && !open && line.endsWith(";")) {
                start = -1; // a declaration
            } else if (open && line.startsWith("}")) {
                found.add(new Routine(file, nameOf(lines.get(start)), start + 1L, i - start + 1L));
                start = -1;
                open = false;
            }
        }
        return found;
    }

    private static boolean isSignature(final String line) {
        return !line.isEmpty() && Character.isJavaIdentifierStart(line.charAt(0)) && line.contains("(");
    }

    private static String nameOf(final String signature) {
        final Matcher matcher = C_NAME.matcher(signature);
        return matcher.find() ? matcher.group(1) : signature;
    }

    /** Collects the methods of one file. */
    private static final class MethodScanner extends TreeScanner<Void, Void> {
        private final CompilationUnitTree unit;
        private final SourcePositions positions;
        private final List<Routine> found;

        MethodScanner(final CompilationUnitTree unit, final SourcePositions positions, final List<Routine> found) {
            this.unit = unit;
            this.positions = positions;
            this.found = found;
        }

        @Override
        public Void visitMethod(final MethodTree method, final Void nothing) {
            final long end = positions.getEndPosition(unit, method);
            if (end >= 0) {
                final LineMap lines = unit.getLineMap();
                final long first = lines.getLineNumber(positions.getStartPosition(unit, method));
                final Path file = Path.of(unit.getSourceFile().toUri());
                found.add(new Routine(file, method.getName().toString(), first, lines.getLineNumber(end) - first + 1));
            }
            return super.visitMethod(method, null);
        }
    }
}
