package io.virtuoso.host.vswitch;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.virtuoso.host.account.GuestLimits;
import io.virtuoso.host.account.Ledger;
import io.virtuoso.host.config.ConfigException;
import io.virtuoso.host.config.ConfigReader;
import io.virtuoso.host.config.GuestConfig;
import io.virtuoso.host.config.GuestQuotas;
import io.virtuoso.host.config.HostConfig;
import io.virtuoso.host.guest.Guest;
import io.virtuoso.host.guest.GuestRegistry;
import io.virtuoso.host.policy.Policy;
import io.virtuoso.host.policy.Protocol;
import io.virtuoso.host.port.Frame;
import io.virtuoso.host.port.Port;
import io.virtuoso.host.port.WirePort;
import io.virtuoso.host.slowpath.NodeTable;
import io.virtuoso.host.socket.GuestTurns;
import io.virtuoso.host.wire.DropReason;
import io.virtuoso.host.wire.TcpHeader;
import io.virtuoso.protocol.Errno;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** Who may talk to whom, when one is a virtual machine with a network card. */
class MachinePolicyTest {
    private static final Station ALPHA = new Station(0x0256_0a58_0101L, 0x0a58_0101, 0, 0);
    private static final Station BETA = new Station(0x0256_0a58_0102L, 0x0a58_0102, 0, 0);
    private static final Station OUTSIDE = new Station(0x0200_0000_0002L, 0x0a58_0001, 0, 0);
    private static final int GUEST = 0x0a58_0002;
    private static final int PORTS = 5000 << 16 | 80;
    private static final int ANSWER = 80 << 16 | 5000;

    private final WirePort near = WirePort.create(new WirePort.Traits(1500, 0, 64, true), () -> 1);
    private final TestCard alpha = new TestCard(ALPHA, false, TestCard.ALL, 2048);
    private final TestCard beta = new TestCard(BETA, false, TestCard.ALL, 2048);
    private final VirtualSwitch virtualSwitch = new VirtualSwitch(near, 1500, 1, List.of(alpha.port, beta.port));
    private final NodeTable nodes = new NodeTable(new GuestTurns(Ledger.unread()));
    private final Frame seen = new Frame();
    private int broughtFrames;
    private int version = 1;

    private MachinePolicyTest() {
        final HostConfig config = config("[]");
        virtualSwitch.policies(
                station -> new MachinePolicy(
                        nodes.addMachine(GuestRegistry.guest(guest(config, station), config)),
                        address -> nodes.peer(config.networks().getFirst(), address)),
                Ledger.unread());
        virtualSwitch.deliverTo((frame, now) -> broughtFrames++);
    }

    private static GuestConfig guest(final HostConfig config, final Station station) {
        return config.guests().stream()
                .filter(guest -> guest.address() == station.address())
                .findFirst()
                .orElseThrow();
    }

    private static HostConfig config(final String rules) {
        try {
            return ConfigReader.parse("test", """
                    networks:
                      - name: test
                        vni: 1
                        subnet: 10.88.0.0/16
                        policy: {default: {in: allow, out: allow}, rules: %s}
                    guests:
                      - {name: alpha, network: test, address: 10.88.1.1, vm: net}
                      - {name: beta, network: test, address: 10.88.1.2, vm: net, labels: [friend]}
                    """.formatted(rules));
        } catch (final ConfigException e) {
            throw new AssertionError(e);
        }
    }

    private void rules(final String rules) {
        nodes.policy("test", new Policy(++version, config(rules).policy("test")));
    }

    private boolean reaches(final TestCard from, final Frame frame, final TestCard to) {
        from.send(frame);
        virtualSwitch.poll(1, 64);
        return to.take(seen);
    }

    private Frame segment(final Station from, final Station to, final int ports, final int flags) {
        return Frames.tcp(from, to.mac(), to.address(), ports, flags, 0);
    }

    @Test
    void shouldLetAnswersPassAndNothingElse() {
        rules("[{direction: in, guest: alpha, action: drop}]");
        assertFalse(reaches(beta, segment(BETA, ALPHA, PORTS, TcpHeader.SYN), alpha));
        assertFalse(reaches(beta, Frames.udp(BETA, ALPHA.mac(), ALPHA.address(), ANSWER, 10), alpha));
        assertTrue(reaches(alpha, segment(ALPHA, BETA, PORTS, TcpHeader.SYN), beta));
        assertTrue(reaches(beta, segment(BETA, ALPHA, ANSWER, TcpHeader.SYN | TcpHeader.ACK), alpha));
        assertTrue(reaches(alpha, Frames.udp(ALPHA, BETA.mac(), BETA.address(), PORTS, 10), beta));
        assertTrue(reaches(beta, Frames.udp(BETA, ALPHA.mac(), ALPHA.address(), ANSWER, 10), alpha));
        assertFalse(reaches(beta, Frames.udp(BETA, ALPHA.mac(), ALPHA.address(), ANSWER + 1, 10), alpha));
        assertEquals(3, virtualSwitch.counters().dropped(DropReason.POLICY_DROPPED));
    }

    @Test
    void shouldKnowMachinesByTheirLabels() {
        rules("[{direction: in, guest: alpha, peer: {labels: [friend]}, action: allow},"
                + " {direction: in, guest: alpha, action: refuse}]");
        assertTrue(reaches(beta, segment(BETA, ALPHA, PORTS, TcpHeader.SYN), alpha));
        near.peer().transmit(segment(OUTSIDE, ALPHA, PORTS, TcpHeader.SYN));
        assertEquals(Port.NONE, virtualSwitch.receive(seen));
        assertFalse(alpha.take(seen));
        assertEquals(1, virtualSwitch.counters().dropped(DropReason.POLICY_REFUSED));
    }

    @Test
    void shouldForbidTheWayOutToGuestsAndBeyond() {
        rules("[{direction: out, guest: alpha, port: 80, action: refuse}]");
        alpha.send(Frames.tcp(ALPHA, virtualSwitch.mac(), GUEST, PORTS, TcpHeader.SYN, 0));
        virtualSwitch.poll(1, 64);
        assertEquals(0, broughtFrames);
        alpha.send(segment(ALPHA, OUTSIDE, PORTS, TcpHeader.SYN));
        virtualSwitch.poll(1, 64);
        assertEquals(Port.NONE, near.peer().receive(seen));
        alpha.send(Frames.tcp(ALPHA, virtualSwitch.mac(), GUEST, PORTS + 1, TcpHeader.SYN, 0));
        virtualSwitch.poll(1, 64);
        assertEquals(1, broughtFrames);
        assertEquals(2, virtualSwitch.counters().dropped(DropReason.POLICY_REFUSED));
    }

    /** What the host stack sends was asked where it began; the machine's answers are no flows of its own. */
    @Test
    void shouldLetAMachineAnswerGuests() {
        rules("[{direction: out, guest: alpha, action: drop}]");
        final Station guest = new Station(virtualSwitch.mac(), GUEST, 0, 0);
        assertTrue(virtualSwitch.transmit(segment(guest, ALPHA, PORTS, TcpHeader.SYN)));
        alpha.send(Frames.tcp(ALPHA, virtualSwitch.mac(), GUEST, ANSWER, TcpHeader.SYN | TcpHeader.ACK, 0));
        virtualSwitch.poll(1, 64);
        assertEquals(1, broughtFrames);
        alpha.send(Frames.udp(ALPHA, virtualSwitch.mac(), GUEST, ANSWER, 10));
        virtualSwitch.poll(1, 64);
        assertEquals(1, broughtFrames);
    }

    @Test
    void shouldAskAnotherPolicyOnBehalfOfWhoBegan() {
        rules("[{direction: in, guest: alpha, action: drop}]");
        assertTrue(reaches(alpha, segment(ALPHA, BETA, PORTS, TcpHeader.SYN), beta));
        rules("[{direction: in, guest: alpha, action: drop}, {direction: in, guest: beta, port: 81, action: drop}]");
        assertTrue(reaches(beta, segment(BETA, ALPHA, ANSWER, TcpHeader.ACK), alpha));
        assertTrue(reaches(alpha, segment(ALPHA, BETA, PORTS, TcpHeader.ACK), beta));
        rules("[{direction: out, guest: alpha, action: drop}]");
        assertFalse(reaches(alpha, segment(ALPHA, BETA, PORTS, TcpHeader.ACK), beta));
        assertFalse(reaches(alpha, segment(ALPHA, BETA, PORTS, TcpHeader.SYN), beta));
    }

    @Test
    void shouldTellGuestsPoliciesWhoAMachineIs() {
        rules("[{direction: in, guest: client, peer: {guest: beta}, action: allow},"
                + " {direction: in, guest: client, action: refuse}]");
        final HostConfig config = config("[]");
        final var client = nodes.node(new Guest(
                "client",
                config.networks().getFirst(),
                GUEST,
                1,
                config.networks().getFirst().congestion(),
                Map.of(),
                GuestLimits.NONE,
                GuestQuotas.NONE));
        assertEquals(Policy.ALLOW, client.checkAccept(BETA.address(), Protocol.TCP, 80));
        assertEquals(Errno.ECONNREFUSED, client.checkAccept(ALPHA.address(), Protocol.TCP, 80));
    }
}
