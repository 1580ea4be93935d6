package io.virtuoso.host.fastpath;

import io.virtuoso.host.config.HostConfig;
import io.virtuoso.host.config.NetworkConfig;
import io.virtuoso.host.port.Port;
import io.virtuoso.host.port.WirePort;
import java.util.function.UnaryOperator;
import org.agrona.concurrent.CachedNanoClock;

/** A client and a server, guests of two host stacks on one wire. */
final class StackPair {
    static final int CLIENT = StackHarness.FIRST_ADDRESS;
    static final int SERVER = CLIENT + 1;

    private final CachedNanoClock clock = new CachedNanoClock();
    final StackHarness near;
    final StackHarness far;
    final ScriptedGuest client;
    final ScriptedGuest server;

    StackPair() {
        this(UnaryOperator.identity());
    }

    /** @param nearPort puts something in front of the client's port */
    StackPair(UnaryOperator<Port> nearPort) {
        this(nearPort, HostConfig.embeddedDefault().defaultNetwork());
    }

    /** @param network of both */
    StackPair(UnaryOperator<Port> nearPort, NetworkConfig network) {
        final WirePort wire = WirePort.create(new WirePort.Traits(1500, 0, 64, true), clock::nanoTime);
        near = StackHarness.on(nearPort.apply(wire), clock, network);
        far = StackHarness.on(wire.peer(), clock, network);
        client = near.guest("client", 0, network);
        server = far.guest("server", 1, network);
    }

    /** Lets 3 ms pass. */
    void run() {
        for (int pass = 0; pass < 30; pass++) {
            pass();
        }
    }

    /** Lets 100 us pass, in which each stack makes one pass. */
    void pass() {
        clock.update(clock.nanoTime() + 100_000);
        near.pass();
        client.drain();
        far.pass();
        server.drain();
    }
}
