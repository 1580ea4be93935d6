/**
 * Channels and selectors of a guest's JVM: what java.nio promises, over the sockets of {@code io.virtuoso.guest.core}.
 */
package io.virtuoso.guest.nio;
