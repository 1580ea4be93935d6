package io.virtuoso.bench.side;

import java.util.List;

/** One of the two things that are compared: a place for a client and a place for a server that can reach each other. */
public interface Side extends AutoCloseable {
    /** @return the name in reports, one word */
    String name();

    /** @return the command that runs the given one in the client's place, by exec: with the same process id */
    List<String> asClient(List<String> command);

    /** @return the command that runs the given one in the server's place, by exec: with the same process id */
    List<String> asServer(List<String> command);

    /** @return the command that runs a JVM in the client's place; the given one begins with the program {@code java} */
    default List<String> asJvmClient(final List<String> command) {
        return asClient(command);
    }

    /** @return the command that runs a JVM in the server's place; the given one begins with the program {@code java} */
    default List<String> asJvmServer(final List<String> command) {
        return asServer(command);
    }

    /** @return netty's transport that is made for this side, as the programs of {@code benchmarks/jvm} name it */
    String nettyTransport();

    /** @return the server's IPv4 address as the client sees it */
    String serverAddress();

    /** @return process ids of the host stack; none for the kernel */
    List<Long> hostPids();

    /** @return whether it still works; if not, it is to be closed and made anew */
    boolean healthy();

    /** Removes everything that was made. */
    @Override
    void close();
}
