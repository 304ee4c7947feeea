#include "session/alter_minds.h"

#include "sql/alter.h"

bool alter_minds_indexes(const struct sql_alter *x)
{
    for (size_t i = 0; i < x->n; i++)
        switch (x->actions[i].what) {
        case SQL_ALTER_PLAIN:
        case SQL_ALTER_RENAME:
        case SQL_ALTER_RENAME_COLUMN:
        case SQL_ALTER_DROP_COLUMN:
        case SQL_ALTER_TYPE:
        case SQL_ALTER_ADD_CHECKED:
        case SQL_ALTER_LIMIT:
        case SQL_ALTER_DROP_CONSTRAINT: return true;
        case SQL_ALTER_UNLIMIT:
        case SQL_ALTER_LIGHT:
        case SQL_ALTER_ADD_SERIAL:
        case SQL_ALTER_OPTIONS:
        case SQL_ALTER_OWNER:
        case SQL_ALTER_NOTHING: break;
        }
    return false;
}

bool alter_changes_columns(const struct sql_alter *x)
{
    const struct str null = STR(" NOT NULL");
    for (size_t i = 0; i < x->n; i++) {
        struct str text = x->actions[i].text;
        bool nulls = text.n > null.n && str_ieq((struct str){text.p + text.n - null.n, null.n}, null);
        if (x->actions[i].what == SQL_ALTER_DROP_COLUMN || x->actions[i].what == SQL_ALTER_TYPE ||
            (x->actions[i].what == SQL_ALTER_PLAIN && !nulls))
            return true;
    }
    return false;
}

bool alter_minds_references(const struct sql_alter *x)
{
    for (size_t i = 0; i < x->n; i++)
        if (x->actions[i].what == SQL_ALTER_ADD_SERIAL && x->actions[i].type.n)
            return true;
    return alter_minds_indexes(x);
}
