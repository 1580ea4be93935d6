package io.virtuoso.apps;

import java.net.InetSocketAddress;

/**
 * Many connections to an {@link EchoServer}, one after the other, in every {@link Api} and to each of its ports. For
 * every line on its input makes so many, then says "done". Arguments: address, port, number.
 */
final class ShortConnections {
    private ShortConnections() {}

    public static void main(final String[] arguments) throws Exception {
        final int port = Integer.parseInt(arguments[1]);
        final int count = Integer.parseInt(arguments[2]);
        final Api[] apis = Api.values();
        while (System.in.read() >= 0) {
            for (int i = 0; i < count; i++) {
                final InetSocketAddress to = new InetSocketAddress(arguments[0], port + i / apis.length % 3);
                try (Api.Connection connection = apis[i % apis.length].open(to)) {
                    final byte[] bytes = Bytes.of(i, 64);
                    connection.write(bytes);
                    Bytes.check(connection.read(bytes.length), i, bytes.length);
                }
            }
            System.out.println("done");
        }
    }
}
