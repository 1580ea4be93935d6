package io.virtuoso.apps;

import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;

/**
 * Many connections to an {@link EchoServer}, one after the other, in every {@link Api} and to each of its ports. For
 * every line on its input makes as many as it says, then says "done N". Arguments: address, port.
 */
final class ShortConnections {
    private ShortConnections() {}

    public static void main(final String[] arguments) throws Exception {
        final int port = Integer.parseInt(arguments[1]);
        final Api[] apis = Api.values();
        final BufferedReader input = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.US_ASCII));
        for (String line = input.readLine(); line != null; line = input.readLine()) {
            final int count = Integer.parseInt(line);
            for (int i = 0; i < count; i++) {
                final InetSocketAddress to = new InetSocketAddress(arguments[0], port + i / apis.length % 3);
                try (Api.Connection connection = apis[i % apis.length].open(to)) {
                    final byte[] bytes = Bytes.of(i, 64);
                    connection.write(bytes);
                    Bytes.check(connection.read(bytes.length), i, bytes.length);
                }
            }
            System.out.println("done " + count);
        }
    }
}
