package io.virtuoso.host.fastpath;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.virtuoso.host.account.GuestLimits;
import io.virtuoso.host.config.ConfigException;
import io.virtuoso.host.config.ConfigReader;
import io.virtuoso.host.config.GuestQuotas;
import io.virtuoso.host.config.HostConfig;
import io.virtuoso.host.config.Ipv4;
import io.virtuoso.host.fastpath.ScriptedGuest.Handle;
import io.virtuoso.host.guest.Guest;
import io.virtuoso.host.port.WirePort;
import io.virtuoso.host.slowpath.PublishedPorts;
import io.virtuoso.host.slowpath.TcpWireService;
import io.virtuoso.host.slowpath.WireServices;
import io.virtuoso.host.tcp.CongestionAlgorithm;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import org.agrona.concurrent.CachedNanoClock;

/** Guests of three networks, all with the same address, behind one uplink, and a station (another host stack's guest) beyond. */
abstract class UplinkRig {
    private static final String GUESTS = "10.1.0.10";
    private static final String STATIONS = "192.0.2.20";

    final CachedNanoClock clock = new CachedNanoClock();
    StackHarness near;
    StackHarness far;
    ScriptedGuest blue;
    ScriptedGuest red;
    ScriptedGuest closed;
    ScriptedGuest station;

    /**
     * Starts both sides.
     *
     * @param insideText  a configuration with an uplink, and three networks for the guests "b", "r" and "c"
     * @param outsideText a configuration with the station's network
     */
    final void start(final String insideText, final String outsideText) throws ConfigException {
        final HostConfig inside = ConfigReader.parse("c.yaml", insideText);
        final HostConfig outside = ConfigReader.parse("c.yaml", outsideText);
        final WirePort wire = WirePort.create(new WirePort.Traits(1500, 0, 64, true), clock::nanoTime);
        near = new StackHarness(
                parts -> new WireServices(
                        List.of(),
                        new TcpWireService(wire, inside.uplink().orElseThrow(), PublishedPorts.of(inside), parts),
                        inside.networks(),
                        parts.sockets()),
                clock);
        far = new StackHarness(
                clock, parts -> List.of(new TcpWireService(wire.peer(), outside.defaultNetwork(), parts)));
        blue = near.guest(guest("b", inside, 0, GUESTS));
        red = near.guest(guest("r", inside, 1, GUESTS));
        closed = near.guest(guest("c", inside, 2, GUESTS));
        station = far.guest(guest("station", outside, 0, STATIONS));
    }

    private static Guest guest(final String name, final HostConfig config, final int network, final String address) {
        return new Guest(
                name,
                config.networks().get(network),
                Ipv4.parse(address).getAsInt(),
                1,
                CongestionAlgorithm.CUBIC,
                Map.of(),
                GuestLimits.NONE,
                GuestQuotas.NONE);
    }

    final void run() {
        for (int pass = 0; pass < 40; pass++) {
            clock.update(clock.nanoTime() + 100_000);
            near.pass();
            blue.drain();
            red.drain();
            closed.drain();
            far.pass();
            station.drain();
        }
    }

    final Handle listen(final ScriptedGuest guest, final int port) {
        final Handle listener = guest.socket();
        listener.bind(port);
        listener.listen(16);
        run();
        assertEquals(0, guest.lastReplyErrno());
        return listener;
    }

    final void assertCarries(final Handle from, final Handle to, final String text) {
        final byte[] bytes = text.getBytes(StandardCharsets.US_ASCII);
        from.write(bytes, 0, bytes.length);
        run();
        assertEquals(text, new String(to.read(), StandardCharsets.US_ASCII));
    }
}
