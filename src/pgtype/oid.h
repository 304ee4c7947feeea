/* The scalar and array types of PostgreSQL that Tavana speaks: one line each.
 * Source: PostgreSQL's pg_type catalog (version 15). */
#ifndef TAVANA_PGTYPE_OID_H
#define TAVANA_PGTYPE_OID_H

#include "base/str.h"

#include <stdint.h>

/* symbol, oid, array oid, typlen, name in pg_type, SQL name as format_type prints it, engine's type name (""
 * none) */
#define PGTYPE_LIST(X)                                                                                       \
    X(BOOL, 16, 1000, 1, "bool", "boolean", "BOOLEAN")                                                       \
    X(BYTEA, 17, 1001, -1, "bytea", "bytea", "BLOB")                                                         \
    X(CHAR, 18, 1002, 1, "char", "\"char\"", "VARCHAR")                                                      \
    X(NAME, 19, 1003, 64, "name", "name", "VARCHAR")                                                         \
    X(INT8, 20, 1016, 8, "int8", "bigint", "BIGINT")                                                         \
    X(INT2, 21, 1005, 2, "int2", "smallint", "SMALLINT")                                                     \
    X(INT2VECTOR, 22, 1006, -1, "int2vector", "int2vector", "")                                              \
    X(INT4, 23, 1007, 4, "int4", "integer", "INTEGER")                                                       \
    X(REGPROC, 24, 1008, 4, "regproc", "regproc", "")                                                        \
    X(TEXT, 25, 1009, -1, "text", "text", "VARCHAR")                                                         \
    X(OID, 26, 1028, 4, "oid", "oid", "BIGINT")                                                              \
    X(TID, 27, 1010, 6, "tid", "tid", "")                                                                    \
    X(XID, 28, 1011, 4, "xid", "xid", "")                                                                    \
    X(CID, 29, 1012, 4, "cid", "cid", "")                                                                    \
    X(OIDVECTOR, 30, 1013, -1, "oidvector", "oidvector", "")                                                 \
    X(JSON, 114, 199, -1, "json", "json", "JSON")                                                            \
    X(XML, 142, 143, -1, "xml", "xml", "pg_xml")                                                             \
    X(NODE_TREE, 194, 0, -1, "pg_node_tree", "pg_node_tree", "")                                             \
    X(POINT, 600, 1017, 16, "point", "point", "pg_point")                                                    \
    X(LSEG, 601, 1018, 32, "lseg", "lseg", "pg_lseg")                                                        \
    X(PATH, 602, 1019, -1, "path", "path", "pg_path")                                                        \
    X(BOX, 603, 1020, 32, "box", "box", "pg_box")                                                            \
    X(POLYGON, 604, 1027, -1, "polygon", "polygon", "pg_polygon")                                            \
    X(LINE, 628, 629, 24, "line", "line", "pg_line")                                                         \
    X(CIDR, 650, 651, -1, "cidr", "cidr", "pg_cidr")                                                         \
    X(FLOAT4, 700, 1021, 4, "float4", "real", "FLOAT")                                                       \
    X(FLOAT8, 701, 1022, 8, "float8", "double precision", "DOUBLE")                                          \
    X(UNKNOWN, 705, 0, -2, "unknown", "unknown", "")                                                         \
    X(CIRCLE, 718, 719, 24, "circle", "circle", "pg_circle")                                                 \
    X(MONEY, 790, 791, 8, "money", "money", "pg_money")                                                      \
    X(MACADDR, 829, 1040, 6, "macaddr", "macaddr", "pg_macaddr")                                             \
    X(INET, 869, 1041, -1, "inet", "inet", "pg_address")                                                     \
    X(ACLITEM, 1033, 1034, 12, "aclitem", "aclitem", "")                                                     \
    X(BPCHAR, 1042, 1014, -1, "bpchar", "character", "VARCHAR")                                              \
    X(VARCHAR, 1043, 1015, -1, "varchar", "character varying", "VARCHAR")                                    \
    X(DATE, 1082, 1182, 4, "date", "date", "DATE")                                                           \
    X(TIME, 1083, 1183, 8, "time", "time without time zone", "TIME")                                         \
    X(TIMESTAMP, 1114, 1115, 8, "timestamp", "timestamp without time zone", "TIMESTAMP")                     \
    X(TIMESTAMPTZ, 1184, 1185, 8, "timestamptz", "timestamp with time zone", "TIMESTAMPTZ")                  \
    X(INTERVAL, 1186, 1187, 16, "interval", "interval", "INTERVAL")                                          \
    X(TIMETZ, 1266, 1270, 12, "timetz", "time with time zone", "TIMETZ")                                     \
    X(BIT, 1560, 1561, -1, "bit", "bit", "BIT")                                                              \
    X(VARBIT, 1562, 1563, -1, "varbit", "bit varying", "BIT")                                                \
    X(NUMERIC, 1700, 1231, -1, "numeric", "numeric", "DECIMAL(38,10)")                                       \
    X(REFCURSOR, 1790, 2201, -1, "refcursor", "refcursor", "pg_refcursor")                                   \
    X(REGPROCEDURE, 2202, 2207, 4, "regprocedure", "regprocedure", "")                                       \
    X(REGCLASS, 2205, 2210, 4, "regclass", "regclass", "")                                                   \
    X(REGTYPE, 2206, 2211, 4, "regtype", "regtype", "")                                                      \
    X(REGNAMESPACE, 4089, 4090, 4, "regnamespace", "regnamespace", "")                                       \
    X(RECORD, 2249, 2287, -1, "record", "record", "")                                                        \
    X(ANYARRAY, 2277, 0, -1, "anyarray", "anyarray", "")                                                     \
    X(VOID, 2278, 0, 4, "void", "void", "")                                                                  \
    X(UUID, 2950, 2951, 16, "uuid", "uuid", "UUID")                                                          \
    X(LSN, 3220, 3221, 8, "pg_lsn", "pg_lsn", "")                                                            \
    X(NDISTINCT, 3361, 0, -1, "pg_ndistinct", "pg_ndistinct", "")                                            \
    X(DEPENDENCIES, 3402, 0, -1, "pg_dependencies", "pg_dependencies", "")                                   \
    X(JSONB, 3802, 3807, -1, "jsonb", "jsonb", "pg_jsonb")                                                   \
    X(INT4RANGE, 3904, 3905, -1, "int4range", "int4range", "pg_int4range")                                   \
    X(NUMRANGE, 3906, 3907, -1, "numrange", "numrange", "pg_numrange")                                       \
    X(TSRANGE, 3908, 3909, -1, "tsrange", "tsrange", "pg_tsrange")                                           \
    X(TSTZRANGE, 3910, 3911, -1, "tstzrange", "tstzrange", "pg_tstzrange")                                   \
    X(DATERANGE, 3912, 3913, -1, "daterange", "daterange", "pg_daterange")                                   \
    X(INT8RANGE, 3926, 3927, -1, "int8range", "int8range", "pg_int8range")                                   \
    X(INT4MULTIRANGE, 4451, 6150, -1, "int4multirange", "int4multirange", "pg_int4multirange")               \
    X(NUMMULTIRANGE, 4532, 6151, -1, "nummultirange", "nummultirange", "pg_nummultirange")                   \
    X(TSMULTIRANGE, 4533, 6152, -1, "tsmultirange", "tsmultirange", "pg_tsmultirange")                       \
    X(TSTZMULTIRANGE, 4534, 6153, -1, "tstzmultirange", "tstzmultirange", "pg_tstzmultirange")               \
    X(DATEMULTIRANGE, 4535, 6155, -1, "datemultirange", "datemultirange", "pg_datemultirange")               \
    X(INT8MULTIRANGE, 4536, 6157, -1, "int8multirange", "int8multirange", "pg_int8multirange")               \
    X(MCV_LIST, 5017, 0, -1, "pg_mcv_list", "pg_mcv_list", "")                                               \
    X(STATISTICS, 10028, 0, -1, "_pg_statistic", "pg_statistic[]", "")

enum {
#define X(symbol, oid, array_oid, len, name, sql_name, engine) PGTYPE_##symbol = oid,
    PGTYPE_LIST(X)
#undef X
};

struct pgtype_info {
    uint32_t oid;
    uint32_t array_oid; /* 0: none */
    int16_t len;
    const char *name, *sql_name, *engine_name;
};

/* NULL for a type that is not in the list. */
const struct pgtype_info *pgtype_find(uint32_t oid);
/* The element type of an array type; NULL when oid is no array of ours. */
const struct pgtype_info *pgtype_element(uint32_t array_oid);
/* By a name as SQL writes it: "int4", "integer", "character varying", "int", "numeric(10,2)", "text[]"; 0
 * when unknown. A typmod in brackets is skipped. */
uint32_t pgtype_by_name(struct str name);

#endif
