package io.virtuoso.bench.jvm;

import io.netty.bootstrap.ServerBootstrap;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.handler.codec.http.DefaultFullHttpResponse;
import io.netty.handler.codec.http.FullHttpResponse;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaderValues;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http.HttpResponseStatus;
import io.netty.handler.codec.http.HttpServerCodec;
import io.netty.handler.codec.http.HttpVersion;
import io.netty.util.ReferenceCountUtil;
import java.nio.charset.StandardCharsets;

/**
 * A server of netty's with one event loop. Arguments: the port, {@code echo} or {@code http} (a short plain text), and the
 * transport.
 */
public final class NettyServer {
    private static final int BACKLOG = 4096;

    private NettyServer() {}

    /** Serves until the JVM is ended. */
    public static void main(String... arguments) throws InterruptedException {
        Transport transport = Transport.of(arguments[2]);
        boolean http = arguments[1].equals("http");
        EventLoopGroup loop = new MultiThreadIoEventLoopGroup(1, transport.handlers());
        new ServerBootstrap()
                .group(loop)
                .channel(transport.serverChannel())
                .option(ChannelOption.SO_BACKLOG, BACKLOG)
                .childOption(ChannelOption.TCP_NODELAY, true)
                .childHandler(new ChannelInitializer<Channel>() {
                    @Override
                    protected void initChannel(Channel channel) {
                        if (http) {
                            channel.pipeline().addLast(new HttpServerCodec());
                        }
                        channel.pipeline().addLast(http ? new Plaintext() : new Echo());
                    }
                })
                .bind(Integer.parseInt(arguments[0]))
                .sync()
                .channel()
                .closeFuture()
                .sync();
    }

    @SuppressWarnings("FutureReturnValueIgnored") // a write that fails closes the connection
    private abstract static class Answering extends ChannelInboundHandlerAdapter {
        @Override
        public void channelReadComplete(ChannelHandlerContext context) {
            context.flush();
        }

        @Override
        public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
            context.close(); // load generators end by closing
        }
    }

    @SuppressWarnings("FutureReturnValueIgnored")
    private static final class Echo extends Answering {
        @Override
        public void channelRead(ChannelHandlerContext context, Object message) {
            context.write(message);
        }
    }

    @SuppressWarnings("FutureReturnValueIgnored")
    private static final class Plaintext extends Answering {
        private static final ByteBuf TEXT = Unpooled.unreleasableBuffer(Unpooled.directBuffer()
                .writeBytes("Hello, World!".getBytes(StandardCharsets.US_ASCII))
                .asReadOnly());

        @Override
        public void channelRead(ChannelHandlerContext context, Object message) {
            boolean isRequest = message instanceof HttpRequest;
            ReferenceCountUtil.release(message);
            if (!isRequest) {
                return;
            }
            FullHttpResponse response =
                    new DefaultFullHttpResponse(HttpVersion.HTTP_1_1, HttpResponseStatus.OK, TEXT.duplicate());
            response.headers()
                    .set(HttpHeaderNames.CONTENT_TYPE, HttpHeaderValues.TEXT_PLAIN)
                    .setInt(HttpHeaderNames.CONTENT_LENGTH, TEXT.readableBytes());
            context.write(response);
        }
    }
}
