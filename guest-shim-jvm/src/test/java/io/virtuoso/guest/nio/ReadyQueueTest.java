package io.virtuoso.guest.nio;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class ReadyQueueTest {
    private final ReadyQueue<String> queue = new ReadyQueue<>();
    private final ReadyQueue.Place<String> one = new ReadyQueue.Place<>("one");
    private final ReadyQueue.Place<String> two = new ReadyQueue.Place<>("two");
    private final ReadyQueue.Place<String> three = new ReadyQueue.Place<>("three");

    @Test
    void shouldGiveMembersInTheOrderOfArrival() {
        queue.offer(two);
        queue.offer(one);
        queue.offer(three);
        assertEquals(List.of("two", "one", "three"), drain());
        assertTrue(queue.isEmpty());
        assertEquals(List.of(), drain());
    }

    @Test
    void shouldHoldAMemberOnce() {
        assertTrue(queue.offer(one));
        assertFalse(queue.offer(one));
        queue.offer(two);
        assertFalse(queue.offer(one));
        assertEquals(List.of("one", "two"), drain());
    }

    @Test
    void shouldTakeAMemberAgainAfterwards() {
        queue.offer(one);
        drain();
        assertTrue(queue.offer(one));
        assertEquals(List.of("one"), drain());
    }

    @Test
    void shouldKeepForTheNextTimeWhatComesDuringTheDrain() {
        queue.offer(one);
        queue.offer(two);
        List<String> first = new ArrayList<>();
        queue.drain(member -> {
            first.add(member);
            queue.offer(one);
            queue.offer(three);
        });
        assertEquals(List.of("one", "two"), first);
        assertEquals(List.of("one", "three"), drain());
    }

    private List<String> drain() {
        List<String> all = new ArrayList<>();
        queue.drain(all::add);
        return all;
    }
}
