package io.virtuoso.host.net;

import io.virtuoso.host.account.Ledger;
import io.virtuoso.host.fuzz.FuzzInput;
import io.virtuoso.host.fuzz.FuzzTarget;
import io.virtuoso.host.port.Frame;
import io.virtuoso.host.port.WirePort;
import io.virtuoso.host.wire.EthernetHeader;
import io.virtuoso.host.wire.Ipv4Header;
import io.virtuoso.host.wire.VirtioNetHeader;

/** Packets to as many stations as the input says, one each millisecond, none of which answers. */
final class NeighbourFlood implements FuzzTarget {
    @Override
    public void run(final FuzzInput input) {
        final int stations = input.u16();
        final WirePort wire = WirePort.create(new WirePort.Traits(1500, 0, 1, false), () -> 0);
        final StackCounters counters = new StackCounters();
        final NeighbourTable table = new NeighbourTable(
                new FrameSender(wire, counters, Ledger.unread()),
                Link.NETWORK,
                new Ipv6Numbers(1),
                counters,
                new LocalAddresses(Ledger.unread()));
        final Frame packet = new Frame(EthernetHeader.BYTES + Ipv4Header.BYTES);
        packet.length(EthernetHeader.BYTES + Ipv4Header.BYTES);
        VirtioNetHeader.writeNone(packet.buffer(), Frame.VIRTIO_AT);
        for (int station = 0; station < stations; station++) {
            final long now = 1_000_000L * station;
            table.send(packet, Link.GUEST, 0x0a58_0100 + station, now);
            table.onTimers(now);
        }
    }
}
