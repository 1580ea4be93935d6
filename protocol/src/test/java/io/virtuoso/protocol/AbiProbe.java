package io.virtuoso.protocol;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** Compiles and runs the C probe. */
final class AbiProbe {
    private static final Path SOURCE = Path.of("src/main/c/probe/abi_probe.c");

    private AbiProbe() {}

    /** The probe's lines as the C compiler of this machine sees the ABI. */
    static List<String> run() throws IOException, InterruptedException {
        Path directory = Files.createDirectories(Path.of("target/probe"));
        Path program = directory.resolve("abi_probe");
        output(List.of(
                "cc",
                "-std=c11",
                "-Wall",
                "-Wextra",
                "-Wpedantic",
                "-Wconversion",
                "-Werror",
                "-I" + AbiHeader.INCLUDE,
                "-o",
                program.toString(),
                SOURCE.toString()));
        return output(List.of(program.toAbsolutePath().toString()));
    }

    /** Key "const NAME", "struct NAME" or "member STRUCT NAME"; value: the value, the size, the offset. */
    static Map<String, Long> numbers(List<String> lines) {
        Map<String, Long> numbers = new TreeMap<>();
        for (String line : lines) {
            String[] words = line.split(" ", -1);
            int nameWords = words[0].equals("member") ? 3 : 2;
            String key = String.join(" ", List.of(words).subList(0, nameWords));
            numbers.put(key, Long.parseLong(words[nameWords]));
        }
        return numbers;
    }

    private static List<String> output(List<String> command) throws IOException, InterruptedException {
        Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
        String text = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        if (process.waitFor() != 0) {
            throw new IOException(String.join(" ", command) + "\n" + text);
        }
        return new ArrayList<>(text.lines().toList());
    }
}
