package io.virtuoso.guest;

import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;

/**
 * What the agent is told: arguments after {@code -javaagent:JAR=}, separated by commas, before the environment.
 *
 * <pre>
 * guest-socket=PATH     the guest's Unix socket; else VIRTUOSO_GUEST_SOCKET; with neither a device of a virtual
 *                       machine is looked for, and without that the agent does nothing
 * kernel=CIDR+CIDR...   addresses that are left to the platform
 * report=FILE           where to append a report at the end; "-" is standard error, as with VIRTUOSO_STATS=1
 * </pre>
 */
final class AgentOptions {
    /** The report goes to standard error. */
    static final String STANDARD_ERROR = "-";

    /** Bytes of a Unix socket's path at most. */
    private static final int MAX_PATH_BYTES = 107;

    private String guestSocket;
    private String report;
    private List<String> platformNetworks = List.of();

    private AgentOptions(Map<String, String> environment) {
        guestSocket = environment.get("VIRTUOSO_GUEST_SOCKET");
        report = "1".equals(environment.get("VIRTUOSO_STATS")) ? STANDARD_ERROR : null;
    }

    /**
     * Reads arguments and environment.
     *
     * @param arguments null if there are none
     * @throws IllegalArgumentException with one line for people
     */
    static AgentOptions parse(String arguments, Map<String, String> environment) {
        AgentOptions options = new AgentOptions(environment);
        if (arguments != null && !arguments.isEmpty()) {
            for (String argument : arguments.split(",", -1)) {
                options.read(argument);
            }
        }
        String path = options.guestSocket;
        if (path != null && path.getBytes(StandardCharsets.UTF_8).length > MAX_PATH_BYTES) {
            throw new IllegalArgumentException(
                    "the guest's socket has a path of more than " + MAX_PATH_BYTES + " bytes: " + path);
        }
        return options;
    }

    private void read(String argument) {
        int equals = argument.indexOf('=');
        String name = equals < 0 ? argument : argument.substring(0, equals);
        String value = argument.substring(equals + 1);
        if (equals < 0 || value.isEmpty()) {
            throw unknown(argument);
        }
        switch (name) {
            case "guest-socket" -> guestSocket = value;
            case "kernel" -> platformNetworks = List.of(value.split("\\+", -1));
            case "report" -> report = value;
            default -> throw unknown(argument);
        }
    }

    private static IllegalArgumentException unknown(String argument) {
        return new IllegalArgumentException("unknown agent argument '" + argument
                + "'; known are guest-socket=PATH, kernel=CIDR+CIDR and report=FILE, separated by commas");
    }

    /** Whether nothing says that this JVM is to be a guest, or that it is to be none: a device may. */
    boolean mayBeInMachine() {
        return guestSocket == null;
    }

    /** Whether this JVM is to be a guest by a socket. */
    boolean isGuest() {
        return guestSocket != null && !guestSocket.isEmpty();
    }

    String guestSocket() {
        return guestSocket;
    }

    /** IPv4 networks as written. */
    List<String> platformNetworks() {
        return platformNetworks;
    }

    /** Where the report goes; null: there is none. */
    String report() {
        return report;
    }
}
