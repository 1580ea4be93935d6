package io.virtuoso.guest.net;

import io.virtuoso.guest.core.Deadline;
import io.virtuoso.guest.core.FallbackReason;
import io.virtuoso.guest.core.Routing;
import io.virtuoso.guest.core.StreamSocket;
import io.virtuoso.guest.core.Target;
import java.io.FileDescriptor;
import java.io.IOException;
import java.io.InputStream;
import java.io.InterruptedIOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.BindException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.net.SocketException;
import java.net.SocketImpl;
import java.net.SocketOption;
import java.net.SocketTimeoutException;
import java.net.StandardSocketOptions;
import java.net.UnknownHostException;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.locks.ReentrantLock;

/**
 * What is behind every {@code java.net.Socket} and {@code java.net.ServerSocket} of a guest: a socket of the host stack,
 * unless an address turns out to be the platform's; then the platform's implementation, with the same options.
 *
 * <p>The descriptor that {@link SocketImpl} has for subclasses is there, but never valid.
 */
public final class GuestSocketImpl extends SocketImpl {
    private static final int DEFAULT_BACKLOG = 50;

    private final boolean server;
    private final SocketLife life = new SocketLife();
    private final ReentrantLock stateLock = new ReentrantLock(); // progress, options, names; nobody waits under it
    private final SocketFlags flags = new SocketFlags();
    private volatile SocketIo io; // null: not created, or the platform's from the beginning
    private volatile PlatformSocket platform; // null: not the platform's
    private InetSocketAddress bound; // as asked for; null: not bound, or by the platform

    /** @param server whether it is for a listener */
    public GuestSocketImpl(boolean server) {
        this.server = server;
    }

    @Override
    protected void create(boolean stream) throws IOException {
        stateLock.lock();
        try {
            if (!life.isNew()) {
                throw new SocketException("Already created");
            }
            fd = new FileDescriptor();
            if (stream) {
                io = new SocketIo(new StreamSocket(), life);
                if (server) {
                    io.socket().setOption(StandardSocketOptions.SO_REUSEADDR, true); // the platform's default, too
                }
            } else {
                FallbackReason.DATAGRAM.count();
                platform = PlatformSocket.create(server, false);
            }
            life.created();
        } finally {
            stateLock.unlock();
        }
    }

    // ---- names and connections ---------------------------------------------------------------

    @Override
    protected void bind(InetAddress host, int port) throws IOException {
        stateLock.lock();
        try {
            life.checkCreated();
            if (localport != 0) {
                throw new SocketException("Already bound");
            }
            life.checkUnconnected();
            Target target = Routing.forBind(host);
            if (platform == null && target != Target.VIRTUOSO) {
                fallBack(FallbackReason.of(target));
            }
            PlatformSocket other = platform;
            if (other != null) {
                other.bind(host, port);
                localport = other.localPort();
            } else {
                io.socket().bind(host, port);
                localport = io.socket().localAddress().getPort();
                bound = new InetSocketAddress(host, port);
            }
            address = host;
        } finally {
            stateLock.unlock();
        }
    }

    @Override
    protected void listen(int backlog) throws IOException {
        stateLock.lock();
        try {
            life.checkCreated();
            if (localport == 0) {
                throw new SocketException("Not bound");
            }
            int connections = backlog < 1 ? DEFAULT_BACKLOG : backlog;
            PlatformSocket other = platform;
            if (other != null) {
                other.listen(connections);
            } else {
                io.socket().listen(connections);
            }
        } finally {
            stateLock.unlock();
        }
    }

    @Override
    protected void accept(SocketImpl accepted) throws IOException {
        if (!(accepted instanceof GuestSocketImpl fresh)) {
            throw new SocketException(
                    "Cannot accept into a " + accepted.getClass().getName());
        }
        if (!fresh.life.isNew()) {
            throw new SocketException("Not a newly created SocketImpl");
        }
        life.checkCreated();
        if (localport == 0) {
            throw new SocketException("Not bound");
        }
        PlatformSocket other = platform;
        if (other != null) {
            PlatformSocket made = PlatformSocket.open(false);
            other.accept(made);
            fresh.adopt(made);
        } else {
            fresh.adopt(io.accept(Deadline.inMillis(flags.timeoutMillis(), "Accept timed out")));
        }
    }

    private void adopt(StreamSocket connection) {
        stateLock.lock();
        try {
            fd = new FileDescriptor();
            io = new SocketIo(connection, life);
            life.connected();
            takeNames(connection.localAddress(), connection.remoteAddress());
        } finally {
            stateLock.unlock();
        }
    }

    private void adopt(PlatformSocket connection) throws IOException {
        stateLock.lock();
        try {
            fd = new FileDescriptor();
            platform = connection;
            life.connected();
            takeNames(connection);
        } finally {
            stateLock.unlock();
        }
    }

    @Override
    protected void connect(String host, int port) throws IOException {
        connect(new InetSocketAddress(host, port), 0);
    }

    @Override
    protected void connect(InetAddress host, int port) throws IOException {
        connect(new InetSocketAddress(host, port), 0);
    }

    @Override
    protected void connect(SocketAddress remote, int timeoutMillis) throws IOException {
        if (!(remote instanceof InetSocketAddress there)) {
            throw new IllegalArgumentException("Unsupported address type");
        }
        try {
            if (there.isUnresolved()) {
                throw new UnknownHostException(there.getHostName());
            }
            Deadline deadline = Deadline.inMillis(timeoutMillis, "Connect timed out");
            if (platform == null) {
                connectHere(there, deadline);
            }
            PlatformSocket other = platform;
            if (other != null) {
                other.connect(there, deadline.leftMillis());
                life.connected();
                takeNames(other);
            }
        } catch (SocketTimeoutException e) {
            close();
            throw e;
        } catch (InterruptedIOException e) {
            close();
            throw new SocketException(e.getMessage()); // of reads and accepts, java.net makes the same
        } catch (IOException e) {
            close();
            throw e;
        }
    }

    /** Connects, or finds that the platform must. */
    private void connectHere(InetSocketAddress remote, Deadline deadline) throws IOException {
        beginConnect(remote);
        SocketIo here = io;
        here.lockBoth(deadline);
        try {
            Target target = Routing.forConnect(remote.getAddress());
            boolean done = target == Target.VIRTUOSO;
            if (done) {
                here.connect(remote, deadline);
            } else if (target == Target.LOOPBACK) {
                done = here.connectLoopback(remote);
            }
            if (done) {
                life.connected();
                takeNames(here.socket().localAddress(), here.socket().remoteAddress());
            } else {
                leaveToPlatform(FallbackReason.of(target));
            }
        } finally {
            here.unlockBoth();
        }
    }

    private void beginConnect(InetSocketAddress remote) throws SocketException {
        stateLock.lock();
        try {
            life.beginConnect();
            address = remote.getAddress();
            port = remote.getPort();
        } finally {
            stateLock.unlock();
        }
    }

    private void leaveToPlatform(FallbackReason reason) throws IOException {
        stateLock.lock();
        try {
            life.checkCreated();
            fallBack(reason);
            if (bound != null) {
                bindPlatform();
            }
        } finally {
            stateLock.unlock();
        }
    }

    /** To the port that the program may have seen; if somebody has that on the platform, and any was wanted, to any. */
    private void bindPlatform() throws IOException {
        try {
            platform.bind(bound.getAddress(), localport);
        } catch (BindException e) {
            if (bound.getPort() != 0) {
                throw e;
            }
            platform.bind(bound.getAddress(), 0);
        }
    }

    /** From now on the platform does it. Under the state lock. */
    private void fallBack(FallbackReason reason) throws IOException {
        reason.count();
        PlatformSocket other = PlatformSocket.create(server, true);
        try {
            io.socket().copyOptionsTo(other::setOption);
            flags.copyTo(other.impl());
        } catch (IOException e) {
            other.close();
            throw e;
        }
        platform = other;
        io.release();
    }

    private void takeNames(PlatformSocket other) throws IOException {
        stateLock.lock();
        try {
            address = other.address();
            port = other.port();
            localport = other.localPort();
        } finally {
            stateLock.unlock();
        }
    }

    private void takeNames(InetSocketAddress local, InetSocketAddress remote) {
        stateLock.lock();
        try {
            localport = local == null ? localport : local.getPort();
            boolean given = port != 0 && !address.isAnyLocalAddress(); // a connect's host keeps its name
            if (remote != null && !given) {
                address = remote.getAddress();
                port = remote.getPort();
            }
        } finally {
            stateLock.unlock();
        }
    }

    // ---- data --------------------------------------------------------------------------------

    @Override
    protected InputStream getInputStream() throws IOException {
        PlatformSocket other = platform;
        return other != null ? other.input() : new SocketInput(this);
    }

    @Override
    protected OutputStream getOutputStream() throws IOException {
        PlatformSocket other = platform;
        return other != null ? other.output() : new SocketOutput(this);
    }

    int read(byte[] target, int offset, int length) throws IOException {
        Objects.checkFromIndexSize(offset, length, target.length);
        return length == 0 ? 0 : connected().read(target, offset, length, flags.timeoutMillis());
    }

    void write(byte[] source, int offset, int length) throws IOException {
        Objects.checkFromIndexSize(offset, length, source.length);
        if (length != 0) {
            connected().write(source, offset, length);
        }
    }

    private SocketIo connected() throws SocketException {
        life.checkConnected();
        return io;
    }

    @Override
    protected int available() throws IOException {
        PlatformSocket other = platform;
        return other != null ? other.available() : connected().socket().available();
    }

    @Override
    protected boolean supportsUrgentData() {
        return platform != null;
    }

    @Override
    protected void sendUrgentData(int data) throws IOException {
        PlatformSocket other = platform;
        if (other == null) {
            throw new SocketException("Urgent data not supported");
        }
        other.sendUrgentData(data);
    }

    // ---- the end -----------------------------------------------------------------------------

    @Override
    protected void shutdownInput() throws IOException {
        PlatformSocket other = platform;
        if (other != null) {
            other.shutdownInput();
        } else {
            SocketIo here = connected();
            if (flags.shutInput()) {
                here.socket().shutdownInput();
            }
        }
    }

    @Override
    protected void shutdownOutput() throws IOException {
        PlatformSocket other = platform;
        if (other != null) {
            other.shutdownOutput();
        } else {
            SocketIo here = connected();
            if (flags.shutOutput()) {
                here.socket().shutdownOutput();
            }
        }
    }

    @Override
    protected void close() throws IOException {
        boolean last;
        SocketIo here;
        PlatformSocket other;
        stateLock.lock();
        try {
            last = life.close();
            here = io;
            other = platform;
        } finally {
            stateLock.unlock();
        }
        if (other != null) {
            other.close();
        } else if (last && here != null) {
            here.release();
        } else if (here != null) {
            here.wake();
        }
    }

    // ---- options -----------------------------------------------------------------------------

    @Override
    protected Set<SocketOption<?>> supportedOptions() {
        PlatformSocket other = platform;
        try {
            return other != null ? other.supportedOptions() : StreamSocket.supportedOptions(server);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private void checkSupported(SocketOption<?> name) {
        Objects.requireNonNull(name);
        if (!supportedOptions().contains(name)) {
            throw new UnsupportedOperationException("'" + name + "' not supported");
        }
    }

    @Override
    protected <T> void setOption(SocketOption<T> name, T value) throws IOException {
        checkSupported(name);
        if (!name.type().isInstance(value)) {
            throw new IllegalArgumentException("Invalid value '" + value + "'");
        }
        stateLock.lock();
        try {
            life.checkCreated();
            PlatformSocket other = platform;
            if (other != null) {
                other.setOption(name, value);
            } else {
                io.socket().setOption(name, value);
            }
        } finally {
            stateLock.unlock();
        }
    }

    @Override
    protected <T> T getOption(SocketOption<T> name) throws IOException {
        checkSupported(name);
        stateLock.lock();
        try {
            life.checkCreated();
            PlatformSocket other = platform;
            return other != null ? other.getOption(name) : io.socket().getOption(name);
        } finally {
            stateLock.unlock();
        }
    }

    @Override
    public void setOption(int option, Object value) throws SocketException {
        stateLock.lock();
        try {
            life.checkCreated();
            PlatformSocket other = platform;
            if (other != null) {
                other.impl().setOption(option, value);
            } else {
                flags.set(io.socket(), option, value);
            }
        } finally {
            stateLock.unlock();
        }
    }

    @Override
    public Object getOption(int option) throws SocketException {
        stateLock.lock();
        try {
            life.checkCreated();
            PlatformSocket other = platform;
            return other != null ? other.impl().getOption(option) : flags.get(io.socket(), option);
        } finally {
            stateLock.unlock();
        }
    }
}
