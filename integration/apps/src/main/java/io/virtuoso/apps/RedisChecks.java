package io.virtuoso.apps;

import io.lettuce.core.LettuceFutures;
import io.lettuce.core.RedisClient;
import io.lettuce.core.RedisFuture;
import io.lettuce.core.RedisURI;
import io.lettuce.core.api.StatefulRedisConnection;
import io.lettuce.core.codec.ByteArrayCodec;
import io.lettuce.core.pubsub.RedisPubSubAdapter;
import io.lettuce.core.pubsub.StatefulRedisPubSubConnection;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import redis.clients.jedis.Jedis;
import redis.clients.jedis.JedisPubSub;
import redis.clients.jedis.Pipeline;
import redis.clients.jedis.Response;

/** Jedis (blocking sockets) and Lettuce (netty) against redis, every byte checked. Arguments: address and port. */
final class RedisChecks {
    private static final int[] SIZES = {0, 1, 100, 16_384, 1_000_000};
    private static final int PIPELINED = 5_000;

    private final String address;
    private final int port;

    private RedisChecks(final String address, final int port) {
        this.address = address;
        this.port = port;
    }

    public static void main(final String[] arguments) throws Exception {
        final RedisChecks checks = new RedisChecks(arguments[0], Integer.parseInt(arguments[1]));
        checks.jedis();
        checks.jedisThreads();
        checks.jedisSubscriber();
        System.out.println("right: Jedis");
        checks.lettuce();
        System.out.println("right: Lettuce");
        System.out.println("all right");
        System.exit(0);
    }

    private void jedis() {
        try (Jedis jedis = new Jedis(address, port, 60_000)) {
            for (final int size : SIZES) {
                final byte[] key = key("jedis", size);
                jedis.set(key, Bytes.of(size, size));
                Bytes.check(jedis.get(key), size, size);
            }
            try (Pipeline pipeline = jedis.pipelined()) {
                final List<Response<byte[]>> answers = new ArrayList<>();
                for (int i = 0; i < PIPELINED; i++) {
                    pipeline.set(key("piped", i), Bytes.of(i, i % 512));
                    answers.add(pipeline.get(key("piped", i)));
                }
                pipeline.sync();
                for (int i = 0; i < PIPELINED; i++) {
                    Bytes.check(answers.get(i).get(), i, i % 512);
                }
            }
        }
    }

    private void jedisThreads() throws InterruptedException {
        final BlockingQueue<Object> ends = new LinkedBlockingQueue<>();
        for (int worker = 0; worker < 8; worker++) {
            final int number = worker;
            final Thread thread = new Thread(() -> {
                try (Jedis jedis = new Jedis(address, port, 60_000)) {
                    for (int i = 0; i < 200; i++) {
                        final byte[] key = key("thread" + number, i);
                        jedis.set(key, Bytes.of(i, i));
                        Bytes.check(jedis.get(key), i, i);
                    }
                    ends.add("right");
                } catch (final RuntimeException e) {
                    ends.add(e);
                }
            });
            thread.start();
        }
        for (int worker = 0; worker < 8; worker++) {
            final Object end = ends.poll(90, TimeUnit.SECONDS);
            require("right".equals(end), "a thread ended with " + end);
        }
    }

    /** One thread blocked in a read without a limit, another blocked in BLPOP. */
    private void jedisSubscriber() throws InterruptedException {
        final BlockingQueue<String> heard = new LinkedBlockingQueue<>();
        final CountDownLatch subscribed = new CountDownLatch(1);
        final JedisPubSub subscriber = new JedisPubSub() {
            @Override
            public void onSubscribe(final String channel, final int count) {
                subscribed.countDown();
            }

            @Override
            public void onMessage(final String channel, final String message) {
                heard.add(message);
            }
        };
        final Thread listening = new Thread(() -> {
            try (Jedis jedis = new Jedis(address, port, 0)) {
                jedis.subscribe(subscriber, "news");
            }
        });
        listening.start();
        final Thread popping = new Thread(() -> {
            try (Jedis jedis = new Jedis(address, port, 0)) {
                heard.add(jedis.blpop(60, "queue").get(1));
            }
        });
        popping.start();
        require(subscribed.await(60, TimeUnit.SECONDS), "not subscribed");
        try (Jedis jedis = new Jedis(address, port, 60_000)) {
            jedis.publish("news", "hello");
            require("hello".equals(heard.poll(60, TimeUnit.SECONDS)), "no message");
            jedis.rpush("queue", "work");
            require("work".equals(heard.poll(60, TimeUnit.SECONDS)), "no element");
        }
        subscriber.unsubscribe();
        listening.join(60_000);
        popping.join(60_000);
        require(!listening.isAlive() && !popping.isAlive(), "a thread did not end");
    }

    private void lettuce() throws InterruptedException {
        final RedisClient client = RedisClient.create(RedisURI.create(address, port));
        try (StatefulRedisConnection<byte[], byte[]> connection = client.connect(ByteArrayCodec.INSTANCE)) {
            for (final int size : SIZES) {
                connection.sync().set(key("lettuce", size), Bytes.of(size, size));
                Bytes.check(connection.sync().get(key("lettuce", size)), size, size);
            }
            final List<RedisFuture<byte[]>> answers = new ArrayList<>();
            final List<RedisFuture<String>> stored = new ArrayList<>();
            for (int i = 0; i < PIPELINED; i++) {
                stored.add(connection.async().set(key("async", i), Bytes.of(i, i % 512)));
                answers.add(connection.async().get(key("async", i)));
            }
            require(
                    LettuceFutures.awaitAll(90, TimeUnit.SECONDS, answers.toArray(RedisFuture<?>[]::new)),
                    "answers are missing");
            for (int i = 0; i < PIPELINED; i++) {
                require("OK".equals(stored.get(i).toCompletableFuture().join()), "not stored");
                Bytes.check(answers.get(i).toCompletableFuture().join(), i, i % 512);
            }
            final BlockingQueue<String> heard = new LinkedBlockingQueue<>();
            try (StatefulRedisPubSubConnection<String, String> listening = client.connectPubSub()) {
                listening.addListener(new RedisPubSubAdapter<>() {
                    @Override
                    public void message(final String channel, final String message) {
                        heard.add(message);
                    }
                });
                listening.sync().subscribe("more");
                connection.sync().publish("more".getBytes(StandardCharsets.UTF_8), Bytes.of(0, 0));
                require("".equals(heard.poll(60, TimeUnit.SECONDS)), "no message");
            }
        } finally {
            client.shutdown(0, 5, TimeUnit.SECONDS);
        }
    }

    private static byte[] key(final String kind, final int number) {
        return (kind + ":" + number).getBytes(StandardCharsets.UTF_8);
    }

    private static void require(final boolean right, final String otherwise) {
        if (!right) {
            throw new IllegalStateException(otherwise);
        }
    }
}
