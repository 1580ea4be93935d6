package io.virtuoso.guest.netty;

import io.netty.testsuite.transport.socket.DatagramUnicastInetTest;
import java.net.SocketAddress;

/** netty's own tests of datagrams, over its NIO transport: the other one has none. */
final class NettyDatagrams {
    private NettyDatagrams() {}

    static final class DatagramUnicastInet extends DatagramUnicastInetTest implements NettySuite.Guest {
        @Override
        protected SocketAddress newSocketAddress() {
            return GuestBootstraps.anyPort();
        }
    }
}
