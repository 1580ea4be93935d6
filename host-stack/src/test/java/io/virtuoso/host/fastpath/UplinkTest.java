package io.virtuoso.host.fastpath;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.virtuoso.host.config.ConfigException;
import io.virtuoso.host.config.ConfigReader;
import io.virtuoso.host.config.HostConfig;
import io.virtuoso.host.config.Ipv4;
import io.virtuoso.host.control.StackUpdate;
import io.virtuoso.host.fastpath.ScriptedDatagrams.Received;
import io.virtuoso.host.fastpath.ScriptedGuest.Handle;
import io.virtuoso.protocol.Addresses;
import io.virtuoso.protocol.Errno;
import io.virtuoso.protocol.SocketSlot;
import io.virtuoso.protocol.State;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Guests of two networks with the same addresses behind one uplink, and a station (another host stack's guest) beyond. */
class UplinkTest extends UplinkRig {
    private static final int OUTSIDE = address("192.0.2.20");
    private static final int UPLINK = address("192.0.2.10");
    private static final int OWN = address("10.1.0.10");
    private static final int SAME_PORT = 40_000;
    private static final long MINUTE_NS = 60_000_000_000L;
    /** Of the uplink. */
    private static final int PORTS = 64_512;
    /** Connections that a guest opens together. */
    private static final int AT_ONCE = 32;

    private static final String INSIDE = """
            uplink: {port: {kind: packet, interface: eth1}, address: 192.0.2.10/24}
            networks:
              - {name: blue, vni: 1, subnet: 10.1.0.0/24, routes: [{to: 0.0.0.0/0, via: uplink}]}
              - {name: red, vni: 2, subnet: 10.1.0.0/24, routes: [{to: 192.0.2.0/24, via: uplink}]}
              - {name: closed, vni: 3, subnet: 10.1.0.0/24}
            guests:
              - {name: b, network: blue, address: 10.1.0.10, publish: [8080:80, 5353:53/udp]}
              - {name: r, network: red, address: 10.1.0.10, publish: [8081:80]}
              - {name: c, network: closed, address: 10.1.0.10}
            """;

    private static int address(final String text) {
        return Ipv4.parse(text).getAsInt();
    }

    @BeforeEach
    void shouldStart() throws ConfigException {
        start(INSIDE, "networks: [{name: lan, vni: 4, subnet: 192.0.2.0/24}]");
    }

    private Handle connect(final ScriptedGuest guest, final int localPort, final int address, final int port) {
        final Handle socket = guest.socket();
        if (localPort != 0) {
            socket.bind(localPort);
        }
        socket.connect(address, port);
        run();
        return socket;
    }

    private static int peerPort(final ScriptedGuest guest, final Handle socket) {
        return SocketSlot.peerPort(guest.region, socket.at);
    }

    private static void assertNames(
            final ScriptedGuest guest, final Handle socket, final int local, final int localPort, final int peer) {
        assertEquals(Addresses.ipv4Low(local), SocketSlot.localAddressLow(guest.region, socket.at));
        assertEquals(localPort, SocketSlot.localPort(guest.region, socket.at));
        assertEquals(Addresses.ipv4Low(peer), SocketSlot.peerAddressLow(guest.region, socket.at));
    }

    @Test
    void shouldTakeTwoGuestsWithOneAddressToOneServer() {
        final Handle listener = listen(station, 80);
        final Handle one = connect(blue, SAME_PORT, OUTSIDE, 80);
        final Handle other = connect(red, SAME_PORT, OUTSIDE, 80);
        assertEquals(State.CONNECTED, one.state());
        assertEquals(State.CONNECTED, other.state());
        assertNames(blue, one, OWN, SAME_PORT, OUTSIDE);
        assertNames(red, other, OWN, SAME_PORT, OUTSIDE);
        final Handle first = listener.accept();
        final Handle second = listener.accept();
        assertNames(station, first, OUTSIDE, 80, UPLINK);
        assertNames(station, second, OUTSIDE, 80, UPLINK);
        assertEquals(SAME_PORT, peerPort(station, first));
        assertNotEquals(SAME_PORT, peerPort(station, second));
        assertCarries(one, first, "from blue");
        assertCarries(other, second, "from red");
        assertCarries(second, other, "to red");
        assertCarries(first, one, "to blue");
    }

    @Test
    void shouldNotUseAPortAnewBeforeTimeWaitIsOver() {
        final Handle listener = listen(station, 80);
        connect(blue, SAME_PORT, OUTSIDE, 80).close();
        run();
        final Handle accepted = listener.accept();
        assertEquals(SAME_PORT, peerPort(station, accepted));
        accepted.close();
        run();
        connect(red, SAME_PORT, OUTSIDE, 80).close();
        run();
        final Handle elsewhere = listener.accept();
        assertNotEquals(SAME_PORT, peerPort(station, elsewhere));
        elsewhere.close();
        run();
        clock.update(clock.nanoTime() + 2 * MINUTE_NS);
        run();
        connect(blue, SAME_PORT, OUTSIDE, 80);
        assertEquals(SAME_PORT, peerPort(station, listener.accept()));
    }

    /** Ports of connections that are over, too: they are not free before TIME_WAIT is. */
    @Test
    void shouldLeavePortsTowardsAPeerToOtherGuests() {
        final Handle listener = station.socket();
        listener.bind(80);
        listener.listen(AT_ONCE);
        assertEquals(State.CONNECTED, connect(blue, 0, OUTSIDE, 80).state());
        listener.accept();
        final Handle[] sockets = new Handle[AT_ONCE];
        int opened = 1;
        int more = AT_ONCE;
        while (more == AT_ONCE) {
            more = openAndClose(listener, sockets);
            opened += more;
        }
        assertEquals(PORTS / 2, opened);
        assertEquals(Errno.EADDRNOTAVAIL, connect(blue, 0, OUTSIDE, 80).error());
        final Map<String, Long> counters = new HashMap<>();
        near.slowPath.wire().counters(counters::put);
        assertEquals(2, counters.get("ports_exhausted"));
        final Handle other = red.socket();
        other.connect(OUTSIDE, 80);
        near.attachments.onDoorbell(red.space.attachment().id()); // its context sleeps by now
        run();
        assertEquals(State.CONNECTED, other.state());
        listener.accept();
        clock.update(clock.nanoTime() + 2 * MINUTE_NS);
        run();
        assertEquals(AT_ONCE, openAndClose(listener, sockets));
    }

    /**
     * @param sockets of which the slots are used again
     * @return how many connections of a guest to a listener there were
     */
    private int openAndClose(final Handle listener, final Handle[] sockets) {
        for (int i = 0; i < sockets.length; i++) {
            sockets[i] = sockets[i] == null ? blue.socket() : blue.reuse(sockets[i]);
            sockets[i].connect(OUTSIDE, 80);
        }
        run();
        int opened = 0;
        for (final Handle socket : sockets) {
            opened += socket.state() == State.CONNECTED ? 1 : 0;
            socket.close();
        }
        run();
        for (int i = 0; i < opened; i++) {
            listener.accept().close();
        }
        run();
        return opened;
    }

    @Test
    void shouldGoOutFromAPublishedPortByAnother() {
        final Handle listener = listen(station, 80);
        assertEquals(State.CONNECTED, connect(red, 8080, OUTSIDE, 80).state());
        assertNotEquals(8080, peerPort(station, listener.accept()));
    }

    @Test
    void shouldRefuseWhereThereIsNoRoute() {
        for (final Handle socket : List.of(connect(closed, 0, OUTSIDE, 80), connect(red, 0, 0x0808_0808, 80))) {
            assertEquals(State.FAILED, socket.state() & State.FAILED);
            assertEquals(Errno.ENETUNREACH, socket.error());
        }
    }

    @Test
    void shouldSayThatNobodyAnswersOrListens() {
        assertEquals(Errno.ECONNREFUSED, connect(blue, 0, OUTSIDE, 81).error());
        final Handle nobody = connect(blue, 0, OUTSIDE + 1, 80);
        for (int second = 0; second < 5; second++) {
            clock.update(clock.nanoTime() + 1_000_000_000L);
            run();
        }
        assertEquals(Errno.EHOSTUNREACH, nobody.error());
    }

    @Test
    void shouldHandConnectionsToPublishedPortsToTheirGuests() {
        final Handle web = listen(blue, 80);
        final Handle other = listen(red, 80);
        final Handle toBlue = connect(station, 0, UPLINK, 8080);
        final Handle toRed = connect(station, 0, UPLINK, 8081);
        assertEquals(State.CONNECTED, toBlue.state());
        assertEquals(State.CONNECTED, toRed.state());
        final Handle accepted = web.accept();
        assertNull(web.accept());
        assertNames(blue, accepted, OWN, 80, OUTSIDE);
        assertCarries(toBlue, accepted, "GET");
        assertCarries(accepted, toBlue, "200");
        final Handle reds = other.accept();
        assertNames(red, reds, OWN, 80, OUTSIDE);
        assertCarries(reds, toRed, "red");
    }

    @Test
    void shouldPublishNothingElse() {
        listen(blue, 8080);
        listen(blue, 81);
        for (final int port : new int[] {8080, 81, 80, 8081}) {
            assertEquals(Errno.ECONNREFUSED, connect(station, 0, UPLINK, port).error(), () -> "port " + port);
        }
    }

    @Test
    void shouldReachPublishedPortsFromInside() {
        final Handle web = listen(blue, 80);
        final Handle reds = connect(red, SAME_PORT, UPLINK, 8080);
        final Handle fromRed = web.accept();
        final Handle blues = connect(blue, SAME_PORT, UPLINK, 8080);
        final Handle fromItself = web.accept();
        assertEquals(State.CONNECTED, reds.state());
        assertEquals(State.CONNECTED, blues.state());
        assertNames(red, reds, OWN, SAME_PORT, UPLINK);
        assertNames(blue, fromRed, OWN, 80, UPLINK);
        assertNames(blue, fromItself, OWN, 80, UPLINK);
        assertEquals(SAME_PORT, peerPort(blue, fromRed));
        assertNotEquals(SAME_PORT, peerPort(blue, fromItself));
        final String large = "0123456789".repeat(300);
        assertCarries(reds, fromRed, large);
        assertCarries(fromRed, reds, large);
        assertCarries(blues, fromItself, "to itself");
        reds.close();
        run();
        assertEquals(State.READ_CLOSED, fromRed.state() & State.READ_CLOSED);
    }

    private void apply(final String from, final String to) throws ConfigException {
        final HostConfig config = ConfigReader.parse("c.yaml", INSIDE.replace(from, to));
        near.slowPath
                .updates()
                .apply(
                        new StackUpdate(List.of(), List.of(), Map.of(), Optional.of(config)),
                        near.attachments::forEachSocket);
    }

    @Test
    void shouldPublishOtherPortsWhileItRuns() throws ConfigException {
        final Handle blues = listen(blue, 80);
        final Handle reds = listen(red, 80);
        final Handle before = connect(station, 0, UPLINK, 8080);
        final Handle accepted = blues.accept();
        apply("[8080:80, 5353:53/udp]}\n", "[8082:80]}\n");
        assertEquals(Errno.ECONNREFUSED, connect(station, 0, UPLINK, 8080).error());
        assertCarries(before, accepted, "still there");
        assertEquals(State.CONNECTED, connect(station, 0, UPLINK, 8082).state());
        assertNotNull(blues.accept());
        apply("publish: [8081:80]", "publish: [9000:80]");
        assertEquals(State.CONNECTED, connect(station, 0, UPLINK, 9000).state());
        assertNotNull(reds.accept());
    }

    @Test
    void shouldHandAPublishedPortToAnotherGuest() throws ConfigException {
        final Handle blues = listen(blue, 80);
        final Handle reds = listen(red, 80);
        assertEquals(State.CONNECTED, connect(station, 0, UPLINK, 8080).state());
        assertNotNull(blues.accept());
        apply(
                "[8080:80, 5353:53/udp]}\n  - {name: r, network: red, address: 10.1.0.10, publish: [8081:80]",
                "[8081:80, 5353:53/udp]}\n  - {name: r, network: red, address: 10.1.0.10, publish: [8080:80]");
        assertEquals(State.CONNECTED, connect(station, 0, UPLINK, 8080).state());
        assertNotNull(reds.accept());
        assertNull(blues.accept());
    }

    @Test
    void shouldAnswerFromDatagramPortsAsTheyArePublishedNow() throws ConfigException {
        final ScriptedDatagrams server = open(blue, 53);
        final ScriptedDatagrams client = open(station, 0);
        assertEquals(5353, exchange(client, 5353, server));
        apply("5353:53/udp", "5354:53/udp");
        client.send(UPLINK, 5353, "where nobody is any more");
        assertEquals(5354, exchange(client, 5354, server));
        apply("5353:53/udp", "5355:54/udp");
        server.send(OUTSIDE, client.port(), "from where nobody asked");
        run();
        final int own = client.receive().getFirst().port();
        assertTrue(own != 5353 && own != 5354 && own != 5355);
        apply("5353:53/udp", own + ":53/udp");
        assertEquals(own, exchange(client, own, server));
    }

    /** @return by which port the answer came */
    private int exchange(final ScriptedDatagrams client, final int port, final ScriptedDatagrams server) {
        client.send(UPLINK, port, "question");
        run();
        assertEquals(
                List.of("question"),
                server.receive().stream().map(Received::text).toList());
        server.send(OUTSIDE, client.port(), "answer");
        run();
        return client.receive().getFirst().port();
    }

    @Test
    void shouldTakeOtherRoutesWhileItRuns() throws ConfigException {
        listen(station, 80);
        final Handle before = connect(red, 0, OUTSIDE, 80);
        apply("to: 192.0.2.0/24", "to: 198.51.100.0/24");
        assertEquals(State.CONNECTED, before.state());
        assertEquals(Errno.ENETUNREACH, connect(red, 0, OUTSIDE, 80).error());
        assertEquals(State.CONNECTED, connect(blue, 0, OUTSIDE, 80).state());
        apply("to: 192.0.2.0/24", "to: 192.0.2.20/32");
        assertEquals(State.CONNECTED, connect(red, 0, OUTSIDE, 80).state());
    }

    @Test
    void shouldRefuseFromInsideWhatIsNotPublished() {
        assertEquals(Errno.ECONNREFUSED, connect(red, 0, UPLINK, 8080).error(), "nobody listens");
        listen(blue, 9000);
        assertEquals(Errno.ECONNREFUSED, connect(red, 0, UPLINK, 9000).error());
        assertEquals(Errno.ENETUNREACH, connect(closed, 0, UPLINK, 8080).error());
    }

    @Test
    void shouldReachPublishedDatagramPortsFromInside() {
        final ScriptedDatagrams server = open(blue, 53);
        final ScriptedDatagrams client = open(red, SAME_PORT);
        client.send(UPLINK, 5353, "question");
        run();
        final Received question = server.receive().getFirst();
        assertEquals(UPLINK, question.address());
        assertEquals("question", question.text());
        server.send(UPLINK, question.port(), "answer");
        run();
        assertEquals(List.of(new Received(UPLINK, 5353, 0, "answer")), client.receive());
        client.connect(UPLINK, 5354);
        run();
        client.send(UPLINK, 5354, "nobody");
        run();
        assertEquals(Errno.ECONNREFUSED, client.handle.error());
    }

    private ScriptedDatagrams open(final ScriptedGuest guest, final int port) {
        final ScriptedDatagrams socket = new ScriptedDatagrams(guest).open(port, 0);
        run();
        return socket;
    }

    @Test
    void shouldGiveEachDatagramSocketOnePortOutside() {
        final ScriptedDatagrams server = open(station, 53);
        final ScriptedDatagrams second = open(station, 54);
        final ScriptedDatagrams one = open(blue, SAME_PORT);
        final ScriptedDatagrams other = open(red, SAME_PORT);
        one.send(OUTSIDE, 53, "blue");
        one.send(OUTSIDE, 54, "blue again");
        other.send(OUTSIDE, 53, "red");
        run();
        final List<Received> received = server.receive();
        assertEquals(
                List.of("blue", "red"), received.stream().map(Received::text).toList());
        final int bluePort = received.get(0).port();
        final int redPort = received.get(1).port();
        assertEquals(UPLINK, received.get(0).address());
        assertNotEquals(bluePort, redPort);
        assertEquals(List.of(new Received(UPLINK, bluePort, 0, "blue again")), second.receive());
        server.send(UPLINK, bluePort, "to blue");
        server.send(UPLINK, redPort, "to red");
        open(station, 55).send(UPLINK, bluePort, "from anybody");
        run();
        assertEquals(
                List.of(new Received(OUTSIDE, 53, 0, "to blue"), new Received(OUTSIDE, 55, 0, "from anybody")),
                one.receive());
        assertEquals(List.of(new Received(OUTSIDE, 53, 0, "to red")), other.receive());
    }

    @Test
    void shouldForgetADatagramPortWithItsSocket() {
        final ScriptedDatagrams server = open(station, 53);
        final ScriptedDatagrams one = open(blue, SAME_PORT);
        one.send(OUTSIDE, 53, "hello");
        run();
        final int outside = server.receive().getFirst().port();
        one.handle.close();
        run();
        final ScriptedDatagrams heir = open(blue, SAME_PORT);
        server.connect(UPLINK, outside);
        run();
        server.send(UPLINK, outside, "late");
        run();
        assertEquals(List.of(), heir.receive());
        assertEquals(1, server.errors());
        assertEquals(Errno.ECONNREFUSED, server.handle.error());
    }

    @Test
    void shouldTellADatagramSocketThatNobodyReceives() {
        final ScriptedDatagrams one = open(blue, 0);
        one.connect(OUTSIDE, 99);
        run();
        one.send(OUTSIDE, 99, "lost");
        run();
        assertEquals(1, one.errors());
        assertEquals(Errno.ECONNREFUSED, one.handle.error());
    }

    @Test
    void shouldAnswerFromAPublishedDatagramPort() {
        final ScriptedDatagrams server = open(blue, 53);
        final ScriptedDatagrams client = open(station, 0);
        client.send(UPLINK, 5353, "question");
        run();
        assertEquals(List.of(new Received(OUTSIDE, client.port(), 0, "question")), server.receive());
        server.send(OUTSIDE, client.port(), "answer");
        run();
        assertEquals(List.of(new Received(UPLINK, 5353, 0, "answer")), client.receive());
    }

    @Test
    void shouldSendNoDatagramsWithoutARoute() {
        final ScriptedDatagrams one = open(closed, 0);
        one.send(OUTSIDE, 53, "nowhere");
        run();
        assertEquals(1, near.slowPath.datagrams().unroutable());
    }

    @Test
    void shouldKeepNetworksApart() {
        listen(blue, 90);
        final Handle refused = connect(red, 0, OWN, 90);
        assertEquals(Errno.ECONNREFUSED, refused.error());
        assertNotNull(refused);
    }
}
