import java.math.BigDecimal;
import java.sql.*;
import java.time.*;
import java.util.*;
import java.sql.Date;

/** What a program does through pgjdbc. Arguments: URL, name of the case; prints "ok" or fails. */
public class Cases {
    static void check(boolean condition, String what) {
        if (!condition) throw new AssertionError(what);
    }

    static void same(Object got, Object want) {
        check(Objects.equals(got, want), "got " + got + ", want " + want);
    }

    static void types(Connection c) throws SQLException {
        String[] casts = {"boolean", "integer", "bigint", "double precision", "numeric(10,3)", "text", "date", "timestamp", "uuid"};
        Object[] values = {true, 42, 1L << 40, 0.1, new BigDecimal("12.345"), "ä €", Date.valueOf("2024-02-29"),
                           Timestamp.valueOf("2024-02-29 12:34:56.789"), UUID.fromString("a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11")};
        for (int threshold : new int[] {1, -1, 5})  // from text to binary transfer
            for (int i = 0; i < values.length; i++)
                try (PreparedStatement s = c.prepareStatement("select ?::" + casts[i] + ", null::" + casts[i])) {
                    s.unwrap(org.postgresql.PGStatement.class).setPrepareThreshold(Math.max(threshold, 0));
                    for (int run = 0; run < 7; run++) {
                        s.setObject(1, values[i]);
                        try (ResultSet r = s.executeQuery()) {
                            check(r.next(), "a row");
                            same(r.getObject(1), values[i]);
                            same(r.getObject(2), null);
                        }
                    }
                }
        try (PreparedStatement s = c.prepareStatement("select ?::int[], ?::text[], ?::timestamptz")) {
            s.setArray(1, c.createArrayOf("int4", new Object[] {1, null, 3}));
            s.setArray(2, c.createArrayOf("text", new Object[] {"a", "b,c", null}));
            s.setObject(3, OffsetDateTime.of(2024, 2, 29, 12, 0, 0, 0, ZoneOffset.ofHours(2)));
            try (ResultSet r = s.executeQuery()) {
                check(r.next(), "a row");
                check(Arrays.equals((Object[]) r.getArray(1).getArray(), new Object[] {1, null, 3}), "int array");
                check(Arrays.equals((Object[]) r.getArray(2).getArray(), new Object[] {"a", "b,c", null}), "text array");
                same(r.getObject(3, OffsetDateTime.class).toInstant(), Instant.parse("2024-02-29T10:00:00Z"));
            }
        }
    }

    /** Pages of a thousand; stops half-way on another statement, which has to leave the session usable. */
    static void paging(Connection c) throws SQLException {
        c.setAutoCommit(false);
        long rows = Long.getLong("rows", 5000000), n = 0, sum = 0;
        try (Statement s = c.createStatement()) {
            s.setFetchSize(1000);
            try (ResultSet r = s.executeQuery("select i, 'row ' || i from range(" + rows + ") t(i)")) {
                while (r.next()) {
                    check(r.getLong(1) == n, "row " + n);
                    sum += r.getString(2).length();
                    n++;
                }
            }
            same(n, rows);
            check(sum > rows, "texts came");
            try (ResultSet r = s.executeQuery("select i from range(" + rows + ") t(i)")) {
                for (int i = 0; i < 2500; i++) check(r.next(), "row");
            }
            try (ResultSet r = s.executeQuery("select 7")) {
                check(r.next() && r.getInt(1) == 7, "the session goes on");
            }
        }
        c.commit();
    }

    static void two(Connection c) throws SQLException {
        c.setAutoCommit(false);
        try (Statement a = c.createStatement(); Statement b = c.createStatement()) {
            a.setFetchSize(10);
            b.setFetchSize(7);
            ResultSet ra = a.executeQuery("select i from range(1000) t(i)"), rb = b.executeQuery("select i * 2 from range(1000) t(i)");
            for (int i = 0; i < 1000; i++) {
                check(ra.next() && ra.getInt(1) == i, "a " + i);
                check(rb.next() && rb.getInt(1) == 2 * i, "b " + i);
            }
            check(!ra.next() && !rb.next(), "the ends");
        }
        c.rollback();
    }

    static void batch(Connection c) throws SQLException {
        try (Statement s = c.createStatement()) {
            s.execute("create or replace table jdbc_batch (a int, b varchar)");
        }
        c.setAutoCommit(false);
        try (PreparedStatement s = c.prepareStatement("insert into jdbc_batch values (?, ?)")) {
            for (int i = 0; i < 1000; i++) {
                s.setInt(1, i);
                s.setString(2, "v" + i);
                s.addBatch();
            }
            for (int count : s.executeBatch()) check(count == 1 || count == Statement.SUCCESS_NO_INFO, "count " + count);
        }
        c.commit();
        try (Statement s = c.createStatement(); ResultSet r = s.executeQuery("select count(*), sum(a) from jdbc_batch")) {
            check(r.next() && r.getInt(1) == 1000 && r.getInt(2) == 499500, "all are there");
        }
        c.commit();
    }

    static void errors(Connection c) throws SQLException {
        c.setAutoCommit(false);
        try (Statement s = c.createStatement()) {
            s.execute("select 1");
            try {
                s.execute("select * from no_such_table");
                throw new AssertionError("no error");
            } catch (SQLException e) {
                same(e.getSQLState(), "42P01");
            }
            try {
                s.execute("select 1");
                throw new AssertionError("no error");
            } catch (SQLException e) {
                same(e.getSQLState(), "25P02");
            }
            c.rollback();
            check(s.execute("select 1"), "after rollback");
        }
        c.rollback();
    }

    static void metadata(Connection c) throws SQLException {
        try (Statement s = c.createStatement()) {
            s.execute("create or replace table jdbc_meta (id integer primary key, name varchar not null, price decimal(10,2))");
        }
        DatabaseMetaData m = c.getMetaData();
        same(m.getDatabaseProductName(), "PostgreSQL");
        Set<String> tables = new HashSet<>();
        try (ResultSet r = m.getTables(null, null, "jdbc_meta", new String[] {"TABLE"})) {
            while (r.next()) tables.add(r.getString("TABLE_NAME"));
        }
        same(tables, Set.of("jdbc_meta"));
        List<String> columns = new ArrayList<>();
        try (ResultSet r = m.getColumns(null, null, "jdbc_meta", null)) {
            while (r.next()) columns.add(r.getString("COLUMN_NAME") + ":" + r.getString("TYPE_NAME") + ":" + r.getInt("NULLABLE"));
        }
        same(columns, List.of("id:int4:0", "name:text:0", "price:numeric:1"));
        try (ResultSet r = m.getPrimaryKeys(null, null, "jdbc_meta")) {
            check(r.next(), "a primary key");
            same(r.getString("COLUMN_NAME"), "id");
        }
        try (ResultSet r = m.getSchemas()) {
            check(r.next(), "schemas");
        }
        try (ResultSet r = m.getTypeInfo()) {
            check(r.next(), "types");
        }
    }

    static void timeout(Connection c) throws SQLException {
        try (Statement s = c.createStatement()) {
            s.setQueryTimeout(1);
            s.executeQuery("select count(*) from range(100000000000) t(i) where i % 7 = 3");
            throw new AssertionError("no error");
        } catch (SQLException e) {
            same(e.getSQLState(), "57014");
        }
    }

    public static void main(String[] args) throws Exception {
        try (Connection c = DriverManager.getConnection(args[0])) {
            Cases.class.getDeclaredMethod(args[1], Connection.class).invoke(null, c);
        }
        System.out.println("ok");
    }
}
