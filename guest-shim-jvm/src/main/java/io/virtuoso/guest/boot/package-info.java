/** What {@link io.virtuoso.guest.GuestAgent} gives to the boot loader, for the JDK's own classes to call. */
package io.virtuoso.guest.boot;
