import java.lang.management.ManagementFactory;
import java.sql.DriverManager;

/** Reads a result with pgjdbc, 10,000 rows at a time, every value as an object; prints how long it took as JSON. */
final class Read {
    public static void main(String[] args) throws Exception {
        String url = "jdbc:postgresql://127.0.0.1:" + args[0] + "/" + args[2] + "?sslmode=disable&user=" + args[1];
        try (var connection = DriverManager.getConnection(url)) {
            connection.setAutoCommit(false);
            long begun = System.nanoTime();
            long first = 0;
            long rows = 0;
            try (var statement = connection.prepareStatement(args[3])) {
                statement.setFetchSize(10_000);
                try (var result = statement.executeQuery()) {
                    int columns = result.getMetaData().getColumnCount();
                    while (result.next()) {
                        if (rows++ == 0) {
                            first = System.nanoTime() - begun;
                        }
                        for (int i = 1; i <= columns; i++) {
                            result.getObject(i);
                        }
                    }
                }
            }
            double taken = (System.nanoTime() - begun) / 1e9;
            double used = ManagementFactory.getThreadMXBean().getCurrentThreadCpuTime() / 1e9; // of this thread, which does all but compile and collect
            System.out.printf(java.util.Locale.ROOT, "{\"rows\": %d, \"seconds\": %.6f, \"first_row_ms\": %.3f, \"cpu_s\": %.3f}%n", rows, taken,
                              first / 1e6, used);
        }
    }
}
