package io.virtuoso.guest;

import io.virtuoso.guest.core.FallbackReason;
import io.virtuoso.guest.core.Link;
import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;

/** Says at the JVM's end how many sockets the host stack served, and why others were left to the platform. */
final class ExitReport {
    private ExitReport() {}

    /** Lets a report be written when the JVM ends. */
    static void schedule(String destination) {
        Runtime.getRuntime().addShutdownHook(new Thread(() -> write(destination), "virtuoso-report"));
    }

    private static void write(String destination) {
        byte[] text = text().getBytes(StandardCharsets.UTF_8);
        if (destination.equals(AgentOptions.STANDARD_ERROR)) {
            complain(text);
            return;
        }
        try (FileOutputStream file = new FileOutputStream(destination, true)) {
            file.write(text);
        } catch (IOException e) {
            complain((prefix() + "no report: " + e.getMessage() + "\n").getBytes(StandardCharsets.UTF_8));
        }
    }

    /** Not by System.err, which the program may have redirected. */
    private static void complain(byte[] text) {
        try (FileOutputStream out = new FileOutputStream(FileDescriptor.err)) {
            out.write(text);
        } catch (IOException e) {
            return; // nobody reads it
        }
    }

    private static String prefix() {
        return "virtuoso[" + ProcessHandle.current().pid() + "]: ";
    }

    private static String text() {
        StringBuilder text = new StringBuilder();
        line(text, "sockets of the host stack: " + Link.acceleratedSockets());
        for (FallbackReason reason : FallbackReason.values()) {
            line(text, "left to the platform, " + reason.text() + ": " + reason.counted());
        }
        if (Link.refusal() != null) {
            line(text, "the host stack refused this JVM: " + Link.refusal());
        }
        return text.toString();
    }

    private static void line(StringBuilder text, String line) {
        text.append(prefix()).append(line).append('\n');
    }
}
