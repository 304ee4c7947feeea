/* How deep a JSON text is nested. */
#include "engine/guard_json.h"

#include "engine/guard_priv.h"

bool guard_json_is_deep(const char *text, size_t n)
{
    /* First what a text without any depth passes in one run that the compiler makes wide. */
    size_t opening = 0, depth = 0;
    for (size_t i = 0; i < n; i++)
        opening += (text[i] == '[') | (text[i] == '{');
    if (opening <= GUARD_JSON_DEPTH_MAX)
        return false;
    bool in_string = false;
    for (size_t i = 0; i < n; i++) {
        char c = text[i];
        if (in_string) {
            if (c == '\\')
                i++;
            else if (c == '"')
                in_string = false;
        } else if (c == '"') {
            in_string = true;
        } else if (c == '[' || c == '{') {
            if (++depth > GUARD_JSON_DEPTH_MAX)
                return true;
        } else if ((c == ']' || c == '}') && depth > 0) {
            depth--;
        }
    }
    return false;
}
