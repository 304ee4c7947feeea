/* The type of a parameter beside an operand or in a call, from the words in which the engine says that it
 * has no such function of a text: it has no call that binds an expression by itself. Of backend/ alone.
 * Pure. Source: PostgreSQL documentation, "Type Conversion", Operators and Functions: an unknown beside a
 * known type is of that type, if there is such an operator; else of what its category prefers. */
#ifndef TAVANA_BACKEND_LOCAL_GUESS_H
#define TAVANA_BACKEND_LOCAL_GUESS_H

#include <stdint.h>

struct local_guess {
    const char *name; /* the engine's */
    uint32_t oid;
};

/* A numeric of any digits, until a value says how many, and an array of such. */
extern const char local_numeric_cast[], local_numeric_list_cast[];

/* message: "No function matches … argument types '+(TIMESTAMP, VARCHAR)' …", where the parameter is the
 * VARCHAR. NULL: it says nothing of the kind, or of types that tell nothing. */
const struct local_guess *local_guess_from(const char *message);

#endif
