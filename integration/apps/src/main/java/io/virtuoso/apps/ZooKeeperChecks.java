package io.virtuoso.apps;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.apache.zookeeper.CreateMode;
import org.apache.zookeeper.WatchedEvent;
import org.apache.zookeeper.Watcher;
import org.apache.zookeeper.ZooDefs;
import org.apache.zookeeper.ZooKeeper;

/** ZooKeeper's client: sessions, nodes, watches, ephemeral nodes, many calls at once. Arguments: address:port. */
final class ZooKeeperChecks {
    private static final int SESSION_MILLIS = 10_000;
    private static final int NODES = 500;
    private static final int SESSIONS = 10;

    private final String servers;

    private ZooKeeperChecks(final String servers) {
        this.servers = servers;
    }

    public static void main(final String[] arguments) throws Exception {
        final ZooKeeperChecks checks = new ZooKeeperChecks(arguments[0]);
        try (ZooKeeper one = checks.connect()) {
            final String root =
                    one.create("/run-", Bytes.of(0, 0), ZooDefs.Ids.OPEN_ACL_UNSAFE, CreateMode.PERSISTENT_SEQUENTIAL);
            checks.store(one, root);
            checks.callAtOnce(one, root);
            checks.watch(one, root);
            checks.dropEphemeral(one, root);
        }
        System.out.println("all right");
        System.exit(0);
    }

    private ZooKeeper connect() throws IOException, InterruptedException {
        final CountDownLatch connected = new CountDownLatch(1);
        final ZooKeeper made = new ZooKeeper(servers, SESSION_MILLIS, event -> {
            if (event.getState() == Watcher.Event.KeeperState.SyncConnected) {
                connected.countDown();
            }
        });
        require(connected.await(60, TimeUnit.SECONDS), "no session");
        return made;
    }

    private void store(final ZooKeeper one, final String root) throws Exception {
        for (final int size : new int[] {0, 1, 1000, 65_537, 900_000}) {
            final String path = root + "/size" + size;
            one.create(path, Bytes.of(size, size), ZooDefs.Ids.OPEN_ACL_UNSAFE, CreateMode.PERSISTENT);
            Bytes.check(one.getData(path, false, null), size, size);
        }
    }

    private void callAtOnce(final ZooKeeper one, final String root) throws InterruptedException {
        final BlockingQueue<Object> ends = new LinkedBlockingQueue<>();
        for (int i = 0; i < NODES; i++) {
            final int number = i;
            final String path = root + "/node" + i;
            one.create(
                    path,
                    Bytes.of(i, i),
                    ZooDefs.Ids.OPEN_ACL_UNSAFE,
                    CreateMode.PERSISTENT,
                    (code, ignored, context, name) -> one.getData(
                            path,
                            false,
                            (result, same, again, data, stat) -> ends.add(
                                    result == 0 ? new Object[] {number, data} : "result " + result + " for " + path),
                            null),
                    null);
        }
        for (int i = 0; i < NODES; i++) {
            final Object end = ends.poll(60, TimeUnit.SECONDS);
            require(end instanceof Object[], "" + end);
            final Object[] pair = (Object[]) end;
            Bytes.check((byte[]) pair[1], (int) pair[0], (int) pair[0]);
        }
    }

    private void watch(final ZooKeeper one, final String root) throws Exception {
        final BlockingQueue<WatchedEvent> events = new LinkedBlockingQueue<>();
        try (ZooKeeper other = connect()) {
            other.getData(root, events::add, null);
            one.setData(root, Bytes.of(5, 5), -1);
            final WatchedEvent event = events.poll(60, TimeUnit.SECONDS);
            require(event != null && event.getType() == Watcher.Event.EventType.NodeDataChanged, "" + event);
            Bytes.check(other.getData(root, false, null), 5, 5);
        }
    }

    private void dropEphemeral(final ZooKeeper one, final String root) throws Exception {
        final List<ZooKeeper> others = new ArrayList<>();
        final String parent =
                one.create(root + "/members", Bytes.of(0, 0), ZooDefs.Ids.OPEN_ACL_UNSAFE, CreateMode.PERSISTENT);
        for (int i = 0; i < SESSIONS; i++) {
            final ZooKeeper other = connect();
            other.create(parent + "/m", Bytes.of(i, 10), ZooDefs.Ids.OPEN_ACL_UNSAFE, CreateMode.EPHEMERAL_SEQUENTIAL);
            others.add(other);
        }
        require(one.getChildren(parent, false).size() == SESSIONS, "members are missing");
        for (final ZooKeeper other : others) {
            other.close();
        }
        require(one.getChildren(parent, false).isEmpty(), "members are left");
    }

    private static void require(final boolean right, final String otherwise) {
        if (!right) {
            throw new IllegalStateException(otherwise);
        }
    }
}
