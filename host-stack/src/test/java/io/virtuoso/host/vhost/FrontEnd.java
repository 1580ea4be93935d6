package io.virtuoso.host.vhost;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.virtuoso.host.ffm.FdPassing;
import io.virtuoso.host.ffm.Libc;
import io.virtuoso.host.ffm.Linux;
import io.virtuoso.host.ffm.MappedMemory;
import io.virtuoso.host.ffm.SharedMemory;
import io.virtuoso.host.ffm.UnixSocket;
import io.virtuoso.host.virtio.GuestRam;
import io.virtuoso.host.virtio.RingLayout;
import io.virtuoso.host.virtio.TestDriver;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;

/** A monitor's side of a vhost-user connection, message by message; with the memory of its machine. */
public final class FrontEnd implements AutoCloseable {
    public static final int RAM_BYTES = 1 << 20;

    public final int backEndSocket;
    public final GuestRam ram;
    final int ramFd;
    private final int socket;
    private final MappedMemory mapping;
    private final FdPassing incoming = new FdPassing(1024);
    private final List<Integer> fds = new ArrayList<>();

    public FrontEnd() throws IOException {
        final long pair = UnixSocket.pair(Linux.SOCK_STREAM);
        socket = Libc.first(pair);
        backEndSocket = Libc.second(pair);
        ramFd = SharedMemory.create("test-machine", RAM_BYTES);
        mapping = MappedMemory.map(ramFd, 0, RAM_BYTES);
        ram = new GuestRam(mapping.memory());
    }

    /** Sends a message with up to two descriptors. */
    void send(final int request, final int flags, final int size, final Consumer<ByteBuffer> fill, final int... with) {
        final FdPassing message = new FdPassing(VhostUser.PAYLOAD + size);
        final ByteBuffer bytes = message.message();
        bytes.putInt(VhostUser.REQUEST, request);
        bytes.putInt(VhostUser.FLAGS, flags);
        bytes.putInt(VhostUser.SIZE, size);
        fill.accept(bytes.slice(VhostUser.PAYLOAD, size).order(ByteOrder.LITTLE_ENDIAN));
        final int sent = switch (with.length) {
            case 0 -> message.send(socket);
            case 1 -> message.send(socket, with[0]);
            default -> message.send(socket, with[0], with[1]);
        };
        assertEquals(VhostUser.PAYLOAD + size, sent);
    }

    void send(final int request) {
        send(request, VhostUser.VERSION, 0, payload -> {});
    }

    void number(final int request, final long value, final int... with) {
        send(request, VhostUser.VERSION, Long.BYTES, payload -> payload.putLong(0, value), with);
    }

    void state(final int request, final int index, final int number) {
        send(request, VhostUser.VERSION, 8, payload -> payload.putInt(0, index).putInt(4, number));
    }

    /** A table of one region: all of the machine's memory. */
    public void memory(final int flags) {
        send(
                VhostUser.SET_MEM_TABLE,
                VhostUser.VERSION | flags,
                40,
                payload -> {
                    payload.putInt(0, 1);
                    region(payload, 0, GuestRam.GUEST, RAM_BYTES, GuestRam.USER, 0);
                },
                ramFd);
    }

    static void region(
            final ByteBuffer table,
            final int index,
            final long guest,
            final long bytes,
            final long user,
            final long offset) {
        final int at = 8 + index * 32;
        table.putLong(at, guest).putLong(at + 8, bytes).putLong(at + 16, user).putLong(at + 24, offset);
    }

    /** What is said about a ring before it runs. @return kick and call */
    public int[] ring(final int index, final TestDriver driver) {
        final RingLayout layout = driver.layout();
        state(VhostUser.SET_VRING_NUM, index, layout.size());
        state(VhostUser.SET_VRING_BASE, index, driver.base());
        addresses(index, layout);
        final int kick = eventFd();
        final int call = eventFd();
        number(VhostUser.SET_VRING_CALL, index, call);
        number(VhostUser.SET_VRING_KICK, index, kick);
        return new int[] {kick, call};
    }

    void addresses(final int index, final RingLayout layout) {
        send(
                VhostUser.SET_VRING_ADDR,
                VhostUser.VERSION,
                40,
                payload -> payload.putInt(0, index)
                        .putLong(8, layout.descriptors())
                        .putLong(16, layout.device())
                        .putLong(24, layout.driver()));
    }

    public void features(final long features) {
        number(VhostUser.SET_FEATURES, features | VhostUser.F_PROTOCOL_FEATURES);
    }

    public void enable(final int index, final boolean on) {
        state(VhostUser.SET_VRING_ENABLE, index, on ? 1 : 0);
    }

    int eventFd() {
        final int fd = Libc.eventFd();
        fds.add(fd);
        return fd;
    }

    /** Receives an answer to a request. @return its payload */
    ByteBuffer answer(final int request, final int size) {
        assertEquals(VhostUser.PAYLOAD, incoming.receivePart(socket, 0, VhostUser.PAYLOAD));
        assertEquals(request, incoming.message().getInt(VhostUser.REQUEST));
        assertEquals(VhostUser.VERSION | VhostUser.REPLY, incoming.message().getInt(VhostUser.FLAGS));
        assertEquals(size, incoming.message().getInt(VhostUser.SIZE));
        if (size > 0) {
            assertEquals(size, incoming.receivePart(socket, VhostUser.PAYLOAD, size));
        }
        return incoming.message().slice(VhostUser.PAYLOAD, size).order(ByteOrder.LITTLE_ENDIAN);
    }

    /** @return true if no answer is there */
    boolean isQuiet() {
        return incoming.receivePart(socket, 0, 1) < 0;
    }

    int socket() {
        return socket;
    }

    @Override
    public void close() {
        Libc.close(socket);
        Libc.close(backEndSocket);
        Libc.close(ramFd);
        fds.forEach(Libc::close);
        mapping.close();
    }
}
