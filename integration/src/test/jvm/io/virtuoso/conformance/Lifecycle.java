package io.virtuoso.conformance;

import static io.virtuoso.conformance.Bytes.expect;
import static io.virtuoso.conformance.Bytes.expectEnd;
import static io.virtuoso.conformance.Bytes.write;
import static io.virtuoso.conformance.Support.address;
import static io.virtuoso.conformance.Support.check;
import static io.virtuoso.conformance.Support.fails;
import static io.virtuoso.conformance.Support.own;
import static io.virtuoso.conformance.Support.pause;
import static io.virtuoso.conformance.Support.same;

import java.net.BindException;
import java.net.ConnectException;
import java.net.InetAddress;
import java.net.InetSocketAddress;

/** Making, binding, listening, accepting, connecting, closing. */
final class Lifecycle {
    private Lifecycle() {}

    @Case
    static void portZeroIsKnownAfterBind(final Kind kind) throws Exception {
        final Wire.Ear listener = kind.listen();
        same(listener.local().getAddress(), own());
        check(listener.local().getPort() > 0, "no port");
        final Wire wire = kind.open();
        kind.bind(wire, own(0));
        same(wire.local().getAddress(), own());
        check(wire.local().getPort() > 0, "no port");
    }

    @Case
    static void unboundSocketHasNoName(final Kind kind) throws Exception {
        final Wire wire = kind.open();
        same(wire.local(), null);
        same(wire.remote(), null);
    }

    @Case
    static void bindAnyThenAcceptedHasRealAddress(final Kind kind) throws Exception {
        final Wire.Ear listener = kind.listen(new InetSocketAddress(0), 5);
        check(listener.local().getAddress().isAnyLocalAddress(), "bound to " + listener.local());
        final InetSocketAddress where = own(listener.local().getPort());
        final Wire client = kind.connect(where);
        final Wire server = listener.accept();
        same(server.local(), where);
        same(client.remote(), where);
    }

    @Case
    static void bothEndsAgreeOnNames(final Kind kind) throws Exception {
        final Wire.Pair pair = kind.pair();
        same(pair.client.local(), pair.server.remote());
        same(pair.client.remote(), pair.server.local());
        same(pair.client.remote(), pair.listener.local());
        same(pair.client.local().getAddress(), own());
    }

    @Case
    static void connectToAnUnboundedNumberOfAddressesInARow(final Kind kind) throws Exception {
        for (int i = 0; i < 30; i++) {
            final Wire.Pair pair = kind.pair();
            write(pair.client, "n");
            expect(pair.server, "n");
            pair.client.close();
            pair.server.close();
            pair.listener.close();
        }
    }

    @Case
    static void dataSentBeforeAcceptArrives(final Kind kind) throws Exception {
        final Wire.Ear listener = kind.listen();
        final Wire client = kind.connect(listener.local());
        write(client, "early");
        pause(20);
        expect(listener.accept(), "early");
    }

    @Case
    static void connectionClosedBeforeAcceptIsStillAccepted(final Kind kind) throws Exception {
        final Wire.Ear listener = kind.listen();
        final Wire client = kind.connect(listener.local());
        final InetSocketAddress name = client.local();
        write(client, "bye");
        client.close();
        pause(20);
        final Wire server = listener.accept();
        same(server.remote(), name);
        expect(server, "bye");
        expectEnd(server);
    }

    @Case(not = Kind.ASYNC)
    static void connectionResetBeforeAcceptIsStillAccepted(final Kind kind) throws Exception {
        final Wire.Ear listener = kind.listen();
        Closing.reset(kind.connect(listener.local()));
        pause(20);
        Closing.expectReset(kind, listener.accept());
        final Wire next = kind.connect(listener.local());
        write(next, "n");
        expect(listener.accept(), "n");
    }

    @Case
    static void connectionsAreAcceptedInOrder(final Kind kind) throws Exception {
        final Wire.Ear listener = kind.listen();
        for (char i = 'a'; i < 'a' + 20; i++) {
            write(kind.connect(listener.local()), String.valueOf(i));
        }
        for (char i = 'a'; i < 'a' + 20; i++) {
            expect(listener.accept(), String.valueOf(i));
        }
    }

    @Case
    static void closingAListenerRefusesNewConnections(final Kind kind) throws Exception {
        final Wire.Ear listener = kind.listen(own(Support.reservedPort()), 5);
        final InetSocketAddress where = listener.local();
        listener.close();
        fails(ConnectException.class, "Connection refused", () -> kind.connect(where));
    }

    @Case
    static void closingAListenerResetsWaitingConnections(final Kind kind) throws Exception {
        final Wire.Ear listener = kind.listen();
        final Wire client = kind.connect(listener.local());
        listener.close();
        Closing.expectReset(kind, client);
    }

    @Case
    static void acceptedConnectionOutlivesItsListener(final Kind kind) throws Exception {
        final Wire.Pair pair = kind.pair();
        pair.listener.close();
        write(pair.client, "still");
        expect(pair.server, "still");
        write(pair.server, "here");
        expect(pair.client, "here");
    }

    @Case
    static void portCanBeBoundAgainAfterClose(final Kind kind) throws Exception {
        final Wire.Ear listener = kind.listen(own(Support.reservedPort()), 5);
        final InetSocketAddress where = listener.local();
        listener.close();
        final Wire.Ear again = kind.listen(where, 5);
        final Wire client = kind.connect(where);
        write(client, "again");
        expect(again.accept(), "again");
    }

    @Case
    static void serverRestartsOnItsPortWithReuseaddr(final Kind kind) throws Exception {
        final Wire.Ear listener = kind.listen(own(Support.reservedPort()), 5, true);
        final InetSocketAddress where = listener.local();
        final Wire client = kind.connect(where);
        listener.accept().close(); // the server's side closes first and lingers in TIME_WAIT
        expectEnd(client);
        client.close();
        listener.close();
        final Wire.Ear again = kind.listen(where, 5, true);
        write(kind.connect(where), "again");
        expect(again.accept(), "again");
    }

    @Case
    static void listenOneAcceptsMany(final Kind kind) throws Exception {
        final Wire.Ear listener = kind.listen(own(0), 1);
        for (int i = 0; i < 5; i++) {
            write(kind.connect(listener.local()), "q");
            expect(listener.accept(), "q");
        }
    }

    @Case
    static void loopbackReachesOwnAnyListener(final Kind kind) throws Exception {
        final Wire.Ear listener = kind.listen(new InetSocketAddress(0), 5);
        final InetSocketAddress where =
                new InetSocketAddress(address("127.0.0.1"), listener.local().getPort());
        final Wire client = kind.connect(where);
        same(client.remote(), where);
        same(client.local().getAddress(), address("127.0.0.1"));
        final Wire server = listener.accept();
        write(client, "lo");
        expect(server, "lo");
        write(server, "ol");
        server.close();
        expect(client, "ol");
        expectEnd(client);
    }

    @Case
    static void listenerSeesThatItIsReachedByLoopback(final Kind kind) throws Exception {
        final Wire.Ear listener = kind.listen(new InetSocketAddress(0), 5);
        final InetSocketAddress where =
                new InetSocketAddress(address("127.0.0.1"), listener.local().getPort());
        final Wire client = kind.connect(where);
        final Wire server = listener.accept();
        same(server.local(), where);
        same(server.remote(), client.local());
    }

    @Case
    static void loopbackOfIpv6ReachesOwnAnyListener(final Kind kind) throws Exception {
        final Wire.Ear listener = kind.listen(new InetSocketAddress(0), 5);
        final InetSocketAddress where =
                new InetSocketAddress(address("::1"), listener.local().getPort());
        final Wire client = kind.connect(where);
        same(client.remote(), where);
        final Wire server = listener.accept();
        write(client, "lo");
        expect(server, "lo");
        write(server, "ol");
        expect(client, "ol");
    }

    @Case
    static void loopbackListenerIsReachedByLoopback(final Kind kind) throws Exception {
        for (final String name : new String[] {"127.0.0.1", "::1"}) {
            final Wire.Ear listener = kind.listen(new InetSocketAddress(address(name), 0), 5);
            same(listener.local().getAddress(), address(name));
            final Wire client = kind.connect(listener.local());
            final Wire server = listener.accept();
            same(client.local(), server.remote());
            final Job sender = Bytes.sending(client, 4, 400_000);
            Bytes.receiving(server, 4, 400_000).join();
            sender.join();
        }
    }

    @Case
    static void loopbackToNobodyIsRefused(final Kind kind) throws Exception {
        final int port = Support.dead().getPort();
        for (final String name : new String[] {"127.0.0.1", "::1"}) {
            final InetSocketAddress where = new InetSocketAddress(address(name), port);
            fails(ConnectException.class, "Connection refused", () -> kind.connect(where));
        }
    }

    /** {@link InetAddress#getLocalHost} and names are for programs that know no better: "localhost" must do. */
    @Case
    static void localhostReachesOwnAnyListener(final Kind kind) throws Exception {
        final Wire.Ear listener = kind.listen(new InetSocketAddress(0), 5);
        final Wire client =
                kind.connect(new InetSocketAddress("localhost", listener.local().getPort()));
        write(client, "name");
        expect(listener.accept(), "name");
    }

    @Case
    static void zeroAddressReachesOwnListener(final Kind kind) throws Exception {
        final Wire.Ear listener = kind.listen(new InetSocketAddress(0), 5);
        for (final String name : new String[] {"0.0.0.0", "::"}) {
            final Wire client = kind.connect(
                    new InetSocketAddress(address(name), listener.local().getPort()));
            write(client, "0");
            expect(listener.accept(), "0");
        }
    }

    @Case
    static void mappedAddressReachesOwnListener(final Kind kind) throws Exception {
        final Wire.Ear listener = kind.listen();
        final InetAddress mapped = address("::ffff:" + own().getHostAddress());
        final Wire client =
                kind.connect(new InetSocketAddress(mapped, listener.local().getPort()));
        same(client.remote(), listener.local());
        write(client, "m");
        expect(listener.accept(), "m");
    }

    @Case
    static void clientMayChooseItsPort(final Kind kind) throws Exception {
        final Wire.Ear listener = kind.listen();
        final Wire client = kind.open();
        kind.bind(client, own(0));
        final InetSocketAddress name = client.local();
        kind.connect(client, listener.local());
        same(client.local(), name);
        same(listener.accept().remote(), name);
    }

    @Case
    static void clientMayBindAny(final Kind kind) throws Exception {
        final Wire.Ear listener = kind.listen();
        final Wire client = kind.open();
        kind.bind(client, new InetSocketAddress(0));
        final int port = client.local().getPort();
        kind.connect(client, listener.local());
        same(client.local(), own(port));
        same(listener.accept().remote(), own(port));
    }

    @Case
    static void clientBoundToAnyReachesLoopback(final Kind kind) throws Exception {
        for (final InetSocketAddress where : new InetSocketAddress[] {
            new InetSocketAddress(address("127.0.0.1"), 0), new InetSocketAddress(address("::1"), 0)
        }) {
            final Wire.Ear listener = kind.listen(where, 5);
            final Wire client = kind.open();
            kind.bind(client, new InetSocketAddress(0));
            final int port = client.local().getPort();
            kind.connect(client, listener.local());
            same(client.local(), new InetSocketAddress(where.getAddress(), port));
            final Wire server = listener.accept();
            same(server.remote(), client.local());
            write(client, "lo");
            expect(server, "lo");
        }
    }

    @Case
    static void portOfAClientBoundToAnyIsTakenOnTheLoopback(final Kind kind) throws Exception {
        final Wire client = kind.open();
        kind.bind(client, new InetSocketAddress(0));
        for (final String where : new String[] {"127.0.0.1", "::1"}) {
            final InetSocketAddress taken =
                    new InetSocketAddress(address(where), client.local().getPort());
            fails(BindException.class, () -> kind.bind(kind.open(), taken));
        }
    }

    @Case
    static void clientBoundToAnyReachesOwnListenerByLoopback(final Kind kind) throws Exception {
        final Wire.Ear listener = kind.listen(new InetSocketAddress(0), 5);
        final Wire client = kind.open();
        kind.bind(client, new InetSocketAddress(0));
        final int port = client.local().getPort();
        final InetSocketAddress where =
                new InetSocketAddress(address("127.0.0.1"), listener.local().getPort());
        kind.connect(client, where);
        same(client.local(), new InetSocketAddress(where.getAddress(), port));
        same(client.remote(), where);
        write(client, "lo");
        expect(listener.accept(), "lo");
    }

    @Case
    static void endsOfAConnectionThatIsClosedKeepTheirNames(final Kind kind) throws Exception {
        final Wire.Pair pair = kind.pair();
        final InetSocketAddress remote = pair.client.remote();
        final InetSocketAddress local = pair.client.local();
        pair.server.close();
        expectEnd(pair.client);
        same(pair.client.remote(), remote);
        same(pair.client.local(), local);
    }
}
