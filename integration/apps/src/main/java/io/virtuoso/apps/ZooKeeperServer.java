package io.virtuoso.apps;

import java.io.File;
import java.net.InetSocketAddress;
import org.apache.zookeeper.server.ServerCnxnFactory;

/** A ZooKeeper of one server. Arguments: its folder and port. */
final class ZooKeeperServer {
    private static final int TICK_MILLIS = 500;

    private ZooKeeperServer() {}

    public static void main(final String[] arguments) throws Exception {
        final File folder = new File(arguments[0]);
        final ServerCnxnFactory factory =
                ServerCnxnFactory.createFactory(new InetSocketAddress(Integer.parseInt(arguments[1])), 1000);
        factory.startup(new org.apache.zookeeper.server.ZooKeeperServer(folder, folder, TICK_MILLIS));
        System.out.println("serving");
        factory.join();
    }
}
