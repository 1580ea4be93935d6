package io.virtuoso.host.net;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.virtuoso.protocol.Addresses;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class Ipv6NumbersTest {
    private static final long HIGH = 0xfd00_0000_0000_0001L;

    private final Ipv6Numbers numbers = new Ipv6Numbers(42);
    private final List<Integer> held = new ArrayList<>();

    Ipv6NumbersTest() {
        numbers.addHolder(consumer -> held.forEach(consumer::accept));
    }

    @Test
    void shouldGiveAnAddressOneNumber() {
        final int number = numbers.take(HIGH, 5);
        assertEquals(number, numbers.take(HIGH, 5));
        assertEquals(number, numbers.find(HIGH, 5));
        assertNotEquals(number, numbers.take(HIGH + 1, 5));
        assertEquals(Ipv6Numbers.NONE, numbers.find(HIGH, 6));
        assertEquals(HIGH, numbers.high(number));
        assertEquals(5, numbers.low(number));
        assertTrue(Ipv6Numbers.isIpv6(number));
    }

    @Test
    void shouldTellTheFamiliesApart() {
        assertFalse(Ipv6Numbers.isIpv6(0));
        assertFalse(Ipv6Numbers.isIpv6(0x0a58_0001));
        assertFalse(Ipv6Numbers.isIpv6(0xefff_ffff));
        assertTrue(Ipv6Numbers.isIpv6(Ipv6Numbers.ANY));
        assertEquals(0, numbers.high(Ipv6Numbers.ANY) | numbers.low(Ipv6Numbers.ANY));
    }

    @Test
    void shouldWriteBothFamiliesAsTheAbiHasThem() {
        final int number = numbers.take(0x0102_0304_0506_0708L, 0x090a_0b0c_0d0e_0f10L);
        assertEquals(0x0807_0605_0403_0201L, numbers.firstWord(number));
        assertEquals(0x100f_0e0d_0c0b_0a09L, numbers.secondWord(number));
        assertEquals(Addresses.IPV4_HIGH, numbers.firstWord(0x0a58_0001));
        assertEquals(Addresses.ipv4Low(0x0a58_0001), numbers.secondWord(0x0a58_0001));
    }

    @Test
    void shouldLetThePacketAtHandHaveNoNumber() {
        final int known = numbers.take(HIGH, 1);
        assertEquals(known, numbers.findOrTransient(HIGH, 1));
        assertEquals(Ipv6Numbers.TRANSIENT, numbers.findOrTransient(HIGH, 2));
        assertEquals(2, numbers.low(Ipv6Numbers.TRANSIENT));
        assertEquals(Ipv6Numbers.NONE, numbers.find(HIGH, 2));
        final int kept = numbers.keep(Ipv6Numbers.TRANSIENT);
        assertEquals(kept, numbers.find(HIGH, 2));
        assertEquals(known, numbers.keep(known));
    }

    @Test
    void shouldTakeBackWhatNobodyHolds() {
        final int guest = numbers.takeForEver(HIGH, 1);
        final int peer = numbers.take(HIGH, 2);
        held.add(peer);
        for (int i = 3; i < 100_000; i++) {
            assertNotEquals(Ipv6Numbers.NONE, numbers.take(HIGH, i));
        }
        assertTrue(numbers.size() < 128, "" + numbers.size());
        assertEquals(guest, numbers.find(HIGH, 1));
        assertEquals(peer, numbers.find(HIGH, 2));
        assertEquals(2, numbers.low(peer));
    }

    @Test
    void shouldGrowWithWhatIsHeldUpToABound() {
        for (int i = 1; i < Ipv6Numbers.MAX - 1; i++) {
            final int number = numbers.take(HIGH, i);
            assertNotEquals(Ipv6Numbers.NONE, number);
            held.add(number);
        }
        assertEquals(Ipv6Numbers.NONE, numbers.take(HIGH, 0));
        assertEquals(held.get(77), numbers.find(HIGH, 78));
        held.removeFirst();
        assertNotEquals(Ipv6Numbers.NONE, numbers.take(HIGH, 0));
        assertEquals(Ipv6Numbers.NONE, numbers.find(HIGH, 1));
    }
}
