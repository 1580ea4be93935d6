package io.virtuoso.guest.netty;

import static org.junit.jupiter.api.Assertions.assertTrue;

import io.virtuoso.guest.core.Link;
import java.io.IOException;
import java.util.Set;
import org.junit.jupiter.api.extension.AfterAllCallback;
import org.junit.jupiter.api.extension.AfterTestExecutionCallback;
import org.junit.jupiter.api.extension.BeforeAllCallback;
import org.junit.jupiter.api.extension.BeforeTestExecutionCallback;
import org.junit.jupiter.api.extension.ConditionEvaluationResult;
import org.junit.jupiter.api.extension.ExecutionCondition;
import org.junit.jupiter.api.extension.ExtensionContext;

/** Starts the host stack, leaves out what {@link Exclusions} names, and sees to it that the guest's sockets are used. */
final class SuiteExtension
        implements BeforeAllCallback,
                AfterAllCallback,
                BeforeTestExecutionCallback,
                AfterTestExecutionCallback,
                ExecutionCondition {
    /** Tests that connect to nobody. */
    private static final Set<String> WITHOUT_CONNECTION = Set.of("WriteBeforeRegisteredTest");

    private static HostStackProcess hostStack;
    private static BlackHole blackHole;
    private int tests;
    private long before;

    @Override
    public void beforeAll(ExtensionContext context) throws IOException {
        startHostStack();
        tests = 0;
        before = Link.acceleratedSockets();
        assertTrue(before > 0 && blackHole != null, "this JVM is no guest");
    }

    private static synchronized void startHostStack() throws IOException {
        if (hostStack == null) {
            hostStack = HostStackProcess.start();
            blackHole = BlackHole.open();
        }
    }

    @Override
    public void beforeTestExecution(ExtensionContext context) {
        tests++;
    }

    /** Says where a test hung: the log has the names of those that ended. */
    @Override
    public void afterTestExecution(ExtensionContext context) {
        System.out.println(context.getRequiredTestClass().getSimpleName() + "." + context.getDisplayName()
                + context.getExecutionException().map(e -> " FAILED " + e).orElse(" ok"));
    }

    @Override
    public void afterAll(ExtensionContext context) {
        Class<?> suite = context.getRequiredTestClass().getSuperclass();
        assertTrue(
                tests == 0 || WITHOUT_CONNECTION.contains(suite.getSimpleName()) || Link.acceleratedSockets() > before,
                "none of the sockets of these tests was the guest's");
    }

    @Override
    public ConditionEvaluationResult evaluateExecutionCondition(ExtensionContext context) {
        String reason = context.getTestMethod()
                .map(method -> Exclusions.reason(
                        context.getRequiredTestClass(),
                        method.getName(),
                        System.getProperty("netty.suite", "short").equals("all")))
                .orElse(null);
        return reason == null
                ? ConditionEvaluationResult.enabled("not excluded")
                : ConditionEvaluationResult.disabled(reason);
    }
}
