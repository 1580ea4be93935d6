/**
 * Virtual networks over VXLAN (RFC 7348) and GRE with key (RFC 2784, 2890).
 *
 * <pre>
 *   WirePath of a network -> TunnelPort.transmit: MacTable, or all peers -> OuterHeaders, in front of the frame
 *                                                               -> IpStation -> Port of the underlay
 *   Port of the underlay  -> Underlay.poll -> Decapsulator: VNI or key -> TunnelPort.accept -> WirePath of that network
 *                                         |-> IpStation: ARP, Neighbour Discovery, echo, ICMP errors (PathMtus)
 * </pre>
 *
 * <p>A frame is received so that the inner one lies where every frame does, and sent with the outer headers written in
 * front of it: the payload is not copied in either direction. One thread owns an {@link io.virtuoso.host.tunnel.Underlay}
 * with its tunnels and the wire paths on them; or only the tunnels, where a wire path is another thread's, behind a {@link
 * io.virtuoso.host.port.RingPort} (docs/adr/0030).
 */
package io.virtuoso.host.tunnel;
