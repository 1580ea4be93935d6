package io.virtuoso.host.net;

import java.util.Arrays;

/**
 * Deadlines of connections: a binary heap, lazily kept. TCP moves its deadlines back with nearly every segment; that
 * costs nothing here, because a flow whose scheduled time has come but whose deadline has not is simply scheduled again.
 * Allocates only when it grows.
 */
final class FlowTimers {
    private Flow[] heap = new Flow[64];
    private int size;

    /** @return no later than the earliest deadline; {@link Flow#NEVER}: there is none */
    long next() {
        return size == 0 ? Flow.NEVER : heap[0].scheduledNanos;
    }

    int size() {
        return size;
    }

    /** Takes note of a flow's deadline; to be called after whatever may have brought it forward. */
    void update(final Flow flow) {
        final long deadline = flow.deadlineNanos();
        if (deadline >= flow.scheduledNanos) {
            return;
        }
        flow.scheduledNanos = deadline;
        if (flow.timerIndex < 0) {
            if (size == heap.length) {
                heap = Arrays.copyOf(heap, size * 2);
            }
            flow.timerIndex = size++;
        }
        siftUp(flow, flow.timerIndex);
    }

    /** Forgets a flow. */
    void remove(final Flow flow) {
        final int index = flow.timerIndex;
        if (index < 0) {
            return;
        }
        flow.timerIndex = -1;
        flow.scheduledNanos = Flow.NEVER;
        final Flow last = heap[--size];
        heap[size] = null;
        if (index < size) {
            siftDown(last, index);
            siftUp(last, last.timerIndex);
        }
    }

    /**
     * Calls flows whose deadline has come.
     *
     * @param limit most flows to look at
     * @return how many were called
     */
    int expire(final long now, final int limit) {
        int called = 0;
        for (int looked = 0; looked < limit && size > 0 && heap[0].scheduledNanos <= now; looked++) {
            final Flow flow = heap[0];
            remove(flow);
            if (flow.deadlineNanos() <= now) {
                called++;
                flow.onDeadline(now);
            }
            update(flow);
        }
        return called;
    }

    private void siftUp(final Flow flow, final int from) {
        int index = from;
        while (index > 0) {
            final int parent = index - 1 >>> 1;
            if (heap[parent].scheduledNanos <= flow.scheduledNanos) {
                break;
            }
            place(heap[parent], index);
            index = parent;
        }
        place(flow, index);
    }

    private void siftDown(final Flow flow, final int from) {
        int index = from;
        while (true) {
            int child = 2 * index + 1;
            if (child >= size) {
                break;
            }
            if (child + 1 < size && heap[child + 1].scheduledNanos < heap[child].scheduledNanos) {
                child++;
            }
            if (heap[child].scheduledNanos >= flow.scheduledNanos) {
                break;
            }
            place(heap[child], index);
            index = child;
        }
        place(flow, index);
    }

    private void place(final Flow flow, final int index) {
        heap[index] = flow;
        flow.timerIndex = index;
    }
}
