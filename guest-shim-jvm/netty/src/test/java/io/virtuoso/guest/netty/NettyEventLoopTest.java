package io.virtuoso.guest.netty;

import io.netty.channel.Channel;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.ServerChannel;
import io.netty.testsuite.transport.AbstractSingleThreadEventLoopTest;
import java.util.concurrent.Executor;
import org.junit.jupiter.api.extension.ExtendWith;

/** netty's own tests of event loops, over the transport that the system property netty.transport names. */
@ExtendWith(SuiteExtension.class)
class NettyEventLoopTest extends AbstractSingleThreadEventLoopTest {
    @Override
    protected EventLoopGroup newEventLoopGroup() {
        return new MultiThreadIoEventLoopGroup(GuestBootstraps.tested().handlers());
    }

    @Override
    protected EventLoopGroup newAutoScalingEventLoopGroup() {
        return new MultiThreadIoEventLoopGroup(
                SCALING_MAX_THREADS,
                (Executor) null,
                AUTO_SCALING_CHOOSER_FACTORY,
                GuestBootstraps.tested().handlers());
    }

    @Override
    protected Channel newChannel() {
        return GuestBootstraps.tested().newClient();
    }

    @Override
    protected Class<? extends ServerChannel> serverChannelClass() {
        return GuestBootstraps.tested().server();
    }
}
