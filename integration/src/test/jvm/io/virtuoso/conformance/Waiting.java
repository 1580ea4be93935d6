package io.virtuoso.conformance;

import static io.virtuoso.conformance.Channels.text;
import static io.virtuoso.conformance.Selectors.READ;
import static io.virtuoso.conformance.Selectors.WRITE;
import static io.virtuoso.conformance.Selectors.expect;
import static io.virtuoso.conformance.Selectors.expectNothing;
import static io.virtuoso.conformance.Selectors.next;
import static io.virtuoso.conformance.Selectors.open;
import static io.virtuoso.conformance.Selectors.register;
import static io.virtuoso.conformance.Support.SOON;
import static io.virtuoso.conformance.Support.blocked;
import static io.virtuoso.conformance.Support.check;
import static io.virtuoso.conformance.Support.fails;
import static io.virtuoso.conformance.Support.keep;
import static io.virtuoso.conformance.Support.millis;
import static io.virtuoso.conformance.Support.same;
import static io.virtuoso.conformance.Support.took;

import java.net.DatagramSocket;
import java.nio.ByteBuffer;
import java.nio.channels.CancelledKeyException;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.ClosedSelectorException;
import java.nio.channels.DatagramChannel;
import java.nio.channels.IllegalBlockingModeException;
import java.nio.channels.IllegalSelectorException;
import java.nio.channels.Pipe;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.channels.spi.SelectorProvider;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/** The rules of selectors: their sets, wakeup, cancelling, closing, other threads, other kinds of channels. */
final class Waiting {
    private Waiting() {}

    @Case
    static void timeoutIsKept() throws Exception {
        final Selector selector = open();
        register(selector, Channels.pair()[1], READ);
        took(millis(() -> same(selector.select(80), 0)), 80);
        same(selector.selectNow(), 0);
        fails(IllegalArgumentException.class, () -> selector.select(-1));
        took(millis(() -> same(selector.select(key -> check(false, "found " + key), 50), 0)), 50);
    }

    @Case
    static void dataWakesASleepingWait() throws Exception {
        final SocketChannel[] pair = Channels.pair();
        final Selector selector = open();
        final SelectionKey key = register(selector, pair[1], READ);
        for (int i = 0; i < 5; i++) {
            final Job selecting = blocked(() -> {
                same(selector.select(), 1);
                same(selector.selectedKeys(), Set.of(key));
            });
            pair[0].write(text("w"));
            selecting.join();
            selector.selectedKeys().clear();
            Channels.expect(pair[1], "w");
        }
    }

    @Case
    static void wakeupEndsTheWait() throws Exception {
        final Selector selector = open();
        register(selector, Channels.pair()[1], READ);
        final Job selecting = blocked(() -> same(selector.select(), 0));
        same(selector.wakeup(), selector);
        selecting.join();
        expectNothing(selector);
    }

    @Case
    static void wakeupBeforehandEndsTheNextWaitOnly() throws Exception {
        final Selector selector = open();
        selector.wakeup();
        selector.wakeup();
        check(millis(() -> same(selector.select(2 * SOON), 0)) < SOON, "waited");
        took(millis(() -> same(selector.select(60), 0)), 60);
        selector.wakeup();
        same(selector.selectNow(), 0);
        took(millis(() -> same(selector.select(60), 0)), 60); // selectNow took it
    }

    @Case
    static void interruptEndsTheWait() throws Exception {
        final Selector selector = open();
        register(selector, Channels.pair()[1], READ);
        final Job selecting = blocked(() -> {
            same(selector.select(), 0);
            check(Thread.currentThread().isInterrupted(), "the flag is gone");
            same(selector.select(), 0); // does not wait either
            check(Thread.interrupted(), "the flag is gone");
            took(millis(() -> same(selector.select(50), 0)), 50);
        });
        selecting.interrupt();
        selecting.join();
        check(selector.isOpen(), "closed");
    }

    @Case
    static void selectedKeysStayUntilTakenOut() throws Exception {
        final SocketChannel[] pair = Channels.pair();
        final Selector selector = open();
        final SelectionKey key = register(selector, pair[1], READ | WRITE);
        same(selector.select(SOON), 1);
        same(selector.select(20), 0); // nothing new: the key is in the set already
        same(selector.selectedKeys(), Set.of(key));
        pair[0].write(text("x"));
        Support.eventually("updated in place", () -> selector.selectNow() >= 0 && key.readyOps() == (READ | WRITE));
        pair[1].read(ByteBuffer.allocate(1));
        selector.selectNow();
        same(key.readyOps(), READ | WRITE); // operations are only added while the key is in the set
        selector.selectedKeys().remove(key);
        same(selector.selectNow(), 1);
        same(key.readyOps(), WRITE);
    }

    @Case
    static void setsHaveRules() throws Exception {
        final Selector selector = open();
        final SelectionKey key = register(selector, Channels.pair()[1], WRITE);
        selector.select(SOON);
        fails(UnsupportedOperationException.class, () -> selector.selectedKeys().add(key));
        fails(UnsupportedOperationException.class, () -> selector.keys().remove(key));
        fails(UnsupportedOperationException.class, () -> selector.keys().clear());
        same(selector.keys(), Set.of(key));
        same(selector.selectedKeys().iterator().next(), key);
        check(selector.selectedKeys().remove(key), "not removed");
        same(selector.selectedKeys().size(), 0);
        same(selector.provider(), SelectorProvider.provider());
    }

    @Case
    static void keysKnowTheirThings() throws Exception {
        final SocketChannel channel = Channels.pair()[1];
        final Selector selector = open();
        channel.configureBlocking(false);
        final SelectionKey key = channel.register(selector, READ, "mine");
        same(key.channel(), channel);
        same(key.selector(), selector);
        same(key.attachment(), "mine");
        same(key.attach(null), "mine");
        same(channel.keyFor(selector), key);
        same(channel.keyFor(open()), null);
        same(channel.register(selector, WRITE, "new"), key);
        same(key.interestOps(), WRITE);
        same(key.attachment(), "new");
        same(key.readyOps(), 0);
        check(channel.isRegistered() && key.isValid(), "registered");
    }

    @Case
    static void registrationMistakes() throws Exception {
        final SocketChannel[] pair = Channels.pair();
        final Selector selector = open();
        fails(IllegalBlockingModeException.class, () -> pair[1].register(selector, READ));
        pair[1].configureBlocking(false);
        fails(IllegalArgumentException.class, () -> pair[1].register(selector, SelectionKey.OP_ACCEPT));
        fails(NullPointerException.class, () -> pair[1].register(null, READ));
        final SelectionKey key = pair[1].register(selector, READ);
        fails(IllegalArgumentException.class, () -> key.interestOps(SelectionKey.OP_ACCEPT));
        fails(IllegalArgumentException.class, () -> key.interestOpsOr(SelectionKey.OP_ACCEPT));
        fails(IllegalBlockingModeException.class, () -> pair[1].configureBlocking(true));
        final ServerSocketChannel listener = Channels.listener();
        listener.configureBlocking(false);
        fails(IllegalArgumentException.class, () -> listener.register(selector, READ));
        pair[1].close();
        fails(ClosedChannelException.class, null, () -> pair[1].register(selector, READ));
        check(IllegalSelectorException.class != null, "of other providers");
    }

    @Case
    static void cancelledKeysGoAtTheNextSelect() throws Exception {
        final SocketChannel[] pair = Channels.pair();
        final Selector selector = open();
        final SelectionKey key = register(selector, pair[1], WRITE);
        expect(selector, key, WRITE);
        key.cancel();
        key.cancel();
        check(!key.isValid() && selector.keys().contains(key) && pair[1].isRegistered(), "too early");
        fails(CancelledKeyException.class, null, key::interestOps);
        fails(CancelledKeyException.class, null, key::readyOps);
        fails(CancelledKeyException.class, null, () -> key.interestOps(READ));
        fails(CancelledKeyException.class, null, key::isReadable);
        fails(CancelledKeyException.class, null, () -> pair[1].register(selector, READ));
        same(selector.selectNow(), 0);
        check(!selector.keys().contains(key) && !pair[1].isRegistered(), "still there");
        same(pair[1].keyFor(selector), null);
        pair[1].configureBlocking(true);
        pair[0].write(text("x"));
        Channels.expect(pair[1], "x");
        final SelectionKey again = register(selector, pair[1], WRITE);
        check(again != key, "the same key");
        expect(selector, again, WRITE);
    }

    @Case
    static void cancelledKeysLeaveTheSelectedSet() throws Exception {
        final Selector selector = open();
        final SelectionKey key = register(selector, Channels.pair()[1], WRITE);
        same(selector.select(SOON), 1);
        key.cancel();
        same(selector.selectNow(), 0);
        same(selector.selectedKeys(), Set.of());
    }

    @Case
    static void closedChannelsLeaveTheSelector() throws Exception {
        final SocketChannel[] pair = Channels.pair();
        final Selector selector = open();
        final SelectionKey key = register(selector, pair[1], READ);
        expectNothing(selector);
        pair[1].close();
        check(!key.isValid(), "valid");
        expectNothing(selector);
        same(selector.keys(), Set.of());
        same(pair[0].read(ByteBuffer.allocate(1)), -1);
    }

    /** Closing does not wake the selector, but the peer must hear of it at once all the same. */
    @Case
    static void peerHearsOfAChannelThatIsClosedWhileOthersSelect() throws Exception {
        final SocketChannel[] pair = Channels.pair();
        final Selector selector = open();
        register(selector, pair[1], READ);
        final Job selecting = blocked(() -> selector.select());
        pair[1].close();
        same(pair[0].read(ByteBuffer.allocate(1)), -1);
        selector.wakeup();
        selecting.join();
        selector.selectNow();
        same(selector.keys(), Set.of());
    }

    @Case
    static void closingASelectorEndsTheWaitAndItsKeys() throws Exception {
        final SocketChannel[] pair = Channels.pair();
        final Selector selector = open();
        final SelectionKey key = register(selector, pair[1], READ);
        final Job selecting = blocked(() -> same(selector.select(), 0));
        selector.close();
        selecting.join();
        selector.close();
        check(!selector.isOpen() && !key.isValid() && !pair[1].isRegistered(), "open");
        fails(ClosedSelectorException.class, null, selector::selectNow);
        fails(ClosedSelectorException.class, null, selector::keys);
        fails(ClosedSelectorException.class, null, selector::selectedKeys);
        fails(ClosedSelectorException.class, null, () -> pair[1].register(selector, READ));
        same(selector.wakeup(), selector);
        pair[1].configureBlocking(true);
        pair[0].write(text("x"));
        Channels.expect(pair[1], "x");
    }

    @Case
    static void actionsInsteadOfSets() throws Exception {
        final SocketChannel[] pair = Channels.pair();
        final Selector selector = open();
        final SelectionKey key = register(selector, pair[1], WRITE);
        final List<SelectionKey> found = new ArrayList<>();
        same(selector.select(found::add, SOON), 1);
        same(selector.select(found::add), 1);
        same(selector.selectNow(found::add), 1);
        same(found, List.of(key, key, key));
        same(selector.selectedKeys(), Set.of());
        fails(
                IllegalStateException.class,
                () -> selector.select(one -> {
                    throw new IllegalStateException("thrown by the action");
                }));
        same(selector.selectNow(one -> one.interestOps(READ)), 1);
        same(selector.selectNow(found::add), 0);
        fails(NullPointerException.class, () -> selector.select(null));
        same(selector.select(one -> check(false, "found " + one), 20), 0);
    }

    @Case
    static void addingAReadySocketWakesASleepingWait() throws Exception {
        final SocketChannel[] pair = Channels.pair();
        pair[0].write(text("x"));
        pair[1].configureBlocking(false);
        final Selector selector = open();
        register(selector, Channels.pair()[1], READ);
        final Job selecting = blocked(() -> {
            int found = selector.select(SOON);
            while (found == 0) {
                found = selector.select(SOON);
            }
            same(found, 1);
        });
        pair[1].register(selector, READ); // does not wait for the select
        selector.wakeup();
        selecting.join();
    }

    @Case
    static void interestOfAnotherThreadCounts() throws Exception {
        final SocketChannel[] pair = Channels.pair();
        final Selector selector = open();
        final SelectionKey key = register(selector, pair[1], READ);
        final Job selecting = blocked(() -> {
            while (selector.select(SOON) == 0) {
                check(selector.isOpen(), "closed");
            }
            same(key.readyOps(), WRITE);
        });
        key.interestOps(WRITE); // does not wait for the select
        selector.wakeup();
        selecting.join();
    }

    @Case
    static void threadsRegisterAtOnce() throws Exception {
        final ServerSocketChannel listener = Channels.listener();
        final Selector selector = open();
        final SocketChannel[] clients = new SocketChannel[40];
        final Job[] jobs = new Job[4];
        for (int i = 0; i < jobs.length; i++) {
            final int from = i * 10;
            jobs[i] = Support.job(() -> {
                for (int k = from; k < from + 10; k++) {
                    clients[k] = keep(SocketChannel.open(listener.getLocalAddress()));
                    register(selector, keep(listener.accept()), WRITE);
                    selector.wakeup();
                }
            });
        }
        Support.eventually("all registered and found", () -> {
            selector.select(100);
            return selector.selectedKeys().size() == clients.length;
        });
        for (final Job job : jobs) {
            job.join();
        }
    }

    @Case
    static void kernelDescriptorsInTheSameSet() throws Exception {
        final SocketChannel[] pair = Channels.pair();
        final Selector selector = open();
        final SelectionKey socketKey = register(selector, pair[1], READ);
        final Pipe pipe = selector.provider().openPipe();
        keep(pipe.sink());
        keep(pipe.source()).configureBlocking(false);
        final SelectionKey pipeKey = pipe.source().register(selector, READ);
        expectNothing(selector);
        final Job selecting = blocked(() -> expect(selector, pipeKey, READ));
        pipe.sink().write(text("p"));
        selecting.join();
        same(pipe.source().read(ByteBuffer.allocate(4)), 1);
        pair[0].write(text("s"));
        expect(selector, socketKey, READ);
        pipe.sink().write(text("p"));
        Support.eventually("both", () -> next(selector).size() == 2);
        pair[1].read(ByteBuffer.allocate(1));
        expect(selector, pipeKey, READ);
        pipeKey.cancel();
        expectNothing(selector);
        same(selector.keys(), Set.of(socketKey));
    }

    @Case
    static void datagramsInTheSameSelector() throws Exception {
        final SocketChannel[] pair = Channels.pair();
        final Selector selector = open();
        final SelectionKey socketKey = register(selector, pair[1], READ);
        final DatagramChannel datagrams = keep(DatagramChannel.open());
        datagrams.bind(new java.net.InetSocketAddress(Support.address("127.0.0.1"), 0));
        datagrams.configureBlocking(false);
        final SelectionKey key = datagrams.register(selector, READ);
        final Job selecting = blocked(() -> expect(selector, key, READ));
        try (DatagramSocket sender = new DatagramSocket()) {
            sender.send(new java.net.DatagramPacket(new byte[3], 3, datagrams.getLocalAddress()));
        }
        selecting.join();
        check(datagrams.receive(ByteBuffer.allocate(9)) != null, "nothing there");
        pair[0].write(text("s"));
        expect(selector, socketKey, READ);
        pair[1].read(ByteBuffer.allocate(1));
        datagrams.close();
        expectNothing(selector);
        same(selector.keys(), Set.of(socketKey));
    }

    /** What goes to the platform and what does not, in one selector. */
    @Case
    static void loopbackListenersInTheSameSelector() throws Exception {
        final Selector selector = open();
        final ServerSocketChannel local = keep(ServerSocketChannel.open());
        local.bind(new java.net.InetSocketAddress(Support.address("127.0.0.1"), 0));
        local.configureBlocking(false);
        final SelectionKey localKey = local.register(selector, SelectionKey.OP_ACCEPT);
        final ServerSocketChannel own = Channels.listener();
        own.configureBlocking(false);
        final SelectionKey ownKey = own.register(selector, SelectionKey.OP_ACCEPT);
        expectNothing(selector);
        final SocketChannel client = keep(SocketChannel.open());
        final SelectionKey clientKey = register(selector, client, SelectionKey.OP_CONNECT);
        client.connect(local.getLocalAddress());
        Support.eventually("accepted", () -> next(selector).contains(localKey));
        check(local.accept() != null && client.finishConnect(), "not connected");
        clientKey.interestOps(WRITE);
        expect(selector, clientKey, WRITE);
        clientKey.interestOps(0);
        keep(SocketChannel.open(own.getLocalAddress()));
        expect(selector, ownKey, SelectionKey.OP_ACCEPT);
    }

    @Case
    static void registeredBeforeBindAndConnect() throws Exception {
        final Selector selector = open();
        final ServerSocketChannel listener = keep(ServerSocketChannel.open());
        listener.configureBlocking(false);
        final SelectionKey key = listener.register(selector, SelectionKey.OP_ACCEPT);
        listener.bind(Support.own(0));
        expectNothing(selector);
        keep(SocketChannel.open(listener.getLocalAddress()));
        expect(selector, key, SelectionKey.OP_ACCEPT);
    }
}
