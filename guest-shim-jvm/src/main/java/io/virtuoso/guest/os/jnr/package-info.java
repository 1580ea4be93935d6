/** What is compiled against the hidden library, and therefore loaded together with it. */
package io.virtuoso.guest.os.jnr;
