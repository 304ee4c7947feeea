import java.sql.*;
import java.util.*;

/** Times pgjdbc's DatabaseMetaData: one line a call, its name, a tab and the median's milliseconds. */
public class Catalog {
    interface Call {
        ResultSet run(DatabaseMetaData m) throws SQLException;
    }

    static Map<String, Call> calls(String schema, String table) {
        Map<String, Call> c = new LinkedHashMap<>();
        c.put("getTables", m -> m.getTables(null, null, "%", new String[] {"TABLE", "VIEW"}));
        c.put("getTables of one", m -> m.getTables(null, schema, table, null));
        c.put("getColumns", m -> m.getColumns(null, schema, "%", "%"));
        c.put("getColumns of one", m -> m.getColumns(null, schema, table, "%"));
        c.put("getPrimaryKeys", m -> m.getPrimaryKeys(null, schema, table));
        c.put("getIndexInfo", m -> m.getIndexInfo(null, schema, table, false, true));
        c.put("getImportedKeys", m -> m.getImportedKeys(null, schema, table));
        c.put("getExportedKeys", m -> m.getExportedKeys(null, schema, table));
        c.put("getCrossReference", m -> m.getCrossReference(null, schema, "t0", null, schema, table));
        c.put("getTypeInfo", m -> m.getTypeInfo());
        c.put("getSchemas", m -> m.getSchemas());
        c.put("getCatalogs", m -> m.getCatalogs());
        c.put("getTableTypes", m -> m.getTableTypes());
        c.put("getProcedures", m -> m.getProcedures(null, schema, "%"));
        c.put("getFunctions", m -> m.getFunctions(null, schema, "%"));
        c.put("getFunctionColumns", m -> m.getFunctionColumns(null, schema, "%", "%"));
        c.put("getUDTs", m -> m.getUDTs(null, schema, "%", null));
        c.put("getTablePrivileges", m -> m.getTablePrivileges(null, schema, table));
        c.put("getColumnPrivileges", m -> m.getColumnPrivileges(null, schema, table, "%"));
        c.put("getBestRowIdentifier", m -> m.getBestRowIdentifier(null, schema, table, DatabaseMetaData.bestRowSession, true));
        c.put("getVersionColumns", m -> m.getVersionColumns(null, schema, table));
        return c;
    }

    public static void main(String[] args) throws Exception {
        int rounds = Integer.parseInt(args[3]);
        try (Connection c = DriverManager.getConnection(args[0])) {
            for (Map.Entry<String, Call> call : calls(args[1], args[2]).entrySet()) {
                double[] ms = new double[rounds];
                long rows = 0;
                try {
                    for (int i = 0; i < rounds; i++) {
                        long start = System.nanoTime();
                        rows = 0;
                        try (ResultSet r = call.getValue().run(c.getMetaData())) {
                            while (r.next())
                                rows++;
                        }
                        ms[i] = (System.nanoTime() - start) / 1e6;
                    }
                    double[] warm = Arrays.copyOfRange(ms, rounds / 2, rounds);
                    Arrays.sort(warm);
                    System.out.println(call.getKey() + "\t" + warm[warm.length / 2] + "\t" + rows);
                } catch (SQLException e) {
                    System.out.println(call.getKey() + "\tnan\t" + e.getMessage().replace('\n', ' '));
                }
            }
        }
    }
}
