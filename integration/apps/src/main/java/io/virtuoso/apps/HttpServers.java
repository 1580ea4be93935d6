package io.virtuoso.apps;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import jakarta.servlet.http.HttpServlet;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.Executors;
import org.apache.catalina.Context;
import org.apache.catalina.LifecycleException;
import org.apache.catalina.connector.Connector;
import org.apache.catalina.startup.Tomcat;
import org.apache.coyote.http2.Http2Protocol;
import org.eclipse.jetty.http2.server.HTTP2CServerConnectionFactory;
import org.eclipse.jetty.io.Content;
import org.eclipse.jetty.server.Handler;
import org.eclipse.jetty.server.HttpConfiguration;
import org.eclipse.jetty.server.HttpConnectionFactory;
import org.eclipse.jetty.server.Request;
import org.eclipse.jetty.server.Response;
import org.eclipse.jetty.server.Server;
import org.eclipse.jetty.server.ServerConnector;
import org.eclipse.jetty.util.Callback;

/**
 * Four HTTP servers in one JVM, on four ports from one on: the JDK's, Jetty, Tomcat on its NIO connector and Tomcat on
 * its asynchronous one. Jetty and Tomcat also speak HTTP/2 in clear.
 */
final class HttpServers {
    private static final int LARGEST_BODY = 1 << 26;
    /**
     * Requests of one HTTP/2 connection that Tomcat serves at a time, more than a client sends at once. With less, as by
     * its default of 20, the bodies of those that wait can fill the connection's window, so that the ones it serves never
     * get theirs: both ends wait for good.
     */
    private static final int STREAMS = 100;

    private HttpServers() {}

    public static void main(final String[] arguments) throws Exception {
        final int port = Integer.parseInt(arguments[0]);
        jdk(port);
        jetty(port + 1);
        tomcat(port + 2, port + 3);
        System.out.println("serving");
        Thread.currentThread().join();
    }

    private static void jdk(final int port) throws IOException {
        final HttpServer server = HttpServer.create(new InetSocketAddress(port), 0);
        server.setExecutor(Executors.newCachedThreadPool());
        server.createContext("/", HttpServers::answer);
        server.start();
    }

    private static void answer(final HttpExchange exchange) throws IOException {
        try (exchange) {
            final byte[] answer = Answers.to(
                    exchange.getRequestMethod(), exchange.getRequestURI().getPath(), exchange.getRequestBody());
            exchange.sendResponseHeaders(200, answer.length == 0 ? -1 : answer.length);
            if (answer.length > 0) {
                exchange.getResponseBody().write(answer);
            }
        }
    }

    private static void jetty(final int port) throws Exception {
        final Server server = new Server();
        final HttpConfiguration configuration = new HttpConfiguration();
        @SuppressWarnings("resource") // lives as long as the server
        final ServerConnector connector = new ServerConnector(
                server, new HttpConnectionFactory(configuration), new HTTP2CServerConnectionFactory(configuration));
        connector.setPort(port);
        server.addConnector(connector);
        server.setHandler(new Handler.Abstract() {
            @Override
            public boolean handle(final Request request, final Response response, final Callback callback)
                    throws IOException {
                final byte[] answer = Answers.to(
                        request.getMethod(), request.getHttpURI().getPath(), Content.Source.asInputStream(request));
                response.getHeaders().put("Content-Length", answer.length);
                response.write(true, ByteBuffer.wrap(answer), callback);
                return true;
            }
        });
        server.start();
    }

    private static void tomcat(final int nioPort, final int asyncPort) throws IOException, LifecycleException {
        final Path folder = Files.createTempDirectory("tomcat");
        final Tomcat tomcat = new Tomcat();
        tomcat.setBaseDir(folder.toString());
        tomcat.setConnector(connector("org.apache.coyote.http11.Http11NioProtocol", nioPort));
        tomcat.getService().addConnector(connector("org.apache.coyote.http11.Http11Nio2Protocol", asyncPort));
        final Context context = tomcat.addContext("", folder.toString());
        Tomcat.addServlet(context, "answers", new AnswerServlet());
        context.addServletMapping("/*", "answers");
        tomcat.start();
    }

    private static Connector connector(final String protocol, final int port) {
        final Connector connector = new Connector(protocol);
        connector.setPort(port);
        connector.setThrowOnFailure(true);
        connector.setMaxPostSize(LARGEST_BODY);
        final Http2Protocol http2 = new Http2Protocol();
        http2.setOverheadCountFactor(0); // small frames are meant, no attack
        http2.setOverheadDataThreshold(0);
        http2.setOverheadWindowUpdateThreshold(0);
        http2.setMaxConcurrentStreamExecution(STREAMS);
        connector.addUpgradeProtocol(http2);
        return connector;
    }

    /** {@link Answers} as a servlet. */
    private static final class AnswerServlet extends HttpServlet {
        private static final long serialVersionUID = 1;

        @Override
        protected void service(final HttpServletRequest request, final HttpServletResponse response)
                throws IOException {
            final byte[] answer = Answers.to(request.getMethod(), request.getRequestURI(), request.getInputStream());
            response.setContentLength(answer.length);
            response.getOutputStream().write(answer);
        }
    }
}
