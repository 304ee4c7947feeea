/* Types are spelled by PostgreSQL's names, as the dialect reads them: "numeric(10, 2)", "integer[]". */
#include "session/value_text.h"

#include "pgtype/oid.h"
#include "rows/row_desc.h"

enum { NUMERIC_BASE = 4, NUMERIC_SHIFT = 16, NUMERIC_MASK = 0xffff };

void value_put_literal(struct buf *b, const char *value)
{
    if (!value) {
        buf_printf(b, "NULL");
        return;
    }
    buf_put_u8(b, '\'');
    for (const char *v = value; *v; v++) {
        if (*v == '\'')
            buf_put_u8(b, '\'');
        buf_put_u8(b, (uint8_t)*v);
    }
    buf_put_u8(b, '\'');
}

bool value_put_type(struct buf *b, const struct column_desc *c)
{
    const struct pgtype_info *element = pgtype_element(c->type_oid);
    const struct pgtype_info *type = element ? element : pgtype_find(c->type_oid);
    if (!type || !*type->engine_name)
        return false;
    buf_printf(b, "%s", type->sql_name);
    if (c->type_oid == PGTYPE_NUMERIC && c->typmod >= NUMERIC_BASE)
        buf_printf(b, "(%d, %d)", (int)((c->typmod - NUMERIC_BASE) >> NUMERIC_SHIFT),
                   (int)((c->typmod - NUMERIC_BASE) & NUMERIC_MASK));
    if (element)
        buf_printf(b, "[]");
    return true;
}
