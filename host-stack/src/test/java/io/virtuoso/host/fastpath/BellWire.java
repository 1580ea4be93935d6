package io.virtuoso.host.fastpath;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.virtuoso.host.ffm.Libc;
import io.virtuoso.host.port.ForwardingPort;
import io.virtuoso.host.port.Frame;
import io.virtuoso.host.port.Port;
import io.virtuoso.host.port.WirePort;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import org.agrona.concurrent.NanoClock;

/** A wire whose near end has a descriptor: readable while frames wait there. */
final class BellWire implements AutoCloseable {
    private final WirePort wire;
    private final int bell = Libc.eventFd();

    /** @param time virtual */
    BellWire(NanoClock time) {
        wire = WirePort.create(new WirePort.Traits(1500, 5_000, 4096, true), time::nanoTime);
    }

    int fd() {
        return bell;
    }

    Port near() {
        return new WatchedPort(wire);
    }

    Port far() {
        return new RingingPort(wire.peer());
    }

    /** Tells the near end of frames. */
    private final class RingingPort extends ForwardingPort {
        RingingPort(Port port) {
            super(port);
        }

        @Override
        public boolean transmit(Frame frame) {
            Libc.ringEventFd(bell);
            return super.transmit(frame);
        }
    }

    /** Readable until all frames are received. */
    private final class WatchedPort extends ForwardingPort {
        private final ByteBuffer counter = ByteBuffer.allocateDirect(Long.BYTES);
        private final long address = MemorySegment.ofBuffer(counter).address();

        WatchedPort(Port port) {
            super(port);
        }

        @Override
        public int fd() {
            return bell;
        }

        @Override
        public int receive(Frame frame) {
            final int result = super.receive(frame);
            if (result == NONE && wire.nextArrival() == Long.MAX_VALUE) {
                Libc.read(bell, address, Long.BYTES);
            }
            return result;
        }
    }

    /** Checks that no frame was dropped. */
    void check() {
        assertEquals(0, wire.overflows() + wire.peer().overflows(), "frames dropped by the test's wire");
    }

    @Override
    public void close() {
        Libc.close(bell);
    }
}
