/**
 * The Linux calls that the host stack needs, through the foreign function interface: the only package with restricted
 * calls.
 *
 * <p>Written the way jextract writes bindings, but by hand: every call returns its result, or minus errno. Pointers
 * travel as plain addresses, so that calls of the fast path allocate nothing. The numbers of {@link
 * io.virtuoso.host.ffm.Linux} are compared with the system's own headers by a test that compiles a probe.
 */
package io.virtuoso.host.ffm;
