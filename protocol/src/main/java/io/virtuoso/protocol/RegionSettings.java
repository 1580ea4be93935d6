package io.virtuoso.protocol;

/**
 * What the host tells a guest in its region's header, besides the layout.
 *
 * @param features bits that both sides understand; none is defined so far
 * @param epoch identifies this run of the host stack
 * @param maxSendBytes largest transmit ring this guest may get
 * @param maxReceiveBytes largest receive ring
 * @param mtu of the guest's virtual network, bytes
 * @param addressHigh first eight bytes of the guest's address, see {@link Addresses}
 * @param addressLow last eight bytes
 * @param gatewayHigh first eight bytes of the gateway's address
 * @param gatewayLow last eight bytes
 * @param prefixLength of the guest's IPv4 subnet, 0 to 32
 * @param congestion the congestion control of connections that choose none, one of {@link Congestion}
 * @param prefixLength6 of the guest's IPv6 subnet, 64 to 96; 0 if it has none
 * @param address6High first eight bytes of the guest's IPv6 address
 * @param address6Low last eight bytes
 * @param guestName at most 63 bytes of UTF-8
 */
public record RegionSettings(
        long features,
        long epoch,
        int maxSendBytes,
        int maxReceiveBytes,
        int mtu,
        long addressHigh,
        long addressLow,
        long gatewayHigh,
        long gatewayLow,
        int prefixLength,
        int congestion,
        int prefixLength6,
        long address6High,
        long address6Low,
        String guestName) {}
