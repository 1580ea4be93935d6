package io.virtuoso.host;

import java.util.concurrent.CountDownLatch;
import org.agrona.concurrent.Agent;
import org.agrona.concurrent.AgentRunner;
import org.agrona.concurrent.NoOpIdleStrategy;

/** One of its threads dies while another would serve on. */
public final class FaultyProgram {
    private FaultyProgram() {}

    /** Does not return. */
    public static void main(String[] arguments) throws InterruptedException {
        HostMain.endWithAnyThread();
        AgentRunner.startOnThread(new AgentRunner(new NoOpIdleStrategy(), fault -> {}, null, new Faulty()));
        new CountDownLatch(1).await();
    }

    private static final class Faulty implements Agent {
        @Override
        public int doWork() {
            throw new AssertionError("on purpose");
        }

        @Override
        public String roleName() {
            return "faulty";
        }
    }
}
