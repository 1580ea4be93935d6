/**
 * The control thread: everything that happens over Unix sockets. It sleeps on one epoll ({@link
 * io.virtuoso.host.control.Watcher}) nearly always.
 *
 * <pre>
 *   guests/NAME.sock  -> Door -> AttachDesk: an AttachConnection for each process of a guest
 *                                  ShareTable: sockets that several processes hold
 *   control.sock      -> Door -> QueryConnection -> QueryDesk (guests, ss, stats, ...), ConfigDesk (apply), CaptureDesk
 *   vm/NAME.sock      -> Door -> MachineHost: the VM thread
 * </pre>
 *
 * <p>It shares no state with the stack threads. What it wants of them goes through {@link
 * io.virtuoso.host.control.StackMailbox} as calls of {@link io.virtuoso.host.control.StackCommands}, which run there; answers
 * come back through {@link io.virtuoso.host.control.ControlMailbox} as {@link io.virtuoso.host.control.ControlEvents}. An
 * attachment's memory and descriptors are freed only after the stack has said that it touches them no more.
 */
package io.virtuoso.host.control;
