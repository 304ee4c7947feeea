// What people's Java tools do, unchanged: java -cp JARS Tools.java TOOL PORT DATABASE DIRECTORY. Says "well" at the end.

import jakarta.persistence.Column;
import jakarta.persistence.Entity;
import jakarta.persistence.GeneratedValue;
import jakarta.persistence.GenerationType;
import jakarta.persistence.Id;
import jakarta.persistence.ManyToOne;
import jakarta.persistence.Version;
import java.math.BigDecimal;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DatabaseMetaData;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.Statement;
import java.time.OffsetDateTime;
import java.util.ArrayList;
import java.util.List;
import java.util.Properties;
import liquibase.Contexts;
import liquibase.LabelExpression;
import liquibase.Liquibase;
import liquibase.database.DatabaseFactory;
import liquibase.database.jvm.JdbcConnection;
import liquibase.resource.DirectoryResourceAccessor;
import org.flywaydb.core.Flyway;
import org.hibernate.SessionFactory;
import org.hibernate.cfg.Configuration;
import org.jooq.SQLDialect;
import org.jooq.impl.DSL;

public class Tools {
    static String url;

    static void same(Object got, Object wanted) {
        if (!String.valueOf(got).equals(String.valueOf(wanted)))
            throw new AssertionError(got + " instead of " + wanted);
    }

    static List<String> rows(ResultSet r, String... columns) throws Exception {
        List<String> out = new ArrayList<>();
        while (r.next()) {
            List<String> row = new ArrayList<>();
            for (String c : columns)
                row.add(r.getString(c));
            out.add(String.join(" ", row.stream().map(String::valueOf).toList()));
        }
        return out;
    }

    static Connection connect() throws Exception {
        return DriverManager.getConnection(url, "tester", "x");
    }

    static void flyway(String directory) throws Exception {
        Flyway f = Flyway.configure().dataSource(url, "tester", "x").baselineOnMigrate(true).baselineVersion("0")
            .locations("filesystem:" + directory + "/migrations").load();
        same(f.migrate().migrationsExecuted, 3);
        same(f.migrate().migrationsExecuted, 0);
        f.validate();
        same(f.info().applied().length >= 3, true);
        try (Connection c = connect(); Statement s = c.createStatement()) {
            same(rows(s.executeQuery("select name, total from spent order by name"), "name", "total"), "[Ann 10.50, Bob 21.00]");
        }
    }

    static void liquibase(String directory) throws Exception {
        try (Connection c = connect()) {
            var database = DatabaseFactory.getInstance().findCorrectDatabaseImplementation(new JdbcConnection(c));
            for (int i = 0; i < 2; i++)
                new Liquibase("changelog.xml", new DirectoryResourceAccessor(Path.of(directory)), database).update(new Contexts(), new LabelExpression());
        }
        try (Connection c = connect(); Statement s = c.createStatement()) {
            same(rows(s.executeQuery("select name, opened, grade from place"), "name", "opened", "grade"), "[Here 2024-02-29 3]");
        }
    }

    @Entity(name = "Author")
    public static class Author {
        @Id @GeneratedValue(strategy = GenerationType.IDENTITY) Long id;
        @Column(length = 60, nullable = false, unique = true) String name;
        OffsetDateTime born;
        @Version int version;
    }

    @Entity(name = "Book")
    public static class Book {
        @Id @GeneratedValue Long id;
        @Column(precision = 10, scale = 2) BigDecimal price;
        @ManyToOne(optional = false) Author author;
        boolean sold;
    }

    static SessionFactory factory(String ddl) {
        Properties p = new Properties();
        p.put("hibernate.connection.url", url);
        p.put("hibernate.connection.username", "tester");
        p.put("hibernate.connection.password", "x");
        p.put("hibernate.hbm2ddl.auto", ddl);
        p.put("hibernate.hbm2ddl.halt_on_error", "true");
        return new Configuration().addProperties(p).addAnnotatedClass(Author.class).addAnnotatedClass(Book.class).buildSessionFactory();
    }

    static void hibernate(String directory) {
        try (SessionFactory f = factory("create")) {
            f.inTransaction(s -> {
                for (String name : new String[] {"Ann", "Bob"}) {
                    Author a = new Author();
                    a.name = name;
                    a.born = OffsetDateTime.parse("1970-01-02T03:04:05Z");
                    s.persist(a);
                    Book b = new Book();
                    b.price = new BigDecimal("9.90");
                    b.author = a;
                    s.persist(b);
                }
            });
            f.inTransaction(s -> {
                Author a = s.createQuery("from Author where name = :n", Author.class).setParameter("n", "Ann").getSingleResult();
                same(a.born.toInstant(), "1970-01-02T03:04:05Z");
                a.name = "Anna";
                s.createMutationQuery("update Book set sold = true where author = :a").setParameter("a", a).executeUpdate();
            });
            f.inTransaction(s -> same(s.createQuery("select a.name, sum(b.price), count(*) from Book b join b.author a where b.sold group by a.name", Object[].class)
                .getResultList().stream().map(List::of).toList(), "[[Anna, 9.90, 1]]"));
            f.inTransaction(s -> same(s.createQuery("from Book b order by b.id", Book.class).setFirstResult(1).setMaxResults(5).getResultList().size(), 1));
        }
        factory("validate").close();
        factory("update").close();
    }

    static void jooq(String directory) throws Exception {
        try (Connection c = connect(); Statement s = c.createStatement()) {
            s.execute("create table shelf (id int primary key, label varchar(10) not null, weight numeric(8, 3))");
            s.execute("create table item (id int primary key, shelf_id int references shelf (id), unique (shelf_id))");
            var dsl = DSL.using(c, SQLDialect.POSTGRES);
            var meta = dsl.meta();
            var table = meta.getTables("shelf").get(0);
            same(table.getSchema().getName(), "public");
            same(table.field("label").getDataType().length(), 10);
            same(table.field("weight").getDataType().scale(), 3);
            same(table.getPrimaryKey().getFields().get(0).getName(), "id");
            same(meta.getTables("item").get(0).getReferences().get(0).getKey().getTable().getName(), "shelf");
            same(dsl.insertInto(table).columns(table.fields()).values(1, "a", new BigDecimal("1.5")).execute(), 1);
            same(dsl.fetch("select * from shelf").get(0).get("weight"), "1.500");
        }
    }

    // What DBeaver, DataGrip and Tableau ask over JDBC, and updatable results.
    static void jdbc(String directory) throws Exception {
        try (Connection c = connect(); Statement s = c.createStatement()) {
            s.execute("create table parent (id int primary key, name varchar(12) not null default 'x')");
            s.execute("create table child (a int, b numeric(7, 2), parent int references parent (id) on delete no action, primary key (a, b))");
            s.execute("create index child_parent on child (parent)");
            s.execute("create view seen as select * from parent");
            s.execute("comment on column parent.name is 'How it is called'");
            DatabaseMetaData m = c.getMetaData();
            same(rows(m.getTables(null, "public", "%", new String[] {"TABLE", "VIEW"}), "TABLE_SCHEM", "TABLE_NAME", "TABLE_TYPE"),
                "[public child TABLE, public parent TABLE, public seen VIEW]");
            same(rows(m.getColumns(null, "public", "parent", "%"), "COLUMN_NAME", "TYPE_NAME", "COLUMN_SIZE", "NULLABLE", "REMARKS", "COLUMN_DEF", "ORDINAL_POSITION"),
                "[id int4 10 0 null null 1, name varchar 12 0 How it is called 'x'::character varying 2]");
            same(rows(m.getColumns(null, "public", "child", "b"), "COLUMN_NAME", "TYPE_NAME", "COLUMN_SIZE", "DECIMAL_DIGITS"), "[b numeric 7 2]");
            same(rows(m.getPrimaryKeys(null, "public", "child"), "COLUMN_NAME", "KEY_SEQ", "PK_NAME"), "[a 1 child_pkey, b 2 child_pkey]");
            same(rows(m.getImportedKeys(null, "public", "child"), "PKTABLE_NAME", "PKCOLUMN_NAME", "FKCOLUMN_NAME", "FK_NAME"), "[parent id parent child_parent_fkey]");
            same(rows(m.getExportedKeys(null, "public", "parent"), "FKTABLE_NAME", "DELETE_RULE"), "[child 3]");
            same(rows(m.getIndexInfo(null, "public", "child", false, true), "INDEX_NAME", "COLUMN_NAME", "NON_UNIQUE"),
                "[child_pkey a f, child_pkey b f, child_parent parent t]");
            same(rows(m.getSchemas(), "TABLE_SCHEM").contains("public"), true);
            same(rows(m.getCatalogs(), "TABLE_CAT").contains(c.getCatalog()), true);
            same(c.getSchema(), "public");
            try (Statement u = c.createStatement(ResultSet.TYPE_SCROLL_INSENSITIVE, ResultSet.CONCUR_UPDATABLE)) {
                s.execute("insert into parent values (1, 'one'), (2, 'two')");
                ResultSet r = u.executeQuery("select id, name from parent order by id");
                r.next();
                r.updateString("name", "first");
                r.updateRow();
                r.moveToInsertRow();
                r.updateInt("id", 3);
                r.updateString("name", "three");
                r.insertRow();
                same(r.getMetaData().isNullable(1), 0);
                same(((org.postgresql.PGResultSetMetaData) r.getMetaData()).getBaseTableName(1), "parent");
            }
            same(rows(s.executeQuery("select id, name from parent order by id"), "id", "name"), "[1 first, 2 two, 3 three]");
            c.setAutoCommit(false);
            s.setFetchSize(10);
            int n = 0;
            for (ResultSet r = s.executeQuery("select * from generate_series(1, 1000) g"); r.next();)
                n += r.getInt("g");
            same(n, 500500);
            var saved = c.setSavepoint("s");
            c.releaseSavepoint(saved);
            c.commit();
        }
    }

    public static void main(String[] args) throws Exception {
        url = "jdbc:postgresql://127.0.0.1:" + args[1] + "/" + args[2];
        Tools.class.getDeclaredMethod(args[0], String.class).invoke(null, args[3]);
        System.out.println("well");
    }
}
