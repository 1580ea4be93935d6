package io.virtuoso.guest.core;

import io.virtuoso.protocol.AttachMessage;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.nio.ByteBuffer;
import java.util.Locale;

/** The names of the guests of this guest's network. Each question goes to the host stack: some ten microseconds. */
public final class GuestNames {
    private static final int LONGEST = 63;
    private static final int IPV4_BYTES = 4;

    private GuestNames() {}

    /**
     * The address of the guest with a name.
     *
     * @return with this name, as if looked up; null if there is no such guest, or no host stack
     */
    public static InetAddress find(String name) {
        if (!isPlausible(name)) {
            return null;
        }
        AttachMessage found = ask(name, 0);
        return found == null ? null : named(name, (int) found.value());
    }

    /**
     * The name of the guest with an address.
     *
     * @param address in network order
     * @return null if there is no such guest, or no host stack
     */
    public static String nameOf(byte[] address) {
        if (address.length != IPV4_BYTES) {
            return null;
        }
        AttachMessage found = ask("", ByteBuffer.wrap(address).getInt());
        return found == null ? null : found.text();
    }

    private static AttachMessage ask(String name, int address) {
        Attachment attachment = Link.get().attachment();
        return attachment == null ? null : attachment.resolve(name, address);
    }

    /** Might be a guest: of a guest's letters, and no name that means this machine. */
    static boolean isPlausible(String name) {
        int length = name.length();
        if (length == 0 || length > LONGEST || name.toLowerCase(Locale.ROOT).equals("localhost")) {
            return false;
        }
        for (int i = 0; i < length; i++) {
            char c = name.charAt(i);
            boolean letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
            if (!letter && (i == 0 || "._-".indexOf(c) < 0)) {
                return false;
            }
        }
        return true;
    }

    private static InetAddress named(String name, int ipv4) {
        try {
            return InetAddress.getByAddress(name, SlotUse.inetAddress(ipv4).getAddress());
        } catch (UnknownHostException e) {
            throw new IllegalStateException(e);
        }
    }
}
