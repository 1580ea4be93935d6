package io.virtuoso.host.control;

import io.virtuoso.host.config.ConfigException;
import io.virtuoso.host.config.ConfigReader;
import io.virtuoso.host.ffm.Libc;
import io.virtuoso.host.ffm.Linux;
import io.virtuoso.host.ffm.UnixSocket;
import io.virtuoso.host.guest.Attachment;
import io.virtuoso.host.guest.Guest;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;

/** The control thread's work and a fake stack, over real sockets, but step by step on the test's thread. */
final class ControlHarness implements AutoCloseable {
    static final int CONTEXTS = 4;
    private static final String CONFIG = """
            networks: [{name: default, vni: 1, subnet: 10.88.0.0/16}]
            guests: [{name: web, network: default, address: 10.88.0.2, congestion: reno}]
            limits: {contexts: 4, queue_entries: 16, slots: 64, pool_mib: 16, attachments: %d}
            """;

    final FakeStack stack = new FakeStack();
    final ControlMailbox control;
    final RunDirectory directory;
    /** Where it is looked for when it is to be read again. */
    final Path configFile;

    private final StackMailbox mailbox;
    private final WakeFd controlWake = WakeFd.create();
    private final WakeFd stackWake = WakeFd.create();
    private final ControlAgent agent;

    ControlHarness(Path runDirectory) throws IOException, ConfigException {
        this(runDirectory, 1000);
    }

    ControlHarness(Path runDirectory, int attachmentsPerGuest) throws IOException, ConfigException {
        directory = RunDirectory.open(runDirectory);
        configFile = runDirectory.resolve("test.yaml");
        final String text = String.format(Locale.ROOT, CONFIG, attachmentsPerGuest);
        control = new ControlMailbox(controlWake::ring);
        mailbox = new StackMailbox(stackWake.fd(), stackWake::ring, control);
        agent = new ControlAgent(
                ConfigReader.parse("test.yaml", text),
                Optional.of(configFile),
                directory,
                controlWake,
                control,
                new StackMailboxes(List.of(mailbox), Map.of()),
                new NoMachines(),
                77);
    }

    /** Turns virtual machines away. */
    private static final class NoMachines implements MachineHost {
        @Override
        public void welcome(Guest guest, int socket) {
            Libc.close(socket);
        }

        @Override
        public void welcomeDoorbell(Guest guest, int socket) {
            Libc.close(socket);
        }

        @Override
        public void counters(StackCommands.CounterSink sink) {
            // Nothing is counted.
        }
    }

    /** Lets both sides work until nothing is left to do. */
    void settle() {
        int work;
        do {
            work = agent.poll();
            work += mailbox.drain(stack, Integer.MAX_VALUE);
        } while (work > 0);
    }

    TestGuest connect() {
        return connect("web");
    }

    TestGuest connect(String guest) {
        return new TestGuest(this, directory.guestSocket(guest).toString());
    }

    /** The stack gives an attachment up. */
    void finish(Attachment attachment) {
        control.finished(attachment);
        settle();
    }

    /** Asks on the control socket. */
    String ask(String request) {
        final int fd = UnixSocket.connect(directory.controlSocket().toString(), Linux.SOCK_STREAM);
        try (QueryClient client = new QueryClient(fd)) {
            client.write(request + "\n");
            settle();
            return client.readAll();
        }
    }

    void reload() {
        agent.reload();
        settle();
    }

    void stop() {
        agent.stop();
        settle();
    }

    static int openDescriptors() throws IOException {
        try (Stream<Path> fds = Files.list(Path.of("/proc/self/fd"))) {
            return (int) fds.count();
        }
    }

    static long mappedRegions() throws IOException {
        final List<String> maps = Files.readAllLines(Path.of("/proc/self/maps"));
        return maps.stream().filter(line -> line.contains("memfd:virtuoso-")).count();
    }

    @Override
    public void close() throws IOException {
        stop();
        stack.attached.stream().filter(attachment -> !attachment.isFinished()).forEach(this::finish);
        agent.run();
        directory.close();
        controlWake.close();
        stackWake.close();
    }
}
