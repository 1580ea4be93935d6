package io.virtuoso.host.control;

import io.virtuoso.host.config.Ipv4;
import io.virtuoso.host.guest.Guest;
import io.virtuoso.host.guest.GuestRegistry;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.OverlappingFileLockException;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.OptionalInt;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The directory that names an instance of the host stack: lock, {@code control.sock}, {@code guests/}, {@code vm/}, {@code ivshmem/}.
 *
 * <p>A guest is whoever reaches its socket. In {@code guests/} names cannot be listed, only used; a container gets its
 * own socket mounted and nothing else. The sockets in {@code vm/} and {@code ivshmem/} are for the monitors of virtual machines.
 */
public final class RunDirectory implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(RunDirectory.class);
    private static final String LOCK = "lock";
    private static final String KNOWN_GUESTS = "guests.known";

    private final Path root;
    private final FileChannel lock;

    private RunDirectory(final Path root, final FileChannel lock) {
        this.root = root;
        this.lock = lock;
    }

    /**
     * Makes the directory if need be, locks it and removes what a killed host stack left there.
     *
     * @throws IOException saying in one line what is wrong, such as that another host stack runs there
     */
    public static RunDirectory open(final Path path) throws IOException {
        final Path root = path.toAbsolutePath().normalize();
        makeDirectory(root, "rwxr-xr-x");
        final FileChannel lock = FileChannel.open(
                root.resolve(LOCK), StandardOpenOption.CREATE, StandardOpenOption.READ, StandardOpenOption.WRITE);
        if (!tryLock(lock)) {
            final String owner = Files.readString(root.resolve(LOCK)).strip();
            lock.close();
            throw new IOException("another host stack (pid " + owner + ") runs at " + root
                    + "; stop it, or set VIRTUOSO_RUN_DIR to another directory");
        }
        final byte[] pid = (ProcessHandle.current().pid() + "\n").getBytes(StandardCharsets.US_ASCII);
        lock.truncate(0).write(ByteBuffer.wrap(pid));
        final RunDirectory directory = new RunDirectory(root, lock);
        makeDirectory(directory.guests(), "rwx--x--x");
        makeDirectory(directory.machines(), "rwx--x--x");
        makeDirectory(directory.doorbells(), "rwx--x--x");
        directory.removeSockets();
        return directory;
    }

    private static boolean tryLock(final FileChannel channel) throws IOException {
        try {
            return channel.tryLock() != null;
        } catch (final OverlappingFileLockException e) {
            return false;
        }
    }

    private static void makeDirectory(final Path path, final String mode) throws IOException {
        if (!Files.isDirectory(path)) {
            Files.createDirectories(path);
            Files.setPosixFilePermissions(path, PosixFilePermissions.fromString(mode));
        }
    }

    private void removeSockets() throws IOException {
        Files.deleteIfExists(controlSocket());
        removeSockets(guests());
        removeSockets(machines());
        removeSockets(doorbells());
    }

    private static void removeSockets(final Path folder) throws IOException {
        try (DirectoryStream<Path> sockets = Files.newDirectoryStream(folder, "*.sock")) {
            for (final Path socket : sockets) {
                Files.deleteIfExists(socket);
            }
        }
    }

    private Path guests() {
        return root.resolve("guests");
    }

    private Path machines() {
        return root.resolve("vm");
    }

    private Path doorbells() {
        return root.resolve("ivshmem");
    }

    /** @return where {@code virtuoso-ctl} asks */
    public Path controlSocket() {
        return root.resolve("control.sock");
    }

    /** @return where a guest's processes attach */
    public Path guestSocket(final String guest) {
        return guests().resolve(guest + ".sock");
    }

    /** @return where the monitors of a guest's virtual machines connect, by vhost-user */
    public Path machineSocket(final String guest) {
        return machines().resolve(guest + ".sock");
    }

    /** @return where the monitors of a guest's virtual machines connect their ivshmem-doorbell devices */
    public Path doorbellSocket(final String guest) {
        return doorbells().resolve(guest + ".sock");
    }

    /**
     * Remembers the guests made on demand, so that the next host stack here finds them where they were.
     *
     * @throws IOException if it cannot be written
     */
    void saveGuests(final List<Guest> guests) throws IOException {
        final List<String> lines = guests.stream()
                .map(guest -> guest.name() + " " + Ipv4.format(guest.address()))
                .toList();
        final Path fresh = root.resolve(KNOWN_GUESTS + ".new");
        Files.write(fresh, lines);
        Files.move(fresh, root.resolve(KNOWN_GUESTS), StandardCopyOption.ATOMIC_MOVE);
    }

    /** Makes the guests that were remembered; lines that make no sense are left out. */
    void restoreGuests(final GuestRegistry registry) throws IOException {
        final Path file = root.resolve(KNOWN_GUESTS);
        if (!Files.exists(file)) {
            return;
        }
        for (final String line : Files.readAllLines(file)) {
            final int space = line.indexOf(' ');
            final OptionalInt address = space < 0 ? OptionalInt.empty() : Ipv4.parse(line.substring(space + 1));
            if (address.isEmpty() || !registry.restore(line.substring(0, space), address.getAsInt())) {
                LOG.warn("guest '{}' of an earlier run does not fit the configuration and is left out", line);
            }
        }
    }

    /** @return absolute path */
    public Path root() {
        return root;
    }

    /** Unlocks it; sockets are removed by those who made them. */
    @Override
    public void close() throws IOException {
        lock.close();
    }
}
