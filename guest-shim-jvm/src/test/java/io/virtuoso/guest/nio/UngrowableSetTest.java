package io.virtuoso.guest.nio;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.HashSet;
import java.util.Iterator;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;

class UngrowableSetTest {
    private final Set<Integer> members = new HashSet<>(List.of(1, 2, 3, 4));
    private final Set<Integer> set = new UngrowableSet<>(members);

    @Test
    void shouldTakeMembersOutOfWhatItShows() {
        assertTrue(set.remove(1));
        Iterator<Integer> iterator = set.iterator();
        iterator.next();
        iterator.remove();
        assertEquals(2, members.size());
        set.removeAll(List.of(4, 3));
        set.clear();
        assertTrue(members.isEmpty());
    }

    @Test
    void shouldLetNothingIn() {
        assertThrows(UnsupportedOperationException.class, () -> set.add(9));
        assertThrows(UnsupportedOperationException.class, () -> set.addAll(List.of(9)));
        assertEquals(4, set.size());
    }
}
