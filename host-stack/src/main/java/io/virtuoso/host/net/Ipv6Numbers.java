package io.virtuoso.host.net;

import io.virtuoso.protocol.Addresses;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.List;
import java.util.function.IntConsumer;

/**
 * Numbers for IPv6 addresses. Inside the host stack an address is an int: an IPv4 address is itself, in host order; an
 * IPv6 address is a number of 240.0.0.0/4, where no IPv4 station is, that stands for its 16 bytes here. So tables and
 * keys serve both families, and IPv4 pays nothing for that.
 *
 * <p>An address has one number, from when somebody takes it until nobody holds it any more. Nobody counts: when the
 * numbers run short, the holders say which are in use ({@link #addHolder}), and the others are given out anew. A packet's
 * source that has no number goes by {@link #TRANSIENT} as long as that packet is looked at, so that packets alone take
 * none. Allocates only when it grows. One thread.
 */
public final class Ipv6Numbers {
    /** No number. */
    public static final int NONE = 0;
    /** The source of the packet at hand, if it has no number of its own. */
    public static final int TRANSIENT = 0xf000_0000;
    /** The unspecified address, {@code ::}. */
    public static final int ANY = TRANSIENT + 1;

    /** Most addresses at once: more than there may be sockets in use. */
    static final int MAX = 1 << 20;

    private static final int FIRST_SIZE = 64;
    private static final int RESERVED = 2;

    /** Says which numbers it holds. */
    public interface Holder {
        void forEachNumber(IntConsumer consumer);
    }

    private final long key;
    private final List<Holder> holders = new ArrayList<>();
    private final BitSet permanent = new BitSet();
    /** Halves of the addresses, by number. */
    private long[] halves = new long[2 * FIRST_SIZE];
    /** Open addressing; an entry is an index, 0 is empty. */
    private int[] table = new int[2 * FIRST_SIZE];

    private int[] free = new int[FIRST_SIZE];
    private int freeCount;
    private int size = RESERVED;

    /** @param key secret, so that nobody on the wire can choose addresses that collide */
    public Ipv6Numbers(final long key) {
        this.key = key;
    }

    /** @return true if an address is a number of this kind, else it is IPv4 */
    public static boolean isIpv6(final int address) {
        return address >>> 28 == 0xf;
    }

    /** Says who holds numbers; they are asked when numbers run short. */
    public void addHolder(final Holder holder) {
        holders.add(holder);
    }

    /** @return the number of an address, or {@link #NONE} */
    public int find(final long high, final long low) {
        final int mask = table.length - 1;
        int slot = hash(high, low) & mask;
        int index;
        while ((index = table[slot]) != 0) {
            if (halves[2 * index + 1] == low && halves[2 * index] == high) {
                return TRANSIENT + index;
            }
            slot = slot + 1 & mask;
        }
        return NONE;
    }

    /** @return the number of an address, else {@link #TRANSIENT}, which stands for it until this is called again */
    public int findOrTransient(final long high, final long low) {
        final int known = find(high, low);
        if (known != NONE) {
            return known;
        }
        halves[0] = high;
        halves[1] = low;
        return TRANSIENT;
    }

    /** @return the number of an address, a new one if need be; {@link #NONE} if there are too many already */
    public int take(final long high, final long low) {
        final int known = find(high, low);
        if (known != NONE) {
            return known;
        }
        if (freeCount == 0 && size == halves.length / 2) {
            makeRoom();
        }
        if (freeCount == 0 && size == halves.length / 2) {
            return NONE;
        }
        final int index = freeCount > 0 ? free[--freeCount] : size++;
        halves[2 * index] = high;
        halves[2 * index + 1] = low;
        insert(index);
        return TRANSIENT + index;
    }

    /** @return an address that may be kept: the same, or a number for {@link #TRANSIENT}, or {@link #NONE} */
    public int keep(final int address) {
        return address == TRANSIENT ? take(halves[0], halves[1]) : address;
    }

    /** @return the number of an address that stays in use */
    public int takeForEver(final long high, final long low) {
        final int number = take(high, low);
        if (number != NONE) {
            permanent.set(number - TRANSIENT);
        }
        return number;
    }

    /** @return first eight bytes of an IPv6 address, in network order */
    public long high(final int number) {
        return number == ANY ? 0 : halves[2 * (number - TRANSIENT)];
    }

    /** @return last eight bytes of an IPv6 address, in network order */
    public long low(final int number) {
        return number == ANY ? 0 : halves[2 * (number - TRANSIENT) + 1];
    }

    /** @return first eight bytes of an address; 0 for one of IPv4, which is the {@link #lastHalf} */
    public long firstHalf(final int address) {
        return isIpv6(address) ? high(address) : 0;
    }

    /** @return last eight bytes of an address, or all of one of IPv4 */
    public long lastHalf(final int address) {
        return isIpv6(address) ? low(address) : Integer.toUnsignedLong(address);
    }

    /** @return the first word of an address of either family as the ABI has it, see {@link Addresses} */
    public long firstWord(final int address) {
        return isIpv6(address) ? Long.reverseBytes(high(address)) : Addresses.IPV4_HIGH;
    }

    /** @return the second word */
    public long secondWord(final int address) {
        return isIpv6(address) ? Long.reverseBytes(low(address)) : Addresses.ipv4Low(address);
    }

    /** @return addresses that have a number */
    int size() {
        return size - RESERVED - freeCount;
    }

    private void insert(final int index) {
        final int mask = table.length - 1;
        int slot = hash(halves[2 * index], halves[2 * index + 1]) & mask;
        while (table[slot] != 0) {
            slot = slot + 1 & mask;
        }
        table[slot] = index;
    }

    /** Takes back what nobody holds; grows if that is not half of all. */
    private void makeRoom() {
        final BitSet held = (BitSet) permanent.clone();
        final IntConsumer mark = number -> {
            if (isIpv6(number)) {
                held.set(number - TRANSIENT);
            }
        };
        for (final Holder holder : holders) {
            holder.forEachNumber(mark);
        }
        final int count = halves.length / 2;
        if (2 * held.cardinality() > count && count < MAX) {
            halves = Arrays.copyOf(halves, 2 * halves.length);
            free = new int[2 * count];
            table = new int[2 * table.length];
        } else {
            Arrays.fill(table, 0);
        }
        freeCount = 0;
        for (int index = RESERVED; index < size; index++) {
            if (held.get(index)) {
                insert(index);
            } else {
                free[freeCount++] = index;
            }
        }
    }

    private int hash(final long high, final long low) {
        long mixed = (low ^ key) * 0x9e37_79b9_7f4a_7c15L;
        mixed = (mixed ^ mixed >>> 32 ^ high) * 0xbf58_476d_1ce4_e5b9L;
        mixed = (mixed ^ mixed >>> 29 ^ key) * 0x94d0_49bb_1331_11ebL;
        return (int) (mixed ^ mixed >>> 32);
    }
}
