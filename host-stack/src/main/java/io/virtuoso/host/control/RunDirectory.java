package io.virtuoso.host.control;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.OverlappingFileLockException;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;

/**
 * The directory that names an instance of the host stack: lock, {@code control.sock}, {@code guests/}.
 *
 * <p>A guest is whoever reaches its socket. In {@code guests/} names cannot be listed, only used; a container gets its
 * own socket mounted and nothing else.
 */
public final class RunDirectory implements AutoCloseable {
    private static final String LOCK = "lock";

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
        try (DirectoryStream<Path> sockets = Files.newDirectoryStream(guests(), "*.sock")) {
            for (final Path socket : sockets) {
                Files.deleteIfExists(socket);
            }
        }
    }

    private Path guests() {
        return root.resolve("guests");
    }

    /** @return where {@code virtuoso-ctl} asks */
    public Path controlSocket() {
        return root.resolve("control.sock");
    }

    /** @return where a guest's processes attach */
    public Path guestSocket(final String guest) {
        return guests().resolve(guest + ".sock");
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
