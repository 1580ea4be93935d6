package io.virtuoso.host.tunnel;

import io.virtuoso.host.account.Account;
import io.virtuoso.host.account.Ledger;
import io.virtuoso.host.port.Frame;
import io.virtuoso.host.port.FrameLink;
import io.virtuoso.host.wire.ArpPacket;
import io.virtuoso.host.wire.EthernetHeader;
import io.virtuoso.host.wire.Ipv4Header;
import io.virtuoso.host.wire.Ipv6Header;
import java.nio.ByteBuffer;
import java.util.List;
import org.agrona.collections.Long2ObjectHashMap;

/**
 * Who pays for a network's frames on another core than that which serves the network: the guest whose address is in them, as
 * the network's core says; the host stack where that is nobody's. Accounts are those of this core's ledger. Stack thread
 * only; allocates when guests come and go.
 */
final class Payers {
    private static final int MIX = 31;

    private final Long2ObjectHashMap<Entry> byAddress = new Long2ObjectHashMap<>();
    private List<FrameLink.Payer> known = List.of();

    private record Entry(long high, long low, Account account) {}

    /** Opens accounts in a ledger if others pay than before. */
    void become(final List<FrameLink.Payer> current, final Ledger ledger) {
        if (current == known) {
            return;
        }
        known = current;
        byAddress.clear();
        for (final FrameLink.Payer payer : current) {
            final Account account = ledger.open(payer.account(), payer.weight());
            byAddress.put(key(payer.high(), payer.low()), new Entry(payer.high(), payer.low(), account));
        }
    }

    private static long key(final long high, final long low) {
        return high * MIX + low;
    }

    private Account of(final long high, final long low, final Ledger ledger) {
        final Entry entry = byAddress.get(key(high, low));
        return entry != null && entry.high == high && entry.low == low ? entry.account : ledger.system();
    }

    /** @return who pays for a frame that comes for the network */
    Account receiver(final Frame frame, final Ledger ledger) {
        final ByteBuffer buffer = frame.buffer();
        final int available = frame.length() - EthernetHeader.BYTES;
        return switch (available < Ipv4Header.BYTES ? 0 : EthernetHeader.type(buffer, Frame.ETHERNET_AT)) {
            case EthernetHeader.TYPE_IPV4 -> of(Ipv4Header.destination(buffer, Frame.NETWORK_AT), ledger);
            case EthernetHeader.TYPE_ARP ->
                available < ArpPacket.BYTES
                        ? ledger.system()
                        : of(ArpPacket.targetAddress(buffer, Frame.NETWORK_AT), ledger);
            case EthernetHeader.TYPE_IPV6 ->
                available < Ipv6Header.BYTES
                        ? ledger.system()
                        : of(
                                Ipv6Header.destinationHigh(buffer, Frame.NETWORK_AT),
                                Ipv6Header.destinationLow(buffer, Frame.NETWORK_AT),
                                ledger);
            default -> ledger.system();
        };
    }

    /** @return who pays for a frame that the network sends */
    Account sender(final Frame frame, final Ledger ledger) {
        final ByteBuffer buffer = frame.buffer();
        return switch (EthernetHeader.type(buffer, Frame.ETHERNET_AT)) {
            case EthernetHeader.TYPE_IPV4 -> of(Ipv4Header.source(buffer, Frame.NETWORK_AT), ledger);
            case EthernetHeader.TYPE_ARP -> of(ArpPacket.senderAddress(buffer, Frame.NETWORK_AT), ledger);
            case EthernetHeader.TYPE_IPV6 ->
                of(
                        Ipv6Header.sourceHigh(buffer, Frame.NETWORK_AT),
                        Ipv6Header.sourceLow(buffer, Frame.NETWORK_AT),
                        ledger);
            default -> ledger.system();
        };
    }

    private Account of(final int ipv4, final Ledger ledger) {
        return of(0, Integer.toUnsignedLong(ipv4), ledger);
    }
}
