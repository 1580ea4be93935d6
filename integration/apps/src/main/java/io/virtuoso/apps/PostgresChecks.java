package io.virtuoso.apps;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.postgresql.PGConnection;
import org.postgresql.PGNotification;

/**
 * JDBC against PostgreSQL: what applications do with it, every byte checked. Arguments: the URL, and a name for its
 * tables.
 */
final class PostgresChecks {
    private static final int ROWS = 2_000;
    private static final int LARGE = 4_000_000;
    private static final String CANCELLED = "57014";

    private final String url;
    private final String table;

    private PostgresChecks(final String url, final String table) {
        this.url = url;
        this.table = table;
    }

    public static void main(final String[] arguments) throws Exception {
        final PostgresChecks checks = new PostgresChecks(arguments[0], arguments[1]);
        checks.insertAndFetch();
        checks.carryLargeValues();
        checks.copy();
        checks.notifyOthers();
        checks.cancel();
        checks.useManyConnections();
        System.out.println("all right");
        System.exit(0);
    }

    private Connection connect() throws SQLException {
        return DriverManager.getConnection(url);
    }

    private void insertAndFetch() throws SQLException {
        try (Connection connection = connect();
                Statement statement = connection.createStatement()) {
            statement.execute("create table " + table + " (number int primary key, content bytea)");
            connection.setAutoCommit(false);
            try (PreparedStatement insert = connection.prepareStatement("insert into " + table + " values (?, ?)")) {
                for (int i = 0; i < ROWS; i++) {
                    insert.setInt(1, i);
                    insert.setBytes(2, Bytes.of(i, i));
                    insert.addBatch();
                }
                insert.executeBatch();
            }
            connection.commit();
            statement.setFetchSize(100); // a cursor: many round trips
            int expected = 0;
            try (ResultSet rows = statement.executeQuery("select number, content from " + table + " order by number")) {
                while (rows.next()) {
                    Bytes.check(rows.getBytes(2), rows.getInt(1), expected);
                    expected++;
                }
            }
            require(expected == ROWS, expected + " rows");
            connection.commit();
        }
    }

    private void carryLargeValues() throws SQLException {
        try (Connection connection = connect();
                PreparedStatement statement = connection.prepareStatement("select ?::bytea")) {
            statement.setBytes(1, Bytes.of(LARGE, LARGE));
            try (ResultSet rows = statement.executeQuery()) {
                require(rows.next(), "no row");
                Bytes.check(rows.getBytes(1), LARGE, LARGE);
            }
        }
    }

    private void copy() throws Exception {
        final StringBuilder lines = new StringBuilder();
        for (int i = 0; i < 50_000; i++) {
            lines.append(i).append('\t').append(Integer.toHexString(i * 31)).append('\n');
        }
        final byte[] sent = lines.toString().getBytes(StandardCharsets.US_ASCII);
        try (Connection connection = connect();
                Statement statement = connection.createStatement()) {
            statement.execute("create temporary table copied (number int, content text)");
            final PGConnection postgres = connection.unwrap(PGConnection.class);
            postgres.getCopyAPI().copyIn("copy copied from stdin", new ByteArrayInputStream(sent));
            final ByteArrayOutputStream back = new ByteArrayOutputStream();
            postgres.getCopyAPI().copyOut("copy copied to stdout", back);
            require(java.util.Arrays.equals(sent, back.toByteArray()), "COPY gave other bytes back");
        }
    }

    /** A reader that waits with a time limit, the way the driver polls its socket. */
    private void notifyOthers() throws SQLException {
        try (Connection listening = connect();
                Connection telling = connect();
                Statement listen = listening.createStatement();
                Statement tell = telling.createStatement()) {
            listen.execute("listen " + table);
            final PGConnection postgres = listening.unwrap(PGConnection.class);
            final PGNotification[] none = postgres.getNotifications(50);
            require(none == null || none.length == 0, "a notification that nobody sent");
            tell.execute("notify " + table + ", 'hello'");
            final PGNotification[] one = postgres.getNotifications(60_000);
            require(one != null && one.length == 1 && "hello".equals(one[0].getParameter()), "no notification");
        }
    }

    /** Cancelling opens another connection. */
    private void cancel() throws SQLException {
        try (Connection connection = connect();
                Statement statement = connection.createStatement()) {
            statement.setQueryTimeout(1);
            try {
                statement.execute("select pg_sleep(30)");
                throw new IllegalStateException("not cancelled");
            } catch (final SQLException e) {
                require(CANCELLED.equals(e.getSQLState()), e.toString());
            }
            statement.setQueryTimeout(0);
            require(statement.execute("select 1"), "unusable after it was cancelled");
        }
    }

    private void useManyConnections() throws Exception {
        final ExecutorService threads = Executors.newFixedThreadPool(8);
        final List<Future<?>> all = new ArrayList<>();
        for (int worker = 0; worker < 8; worker++) {
            final int first = worker * 100;
            all.add(threads.submit(() -> {
                readRows(first);
                return null;
            }));
        }
        for (final Future<?> one : all) {
            one.get(150, TimeUnit.SECONDS);
        }
        threads.shutdown();
    }

    private void readRows(final int first) throws SQLException {
        try (Connection connection = connect();
                PreparedStatement select =
                        connection.prepareStatement("select content from " + table + " where number = ?")) {
            for (int i = first; i < first + 100; i++) {
                select.setInt(1, i);
                try (ResultSet rows = select.executeQuery()) {
                    require(rows.next(), "row " + i + " is missing");
                    Bytes.check(rows.getBytes(1), i, i);
                }
            }
        }
    }

    private static void require(final boolean right, final String otherwise) {
        if (!right) {
            throw new IllegalStateException(otherwise);
        }
    }
}
