package io.virtuoso.host.fuzz;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;

/** Inputs of an entry point that are kept: a file of one in hexadecimal a line. */
final class Corpus {
    private static final Path FOLDER = Path.of("src/test/resources/fuzz");

    private Corpus() {}

    private static Path file(String entry) {
        return FOLDER.resolve(entry + ".hex");
    }

    static List<byte[]> load(String entry) {
        Path file = file(entry);
        try {
            List<byte[]> inputs = new ArrayList<>();
            for (String line : Files.exists(file) ? Files.readAllLines(file) : List.<String>of()) {
                inputs.add(HexFormat.of().parseHex(line));
            }
            return inputs;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    static void store(String entry, List<byte[]> inputs) {
        try {
            Files.createDirectories(FOLDER);
            Files.write(
                    file(entry), inputs.stream().map(HexFormat.of()::formatHex).toList());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
