package io.virtuoso.integration;

import java.time.Duration;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.Parameter;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.MethodSource;

/** Large Java servers as guests, used by their own clients from another guest; on the newest JDK, also from the kernel. */
@Tag("slow")
@ParameterizedClass
@MethodSource("io.virtuoso.integration.Jdk#all")
class JvmServersE2eTest {
    private static final Duration LIMIT = Duration.ofMinutes(4);

    private static Machine machine;

    @Parameter
    private Jdk jdk;

    @BeforeAll
    static void shouldStart() {
        machine = Machine.start();
    }

    @AfterAll
    static void shouldStop() {
        machine.close();
    }

    @Test
    void shouldServeKafka() {
        final Guest broker = machine.guest("broker");
        final String folder = machine.folder("kafka" + jdk.feature()).toString();
        try (Child server =
                new JavaProgram(jdk, "KafkaBroker").start(broker, folder, broker.address(), "9092", "9093")) {
            server.awaitLine("Kafka Server started", LIMIT);
            final Traffic traffic = Traffic.since(machine);
            final JavaProgram checks = new JavaProgram(jdk, "KafkaChecks");
            checks.check(machine.guest("client"), LIMIT, broker.address() + ":9092", "near", "10000");
            traffic.assertLocal(20_000_000);
            if (jdk.isNewest()) {
                checks.checkInKernel(machine, LIMIT, broker.address() + ":9092", "far", "3000");
                traffic.assertKernel(5_000_000);
            }
            JavaProgram.assertNoCrash(server);
        }
    }

    @Test
    void shouldServeZooKeeper() {
        final Guest keeper = machine.guest("keeper");
        final String folder = machine.folder("zookeeper" + jdk.feature()).toString();
        try (Child server = new JavaProgram(jdk, "ZooKeeperServer").start(keeper, folder, "2181")) {
            server.awaitLine("serving", LIMIT);
            final Traffic traffic = Traffic.since(machine);
            final JavaProgram checks = new JavaProgram(jdk, "ZooKeeperChecks");
            checks.check(machine.guest("client"), LIMIT, keeper.address() + ":2181");
            traffic.assertLocal(2_000_000);
            if (jdk.isNewest()) {
                checks.checkInKernel(machine, LIMIT, keeper.address() + ":2181");
                traffic.assertKernel(2_000_000);
            }
            JavaProgram.assertNoCrash(server);
        }
    }

    @Test
    void shouldServeRemoteMethodInvocation() {
        final Guest guest = machine.guest("remote");
        final Guest client = machine.guest("client");
        try (Child server = rmi("RmiServer", guest.address()).start(guest, "1099")) {
            server.awaitLine("serving", LIMIT);
            final Traffic traffic = Traffic.since(machine);
            rmi("RmiChecks", client.address()).check(client, LIMIT, guest.address(), "1099");
            traffic.assertLocal(18_000_000);
            rmi("RmiChecks", Machine.KERNEL_ADDRESS).checkInKernel(machine, LIMIT, guest.address(), "1099");
            traffic.assertKernel(18_000_000);
            JavaProgram.assertNoCrash(server);
        }
    }

    @Test
    void shouldCallRemoteMethodsOnTheKernel() {
        final Guest client = machine.guest("client");
        try (Child server = rmi("RmiServer", Machine.KERNEL_ADDRESS).startInKernel(machine, "1099")) {
            server.awaitLine("serving", LIMIT);
            final Traffic traffic = Traffic.since(machine);
            rmi("RmiChecks", client.address()).check(client, LIMIT, Machine.KERNEL_ADDRESS, "1099");
            traffic.assertKernel(18_000_000);
        }
    }

    /** With the address that goes into the references that it hands out. */
    private JavaProgram rmi(final String main, final String address) {
        return new JavaProgram(jdk, main, "-Djava.rmi.server.hostname=" + address);
    }
}
