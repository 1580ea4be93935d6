package io.virtuoso.guest.netty;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.netty.bootstrap.Bootstrap;
import io.netty.bootstrap.ServerBootstrap;
import io.netty.testsuite.transport.TestsuitePermutation.BootstrapComboFactory;
import io.netty.testsuite.transport.TestsuitePermutation.BootstrapFactory;
import io.netty.testsuite.transport.socket.AbstractSocketReuseFdTest;
import io.netty.testsuite.transport.socket.CompositeBufferGatheringWriteTest;
import io.netty.testsuite.transport.socket.ServerSocketSuspendTest;
import io.netty.testsuite.transport.socket.SocketAddressesTest;
import io.netty.testsuite.transport.socket.SocketAutoReadTest;
import io.netty.testsuite.transport.socket.SocketBufReleaseTest;
import io.netty.testsuite.transport.socket.SocketCancelWriteTest;
import io.netty.testsuite.transport.socket.SocketChannelEOFTest;
import io.netty.testsuite.transport.socket.SocketChannelNotYetConnectedTest;
import io.netty.testsuite.transport.socket.SocketCloseForciblyTest;
import io.netty.testsuite.transport.socket.SocketConditionalWritabilityTest;
import io.netty.testsuite.transport.socket.SocketConnectTest;
import io.netty.testsuite.transport.socket.SocketConnectionAttemptTest;
import io.netty.testsuite.transport.socket.SocketDataReadInitialStateTest;
import io.netty.testsuite.transport.socket.SocketEchoTest;
import io.netty.testsuite.transport.socket.SocketExceptionHandlingTest;
import io.netty.testsuite.transport.socket.SocketFileRegionTest;
import io.netty.testsuite.transport.socket.SocketFixedLengthEchoTest;
import io.netty.testsuite.transport.socket.SocketGatheringWriteTest;
import io.netty.testsuite.transport.socket.SocketHalfClosedTest;
import io.netty.testsuite.transport.socket.SocketMultipleConnectTest;
import io.netty.testsuite.transport.socket.SocketObjectEchoTest;
import io.netty.testsuite.transport.socket.SocketReadPendingTest;
import io.netty.testsuite.transport.socket.SocketRstTest;
import io.netty.testsuite.transport.socket.SocketShutdownOutputByPeerTest;
import io.netty.testsuite.transport.socket.SocketShutdownOutputBySelfTest;
import io.netty.testsuite.transport.socket.SocketSpdyEchoTest;
import io.netty.testsuite.transport.socket.SocketSslClientRenegotiateTest;
import io.netty.testsuite.transport.socket.SocketSslEchoTest;
import io.netty.testsuite.transport.socket.SocketSslGreetingTest;
import io.netty.testsuite.transport.socket.SocketSslSessionReuseTest;
import io.netty.testsuite.transport.socket.SocketStartTlsTest;
import io.netty.testsuite.transport.socket.SocketStringEchoTest;
import io.netty.testsuite.transport.socket.TrafficShapingHandlerTest;
import io.netty.testsuite.transport.socket.WriteBeforeRegisteredTest;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.util.List;
import org.junit.jupiter.api.extension.ExtendWith;

/** netty's own socket tests, over the transport that the system property netty.transport names. */
final class NettySuite {
    private NettySuite() {}

    @ExtendWith(SuiteExtension.class)
    interface Guest {}

    static final class SocketAutoRead extends SocketAutoReadTest implements Guest {
        @Override
        protected List<BootstrapComboFactory<ServerBootstrap, Bootstrap>> newFactories() {
            return GuestBootstraps.tested().both();
        }

        @Override
        protected SocketAddress newSocketAddress() {
            return GuestBootstraps.anyPort();
        }
    }

    static final class SocketBufRelease extends SocketBufReleaseTest implements Guest {
        @Override
        protected List<BootstrapComboFactory<ServerBootstrap, Bootstrap>> newFactories() {
            return GuestBootstraps.tested().both();
        }

        @Override
        protected SocketAddress newSocketAddress() {
            return GuestBootstraps.anyPort();
        }
    }

    static final class SocketCancelWrite extends SocketCancelWriteTest implements Guest {
        @Override
        protected List<BootstrapComboFactory<ServerBootstrap, Bootstrap>> newFactories() {
            return GuestBootstraps.tested().both();
        }

        @Override
        protected SocketAddress newSocketAddress() {
            return GuestBootstraps.anyPort();
        }
    }

    static final class SocketCloseForcibly extends SocketCloseForciblyTest implements Guest {
        @Override
        protected List<BootstrapComboFactory<ServerBootstrap, Bootstrap>> newFactories() {
            return GuestBootstraps.tested().both();
        }

        @Override
        protected SocketAddress newSocketAddress() {
            return GuestBootstraps.anyPort();
        }
    }

    static final class SocketConditionalWritability extends SocketConditionalWritabilityTest implements Guest {
        @Override
        protected List<BootstrapComboFactory<ServerBootstrap, Bootstrap>> newFactories() {
            return GuestBootstraps.tested().both();
        }

        @Override
        protected SocketAddress newSocketAddress() {
            return GuestBootstraps.anyPort();
        }
    }

    static final class SocketConnect extends SocketConnectTest implements Guest {
        @Override
        protected List<BootstrapComboFactory<ServerBootstrap, Bootstrap>> newFactories() {
            return GuestBootstraps.tested().both();
        }

        @Override
        protected SocketAddress newSocketAddress() {
            return GuestBootstraps.anyPort();
        }
    }

    static final class SocketDataReadInitialState extends SocketDataReadInitialStateTest implements Guest {
        @Override
        protected List<BootstrapComboFactory<ServerBootstrap, Bootstrap>> newFactories() {
            return GuestBootstraps.tested().both();
        }

        @Override
        protected SocketAddress newSocketAddress() {
            return GuestBootstraps.anyPort();
        }
    }

    static final class SocketEcho extends SocketEchoTest implements Guest {
        @Override
        protected List<BootstrapComboFactory<ServerBootstrap, Bootstrap>> newFactories() {
            return GuestBootstraps.tested().both();
        }

        @Override
        protected SocketAddress newSocketAddress() {
            return GuestBootstraps.anyPort();
        }
    }

    static final class SocketExceptionHandling extends SocketExceptionHandlingTest implements Guest {
        @Override
        protected List<BootstrapComboFactory<ServerBootstrap, Bootstrap>> newFactories() {
            return GuestBootstraps.tested().both();
        }

        @Override
        protected SocketAddress newSocketAddress() {
            return GuestBootstraps.anyPort();
        }
    }

    static final class SocketFileRegion extends SocketFileRegionTest implements Guest {
        @Override
        protected List<BootstrapComboFactory<ServerBootstrap, Bootstrap>> newFactories() {
            return GuestBootstraps.tested().both();
        }

        @Override
        protected SocketAddress newSocketAddress() {
            return GuestBootstraps.anyPort();
        }
    }

    static final class SocketFixedLengthEcho extends SocketFixedLengthEchoTest implements Guest {
        @Override
        protected List<BootstrapComboFactory<ServerBootstrap, Bootstrap>> newFactories() {
            return GuestBootstraps.tested().both();
        }

        @Override
        protected SocketAddress newSocketAddress() {
            return GuestBootstraps.anyPort();
        }
    }

    static final class SocketGatheringWrite extends SocketGatheringWriteTest implements Guest {
        @Override
        protected List<BootstrapComboFactory<ServerBootstrap, Bootstrap>> newFactories() {
            return GuestBootstraps.tested().both();
        }

        @Override
        protected SocketAddress newSocketAddress() {
            return GuestBootstraps.anyPort();
        }
    }

    static final class CompositeBufferGatheringWrite extends CompositeBufferGatheringWriteTest implements Guest {
        @Override
        protected List<BootstrapComboFactory<ServerBootstrap, Bootstrap>> newFactories() {
            return GuestBootstraps.tested().both();
        }

        @Override
        protected SocketAddress newSocketAddress() {
            return GuestBootstraps.anyPort();
        }
    }

    static final class SocketHalfClosed extends SocketHalfClosedTest implements Guest {
        @Override
        protected List<BootstrapComboFactory<ServerBootstrap, Bootstrap>> newFactories() {
            return GuestBootstraps.tested().both();
        }

        @Override
        protected SocketAddress newSocketAddress() {
            return GuestBootstraps.anyPort();
        }
    }

    static final class SocketMultipleConnect extends SocketMultipleConnectTest implements Guest {
        @Override
        protected List<BootstrapComboFactory<ServerBootstrap, Bootstrap>> newFactories() {
            return GuestBootstraps.tested().both();
        }

        @Override
        protected SocketAddress newSocketAddress() {
            return GuestBootstraps.anyPort();
        }
    }

    static final class SocketObjectEcho extends SocketObjectEchoTest implements Guest {
        @Override
        protected List<BootstrapComboFactory<ServerBootstrap, Bootstrap>> newFactories() {
            return GuestBootstraps.tested().both();
        }

        @Override
        protected SocketAddress newSocketAddress() {
            return GuestBootstraps.anyPort();
        }
    }

    static final class SocketReadPending extends SocketReadPendingTest implements Guest {
        @Override
        protected List<BootstrapComboFactory<ServerBootstrap, Bootstrap>> newFactories() {
            return GuestBootstraps.tested().both();
        }

        @Override
        protected SocketAddress newSocketAddress() {
            return GuestBootstraps.anyPort();
        }
    }

    static final class SocketRst extends SocketRstTest implements Guest {
        @Override
        protected List<BootstrapComboFactory<ServerBootstrap, Bootstrap>> newFactories() {
            return GuestBootstraps.tested().both();
        }

        @Override
        protected SocketAddress newSocketAddress() {
            return GuestBootstraps.anyPort();
        }
    }

    static final class SocketSpdyEcho extends SocketSpdyEchoTest implements Guest {
        @Override
        protected List<BootstrapComboFactory<ServerBootstrap, Bootstrap>> newFactories() {
            return GuestBootstraps.tested().both();
        }

        @Override
        protected SocketAddress newSocketAddress() {
            return GuestBootstraps.anyPort();
        }
    }

    static final class SocketSslClientRenegotiate extends SocketSslClientRenegotiateTest implements Guest {
        @Override
        protected List<BootstrapComboFactory<ServerBootstrap, Bootstrap>> newFactories() {
            return GuestBootstraps.tested().both();
        }

        @Override
        protected SocketAddress newSocketAddress() {
            return GuestBootstraps.anyPort();
        }
    }

    static final class SocketSslEcho extends SocketSslEchoTest implements Guest {
        @Override
        protected List<BootstrapComboFactory<ServerBootstrap, Bootstrap>> newFactories() {
            return GuestBootstraps.tested().both();
        }

        @Override
        protected SocketAddress newSocketAddress() {
            return GuestBootstraps.anyPort();
        }
    }

    static final class SocketSslGreeting extends SocketSslGreetingTest implements Guest {
        @Override
        protected List<BootstrapComboFactory<ServerBootstrap, Bootstrap>> newFactories() {
            return GuestBootstraps.tested().both();
        }

        @Override
        protected SocketAddress newSocketAddress() {
            return GuestBootstraps.anyPort();
        }
    }

    static final class SocketSslSessionReuse extends SocketSslSessionReuseTest implements Guest {
        @Override
        protected List<BootstrapComboFactory<ServerBootstrap, Bootstrap>> newFactories() {
            return GuestBootstraps.tested().both();
        }

        @Override
        protected SocketAddress newSocketAddress() {
            return GuestBootstraps.anyPort();
        }
    }

    static final class SocketStartTls extends SocketStartTlsTest implements Guest {
        @Override
        protected List<BootstrapComboFactory<ServerBootstrap, Bootstrap>> newFactories() {
            return GuestBootstraps.tested().both();
        }

        @Override
        protected SocketAddress newSocketAddress() {
            return GuestBootstraps.anyPort();
        }
    }

    static final class SocketStringEcho extends SocketStringEchoTest implements Guest {
        @Override
        protected List<BootstrapComboFactory<ServerBootstrap, Bootstrap>> newFactories() {
            return GuestBootstraps.tested().both();
        }

        @Override
        protected SocketAddress newSocketAddress() {
            return GuestBootstraps.anyPort();
        }
    }

    static final class TrafficShapingHandler extends TrafficShapingHandlerTest implements Guest {
        @Override
        protected List<BootstrapComboFactory<ServerBootstrap, Bootstrap>> newFactories() {
            return GuestBootstraps.tested().both();
        }

        @Override
        protected SocketAddress newSocketAddress() {
            return GuestBootstraps.anyPort();
        }
    }

    static final class SocketAddresses extends SocketAddressesTest implements Guest {
        @Override
        protected List<BootstrapComboFactory<ServerBootstrap, Bootstrap>> newFactories() {
            return GuestBootstraps.tested().both();
        }

        @Override
        protected SocketAddress newSocketAddress() {
            return GuestBootstraps.anyPort();
        }

        @Override
        protected void assertAddress(SocketAddress address) {
            assertEquals(HostStackProcess.ADDRESS, ((InetSocketAddress) address).getAddress());
            assertTrue(((InetSocketAddress) address).getPort() > 0);
        }
    }

    static final class SocketChannelEOF extends SocketChannelEOFTest implements Guest {
        @Override
        protected List<BootstrapFactory<Bootstrap>> newFactories() {
            return GuestBootstraps.tested().clients();
        }

        @Override
        protected SocketAddress newSocketAddress() {
            return GuestBootstraps.anyPort();
        }
    }

    static final class SocketReuseFd extends AbstractSocketReuseFdTest implements Guest {
        @Override
        protected List<BootstrapComboFactory<ServerBootstrap, Bootstrap>> newFactories() {
            return GuestBootstraps.tested().both();
        }

        @Override
        protected SocketAddress newSocketAddress() {
            return GuestBootstraps.anyPort();
        }
    }

    static final class SocketChannelNotYetConnected extends SocketChannelNotYetConnectedTest implements Guest {
        @Override
        protected List<BootstrapFactory<Bootstrap>> newFactories() {
            return GuestBootstraps.tested().clients();
        }

        @Override
        protected SocketAddress newSocketAddress() {
            return GuestBootstraps.anyPort();
        }
    }

    static final class SocketConnectionAttempt extends SocketConnectionAttemptTest implements Guest {
        @Override
        protected List<BootstrapFactory<Bootstrap>> newFactories() {
            return GuestBootstraps.tested().clients();
        }

        @Override
        protected SocketAddress newSocketAddress() {
            return GuestBootstraps.anyPort();
        }
    }

    static final class SocketShutdownOutputBySelf extends SocketShutdownOutputBySelfTest implements Guest {
        @Override
        protected List<BootstrapFactory<Bootstrap>> newFactories() {
            return GuestBootstraps.tested().clients();
        }

        @Override
        protected SocketAddress newSocketAddress() {
            return GuestBootstraps.anyPort();
        }
    }

    static final class WriteBeforeRegistered extends WriteBeforeRegisteredTest implements Guest {
        @Override
        protected List<BootstrapFactory<Bootstrap>> newFactories() {
            return GuestBootstraps.tested().clients();
        }

        @Override
        protected SocketAddress newSocketAddress() {
            return GuestBootstraps.anyPort();
        }
    }

    static final class ServerSocketSuspend extends ServerSocketSuspendTest implements Guest {
        @Override
        protected List<BootstrapFactory<ServerBootstrap>> newFactories() {
            return GuestBootstraps.tested().servers();
        }

        @Override
        protected SocketAddress newSocketAddress() {
            return GuestBootstraps.anyPort();
        }
    }

    static final class SocketShutdownOutputByPeer extends SocketShutdownOutputByPeerTest implements Guest {
        @Override
        protected List<BootstrapFactory<ServerBootstrap>> newFactories() {
            return GuestBootstraps.tested().servers();
        }

        @Override
        protected SocketAddress newSocketAddress() {
            return GuestBootstraps.anyPort();
        }
    }
}
