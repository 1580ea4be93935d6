package io.virtuoso.host.net;

import java.util.function.Consumer;

/**
 * Finds a connection by its four names. Open addressing with linear probing and backward-shift deletion; the hash is
 * keyed, so nobody on the wire can choose names that collide. Allocates only when it grows.
 *
 * @param <F> kind of flow
 */
final class FlowTable<F extends Flow> {
    private static final int MIN_CAPACITY = 64;

    private final long key;
    private Flow[] flows = new Flow[MIN_CAPACITY];
    private int size;

    /** @param key secret of this table */
    FlowTable(final long key) {
        this.key = key;
    }

    int size() {
        return size;
    }

    /** @return the connection, or null */
    @SuppressWarnings("unchecked") // only put stores here
    F get(final int localAddress, final int localPort, final int remoteAddress, final int remotePort) {
        final int mask = flows.length - 1;
        int index = hash(localAddress, localPort, remoteAddress, remotePort) & mask;
        Flow flow;
        while ((flow = flows[index]) != null) {
            if (flow.remotePort == remotePort
                    && flow.localPort == localPort
                    && flow.remoteAddress == remoteAddress
                    && flow.localAddress == localAddress) {
                return (F) flow;
            }
            index = index + 1 & mask;
        }
        return null;
    }

    /** @return false if a connection with these names is there already */
    boolean put(final F flow) {
        if (get(flow.localAddress, flow.localPort, flow.remoteAddress, flow.remotePort) != null) {
            return false;
        }
        if (2 * (size + 1) > flows.length) {
            grow();
        }
        insert(flow);
        size++;
        return true;
    }

    private void insert(final Flow flow) {
        final int mask = flows.length - 1;
        int index = hash(flow) & mask;
        while (flows[index] != null) {
            index = index + 1 & mask;
        }
        flows[index] = flow;
    }

    private void grow() {
        final Flow[] old = flows;
        flows = new Flow[old.length * 2];
        for (final Flow flow : old) {
            if (flow != null) {
                insert(flow);
            }
        }
    }

    /** @return false if it was not there */
    @SuppressWarnings("ReferenceEquality") // this very flow, not one like it
    boolean remove(final F flow) {
        final int mask = flows.length - 1;
        int hole = hash(flow) & mask;
        while (flows[hole] != flow) {
            if (flows[hole] == null) {
                return false;
            }
            hole = hole + 1 & mask;
        }
        size--;
        // Whoever probed across the hole moves into it, so that no search ends too early.
        int index = hole;
        while (true) {
            index = index + 1 & mask;
            final Flow candidate = flows[index];
            if (candidate == null) {
                flows[hole] = null;
                break;
            }
            final int home = hash(candidate) & mask;
            if ((index - home & mask) >= (index - hole & mask)) {
                flows[hole] = candidate;
                hole = index;
            }
        }
        if (flow.whenFree != null) {
            flow.whenFree.run();
        }
        return true;
    }

    /** Calls for each flow; the table must not change meanwhile. */
    @SuppressWarnings("unchecked") // only put stores here
    void forEach(final Consumer<? super F> consumer) {
        for (final Flow flow : flows) {
            if (flow != null) {
                consumer.accept((F) flow);
            }
        }
    }

    private int hash(final Flow flow) {
        return hash(flow.localAddress, flow.localPort, flow.remoteAddress, flow.remotePort);
    }

    private int hash(final int localAddress, final int localPort, final int remoteAddress, final int remotePort) {
        final long addresses = (long) localAddress << 32 | remoteAddress & 0xffff_ffffL;
        final long ports = (long) localPort << 16 | remotePort;
        long mixed = (addresses ^ key) * 0x9e37_79b9_7f4a_7c15L;
        mixed = (mixed ^ mixed >>> 32 ^ ports) * 0xbf58_476d_1ce4_e5b9L;
        mixed = (mixed ^ mixed >>> 29 ^ key) * 0x94d0_49bb_1331_11ebL;
        return (int) (mixed ^ mixed >>> 32);
    }
}
