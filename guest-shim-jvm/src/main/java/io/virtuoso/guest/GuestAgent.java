package io.virtuoso.guest;

import io.virtuoso.guest.core.Link;
import io.virtuoso.guest.core.MachineBarriers;
import io.virtuoso.guest.core.MachineDevice;
import io.virtuoso.guest.core.Routing;
import io.virtuoso.guest.os.Os;
import java.lang.instrument.Instrumentation;
import java.util.Map;

/**
 * Makes a JVM a guest, before the program's first line: {@code -javaagent:virtuoso-guest.jar}. What it cannot do it
 * says in one line and ends the JVM: a guest whose sockets silently were somebody else's would be worse.
 */
public final class GuestAgent {
    private static final String SELECTOR_PROVIDER = "java.nio.channels.spi.SelectorProvider";
    private static final String ASYNCHRONOUS_PROVIDER = "java.nio.channels.spi.AsynchronousChannelProvider";
    private static final int BAD_USAGE = 2;
    private static final int FAILED = 1;
    private static final String WITHOUT_BARRIERS =
            "this JVM cannot become a guest: without KVM and with one processor QEMU"
                    + " leaves out memory barriers; it needs -smp 1,maxcpus=2";
    private static boolean begun;
    private static volatile boolean active;

    private GuestAgent() {}

    /** Called by the JVM before main. */
    public static void premain(String arguments, Instrumentation instrumentation) {
        boolean first = beginOnce();
        AgentOptions options;
        try {
            options = AgentOptions.parse(arguments, first ? System.getenv() : Map.of());
            if (!first && options.isGuest()) {
                throw new IllegalArgumentException("the agent is given twice; only the first may name the guest");
            }
            if (!options.platformNetworks().isEmpty()) {
                Routing.leaveToPlatform(options.platformNetworks());
            }
        } catch (IllegalArgumentException e) {
            refuse(BAD_USAGE, e.getMessage());
            return;
        }
        try {
            MachineDevice machine = first && options.mayBeInMachine() ? MachineDevice.find() : null;
            if (machine != null && !MachineBarriers.areKept()) {
                refuse(FAILED, WITHOUT_BARRIERS);
            } else if (options.isGuest() || machine != null) {
                start(options, machine, new JdkPatch(instrumentation));
                instrumentation.addTransformer(NativeTransports.make());
                active = true;
            }
        } catch (Exception | LinkageError e) {
            refuse(FAILED, "this JVM cannot become a guest: " + e);
        }
        if (active && options.report() != null) {
            ExitReport.schedule(options.report());
        }
    }

    /**
     * Called by the JVM when the agent is loaded into a running program. That is refused: a listener that is the
     * platform's could not accept any more, since the sockets made for its connections would be the guest's.
     */
    public static void agentmain(String arguments, Instrumentation instrumentation) {
        String why = "a running JVM cannot become a guest; start it with -javaagent, or by virtuoso run";
        System.err.println("virtuoso: " + why);
        throw new IllegalStateException(why); // for whoever loads it; the program goes on
    }

    /**
     * Written on the command line and added by {@code virtuoso run}, the agent is started twice: the JVM becomes a
     * guest once, and the other arguments of both hold.
     */
    private static synchronized boolean beginOnce() {
        boolean first = !begun;
        begun = true;
        return first;
    }

    private static void start(AgentOptions options, MachineDevice machine, JdkPatch jdk) throws Exception {
        jdk.openPackages();
        if (machine != null) {
            Link.configure(Os.get(), machine, programName());
        } else {
            Link.configure(Os.get(), options.guestSocket(), programName());
        }
        setUnlessChosen(SELECTOR_PROVIDER, "io.virtuoso.guest.nio.GuestSelectorProvider");
        setUnlessChosen(ASYNCHRONOUS_PROVIDER, "io.virtuoso.guest.aio.GuestAsynchronousChannelProvider");
        jdk.redirectSockets();
        jdk.redirectDatagrams();
        jdk.redirectStreams();
        jdk.redirectInterfaces();
        jdk.redirectAddresses();
        NamePatch.install();
    }

    private static void setUnlessChosen(String property, String provider) {
        if (System.getProperty(property) == null) {
            System.setProperty(property, provider);
        }
    }

    /** The jar or main class as the host stack's lists show it. */
    private static String programName() {
        String command = System.getProperty("sun.java.command", "java");
        int space = command.indexOf(' ');
        String program = space < 0 ? command : command.substring(0, space);
        int slash = program.lastIndexOf('/');
        String name = program.substring(slash + 1);
        return name.endsWith(".jar") ? name : name.substring(name.lastIndexOf('.') + 1);
    }

    private static void refuse(int status, String why) {
        System.err.println("virtuoso: " + why);
        System.exit(status);
    }
}
