package io.virtuoso.guest.netty;

import java.util.Map;

/** What of netty's socket tests is not run, each with its reason. README.md has the same list. */
final class Exclusions {
    /** Not run at all: class and method of netty's, or the class for all its methods. */
    private static final Map<String, String> NEVER = Map.of(
            "SocketChannelEOFTest",
            "its server is a ServerSocket on the loopback address, which is the platform's; VirtuosoTransportTest and the"
                    + " Java conformance suite ask the same of the guest's sockets",
            "ServerSocketSuspendTest",
            "disabled by netty itself; fails on Linux's own stack too, where a listener with a full backlog answers no SYN",
            "SocketShutdownOutputBySelfTest.testWriteAfterShutdownOutputNoWritabilityChange",
            "disabled by netty itself; fails on Linux's own stack too",
            "SocketSslClientRenegotiateTest",
            "disabled by netty itself without OpenSSL's library",
            "SocketSslSessionReuseTest.testSslSessionTrustManagerResumption",
            "needs OpenSSL's library, which is not what is tested here",
            "AbstractSingleThreadEventLoopTest.testAutoScalingEventLoopGroupCanScaleDownAndBeUsed",
            "expects that 100 ms have not passed yet, which a busy machine does not promise");

    /** Run with {@code -Dnetty.suite=all}: they pass, and take their time. */
    private static final Map<String, String> SLOW = Map.of(
            "AbstractSingleThreadEventLoopTest",
                    "run with -Dnetty.suite=all: a quarter of a minute of scaling and shutdowns",
            "SocketSslEchoTest", "run with -Dnetty.suite=all: half a minute of TLS in all variants",
            "SocketStartTlsTest", "run with -Dnetty.suite=all: ten seconds, mostly of sleep",
            "TrafficShapingHandlerTest", "run with -Dnetty.suite=all: twelve seconds of delays on purpose");

    private Exclusions() {}

    /**
     * Why a test is left out.
     *
     * @param test the subclass here of netty's class
     * @return null: it is not
     */
    static String reason(Class<?> test, String method, boolean all) {
        String name = test.getSuperclass().getSimpleName();
        for (String key : new String[] {name, name + "." + method}) {
            String reason = NEVER.get(key);
            if (reason == null && !all) {
                reason = SLOW.get(key);
            }
            if (reason != null) {
                return reason;
            }
        }
        return null;
    }
}
