/* What the engine minds when a table is altered. Of session/ alone. Any thread. */
#ifndef TAVANA_SESSION_ALTER_MINDS_H
#define TAVANA_SESSION_ALTER_MINDS_H

#include <stdbool.h>

struct sql_alter;

/* Whether the engine does it only while there is no index. */
bool alter_minds_indexes(const struct sql_alter *x);
/* Whether columns change while the engine still knows of an index that was dropped in this transaction. */
bool alter_changes_columns(const struct sql_alter *x);
/* Whether the engine minds that a foreign key refers to the table. */
bool alter_minds_references(const struct sql_alter *x);

#endif
