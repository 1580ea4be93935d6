package io.virtuoso.host.fastpath;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;

import io.virtuoso.host.config.ConfigException;
import io.virtuoso.host.config.ConfigReader;
import io.virtuoso.host.config.Ipv6;
import io.virtuoso.host.control.StackUpdate;
import io.virtuoso.host.fastpath.ScriptedDatagrams.Received;
import io.virtuoso.host.fastpath.ScriptedGuest.Handle;
import io.virtuoso.protocol.Command;
import io.virtuoso.protocol.Errno;
import io.virtuoso.protocol.SocketSlot;
import io.virtuoso.protocol.State;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** The IPv6 side of an uplink that two networks with the same addresses share, and a station beyond. */
class UplinkIpv6Test extends UplinkRig {
    private static final byte[] OUTSIDE = address("2001:db8::14");
    private static final byte[] UPLINK = address("2001:db8::10");
    private static final byte[] OWN = address("fd00:1::a");
    private static final int SAME_PORT = 40_000;
    private static final String INSIDE = """
            uplink: {port: {kind: packet, interface: eth1}, address: 192.0.2.10/24, address6: 2001:db8::10/64}
            networks:
              - name: blue
                vni: 1
                subnet: 10.1.0.0/24
                subnet6: fd00:1::/64
                routes: [{to: '::/0', via: uplink}]
              - name: red
                vni: 2
                subnet: 10.1.0.0/24
                subnet6: fd00:1::/64
                routes: [{to: 2001:db8::/32, via: uplink}]
              - {name: closed, vni: 3, subnet: 10.1.0.0/24, subnet6: fd00:1::/64, routes: [{to: 0.0.0.0/0, via: uplink}]}
            guests:
              - {name: b, network: blue, address: 10.1.0.10, publish: [8080:80, 5353:53/udp]}
              - {name: r, network: red, address: 10.1.0.10}
              - {name: c, network: closed, address: 10.1.0.10}
            """;

    private static byte[] address(final String text) {
        final Ipv6 address = Ipv6.parse(text).orElseThrow();
        return ByteBuffer.allocate(2 * Long.BYTES)
                .putLong(address.high())
                .putLong(address.low())
                .array();
    }

    private static long high(final byte[] address) {
        return ByteBuffer.wrap(address).order(ByteOrder.LITTLE_ENDIAN).getLong(0);
    }

    private static long low(final byte[] address) {
        return ByteBuffer.wrap(address).order(ByteOrder.LITTLE_ENDIAN).getLong(Long.BYTES);
    }

    @BeforeEach
    void shouldStart() throws ConfigException {
        start(INSIDE, "networks: [{name: lan, vni: 4, subnet: 192.0.2.0/24, subnet6: '2001:db8::/64'}]");
    }

    private Handle connect(final ScriptedGuest guest, final int localPort, final byte[] address, final int port) {
        final Handle socket = guest.socket();
        if (localPort != 0) {
            socket.bind(localPort);
        }
        socket.command(Command.CONNECT, high(address), low(address), port);
        run();
        return socket;
    }

    private ScriptedDatagrams open(final ScriptedGuest guest, final int port) {
        final ScriptedDatagrams socket = new ScriptedDatagrams(guest).open(port, 0);
        run();
        return socket;
    }

    private static void assertPeer(
            final ScriptedGuest guest, final Handle socket, final byte[] own, final byte[] peer) {
        assertEquals(high(own), SocketSlot.localAddressHigh(guest.region, socket.at));
        assertEquals(low(own), SocketSlot.localAddressLow(guest.region, socket.at));
        assertEquals(high(peer), SocketSlot.peerAddressHigh(guest.region, socket.at));
        assertEquals(low(peer), SocketSlot.peerAddressLow(guest.region, socket.at));
    }

    @Test
    void shouldTakeTwoGuestsWithOneAddressToOneServer() {
        final Handle listener = listen(station, 80);
        final Handle one = connect(blue, SAME_PORT, OUTSIDE, 80);
        final Handle other = connect(red, SAME_PORT, OUTSIDE, 80);
        assertEquals(State.CONNECTED, one.state());
        assertEquals(State.CONNECTED, other.state());
        assertPeer(blue, one, OWN, OUTSIDE);
        final Handle first = listener.accept();
        final Handle second = listener.accept();
        assertPeer(station, first, OUTSIDE, UPLINK);
        assertPeer(station, second, OUTSIDE, UPLINK);
        assertNotEquals(SocketSlot.peerPort(station.region, first.at), SocketSlot.peerPort(station.region, second.at));
        assertCarries(one, first, "from blue");
        assertCarries(second, other, "to red");
    }

    @Test
    void shouldPublishPorts() {
        final Handle web = listen(blue, 80);
        final Handle client = connect(station, 0, UPLINK, 8080);
        final Handle accepted = web.accept();
        assertPeer(blue, accepted, OWN, OUTSIDE);
        assertCarries(client, accepted, "GET");
        assertCarries(accepted, client, "200");
        final Handle inside = connect(red, 0, UPLINK, 8080);
        assertPeer(blue, web.accept(), OWN, UPLINK);
        assertEquals(State.CONNECTED, inside.state());
        assertEquals(Errno.ECONNREFUSED, connect(station, 0, UPLINK, 80).error());
    }

    @Test
    void shouldRefuseWhereThereIsNoRoute() throws ConfigException {
        listen(station, 80);
        assertEquals(Errno.ENETUNREACH, connect(closed, 0, OUTSIDE, 80).error());
        assertEquals(
                Errno.ENETUNREACH, connect(red, 0, address("2001:db9::1"), 80).error());
        assertEquals(
                Errno.ENETUNREACH, connect(blue, 0, address("2001:db9::1"), 80).error(), "no gateway6");
        near.slowPath
                .updates()
                .apply(
                        new StackUpdate(
                                List.of(),
                                List.of(),
                                Map.of(),
                                Optional.of(ConfigReader.parse(
                                        "c.yaml", INSIDE.replace("to: 2001:db8::/32", "to: fd0f::/16")))),
                        near.attachments::forEachSocket);
        assertEquals(Errno.ENETUNREACH, connect(red, 0, OUTSIDE, 80).error());
        assertEquals(State.CONNECTED, connect(blue, 0, OUTSIDE, 80).state());
    }

    @Test
    void shouldCarryDatagrams() {
        final ScriptedDatagrams server = open(station, 53);
        final ScriptedDatagrams one = open(red, SAME_PORT);
        one.send(OUTSIDE, 53, "question");
        run();
        final Received question = server.receive().getFirst();
        assertEquals("question", question.text());
        server.send(UPLINK, question.port(), "answer");
        run();
        assertEquals("answer", one.receive().getFirst().text());
        final ScriptedDatagrams published = open(blue, 53);
        server.send(UPLINK, 5353, "to blue");
        run();
        assertNotNull(published.receive().getFirst());
        published.send(OUTSIDE, 53, "from blue");
        run();
        assertEquals(5353, server.receive().getFirst().port());
    }
}
