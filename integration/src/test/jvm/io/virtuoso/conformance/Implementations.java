package io.virtuoso.conformance;

import static io.virtuoso.conformance.Support.check;
import static io.virtuoso.conformance.Support.job;
import static io.virtuoso.conformance.Support.keep;
import static io.virtuoso.conformance.Support.own;
import static io.virtuoso.conformance.Support.same;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.FileDescriptor;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Proxy;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketAddress;
import java.net.SocketImpl;

/** Sockets whose insides come from elsewhere: proxies, implementations of the program's own, factories. */
final class Implementations {
    private Implementations() {}

    /** One that needs no network: it reads "canned" and remembers what is written. */
    static final class Canned extends SocketImpl {
        final ByteArrayOutputStream written = new ByteArrayOutputStream();
        boolean closed;

        @Override
        protected void create(final boolean stream) {
            check(stream, "no stream");
        }

        @Override
        protected void connect(final String host, final int port) {}

        @Override
        protected void connect(final InetAddress where, final int port) {}

        @Override
        protected void connect(final SocketAddress where, final int timeout) {
            address = ((InetSocketAddress) where).getAddress();
            port = ((InetSocketAddress) where).getPort();
        }

        @Override
        protected void bind(final InetAddress host, final int port) {
            localport = 4711;
        }

        @Override
        protected void listen(final int backlog) {}

        @Override
        protected void accept(final SocketImpl impl) throws IOException {
            throw new IOException("accepts nobody");
        }

        @Override
        protected InputStream getInputStream() {
            return new ByteArrayInputStream(Bytes.of("canned"));
        }

        @Override
        protected OutputStream getOutputStream() {
            return written;
        }

        @Override
        protected int available() {
            return 6;
        }

        @Override
        protected void close() {
            closed = true;
        }

        @Override
        protected void sendUrgentData(final int data) {}

        @Override
        public void setOption(final int option, final Object value) {}

        @Override
        public Object getOption(final int option) {
            return 17;
        }

        @Override
        protected FileDescriptor getFileDescriptor() {
            return fd;
        }
    }

    /** A socket over such. */
    private static final class CannedSocket extends Socket {
        CannedSocket(final SocketImpl impl) throws IOException {
            super(impl);
        }
    }

    @Case
    static void ownImplementationIsUsed() throws Exception {
        final Canned impl = new Canned();
        final Socket socket = keep(new CannedSocket(impl));
        socket.connect(own(99));
        same(new String(socket.getInputStream().readAllBytes(), java.nio.charset.StandardCharsets.US_ASCII), "canned");
        socket.getOutputStream().write(1);
        same(impl.written.size(), 1);
        same(socket.getPort(), 99);
        same(socket.getSoTimeout(), 17);
        socket.close();
        check(impl.closed, "not closed");
    }

    @Case
    static void noProxyMeansDirectly() throws Exception {
        final ServerSocket listener = Support.serverSocket();
        final Socket socket = keep(new Socket(Proxy.NO_PROXY));
        socket.connect(listener.getLocalSocketAddress());
        listener.accept().getOutputStream().write(3);
        same(socket.getInputStream().read(), 3);
    }

    /** Speaks SOCKS 5 without authentication, for one connection; forwards both ways. */
    private static void serveSocks(final ServerSocket proxy) throws Exception {
        final Socket client = keep(proxy.accept());
        final DataInputStream in = new DataInputStream(client.getInputStream());
        same(in.readUnsignedByte(), 5);
        in.readNBytes(in.readUnsignedByte());
        client.getOutputStream().write(new byte[] {5, 0});
        same(in.readUnsignedByte(), 5);
        same(in.readUnsignedByte(), 1); // connect
        in.readUnsignedByte();
        final int type = in.readUnsignedByte();
        final byte[] host = in.readNBytes(type == 1 ? 4 : type == 4 ? 16 : in.readUnsignedByte());
        final InetAddress where = type == 3
                ? InetAddress.getByName(new String(host, java.nio.charset.StandardCharsets.US_ASCII))
                : InetAddress.getByAddress(host);
        final Socket server = keep(new Socket(where, in.readUnsignedShort()));
        client.getOutputStream().write(new byte[] {5, 0, 0, 1, 0, 0, 0, 0, 0, 0});
        final Job back = job(() -> {
            server.getInputStream().transferTo(client.getOutputStream());
            client.shutdownOutput();
        });
        in.transferTo(server.getOutputStream());
        server.shutdownOutput();
        back.join();
    }

    @Case
    static void socksProxyIsUsed() throws Exception {
        final ServerSocket listener = Support.serverSocket();
        final ServerSocket proxy = Support.serverSocket();
        final Job socks = job(() -> serveSocks(proxy));
        final Socket socket = keep(new Socket(new Proxy(Proxy.Type.SOCKS, own(proxy.getLocalPort()))));
        socket.connect(listener.getLocalSocketAddress(), Support.SOON);
        final Socket server = keep(listener.accept());
        same(socket.getInetAddress(), own());
        final Job sender = Bytes.sending(new SocketWire(socket), 5, 200_000);
        Bytes.receiving(new SocketWire(server), 5, 200_000).join();
        sender.join();
        server.getOutputStream().write(8);
        server.close();
        same(socket.getInputStream().read(), 8);
        same(socket.getInputStream().read(), -1);
        socks.join();
    }

    @Case
    static void otherProxiesAreRefused() throws Exception {
        Support.fails(IllegalArgumentException.class, () -> new Socket((Proxy) null));
        final Socket http = keep(new Socket(new Proxy(Proxy.Type.HTTP, own(1)))); // connects by CONNECT
        check(!http.isConnected(), "connected");
    }

    @Case
    static void defaultFactoryMakesSocketsThatWork() throws Exception {
        final ServerSocket listener =
                keep(javax.net.ServerSocketFactory.getDefault().createServerSocket(0, 5, own()));
        final Socket socket = keep(javax.net.SocketFactory.getDefault().createSocket(own(), listener.getLocalPort()));
        listener.accept().getOutputStream().write(4);
        same(socket.getInputStream().read(), 4);
    }

    @Case(seconds = 90)
    static void factoryOfTheProgramIsUsed() throws Exception {
        Children.run("factory");
    }

    @Case(seconds = 90)
    static void jvmEndsWhenMainEnds() throws Exception {
        Children.run("leaves-all-open");
    }

    @Case(seconds = 90)
    static void connectionsEndWithTheirJvm() throws Exception {
        final ServerSocket listener = Support.serverSocket();
        listener.setSoTimeout(80_000);
        final Job child = job(() -> Children.run("connect-and-exit " + listener.getLocalPort()));
        final Socket server = keep(listener.accept());
        same(server.getInputStream().read(), (int) 'c');
        same(server.getInputStream().read(), -1);
        child.join(80_000);
    }
}
