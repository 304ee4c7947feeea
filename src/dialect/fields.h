/* (x).a and (x).* of a value of a composite type. Of dialect/ alone. Source: PostgreSQL 15 manual, 4.2.4,
 * 8.16.3. */
#ifndef TAVANA_DIALECT_FIELDS_H
#define TAVANA_DIALECT_FIELDS_H

struct rewriter;

/* At a dot behind a bracket: goes on behind what was chosen. ST_AGAIN: it is something else. */
int walk_field(struct rewriter *r);

/* At a bracket behind an operand: j['a'] of a jsonb is j -> 'a'. ST_AGAIN: it is something else. */
int walk_json_subscript(struct rewriter *r);

#endif
