/* Names of types and domains in commands. Of sql/ alone. */
#ifndef TAVANA_SQL_TYPE_NAME_H
#define TAVANA_SQL_TYPE_NAME_H

#include <stdbool.h>
#include <stddef.h>

struct reader;
struct sql_type_name;

/* [[database.]schema.]name; of more parts the last three. 42601 */
int type_name_read(struct reader *r, struct sql_type_name *out);
/* What stands behind DROP TYPE and DROP DOMAIN, to the end: [IF EXISTS] name, … [CASCADE | RESTRICT]. names
 * has room for one more than the text has commas; *n is where the first of them goes. 42601 */
int type_names_read(struct reader *r, struct sql_type_name *names, size_t *n, bool *absent_is_fine,
                    bool *cascade);

#endif
