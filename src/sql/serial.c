#include "sql/serial.h"

#include <stddef.h>

static const struct {
    const char *word, *type;
} serials[] = {
    {"SERIAL", "INTEGER"}, {"SERIAL4", "INTEGER"},      {"BIGSERIAL", "BIGINT"},
    {"SERIAL8", "BIGINT"}, {"SMALLSERIAL", "SMALLINT"}, {"SERIAL2", "SMALLINT"},
};

const char *sql_serial_type(const struct sql_token *t)
{
    for (size_t i = 0; t->kind == SQL_TOK_WORD && i < sizeof serials / sizeof *serials; i++)
        if (sql_token_is_word(t, serials[i].word))
            return serials[i].type;
    return NULL;
}
