package io.virtuoso.bench.jvm;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.util.Locale;

/**
 * A blocking client of an echo server, one thread for each connection, that stays up over many runs so that its code is
 * compiled. Arguments: host and port. Standard input tells it what to do, a line each:
 *
 * <pre>
 * warm SECONDS BYTES CONNECTIONS   opens connections and sends messages; answers "ready"
 * measure SECONDS                  counts what is done from now on; answers with a line of JSON
 * stop                             closes the connections; answers "stopped"
 * </pre>
 */
public final class EchoClient {
    private EchoClient() {}

    /** Works until the end of its input. */
    public static void main(String... arguments) throws IOException, InterruptedException {
        BufferedReader in = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.US_ASCII));
        EchoRun run = null;
        for (String line = in.readLine(); line != null; line = in.readLine()) {
            String[] words = line.split(" ", 4);
            switch (words[0]) {
                case "warm" -> {
                    int bytes = Integer.parseInt(words[2]);
                    run = EchoRun.start(
                            arguments[0], Integer.parseInt(arguments[1]), bytes, Integer.parseInt(words[3]));
                    sleep(words[1]);
                    System.out.println("ready");
                }
                case "measure" -> {
                    run.count(true);
                    long begin = System.nanoTime();
                    sleep(words[1]);
                    long end = System.nanoTime();
                    run.count(false);
                    System.out.println(result(run, (end - begin) / 1e9));
                }
                case "stop" -> {
                    run.stop();
                    System.out.println("stopped");
                }
                default -> throw new IllegalArgumentException("not understood: " + line);
            }
        }
    }

    private static void sleep(String seconds) throws InterruptedException {
        Thread.sleep((long) (1000 * Double.parseDouble(seconds)));
    }

    private static String result(EchoRun run, double seconds) {
        LatencyHistogram latency = run.latency();
        return String.format(
                Locale.ROOT,
                "{\"seconds\": %.6f, \"operations\": %d, \"errors\": %d, \"p50_us\": %s, \"p99_us\": %s, "
                        + "\"p999_us\": %s, \"max_us\": %s}",
                seconds,
                latency.total(),
                run.errors(),
                micros(latency, 0.5),
                micros(latency, 0.99),
                micros(latency, 0.999),
                micros(latency, 1));
    }

    private static String micros(LatencyHistogram latency, double share) {
        double micros = latency.quantileMicros(share);
        return Double.isNaN(micros) ? "null" : String.format(Locale.ROOT, "%.3f", micros);
    }
}
