package io.virtuoso.guest.nio;

import static io.virtuoso.guest.nio.Smoke.check;
import static io.virtuoso.guest.nio.Smoke.equal;
import static io.virtuoso.guest.nio.Smoke.get;
import static io.virtuoso.guest.nio.Smoke.mustThrow;
import static io.virtuoso.guest.nio.Smoke.pause;
import static io.virtuoso.guest.nio.Smoke.start;

import io.virtuoso.guest.nio.Smoke.Pair;
import io.virtuoso.guest.nio.Smoke.Scene;
import java.nio.ByteBuffer;
import java.nio.channels.CancelledKeyException;
import java.nio.channels.ClosedSelectorException;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.FutureTask;

/** One selector and a few channels. */
@SuppressWarnings("try") // closes in the middle are what is tried
final class SmokeSelectors {
    void addTo(Map<String, Scene> scenes) {
        scenes.put("select-connect", this::selectConnect);
        scenes.put("select-levels", this::selectLevels);
        scenes.put("select-action", this::selectAction);
        scenes.put("select-refused", this::selectRefused);
        scenes.put("wakeup", this::wakeup);
        scenes.put("select-interrupt", this::interrupt);
        scenes.put("select-close", this::close);
        scenes.put("cancel", this::cancel);
        scenes.put("channel-close", this::channelClose);
        scenes.put("interest", this::interest);
        scenes.put("late-register", this::lateRegister);
        scenes.put("peer-close", this::peerClose);
        scenes.put("two-selectors", this::twoSelectors);
        scenes.put("select-virtual", this::selectVirtual);
    }

    private void selectConnect() throws Exception {
        try (Selector selector = Selector.open();
                ServerSocketChannel server = Smoke.listen();
                SocketChannel client = SocketChannel.open()) {
            server.configureBlocking(false);
            server.register(selector, SelectionKey.OP_ACCEPT, "server");
            client.configureBlocking(false);
            if (!client.connect(Smoke.target(server))) {
                check(client.isConnectionPending(), "pending");
                SelectionKey key = client.register(selector, SelectionKey.OP_CONNECT, "client");
                while (!key.isConnectable()) {
                    check(selector.select(5000) > 0 || !selector.selectedKeys().isEmpty(), "something");
                }
                check(client.finishConnect(), "connected");
                key.interestOps(0);
                selector.selectedKeys().remove(key);
            }
            check(client.isConnected(), "connected");
            while (selector.selectedKeys().isEmpty()) {
                selector.select(5000);
            }
            SelectionKey ready = selector.selectedKeys().iterator().next();
            equal("server", ready.attachment());
            check(ready.isAcceptable(), "acceptable");
            SocketChannel accepted = server.accept();
            check(accepted != null && server.accept() == null, "one waited");
            selector.selectedKeys().clear();
            equal(0, selector.selectNow());
            accepted.close();
        }
    }

    private void selectLevels() throws Exception {
        try (Selector selector = Selector.open();
                Pair pair = Pair.open()) {
            pair.client.configureBlocking(false);
            SelectionKey key = pair.client.register(selector, SelectionKey.OP_READ);
            equal(0, selector.select(50));
            pair.server.write(ByteBuffer.wrap(new byte[10]));
            equal(1, selector.select());
            equal(SelectionKey.OP_READ, key.readyOps());
            equal(0, selector.select());
            check(selector.selectedKeys().remove(key), "it was selected");
            equal(1, selector.select());
            equal(10, pair.client.read(ByteBuffer.allocate(20)));
            selector.selectedKeys().clear();
            equal(0, selector.selectNow());
            key.interestOps(SelectionKey.OP_READ | SelectionKey.OP_WRITE);
            equal(1, selector.select());
            equal(SelectionKey.OP_WRITE, key.readyOps());
            pair.server.write(ByteBuffer.wrap(new byte[1]));
            while (key.readyOps() != (SelectionKey.OP_READ | SelectionKey.OP_WRITE)) {
                selector.select();
            }
            equal(1, selector.keys().size());
            mustThrow(UnsupportedOperationException.class, () -> selector.keys().remove(key));
            mustThrow(
                    UnsupportedOperationException.class,
                    () -> selector.selectedKeys().add(key));
        }
    }

    private void selectAction() throws Exception {
        try (Selector selector = Selector.open();
                Pair pair = Pair.open()) {
            pair.client.configureBlocking(false);
            SelectionKey key = pair.client.register(selector, SelectionKey.OP_WRITE);
            List<SelectionKey> seen = new ArrayList<>();
            equal(1, selector.select(seen::add));
            equal(List.of(key), seen);
            check(selector.selectedKeys().isEmpty(), "not selected");
            mustThrow(
                    IllegalStateException.class,
                    () -> selector.select(k -> {
                        try {
                            selector.selectNow();
                        } catch (java.io.IOException e) {
                            throw new java.io.UncheckedIOException(e);
                        }
                    }));
            equal(1, selector.selectNow(seen::add));
            equal(1, selector.select(k -> key.cancel(), 1000));
            equal(0, selector.selectNow(seen::add));
            check(selector.keys().isEmpty(), "cancelled");
            mustThrow(IllegalArgumentException.class, () -> selector.select(-1));
        }
    }

    private void selectRefused() throws Exception {
        ServerSocketChannel server = Smoke.listen();
        java.net.InetSocketAddress nobody = Smoke.target(server);
        server.close();
        pause(50);
        try (Selector selector = Selector.open();
                SocketChannel client = SocketChannel.open()) {
            client.configureBlocking(false);
            SelectionKey key = client.register(selector, 0);
            mustThrow(java.net.ConnectException.class, () -> {
                client.connect(nobody);
                key.interestOps(SelectionKey.OP_CONNECT);
                equal(1, selector.select(5000));
                check(key.isConnectable(), "connectable");
                client.finishConnect();
            });
        }
    }

    private void wakeup() throws Exception {
        try (Selector selector = Selector.open()) {
            selector.wakeup();
            selector.wakeup();
            equal(0, selector.select());
            long begin = System.nanoTime();
            equal(0, selector.select(100));
            check(System.nanoTime() - begin >= 90_000_000L, "one wakeup only");
            selector.wakeup();
            equal(0, selector.selectNow());
            begin = System.nanoTime();
            equal(0, selector.select(100));
            check(System.nanoTime() - begin >= 90_000_000L, "selectNow takes the wakeup");
            FutureTask<Object> select = start(selector::select);
            pause(100);
            check(!select.isDone(), "blocked");
            selector.wakeup();
            equal(0, get(select));
        }
    }

    private void interrupt() throws Exception {
        try (Selector selector = Selector.open()) {
            Thread.currentThread().interrupt();
            equal(0, selector.select());
            check(Thread.interrupted(), "still interrupted");
            Thread me = Thread.currentThread();
            FutureTask<Object> interrupter = start(() -> {
                pause(100);
                me.interrupt();
                return null;
            });
            equal(0, selector.select(10_000));
            check(Thread.interrupted(), "interrupted");
            get(interrupter);
            check(selector.isOpen(), "open");
        }
    }

    private void close() throws Exception {
        Selector selector = Selector.open();
        Pair pair = Pair.open();
        pair.client.configureBlocking(false);
        SelectionKey key = pair.client.register(selector, SelectionKey.OP_READ);
        FutureTask<Object> select = start(selector::select);
        pause(100);
        selector.close();
        try {
            get(select);
        } catch (java.util.concurrent.ExecutionException e) {
            check(e.getCause() instanceof ClosedSelectorException, e.toString());
        }
        check(!key.isValid(), "cancelled");
        check(!pair.client.isRegistered(), "not registered");
        mustThrow(ClosedSelectorException.class, selector::selectNow);
        mustThrow(ClosedSelectorException.class, selector::keys);
        mustThrow(ClosedSelectorException.class, () -> pair.client.register(selector, SelectionKey.OP_READ));
        selector.wakeup();
        pair.client.configureBlocking(true);
        pair.server.write(ByteBuffer.wrap(new byte[3]));
        equal(3, pair.client.read(ByteBuffer.allocate(10)));
        pair.close();
    }

    private void cancel() throws Exception {
        try (Selector selector = Selector.open();
                Pair pair = Pair.open()) {
            pair.client.configureBlocking(false);
            SelectionKey key = pair.client.register(selector, SelectionKey.OP_WRITE);
            equal(1, selector.select());
            key.cancel();
            key.cancel();
            check(!key.isValid(), "invalid");
            mustThrow(CancelledKeyException.class, key::interestOps);
            mustThrow(CancelledKeyException.class, key::readyOps);
            mustThrow(CancelledKeyException.class, () -> pair.client.register(selector, SelectionKey.OP_READ));
            equal(0, selector.selectNow());
            check(selector.selectedKeys().isEmpty() && selector.keys().isEmpty(), "gone");
            check(pair.client.keyFor(selector) == null, "no key");
            SelectionKey again = pair.client.register(selector, SelectionKey.OP_READ);
            pair.server.write(ByteBuffer.wrap(new byte[1]));
            equal(1, selector.select(5000));
            check(again.isReadable(), "readable");
            again.cancel();
            pair.client.configureBlocking(true);
            equal(1, pair.client.read(ByteBuffer.allocate(10)));
            FutureTask<Object> read = start(() -> pair.client.read(ByteBuffer.allocate(10)));
            pause(50);
            pair.server.write(ByteBuffer.wrap(new byte[2]));
            equal(2, get(read));
        }
    }

    private void channelClose() throws Exception {
        try (Selector selector = Selector.open();
                Pair pair = Pair.open()) {
            pair.client.configureBlocking(false);
            SelectionKey key = pair.client.register(selector, SelectionKey.OP_READ);
            pair.client.close();
            check(!key.isValid(), "invalid");
            equal(-1, pair.server.read(ByteBuffer.allocate(1)));
            equal(0, selector.select(50));
            check(selector.keys().isEmpty(), "gone");
        }
    }

    private void interest() throws Exception {
        try (Selector selector = Selector.open();
                Pair pair = Pair.open()) {
            pair.client.configureBlocking(false);
            SelectionKey key = pair.client.register(selector, 0);
            pair.server.write(ByteBuffer.wrap(new byte[1]));
            equal(0, selector.select(50));
            FutureTask<Object> select = start(() -> selector.select(5000));
            pause(50);
            key.interestOpsOr(SelectionKey.OP_READ);
            selector.wakeup();
            get(select);
            selector.select(5000);
            check(selector.selectedKeys().contains(key), "ready");
            equal(SelectionKey.OP_READ, key.interestOpsAnd(0));
            selector.selectedKeys().clear();
            equal(0, selector.select(50));
        }
    }

    private void lateRegister() throws Exception {
        try (Selector selector = Selector.open();
                Pair pair = Pair.open()) {
            FutureTask<Object> select = start(() -> {
                while (selector.select() == 0) {
                    // woken only
                }
                return selector.selectedKeys().size();
            });
            pause(50);
            pair.client.configureBlocking(false);
            pair.client.register(selector, SelectionKey.OP_READ);
            selector.wakeup();
            pause(50);
            pair.server.write(ByteBuffer.wrap(new byte[1]));
            equal(1, get(select));
        }
    }

    private void peerClose() throws Exception {
        try (Selector selector = Selector.open();
                Pair pair = Pair.open()) {
            pair.client.configureBlocking(false);
            SelectionKey key = pair.client.register(selector, SelectionKey.OP_READ);
            FutureTask<Object> select = start(() -> selector.select());
            pause(50);
            pair.server.close();
            equal(1, get(select));
            check(key.isReadable(), "readable");
            equal(-1, pair.client.read(ByteBuffer.allocate(1)));
            selector.selectedKeys().clear();
            equal(1, selector.select());
        }
    }

    private void twoSelectors() throws Exception {
        try (Selector one = Selector.open();
                Selector two = Selector.open();
                Pair pair = Pair.open()) {
            pair.client.configureBlocking(false);
            SelectionKey first = pair.client.register(one, SelectionKey.OP_READ);
            SelectionKey second = pair.client.register(two, SelectionKey.OP_READ);
            FutureTask<Object> selectOne = start(() -> one.select());
            FutureTask<Object> selectTwo = start(() -> two.select());
            pause(50);
            pair.server.write(ByteBuffer.wrap(new byte[1]));
            equal(1, get(selectOne));
            equal(1, get(selectTwo));
            pair.client.read(ByteBuffer.allocate(9));
            first.cancel();
            one.selectNow();
            two.selectedKeys().clear();
            FutureTask<Object> again = start(() -> two.select());
            pause(50);
            pair.server.write(ByteBuffer.wrap(new byte[1]));
            equal(1, get(again));
            check(second.isReadable(), "readable");
        }
    }

    /** More virtual threads select than there are carriers, and all of them come back. */
    private void selectVirtual() throws Exception {
        List<Selector> selectors = new ArrayList<>();
        List<FutureTask<Object>> selects = new ArrayList<>();
        try (Pair pair = Pair.open()) {
            for (int i = 0; i < 2 * Runtime.getRuntime().availableProcessors() + 1; i++) {
                Selector selector = Selector.open();
                selectors.add(selector);
                selects.add(start(selector::select, true));
            }
            pause(100);
            FutureTask<Object> interrupted = start(
                    () -> {
                        Thread.currentThread().interrupt();
                        int count = selectors.get(0).selectNow();
                        try (Selector own = Selector.open()) {
                            return count + own.select() + (Thread.interrupted() ? 1 : 0);
                        }
                    },
                    true);
            pair.client.configureBlocking(false);
            Selector first = selectors.get(0);
            first.wakeup();
            equal(0, get(selects.get(0)));
            equal(1, get(interrupted));
            pair.client.register(first, SelectionKey.OP_READ);
            FutureTask<Object> ready = start(first::select, true);
            pause(100);
            pair.server.write(ByteBuffer.wrap(new byte[1]));
            equal(1, get(ready));
            for (int i = 1; i < selectors.size(); i++) {
                selectors.get(i).wakeup();
                equal(0, get(selects.get(i)));
            }
        } finally {
            for (Selector selector : selectors) {
                selector.close();
            }
        }
    }
}
