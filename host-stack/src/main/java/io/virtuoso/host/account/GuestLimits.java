package io.virtuoso.host.account;

/**
 * What a guest may use of one fast-path core. Each holds for all attachments of the guest together; 0 is no limit, or
 * nothing reserved.
 *
 * @param cpuReserved part of the core's time that the guest gets before weights count, 0 to 1
 * @param cpuMax      part of the core's time that the guest gets at most, even if nobody else wants it, 0 to 1
 * @param inRate      bytes a second that may come for it
 * @param outRate     bytes a second that it may send
 * @param packetRate  packets a second, each way
 */
public record GuestLimits(double cpuReserved, double cpuMax, long inRate, long outRate, long packetRate) {
    /** Nothing reserved, no limit. */
    public static final GuestLimits NONE = new GuestLimits(0, 0, 0, 0, 0);
}
