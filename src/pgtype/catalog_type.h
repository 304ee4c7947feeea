/* Types of PostgreSQL's catalog that the engine lacks: each is one of its types under a name of ours, an
 * alias, which results and parameters keep. The engine registers them (engine/catalog_types.c), encode/
 * sends them with their numbers. Source: PostgreSQL 15's pg_type, and the domains of information_schema. */
#ifndef TAVANA_PGTYPE_CATALOG_TYPE_H
#define TAVANA_PGTYPE_CATALOG_TYPE_H

#include "pgtype/oid.h"

enum catalog_base {
    CATALOG_INT2,
    CATALOG_INT4,
    CATALOG_TEXT,
    CATALOG_TIMESTAMPTZ,
    CATALOG_NUMERIC,
    CATALOG_BYTES,
};

/* How a value is written where that is not its base's way. */
enum catalog_form {
    CATALOG_PLAIN,
    CATALOG_CHAR,     /* binary: one byte */
    CATALOG_REGPROC,  /* text: the function's name */
    CATALOG_REGTYPE,  /* binary: the type's number */
    CATALOG_NUMBERED, /* kept as "number name": text shows the name, binary the number */
    CATALOG_JSONB,    /* binary: a version in front */
    CATALOG_TID,      /* pgtype/tid.h */
    CATALOG_RANGE,    /* pgtype/range.h's bytes, sent as text or binary */
    CATALOG_MULTIRANGE,
    CATALOG_PACKED, /* pgtype/packed.h's bytes */
    CATALOG_VECTOR, /* text: "1 2 3"; binary: an array that counts from 0 */
};

/* name in the engine, base, form, type, typmod */
#define CATALOG_TYPE_LIST(X)                                                                                 \
    X("pg_oid", INT4, PLAIN, OID, -1)                                                                        \
    X("pg_xid", INT4, PLAIN, XID, -1)                                                                        \
    X("pg_cid", INT4, PLAIN, CID, -1)                                                                        \
    X("pg_regproc", INT4, REGPROC, REGPROC, -1)                                                              \
    X("pg_regtype", TEXT, REGTYPE, REGTYPE, -1)                                                              \
    X("pg_regclass", TEXT, NUMBERED, REGCLASS, -1)                                                           \
    X("pg_regnamespace", TEXT, NUMBERED, REGNAMESPACE, -1)                                                   \
    X("pg_regprocedure", TEXT, NUMBERED, REGPROCEDURE, -1)                                                   \
    X("pg_name", TEXT, PLAIN, NAME, -1)                                                                      \
    X("pg_refcursor", TEXT, PLAIN, REFCURSOR, -1)                                                            \
    X("pg_char", TEXT, CHAR, CHAR, -1)                                                                       \
    X("pg_varchar", TEXT, PLAIN, VARCHAR, -1)                                                                \
    X("pg_varchar_3", TEXT, PLAIN, VARCHAR, 7)                                                               \
    X("pg_node_tree", TEXT, PLAIN, NODE_TREE, -1)                                                            \
    X("pg_aclitem", TEXT, PLAIN, ACLITEM, -1)                                                                \
    X("pg_anyarray", TEXT, PLAIN, ANYARRAY, -1)                                                              \
    X("pg_jsonb", TEXT, JSONB, JSONB, -1)                                                                    \
    X("pg_lsn", TEXT, PLAIN, LSN, -1)                                                                        \
    X("pg_tid", TEXT, TID, TID, -1)                                                                          \
    X("pg_inet", TEXT, PLAIN, INET, -1)                                                                      \
    X("pg_ndistinct", TEXT, PLAIN, NDISTINCT, -1)                                                            \
    X("pg_dependencies", TEXT, PLAIN, DEPENDENCIES, -1)                                                      \
    X("pg_mcv_list", TEXT, PLAIN, MCV_LIST, -1)                                                              \
    X("pg_statistics", TEXT, PLAIN, STATISTICS, -1)                                                          \
    X("pg_timestamptz_2", TIMESTAMPTZ, PLAIN, TIMESTAMPTZ, 2)                                                \
    X("pg_numeric", NUMERIC, PLAIN, NUMERIC, -1)                                                             \
    X("pg_void", TEXT, PLAIN, VOID, -1)                                                                      \
    X("pg_int2vector_element", INT2, PLAIN, INT2, -1)                                                        \
    X("pg_oidvector_element", INT4, PLAIN, OID, -1)                                                          \
    X("pg_point", BYTES, PACKED, POINT, -1)                                                                  \
    X("pg_lseg", BYTES, PACKED, LSEG, -1)                                                                    \
    X("pg_box", BYTES, PACKED, BOX, -1)                                                                      \
    X("pg_path", BYTES, PACKED, PATH, -1)                                                                    \
    X("pg_polygon", BYTES, PACKED, POLYGON, -1)                                                              \
    X("pg_line", BYTES, PACKED, LINE, -1)                                                                    \
    X("pg_circle", BYTES, PACKED, CIRCLE, -1)                                                                \
    X("pg_address", BYTES, PACKED, INET, -1)                                                                 \
    X("pg_cidr", BYTES, PACKED, CIDR, -1)                                                                    \
    X("pg_macaddr", BYTES, PACKED, MACADDR, -1)                                                              \
    X("pg_money", BYTES, PACKED, MONEY, -1)                                                                  \
    X("pg_xml", BYTES, PACKED, XML, -1)                                                                      \
    X("pg_int4range", BYTES, RANGE, INT4RANGE, -1)                                                           \
    X("pg_numrange", BYTES, RANGE, NUMRANGE, -1)                                                             \
    X("pg_tsrange", BYTES, RANGE, TSRANGE, -1)                                                               \
    X("pg_tstzrange", BYTES, RANGE, TSTZRANGE, -1)                                                           \
    X("pg_daterange", BYTES, RANGE, DATERANGE, -1)                                                           \
    X("pg_int8range", BYTES, RANGE, INT8RANGE, -1)                                                           \
    X("pg_int4multirange", BYTES, MULTIRANGE, INT4MULTIRANGE, -1)                                            \
    X("pg_nummultirange", BYTES, MULTIRANGE, NUMMULTIRANGE, -1)                                              \
    X("pg_tsmultirange", BYTES, MULTIRANGE, TSMULTIRANGE, -1)                                                \
    X("pg_tstzmultirange", BYTES, MULTIRANGE, TSTZMULTIRANGE, -1)                                            \
    X("pg_datemultirange", BYTES, MULTIRANGE, DATEMULTIRANGE, -1)                                            \
    X("pg_int8multirange", BYTES, MULTIRANGE, INT8MULTIRANGE, -1)

struct catalog_type {
    const char *name;
    enum catalog_base base;
    enum catalog_form form;
    uint32_t oid;
    int32_t typmod;
};

extern const struct catalog_type catalog_types[];
extern const size_t catalog_types_count;

/* By the engine's name for it; NULL: it is none of them, alias may be NULL. */
const struct catalog_type *catalog_type_find(const char *alias);
/* A list with elements of that name, which is a type of its own to PostgreSQL: int2vector, oidvector. The
 * engine forgets names of lists, not of their elements. NULL: it is an array, or no list of ours. */
const struct catalog_type *catalog_type_of_list(const char *element_alias);

/* Whether a name is one of theirs, letters alike in either case. */
bool catalog_type_is(struct str name);

/* A function of PostgreSQL's as regproc shows it: its name, with the schema when there are several. NULL:
 * none has the number. */
const char *catalog_proc_name(uint32_t oid);
/* The other way: of a name, perhaps with "pg_catalog." in front, or of digits; the lowest number when several
 * have the name. false: there is none. */
bool catalog_proc_find(struct str name, uint32_t *oid);

#endif
