/**
 * The system calls of the shim: {@link io.virtuoso.guest.os.Os}, by the JDK's own foreign functions from 22 on, by a
 * hidden library below. Nothing else in the shim leaves Java.
 */
package io.virtuoso.guest.os;
