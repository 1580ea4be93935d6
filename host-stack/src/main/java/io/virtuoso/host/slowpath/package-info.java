/**
 * What happens once in a socket's life, and what connects sockets with wires. It runs on the stack thread, as a stage of its
 * pass (docs/adr/0005).
 *
 * <pre>
 *   a guest's command -> ControlInbox -> SlowPathAgent
 *      |-> ConnectionSetup   bind, listen, connect
 *      |-> AcceptStage       connections on their way to those who accept
 *      |-> DatagramStage     UDP sockets: open, connect, errors
 *      |-> OptionStage       options, questions about sockets
 *      |-> Teardown          shutdown, close
 *   the control thread's  -> SharedSockets (after fork), UpdateStage (another configuration)
 *   wires                 -> WireServices -> TcpWireService, one for each port: WireStream is a connection's socket
 * </pre>
 *
 * <p>{@link io.virtuoso.host.slowpath.WireNames} says what addresses and ports on a wire stand for: on a network's own port
 * those of its guests, on the uplink those that it has given out (docs/adr/0015).
 */
package io.virtuoso.host.slowpath;
