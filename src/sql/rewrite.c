#include "sql/rewrite.h"

int32_t sql_rewrite_position(const struct sql_rewritten *r, struct str original, int32_t position)
{
    if (position <= 0 || r->nedits == 0)
        return position;
    size_t at = str_offset(r->text, position), source = at;
    for (size_t i = 0, shift_from = 0, shift_to = 0; i < r->nedits; i++) {
        const struct sql_edit *edit = &r->edits[i];
        size_t start = edit->at - shift_from + shift_to; /* of the edit, in the rewritten text */
        if (at < start)
            break;
        if (at < start + edit->added) {
            source = edit->at;
            break;
        }
        shift_from += edit->removed;
        shift_to += edit->added;
        source = at - shift_to + shift_from;
    }
    return str_position(original, source);
}
