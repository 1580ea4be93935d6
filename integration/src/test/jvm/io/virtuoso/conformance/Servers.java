package io.virtuoso.conformance;

import static io.virtuoso.conformance.Support.address;
import static io.virtuoso.conformance.Support.blocked;
import static io.virtuoso.conformance.Support.check;
import static io.virtuoso.conformance.Support.fails;
import static io.virtuoso.conformance.Support.keep;
import static io.virtuoso.conformance.Support.millis;
import static io.virtuoso.conformance.Support.own;
import static io.virtuoso.conformance.Support.same;
import static io.virtuoso.conformance.Support.serverSocket;
import static io.virtuoso.conformance.Support.took;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketException;
import java.net.SocketTimeoutException;
import java.net.StandardSocketOptions;

/** What {@link ServerSocket} promises. */
final class Servers {
    private Servers() {}

    @Case
    static void acceptTimesOut() throws Exception {
        final ServerSocket listener = serverSocket();
        listener.setSoTimeout(60);
        same(listener.getSoTimeout(), 60);
        took(millis(() -> fails(SocketTimeoutException.class, "Accept timed out", listener::accept)), 60);
        listener.setSoTimeout(Support.SOON);
        final Socket client = keep(new Socket(own(), listener.getLocalPort()));
        final Socket server = listener.accept();
        server.getOutputStream().write('a');
        same(client.getInputStream().read(), (int) 'a');
        same(server.getSoTimeout(), 0);
        fails(IllegalArgumentException.class, () -> listener.setSoTimeout(-1));
    }

    @Case
    static void closeWakesAnAcceptWithTimeout() throws Exception {
        final ServerSocket listener = serverSocket();
        listener.setSoTimeout(Support.SOON);
        final Job accepter = blocked(() -> fails(SocketException.class, "Socket closed", listener::accept));
        listener.close();
        accepter.join();
    }

    @Case
    static void gettersOfAFreshServer() throws Exception {
        final ServerSocket listener = keep(new ServerSocket());
        check(!listener.isBound() && !listener.isClosed(), "fresh");
        same(listener.getLocalPort(), -1);
        same(listener.getInetAddress(), null);
        same(listener.getLocalSocketAddress(), null);
        same(listener.getChannel(), null);
        same(listener.toString(), "ServerSocket[unbound]");
        check(listener.getReuseAddress(), "reuse is on, as the platform has it");
        fails(SocketException.class, "Socket is not bound yet", listener::accept);
    }

    @Case
    static void gettersOfABoundServer() throws Exception {
        final ServerSocket listener = serverSocket();
        check(listener.isBound() && !listener.isClosed(), "bound");
        same(listener.getInetAddress(), own());
        check(listener.getLocalPort() > 0, "port");
        same(listener.getLocalSocketAddress(), own(listener.getLocalPort()));
        check(listener.toString().contains("localport=" + listener.getLocalPort()), "" + listener);
        fails(SocketException.class, "Already bound", () -> listener.bind(own(0)));
        listener.setReceiveBufferSize(40000);
        same(listener.getReceiveBufferSize(), 40000);
    }

    @Case
    static void gettersOfAClosedServer() throws Exception {
        final ServerSocket listener = serverSocket();
        final int port = listener.getLocalPort();
        listener.close();
        check(listener.isBound() && listener.isClosed(), "closed");
        same(listener.getLocalPort(), port);
        same(listener.getInetAddress(), own());
        fails(SocketException.class, "Socket is closed", listener::accept);
        fails(SocketException.class, "Socket is closed", listener::getSoTimeout);
        fails(SocketException.class, "Socket is closed", () -> listener.setReuseAddress(true));
        fails(SocketException.class, "Socket is closed", () -> listener.bind(own(0)));
    }

    @Case
    static void anyServerIsReached() throws Exception {
        final ServerSocket listener = keep(new ServerSocket(0));
        check(listener.getInetAddress().isAnyLocalAddress(), "" + listener.getInetAddress());
        for (final java.net.InetAddress address :
                new java.net.InetAddress[] {own(), address("127.0.0.1"), address("::1")}) {
            final Socket client = keep(new Socket(address, listener.getLocalPort()));
            final Socket server = listener.accept();
            client.getOutputStream().write(7);
            same(server.getInputStream().read(), 7);
        }
    }

    @Case
    static void wrongPortsAndBacklogs() throws Exception {
        fails(IllegalArgumentException.class, () -> new ServerSocket(-1));
        fails(IllegalArgumentException.class, () -> new ServerSocket(65536));
        final ServerSocket listener = keep(new ServerSocket(0, -5, own())); // the default then
        keep(new Socket(own(), listener.getLocalPort()));
        listener.accept();
        fails(
                SocketException.class,
                "Unresolved address",
                () -> new ServerSocket().bind(InetSocketAddress.createUnresolved("nobody.invalid", 1)));
    }

    @Case
    static void failedBindMayBeTriedAgain() throws Exception {
        final ServerSocket first = serverSocket();
        final ServerSocket second = keep(new ServerSocket());
        fails(java.net.BindException.class, () -> second.bind(first.getLocalSocketAddress()));
        check(!second.isBound() && !second.isClosed(), "bound or closed");
        second.bind(own(0));
        keep(new Socket(own(), second.getLocalPort()));
        second.accept();
    }

    /** A server whose accepted sockets are of a class of its own. */
    private static final class Custom extends ServerSocket {
        Custom() throws IOException {
            super(0, 5, own());
        }

        @Override
        public Socket accept() throws IOException {
            final CustomSocket socket = new CustomSocket();
            implAccept(socket);
            return socket;
        }
    }

    /** One that adds a little. */
    private static final class CustomSocket extends Socket {
        private int closes;

        @Override
        public void close() throws IOException {
            closes++;
            super.close();
        }
    }

    @Case
    static void subclassesAcceptIntoSubclasses() throws Exception {
        final Custom listener = keep(new Custom());
        final CustomSocket client = keep(new CustomSocket());
        client.connect(listener.getLocalSocketAddress());
        final CustomSocket server = (CustomSocket) listener.accept();
        client.getOutputStream().write(9);
        same(server.getInputStream().read(), 9);
        check(server.isConnected() && server.isBound(), "the accepted one does not know what it is");
        same(server.getRemoteSocketAddress(), client.getLocalSocketAddress());
        server.close();
        check(server.closes > 0, "close was not called");
        same(client.getInputStream().read(), -1);
    }

    @Case
    static void optionsBeforeBindHold() throws Exception {
        final ServerSocket listener = keep(new ServerSocket());
        listener.setOption(StandardSocketOptions.SO_RCVBUF, 34000);
        listener.setReuseAddress(false);
        check(!listener.getReuseAddress(), "reuse");
        listener.setSoTimeout(50);
        listener.bind(own(0));
        same(listener.getOption(StandardSocketOptions.SO_RCVBUF), 34000);
        check(!listener.getReuseAddress(), "reuse");
        fails(SocketTimeoutException.class, "Accept timed out", listener::accept);
    }
}
