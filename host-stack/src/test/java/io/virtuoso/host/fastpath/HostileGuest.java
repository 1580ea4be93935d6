package io.virtuoso.host.fastpath;

import io.virtuoso.host.fastpath.ScriptedGuest.Handle;
import io.virtuoso.host.guest.Attachment;
import io.virtuoso.host.guest.EndReason;
import io.virtuoso.host.socket.SocketSpace;
import io.virtuoso.protocol.Addresses;
import io.virtuoso.protocol.Command;
import io.virtuoso.protocol.ContextBlock;
import io.virtuoso.protocol.Datagram;
import io.virtuoso.protocol.Entry;
import io.virtuoso.protocol.SocketSlot;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;

/**
 * One process of a guest that does as it likes: it hoards connections, does not read, does not look at events, rings for
 * nothing; unless it is a lawful one it also writes whatever it likes to wherever it can.
 */
final class HostileGuest {
    private static final int[] WORDS = {
        SocketSlot.TX_TAIL_OFFSET, SocketSlot.RX_HEAD_OFFSET, SocketSlot.RX_SEEN_OFFSET,
        SocketSlot.TX_WANT_OFFSET, SocketSlot.TX_BASE_OFFSET, SocketSlot.CONTEXT_OFFSET
    };
    private static final long[] STEPS = {
        1, -1, 8, -8, 24, 1024, -1024, 4096, 1 << 16, 1L << 31, 1L << 32, Long.MIN_VALUE, Long.MAX_VALUE
    };
    private static final int MOST_TYPE = Command.ACCEPT + 3;
    private static final long FIRST_SHARE = 100;
    private static final int MOST_READ = 1 << 20;

    private final Attachments attachments;
    private final Attachment attachment;
    private final SocketSpace space;
    private final ScriptedGuest shim;
    private final int[] targets;
    private final boolean lawful;
    private final Random random;
    private final List<Handle> sockets = new ArrayList<>();
    private final List<Long> shares;
    private final ByteBuffer region;
    private boolean gone;

    /**
     * @param targets addresses that it connects to
     * @param lawful  keeps to the ABI
     * @param shares  placeholders of all processes of its guest
     */
    HostileGuest(
            Attachments attachments,
            Attachment attachment,
            int[] targets,
            boolean lawful,
            List<Long> shares,
            Random random) {
        this.attachments = attachments;
        this.attachment = attachment;
        this.targets = targets;
        this.lawful = lawful;
        this.shares = shares;
        this.random = random;
        attachments.attached(attachment);
        space = attachments.find(attachment.id());
        attachments.contextOpened(attachment, 0, -1);
        shim = new ScriptedGuest(space);
        region = shim.region;
    }

    /** @return why the host stack threw it out, or null */
    EndReason fault() {
        return space.fault();
    }

    SocketSpace space() {
        return space;
    }

    /** @return true if the host stack serves it no more */
    boolean isOver() {
        return gone || space.fault() != null;
    }

    /** Its process ends. */
    void exit() {
        if (!gone) {
            gone = true;
            attachment.end(EndReason.GUEST_CLOSED);
            attachments.guestGone(attachment);
        }
    }

    /** Does one thing. What it finds in its own region may be its own garbage: that is its problem. */
    void step() {
        if (isOver()) {
            return;
        }
        try {
            if (lawful || random.nextInt(3) > 0) {
                lawfulStep();
            } else {
                unlawfulStep();
            }
        } catch (RuntimeException | AssertionError e) {
            sockets.clear();
        }
    }

    private void lawfulStep() {
        switch (random.nextInt(20)) {
            case 0, 1, 2 -> connect();
            case 3 -> listen();
            case 4, 5 -> write();
            case 6 -> read(any(), MOST_READ);
            case 7 -> read(any(), random.nextInt(100));
            case 8 -> accept();
            case 9 -> close(any());
            case 10 -> any().command(Command.SHUTDOWN, random.nextInt(4));
            case 11 -> any().command(Command.OPTION, random.nextInt(20), random.nextLong() >>> random.nextInt(64));
            case 12 -> any().command(Command.INFO);
            case 13 -> datagram();
            case 14 -> drain();
            case 15 -> attachments.onDoorbell(attachment.id());
            case 16 -> shim.sleep(random.nextInt(5));
            case 17 -> storm();
            case 18 -> share();
            default -> context();
        }
    }

    private Handle any() {
        if (sockets.isEmpty()) {
            connect();
        }
        return sockets.get(random.nextInt(sockets.size()));
    }

    private Handle fresh() {
        final Handle socket = shim.socket();
        if (socket.index >= shim.layout.guestSlotCount()) {
            throw new IllegalStateException("it has no slot left, and is honest enough to know");
        }
        sockets.add(socket);
        return socket;
    }

    private int target() {
        return random.nextInt(8) == 0 ? random.nextInt() : targets[random.nextInt(targets.length)];
    }

    private int port() {
        return random.nextInt(3) == 0 ? random.nextInt(65_536) : Victims.PORT + random.nextInt(3);
    }

    private void connect() {
        fresh().connect(target(), port());
    }

    private void listen() {
        final Handle socket = fresh();
        socket.bind(random.nextBoolean() ? Victims.PORT + random.nextInt(3) : 0);
        if (random.nextInt(3) == 0) {
            socket.command(Command.OPTION, 12, 1 + random.nextInt(5));
        }
        socket.listen(random.nextInt(5));
        if (random.nextInt(3) == 0) {
            socket.command(Command.DISARM);
        }
    }

    private void write() {
        final byte[] bytes = new byte[1 + random.nextInt(20_000)];
        random.nextBytes(bytes);
        any().write(bytes, 0, bytes.length);
    }

    /** Unless its own garbage says that there is more than can be. */
    private void read(Handle socket, int most) {
        final long unread = SocketSlot.rxTailAcquire(region, socket.at) - SocketSlot.rxHeadAcquire(region, socket.at);
        if (unread >= 0 && unread <= MOST_READ) {
            socket.read(most);
        }
    }

    private void accept() {
        final Handle accepted = any().accept();
        if (accepted != null) {
            sockets.add(accepted);
        }
    }

    private void close(Handle socket) {
        sockets.remove(socket);
        socket.command(Command.CLOSE, random.nextInt(2));
    }

    private void datagram() {
        final Handle socket = fresh();
        sockets.remove(socket);
        final ScriptedDatagrams datagrams = new ScriptedDatagrams(shim, socket);
        datagrams.open(random.nextBoolean() ? 0 : port(), random.nextInt(4));
        if (random.nextBoolean()) {
            datagrams.connect(target(), port());
        }
        for (int i = random.nextInt(4); i > 0; i--) {
            datagrams.send(target(), port(), random.nextInt(2), new byte[random.nextInt(3_000)]);
        }
        if (random.nextInt(4) == 0) {
            socket.command(Command.CLOSE, 0);
        }
    }

    private void drain() {
        shim.drain();
    }

    /** Notices about nothing, as many as the queue holds, and a ring for each. */
    private void storm() {
        final Handle socket = any();
        for (int i = 0; i < shim.layout.queueEntries(); i++) {
            socket.command(random.nextBoolean() ? Command.TX : Command.RX_ROOM, random.nextInt());
            attachments.onDoorbell(attachment.id());
        }
    }

    private void share() {
        final Handle socket = any();
        final long share = FIRST_SHARE + shares.size();
        if (attachments.shareSocket(attachment, socket.index, socket.generation, share) == 0) {
            shares.add(share);
        }
        if (!shares.isEmpty() && random.nextBoolean()) {
            attachments.adopt(attachment, shares.get(random.nextInt(shares.size())));
        }
        if (!shares.isEmpty() && random.nextInt(4) == 0) {
            attachments.shareReleased(shares.get(random.nextInt(shares.size())));
        }
    }

    private void context() {
        final int index = 1 + random.nextInt(3);
        if (space.context(index) == null) {
            ContextBlock.reset(region, shim.layout, index);
            attachments.contextOpened(attachment, index, -1);
        } else {
            attachments.contextClosed(attachment, index);
        }
        if (!sockets.isEmpty()) {
            SocketSlot.contextRelease(region, any().at, index);
        }
    }

    // ---- what no shim does ---------------------------------------------------------------------------------------

    private void unlawfulStep() {
        switch (random.nextInt(8)) {
            case 0 -> command();
            case 1, 2 -> word(any().at);
            case 3 -> word(shim.layout.slotOffset(random.nextInt(shim.layout.slotCount())));
            case 4 -> scribble();
            case 5 -> stamp();
            case 6 ->
                region.putLong(shim.layout.contextOffset(random.nextInt(4)) + ContextBlock.EVENT_HEAD_OFFSET, value(0));
            default -> record();
        }
    }

    private void command() {
        for (int i = 1 + random.nextInt(20); i > 0; i--) {
            final Handle socket = any();
            final int generation = random.nextInt(4) == 0 ? random.nextInt() : socket.generation;
            final int index = random.nextInt(8) == 0 ? random.nextInt() : random.nextInt(12);
            final Handle named = random.nextBoolean() ? socket : handle(index, generation);
            named.command(
                    random.nextInt(MOST_TYPE),
                    value(0),
                    random.nextBoolean() ? Addresses.ipv4Low(target()) : value(0),
                    random.nextBoolean() ? port() : value(0),
                    random.nextBoolean() ? 0 : value(0),
                    random.nextBoolean() ? 0 : value(0));
        }
    }

    /** A socket that perhaps nobody ever opened; only where its slot would lie is within the region. */
    private Handle handle(int index, int generation) {
        return shim.new Handle(index, generation);
    }

    private long value(long near) {
        return switch (random.nextInt(4)) {
            case 0 -> random.nextLong();
            case 1 -> near + STEPS[random.nextInt(STEPS.length)];
            case 2 -> random.nextInt(20);
            default -> random.nextLong() >>> random.nextInt(64);
        };
    }

    private void word(int slot) {
        final int at = slot + WORDS[random.nextInt(WORDS.length)];
        region.putLong(at, value(region.getLong(at)));
    }

    private void scribble() {
        final int end = shim.layout.poolOffset();
        final int first = shim.layout.contextOffset();
        for (int i = random.nextInt(500); i > 0; i--) {
            final int words = (end - first) / Long.BYTES;
            final int at = first + random.nextInt(words) * Long.BYTES;
            region.putLong(at, value(region.getLong(at)));
        }
    }

    private void stamp() {
        final int context = random.nextInt(4);
        final int entry = random.nextInt(shim.layout.queueEntries());
        final int at = shim.layout.commandQueueOffset(context) + entry * Entry.BYTES + Entry.STAMP_OFFSET;
        region.putLong(at, value(region.getLong(at)));
    }

    /** A datagram's record with a header of garbage. */
    private void record() {
        final Handle socket = fresh();
        sockets.remove(socket);
        final ScriptedDatagrams datagrams = new ScriptedDatagrams(shim, socket);
        datagrams.open(0, 0);
        if (datagrams.send(target(), port(), 0, new byte[64])) {
            final int ring = SocketSlot.txRingOffset(region, socket.at);
            final int at = ring + random.nextInt(Datagram.BYTES);
            region.put(at, (byte) random.nextInt());
        }
    }
}
