package io.virtuoso.host;

import io.virtuoso.host.config.ConfigException;
import io.virtuoso.host.config.ConfigReader;
import io.virtuoso.host.config.HostConfig;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code virtuoso up}: runs a host stack in the foreground until SIGTERM or SIGINT. */
@Command(
        name = "virtuoso up",
        mixinStandardHelpOptions = true,
        version = "virtuoso 0.1.0-SNAPSHOT",
        description = "Runs the host stack in the foreground; prints \"virtuoso ready\" when it serves.",
        footer = {
            "VIRTUOSO_RUN_DIR (default /run/virtuoso) separates instances.",
            "SIGHUP reads FILE again: guests and policies change, networks and limits do not."
        })
public final class HostMain implements Callable<Integer> {
    private static final Logger LOG = LoggerFactory.getLogger(HostMain.class);
    private static final int EXIT_FAILED = 1;
    private static final int EXIT_CONFIG = 2;
    private static final int EXIT_FAULT = 70;
    private static final String DEFAULT_RUN_DIR = "/run/virtuoso";

    @Option(
            names = {"-c", "--config"},
            paramLabel = "FILE",
            description = "Networks and guests, as YAML; without it: one network, 10.88.0.0/16, guests made on demand.")
    private Path configFile;

    /** Runs the host stack. */
    public static void main(final String[] arguments) {
        endWithAnyThread();
        System.exit(new CommandLine(new HostMain()).execute(arguments));
    }

    /** No thread can do without another: guests notice the end of the process at once, and find its successor. */
    static void endWithAnyThread() {
        Thread.setDefaultUncaughtExceptionHandler((thread, fault) -> {
            try {
                LOG.error("thread {} cannot go on, nor can the host stack", thread.getName(), fault);
            } finally {
                Runtime.getRuntime().halt(EXIT_FAULT);
            }
        });
    }

    @Override
    public Integer call() throws InterruptedException {
        final HostConfig config;
        try {
            config = configFile == null ? HostConfig.embeddedDefault() : ConfigReader.read(configFile);
        } catch (final ConfigException e) {
            System.err.println(e.getMessage());
            return EXIT_CONFIG;
        }
        try {
            serve(HostStack.start(config, Optional.ofNullable(configFile), runDirectory()));
        } catch (final IOException e) {
            System.err.println("virtuoso: " + e.getMessage());
        }
        return EXIT_FAILED;
    }

    private static Path runDirectory() {
        return Path.of(Optional.ofNullable(System.getenv("VIRTUOSO_RUN_DIR"))
                .filter(value -> !value.isEmpty())
                .orElse(DEFAULT_RUN_DIR));
    }

    /** Until a signal: it runs the shutdown hooks, and ours sets the exit status, which a signal would spoil. */
    private void serve(final HostStack host) throws InterruptedException {
        Runtime.getRuntime().addShutdownHook(new Thread(() -> shutDown(host), "virtuoso-stop"));
        HangUp.onSignal(host::reload);
        LOG.info("serving at {}", host.directory());
        System.out.println("virtuoso ready");
        System.out.flush();
        new CountDownLatch(1).await();
    }

    private void shutDown(final HostStack host) {
        try {
            host.close();
        } catch (final IOException | RuntimeException e) {
            LOG.warn("not everything could be removed", e);
        }
        Runtime.getRuntime().halt(0);
    }
}
