package io.virtuoso.guest.jar;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/** The JDKs of this machine that can be guests, and children of them. */
final class Jvms {
    private static final int OLDEST = 17;
    private static final int TIMEOUT_S = 120;

    private Jvms() {}

    /** Of every feature release one home: that which runs the tests, and those in /usr/lib/jvm. */
    static List<Path> homes() {
        Map<Integer, Path> found = new TreeMap<>();
        found.put(Runtime.version().feature(), Path.of(System.getProperty("java.home")));
        try (Stream<Path> folders = Files.list(Path.of("/usr/lib/jvm"))) {
            folders.filter(home -> Files.isExecutable(home.resolve("bin/java")))
                    .forEach(home -> found.putIfAbsent(featureOf(home), home));
        } catch (IOException e) {
            return List.copyOf(found.values()); // no such folder
        }
        found.keySet().removeIf(feature -> feature < OLDEST);
        return List.copyOf(found.values());
    }

    /** 17 for a JDK 17; 0 if it does not say. */
    static int featureOf(Path home) {
        try (Stream<String> lines = Files.lines(home.resolve("release"))) {
            return lines.filter(line -> line.startsWith("JAVA_VERSION=\""))
                    .map(line -> line.substring("JAVA_VERSION=\"".length(), line.length() - 1))
                    .mapToInt(version -> Runtime.Version.parse(version).feature())
                    .findFirst()
                    .orElse(0);
        } catch (IOException e) {
            return 0;
        }
    }

    /** The jar under test. */
    static String jar() {
        return System.getProperty("virtuoso.guest.jar", "target/virtuoso-guest.jar");
    }

    /** Starts main classes of this folder. */
    static String testClasses() {
        try {
            return Path.of(Jvms.class
                            .getProtectionDomain()
                            .getCodeSource()
                            .getLocation()
                            .toURI())
                    .toString();
        } catch (java.net.URISyntaxException e) {
            throw new IllegalStateException(e);
        }
    }

    /** What a child left. */
    static final class Outcome {
        final int status;
        final List<String> out;
        final String errors;

        private Outcome(int status, List<String> out, String errors) {
            this.status = status;
            this.out = out;
            this.errors = errors;
        }
    }

    /** Runs {@code java ARGUMENTS} with only these variables of ours, until its end. */
    static Outcome run(Path home, Path folder, Map<String, String> environment, String... arguments) {
        return run(home, "java", folder, environment, arguments);
    }

    /** Runs another program of a JDK. */
    static Outcome run(Path home, String program, Path folder, Map<String, String> environment, String... arguments) {
        List<String> command =
                new ArrayList<>(List.of(home.resolve("bin").resolve(program).toString()));
        command.addAll(Arrays.asList(arguments));
        ProcessBuilder builder = new ProcessBuilder(command);
        builder.environment()
                .keySet()
                .removeIf(name -> name.startsWith("VIRTUOSO")
                        || name.startsWith("JAVA")
                        || name.startsWith("JDK_JAVA")
                        || name.equals("LD_PRELOAD"));
        builder.environment().putAll(environment);
        Path out = folder.resolve("out");
        Path errors = folder.resolve("errors");
        try {
            Process process = builder.redirectOutput(out.toFile())
                    .redirectError(errors.toFile())
                    .start();
            if (!process.waitFor(TIMEOUT_S, TimeUnit.SECONDS)) {
                process.destroyForcibly();
                throw new IllegalStateException("still running after " + TIMEOUT_S + " s: " + command);
            }
            return new Outcome(process.exitValue(), Files.readAllLines(out), Files.readString(errors));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(e);
        }
    }
}
