package io.virtuoso.guest.nio;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.net.DatagramPacket;

/** What a DatagramPacket keeps to itself. The caller holds the packet's monitor. */
final class DatagramPackets {
    private static final VarHandle LENGTH = find("length");
    private static final VarHandle ROOM = find("bufLength");

    private DatagramPackets() {}

    private static VarHandle find(String field) {
        try {
            return MethodHandles.privateLookupIn(DatagramPacket.class, MethodHandles.lookup())
                    .findVarHandle(DatagramPacket.class, field, int.class);
        } catch (ReflectiveOperationException e) {
            throw new IllegalStateException("a DatagramPacket has no " + field, e);
        }
    }

    /** Bytes that fit, however long the last datagram was. */
    static int room(DatagramPacket packet) {
        return (int) ROOM.get(packet);
    }

    /** Sets the length of what is in it; setLength would also change the room. */
    static void length(DatagramPacket packet, int bytes) {
        LENGTH.set(packet, bytes);
    }
}
