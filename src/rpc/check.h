/* What a message of the other side may say: each field is looked at here before it is used. Pure: messages
 * in, an error out; any thread. ST_ERR is 08P01, its message names the field: of a call it goes back in the
 * reply, of a reply it is why its worker is thrown out (client_trust.c). Sources: proto/tavana/v1;
 * backend/backend.h for what an honest backend says. */
#ifndef TAVANA_RPC_CHECK_H
#define TAVANA_RPC_CHECK_H

#include "rows/row_desc.h"
#include "rpc/channel.h"
#include "rpc/message.h"

enum {
    RPC_NAME_MAX = 16 * 1024, /* bytes of a user, a database … : a client's start-up packet has no more */
    RPC_TAG_MAX = 63,         /* of a command tag without its count; PostgreSQL's own bound */
    RPC_WORKER_ID_MAX = 63,
};

/* ---- calls ---- */

/* Valid UTF-8 of at most RPC_NAME_MAX bytes. */
int rpc_check_name(const char *text, const char *what, struct err *e);
/* The same, of any length, without NUL. *out lends it. */
int rpc_check_sql(const ProtobufCBinaryData *sql, struct str *out, struct err *e);
/* A time zone's name and numbers in their bounds. */
int rpc_check_formats(const Tavana__V1__Formats *m, struct err *e);
/* n parameters: at most BACKEND_PARAMS_MAX, each with format 0 or 1 and a value of at most INT32_MAX
 * bytes. */
int rpc_check_parameters(Tavana__V1__Parameter *const *list, size_t n, struct err *e);
/* n declared types: at most BACKEND_PARAMS_MAX. */
int rpc_check_parameter_oids(size_t n, struct err *e);
/* Of a portal with that description (NULL: without rows). */
int rpc_check_fetch(const Tavana__V1__FetchRequest *m, const struct backend_portal *p, struct err *e);
/* Delimiters, quotes and columns as COPY's own parser would allow them; d: of the rows, NULL: none. */
int rpc_check_copy_format(const Tavana__V1__CopyFormat *m, const struct row_desc *d, struct err *e);

/* ---- replies ---- */

/* NULL is fine: there is none. */
int rpc_check_error(const Tavana__V1__Error *m, struct err *e);
/* NULL is fine: no rows. */
int rpc_check_columns(const Tavana__V1__Columns *m, struct err *e);
/* Tag, description and parameters' types of a statement. */
int rpc_check_prepared(const Tavana__V1__PrepareReply *m, struct err *e);
/* Pieces of a text of n bytes, one after the other. */
int rpc_check_split(const Tavana__V1__SplitReply *m, size_t n, struct err *e);
/* A report to the holder of that lease (0: the first one, which names it). */
int rpc_check_report(const Tavana__V1__Report *m, uint64_t lease, struct err *e);
/* lines: that were read before. opening: the reply to open. */
int rpc_check_copy_reply(const Tavana__V1__CopyInReply *m, bool opening, uint64_t lines, struct err *e);

/* Which call a portal's state came back from. */
enum rpc_portal_step { RPC_STEP_OPEN, RPC_STEP_START, RPC_STEP_PARK, RPC_STEP_SLICED };
/* Of a portal that was as `before`; ST_ERR also when there is no state at all. */
int rpc_check_state(const Tavana__V1__PortalState *m, const struct backend_portal *before,
                    enum rpc_portal_step step, struct err *e);
/* Of a fetch that began with the portal as `before` and has given `rows`, with its trailer. */
int rpc_check_trailer(const Tavana__V1__Trailer *m, const struct backend_portal *before,
                      const struct backend_fetch *how, uint64_t rows, struct err *e);

/* Messages of rows: n bytes that came with one message of a fetch, which says that they are `rows`. */
struct rpc_rows_shape {
    uint8_t kind;      /* 'D' or 'd'; 0: nothing but the count is sent */
    uint16_t ncolumns; /* of a 'D' */
    uint64_t left;     /* rows that the fetch may still give */
};
/* Whole messages of that kind, as many as `rows` says, and no more than may come. */
int rpc_check_rows(const uint8_t *p, size_t n, uint64_t rows, const struct rpc_rows_shape *shape,
                   struct err *e);

#endif
