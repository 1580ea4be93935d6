package io.virtuoso.apps;

import java.nio.file.Files;
import java.nio.file.Path;
import org.apache.kafka.common.Uuid;

/**
 * One Kafka node, broker and controller at once. Arguments: its folder, its address, the broker's and the controller's
 * port.
 */
final class KafkaBroker {
    private KafkaBroker() {}

    public static void main(final String[] arguments) throws Exception {
        final Path folder = Path.of(arguments[0]);
        final Path properties = folder.resolve("server.properties");
        if (Files.notExists(properties)) {
            Files.writeString(properties, settings(folder, arguments[1], arguments[2], arguments[3]));
            final int status = kafka.tools.StorageTool.execute(
                    new String[] {
                        "format",
                        "--config",
                        properties.toString(),
                        "--cluster-id",
                        Uuid.randomUuid().toString()
                    },
                    System.out);
            if (status != 0) {
                throw new IllegalStateException("the folder could not be formatted");
            }
        }
        System.out.println("starting");
        kafka.Kafka.main(new String[] {properties.toString()});
    }

    private static String settings(
            final Path folder, final String address, final String broker, final String controller) {
        return String.join(
                "\n",
                "process.roles=broker,controller",
                "node.id=1",
                "controller.quorum.voters=1@" + address + ":" + controller,
                "listeners=PLAINTEXT://" + address + ":" + broker + ",CONTROLLER://" + address + ":" + controller,
                "advertised.listeners=PLAINTEXT://" + address + ":" + broker,
                "controller.listener.names=CONTROLLER",
                "log.dirs=" + folder.resolve("data"),
                "offsets.topic.num.partitions=1",
                "offsets.topic.replication.factor=1",
                "transaction.state.log.num.partitions=1",
                "transaction.state.log.replication.factor=1",
                "transaction.state.log.min.isr=1",
                "group.initial.rebalance.delay.ms=0",
                "num.network.threads=2",
                "num.io.threads=4",
                "");
    }
}
