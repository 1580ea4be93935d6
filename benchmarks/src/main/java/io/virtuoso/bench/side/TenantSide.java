package io.virtuoso.bench.side;

import io.virtuoso.bench.stat.DelayCounts;
import java.util.List;
import java.util.Optional;

/**
 * A side that has room for many tenants, each with a place for a client and one for a server. Client and server of
 * {@link Side} are those of tenant 0.
 */
public interface TenantSide extends Side {
    /** Most tenants of a side: their addresses are those of one /24. */
    int MOST_TENANTS = 100;

    /**
     * Makes the places of tenants that are not there yet.
     *
     * @param count how many tenants there are to be, at most {@link #MOST_TENANTS}
     */
    void makeTenants(int count) throws BenchException;

    /** @return the command that runs the given one in a tenant's client's place, by exec */
    List<String> asClientOf(int tenant, List<String> command);

    /** @return the command that runs the given one in a tenant's server's place, by exec */
    List<String> asServerOf(int tenant, List<String> command);

    /** @return the IPv4 address of a tenant's server */
    String serverAddressOf(int tenant);

    /**
     * @return how long commands and packets of tenant 0's guests waited to be served, since the side's beginning; nothing
     *     where nobody counts that. From any thread
     */
    default Optional<DelayCounts> delays() throws BenchException {
        return Optional.empty();
    }

    @Override
    default List<String> asClient(final List<String> command) {
        return asClientOf(0, command);
    }

    @Override
    default List<String> asServer(final List<String> command) {
        return asServerOf(0, command);
    }

    @Override
    default String serverAddress() {
        return serverAddressOf(0);
    }
}
