package io.virtuoso.host.tunnel;

/**
 * A virtual network's tunnel.
 *
 * @param vni virtual network identifier of VXLAN, or key of GRE; unique on its underlay
 * @param udpPort of VXLAN on both sides; 0 for GRE
 * @param mtu largest IP packet of the virtual network, in bytes; the underlay may allow less
 * @param learn true: frames from others than the peers are taken as well, and where a station is heard from, there
 *     frames for it go; false: each frame goes to each peer
 */
public record TunnelSettings(TunnelKind kind, int vni, int udpPort, int mtu, boolean learn) {}
