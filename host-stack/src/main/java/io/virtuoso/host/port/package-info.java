/**
 * Ports: where frames enter and leave the host stack. {@link io.virtuoso.host.port.TapPort}, {@link
 * io.virtuoso.host.port.PacketPort} and {@link io.virtuoso.host.port.XdpPort} are the real ones; {@link
 * io.virtuoso.host.port.LossPort} and {@link io.virtuoso.host.port.PcapPort} wrap a port; {@link
 * io.virtuoso.host.port.WirePort} is a wire in memory for tests. {@link
 * io.virtuoso.host.port.RingPort} is one whose frames another thread carries, through a {@link
 * io.virtuoso.host.port.FrameLink}.
 */
package io.virtuoso.host.port;
