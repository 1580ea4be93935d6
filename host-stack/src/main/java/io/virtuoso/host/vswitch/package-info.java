/**
 * The switch of a virtual network with virtual machines that bring a network card and a TCP of their own: frames go between
 * the machines, the guests' wire path and the network's port. Everything is the stack thread's, but for what a machine's
 * monitor says.
 */
package io.virtuoso.host.vswitch;
