package io.virtuoso.apps;

import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.apache.kafka.common.serialization.IntegerDeserializer;
import org.apache.kafka.common.serialization.IntegerSerializer;

/** Kafka's clients: makes a topic, produces, consumes, checks every record. Arguments: address:port, topic, records. */
final class KafkaChecks {
    private static final int PARTITIONS = 4;
    private static final int LIMIT_SECONDS = 150;

    private final String servers;
    private final String topic;
    private final int records;

    private KafkaChecks(final String servers, final String topic, final int records) {
        this.servers = servers;
        this.topic = topic;
        this.records = records;
    }

    public static void main(final String[] arguments) throws Exception {
        final KafkaChecks checks = new KafkaChecks(arguments[0], arguments[1], Integer.parseInt(arguments[2]));
        checks.makeTopic();
        checks.produce();
        checks.consume();
        System.out.println("all right");
        System.exit(0);
    }

    private void makeTopic() throws Exception {
        try (Admin admin = Admin.create(Map.of("bootstrap.servers", servers))) {
            admin.createTopics(List.of(new NewTopic(topic, PARTITIONS, (short) 1)))
                    .all()
                    .get(LIMIT_SECONDS, TimeUnit.SECONDS);
        }
    }

    private static int size(final int number) {
        return number % 1000 == 0 ? 500_000 : number % 1500;
    }

    private void produce() throws Exception {
        final AtomicReference<Exception> failed = new AtomicReference<>();
        try (KafkaProducer<Integer, byte[]> producer = new KafkaProducer<>(
                Map.of("bootstrap.servers", servers, "acks", "all", "linger.ms", 1),
                new IntegerSerializer(),
                new ByteArraySerializer())) {
            Future<?> last = null;
            for (int i = 0; i < records; i++) {
                last = producer.send(new ProducerRecord<>(topic, i, Bytes.of(i, size(i))), (where, exception) -> {
                    if (exception != null) {
                        failed.set(exception);
                    }
                });
            }
            producer.flush();
            last.get(LIMIT_SECONDS, TimeUnit.SECONDS);
        }
        if (failed.get() != null) {
            throw failed.get();
        }
    }

    private void consume() {
        final boolean[] seen = new boolean[records];
        int count = 0;
        final long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(LIMIT_SECONDS);
        try (KafkaConsumer<Integer, byte[]> consumer = new KafkaConsumer<>(
                Map.of("bootstrap.servers", servers, "group.id", topic, "auto.offset.reset", "earliest"),
                new IntegerDeserializer(),
                new ByteArrayDeserializer())) {
            consumer.subscribe(List.of(topic));
            while (count < records) {
                if (System.nanoTime() > end) {
                    throw new IllegalStateException("only " + count + " records");
                }
                for (final ConsumerRecord<Integer, byte[]> one : consumer.poll(Duration.ofSeconds(1))) {
                    final int number = one.key();
                    Bytes.check(one.value(), number, size(number));
                    if (seen[number]) {
                        throw new IllegalStateException("record " + number + " came twice");
                    }
                    seen[number] = true;
                    count++;
                }
            }
            consumer.commitSync();
        }
    }
}
