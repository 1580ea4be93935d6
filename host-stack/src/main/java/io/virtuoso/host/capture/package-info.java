/**
 * Packets for those who watch: what came and went for a guest, with what it cost and what became of it, as pcapng.
 *
 * <pre>
 *   WirePath, LocalTap -> CaptureTap -> CaptureRing -> PcapngWriter -> a Unix socket
 *          stack thread                        control thread
 * </pre>
 *
 * <p>While nobody watches there is no tap, and a packet costs one comparison more.
 */
package io.virtuoso.host.capture;
