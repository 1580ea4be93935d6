package io.virtuoso.host.vhost;

import io.virtuoso.host.ffm.Libc;
import io.virtuoso.host.ffm.Virtio;
import io.virtuoso.host.ffm.Virtio.VhostVringAddr;
import io.virtuoso.host.ffm.Virtio.VhostVringState;
import io.virtuoso.host.virtio.VirtioDevice;
import io.virtuoso.host.virtio.Virtqueue;
import io.virtuoso.host.virtio.VmFault;
import io.virtuoso.host.virtio.VmFault.Reason;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What a front end, such as QEMU, agrees on with a device: features, memory, rings. One thread.
 *
 * <p>A front end that comes back to a host stack that was restarted does not negotiate again: it may begin with any
 * message, and asks for acknowledgements without having been told of them.
 */
public final class VhostBackend implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(VhostBackend.class);
    private static final int NONE = -1;
    private static final long PROTOCOL_FEATURES = VhostUser.PROTOCOL_F_MQ
            | VhostUser.PROTOCOL_F_REPLY_ACK
            | VhostUser.PROTOCOL_F_CONFIG
            | VhostUser.PROTOCOL_F_RESET_DEVICE;

    private final VirtioDevice device;
    private final KickWatch kicks;
    private final Vring[] rings;
    private final long offered;
    private long features;
    private MemoryTable table;

    /** Told which descriptor says that the driver offered buffers. */
    public interface KickWatch {
        /** @param fd an event counter, until the call for the same ring that follows; -1 for none */
        void kicksBy(int ring, int fd);
    }

    public VhostBackend(final VirtioDevice device, final KickWatch kicks) {
        this.device = device;
        this.kicks = kicks;
        this.offered = device.features()
                | Virtqueue.FEATURES
                | 1L << Virtio.VIRTIO_F_VERSION_1
                | VhostUser.F_PROTOCOL_FEATURES;
        this.rings = new Vring[device.queueCount()];
        for (int i = 0; i < rings.length; i++) {
            rings[i] = new Vring();
        }
    }

    /**
     * Does what a message says.
     *
     * @param message with its descriptors; those not taken are its reader's to close
     * @param reply   is given the answer, if there is one
     * @throws VmFault if the message, or what it describes, makes no sense: the connection must end
     */
    void handle(final VhostMessage message, final VhostMessage reply) throws VmFault {
        reply.clear();
        switch (message.request()) {
            case VhostUser.GET_FEATURES -> reply.number(message.request(), offered);
            case VhostUser.SET_FEATURES -> setFeatures(message.number());
            case VhostUser.GET_PROTOCOL_FEATURES -> reply.number(message.request(), PROTOCOL_FEATURES);
            case VhostUser.SET_PROTOCOL_FEATURES -> checkOffered(message.number(), PROTOCOL_FEATURES);
            case VhostUser.GET_QUEUE_NUM -> reply.number(message.request(), device.announcedQueues());
            case VhostUser.SET_OWNER -> {}
            case VhostUser.SET_MEM_TABLE -> setMemoryTable(message);
            case VhostUser.GET_CONFIG -> getConfig(message, reply);
            case VhostUser.RESET_OWNER, VhostUser.RESET_DEVICE -> reset();
            default -> handleRing(message, reply);
        }
        if (!reply.isAnswer() && message.wantsReply()) {
            reply.number(message.request(), 0);
        }
    }

    private void handleRing(final VhostMessage message, final VhostMessage reply) throws VmFault {
        switch (message.request()) {
            case VhostUser.SET_VRING_NUM -> {
                final Vring ring = stopped(message);
                ring.size(message.payload(VhostVringState.BYTES).getInt(VhostVringState.NUM));
            }
            case VhostUser.SET_VRING_BASE -> setBase(message);
            case VhostUser.SET_VRING_ADDR -> setAddresses(message);
            case VhostUser.GET_VRING_BASE -> getBase(message, reply);
            case VhostUser.SET_VRING_KICK -> setKick(message);
            case VhostUser.SET_VRING_CALL -> {
                final int index = ringOf(message.number() & VhostUser.RING_MASK);
                rings[index].call(fdOf(message));
            }
            case VhostUser.SET_VRING_ERR -> Libc.close(fdOf(message));
            case VhostUser.SET_VRING_ENABLE -> setEnabled(message);
            default -> throw new VmFault(Reason.MESSAGE, "vhost-user request " + message.request() + " is not known");
        }
    }

    // ---- features, memory, configuration

    private static void checkOffered(final long accepted, final long known) throws VmFault {
        if ((accepted & ~known) != 0) {
            throw new VmFault(
                    Reason.FEATURES, "features 0x" + Long.toHexString(accepted & ~known) + " had not been offered");
        }
    }

    private void setFeatures(final long accepted) throws VmFault {
        checkOffered(accepted, offered);
        features = accepted;
        device.accepted(accepted);
        if ((accepted & VhostUser.F_PROTOCOL_FEATURES) == 0) {
            for (final Vring ring : rings) {
                ring.enable(true);
            }
        }
    }

    /**
     * Running rings go on where they are, in the new mapping. All of them are stopped before the old one goes, also if one
     * does not lie in the new one: another thread may be at work in them.
     */
    private void setMemoryTable(final VhostMessage message) throws VmFault {
        final MemoryTable fresh = MemoryTable.map(message.payload(), message.size(), message.fds());
        for (int i = 0; i < rings.length; i++) {
            stop(i);
        }
        if (table != null) {
            table.close();
        }
        table = fresh;
        for (int i = 0; i < rings.length; i++) {
            startIfReady(i);
        }
    }

    private void getConfig(final VhostMessage message, final VhostMessage reply) throws VmFault {
        final ByteBuffer asked = message.payload(VhostUser.CONFIG_BYTES);
        final int offset = asked.getInt(VhostUser.CONFIG_OFFSET);
        final int size = asked.getInt(VhostUser.CONFIG_SIZE);
        final ByteBuffer config = device.config();
        if (offset < 0 || size < 0 || size > VhostUser.MAX_PAYLOAD - VhostUser.CONFIG_BYTES) {
            throw new VmFault(Reason.MESSAGE, "a configuration space is asked for that is too long");
        }
        final ByteBuffer answer = reply.begin(message.request(), VhostUser.CONFIG_BYTES + size);
        answer.putInt(VhostUser.CONFIG_OFFSET, offset);
        answer.putInt(VhostUser.CONFIG_SIZE, size);
        answer.putInt(VhostUser.CONFIG_FLAGS, asked.getInt(VhostUser.CONFIG_FLAGS));
        for (int i = 0; i < size; i++) {
            final long at = (long) offset + i;
            answer.put(VhostUser.CONFIG_BYTES + i, at < config.limit() ? config.get((int) at) : 0);
        }
    }

    private void reset() {
        for (int i = 0; i < rings.length; i++) {
            stop(i);
            kicks.kicksBy(i, NONE);
            rings[i].reset();
        }
        device.reset();
    }

    // ---- rings

    private int ringOf(final long number) throws VmFault {
        if (number < 0 || number >= rings.length) {
            throw new VmFault(Reason.MESSAGE, "there is no ring " + number);
        }
        return (int) number;
    }

    private int ringOf(final VhostMessage message) throws VmFault {
        return ringOf(message.payload(VhostVringState.BYTES).getInt(VhostVringState.INDEX));
    }

    private Vring stopped(final VhostMessage message) throws VmFault {
        final Vring ring = rings[ringOf(message)];
        if (ring.queue().isPresent()) {
            throw new VmFault(Reason.MESSAGE, "a ring that runs is changed");
        }
        return ring;
    }

    /** A driver that begins anew begins at another place than where the ring stopped: what there was is gone. */
    private void setBase(final VhostMessage message) throws VmFault {
        final Vring ring = stopped(message);
        final int base = message.payload(VhostVringState.BYTES).getInt(VhostVringState.NUM);
        if (base != ring.base()) {
            device.reset();
        }
        ring.base(base);
    }

    private void setAddresses(final VhostMessage message) throws VmFault {
        final ByteBuffer payload = message.payload(VhostVringAddr.BYTES);
        final Vring ring = rings[ringOf(payload.getInt(VhostVringAddr.INDEX))];
        if ((payload.getInt(VhostVringAddr.FLAGS) & 1 << Virtio.VHOST_VRING_F_LOG) != 0) {
            throw new VmFault(Reason.MESSAGE, "a log of used rings is asked for, which was not offered");
        }
        if (ring.queue().isPresent()) {
            throw new VmFault(Reason.MESSAGE, "a ring that runs is moved");
        }
        ring.addresses(
                payload.getLong(VhostVringAddr.DESC_USER_ADDR),
                payload.getLong(VhostVringAddr.AVAIL_USER_ADDR),
                payload.getLong(VhostVringAddr.USED_USER_ADDR));
    }

    private void getBase(final VhostMessage message, final VhostMessage reply) throws VmFault {
        final int index = ringOf(message);
        stop(index);
        kicks.kicksBy(index, NONE);
        rings[index].kick(NONE);
        final ByteBuffer answer = reply.begin(message.request(), VhostVringState.BYTES);
        answer.putInt(VhostVringState.INDEX, index);
        answer.putInt(VhostVringState.NUM, rings[index].base());
    }

    private int fdOf(final VhostMessage message) throws VmFault {
        final boolean none = (message.number() & VhostUser.NO_FD) != 0;
        if (message.fds().fdCount() != (none ? 0 : 1)) {
            throw new VmFault(Reason.MESSAGE, "a message has the wrong number of descriptors");
        }
        return none ? NONE : message.fds().takeFd(0);
    }

    private void setKick(final VhostMessage message) throws VmFault {
        final int index = ringOf(message.number() & VhostUser.RING_MASK);
        final int fd = fdOf(message);
        if (fd == NONE) {
            throw new VmFault(Reason.MESSAGE, "polling of a ring is asked for, which is not offered");
        }
        kicks.kicksBy(index, NONE);
        rings[index].kick(fd);
        if (!isEventCounter(fd)) {
            throw new VmFault(Reason.MESSAGE, "a kick is no event counter");
        }
        kicks.kicksBy(index, fd);
        startIfReady(index);
    }

    /** What else there is may make those wait who wait for it, such as a file of a file system in user space. */
    private static boolean isEventCounter(final int fd) {
        try {
            return Files.readSymbolicLink(Path.of("/proc/self/fd/" + fd))
                    .toString()
                    .equals("anon_inode:[eventfd]");
        } catch (final IOException e) {
            return false;
        }
    }

    private void setEnabled(final VhostMessage message) throws VmFault {
        final int index = ringOf(message);
        final boolean on = message.payload(VhostVringState.BYTES).getInt(VhostVringState.NUM) != 0;
        rings[index].enable(on);
        if (on) {
            startIfReady(index);
        } else {
            stop(index);
        }
    }

    private void startIfReady(final int index) throws VmFault {
        final Vring ring = rings[index];
        if (ring.queue().isPresent() || !ring.isReady() || table == null) {
            return;
        }
        final boolean packed = (features & 1L << Virtio.VIRTIO_F_RING_PACKED) != 0;
        device.queueStarted(index, ring.open(packed, table.memory(), features));
        LOG.debug("ring {} runs, {}, features 0x{}", index, packed ? "packed" : "split", Long.toHexString(features));
    }

    private void stop(final int index) {
        if (rings[index].queue().isPresent()) {
            device.queueStopped(index);
            rings[index].close();
        }
    }

    /** @return the machine's memory that is not RAM, if it has such and its rings are known */
    public Optional<DeviceMemory> deviceMemory() {
        final List<Long> inRam = Arrays.stream(rings)
                .filter(ring -> ring.queue().isPresent())
                .map(Vring::descriptors)
                .toList();
        return table == null || inRam.isEmpty() ? Optional.empty() : table.deviceMemory(inRam);
    }

    /** Tells the driver of used buffers, where it wants to hear of them. */
    public void callDriver() {
        for (final Vring ring : rings) {
            if (ring.queue().isPresent() && ring.queue().get().needsCall() && ring.call() != NONE) {
                Libc.ringEventFd(ring.call());
            }
        }
    }

    /** Tells the driver of a ring of used buffers, which wants to hear of them. */
    public void callDriver(final int ring) {
        if (rings[ring].call() != NONE) {
            Libc.ringEventFd(rings[ring].call());
        }
    }

    /** The front end is gone: everything is given back. */
    @Override
    public void close() {
        reset();
        if (table != null) {
            table.close();
            table = null;
        }
    }
}
