#include "pgfunc/lists.h"

#include "pgfunc/chars.h"

#include <string.h>
#include <strings.h>

/* A JSON string at *at, which moves behind it, as an array's element: in quotes where it needs them. */
static void put_string(struct buf *out, struct str in, size_t *at)
{
    size_t start = out->len;
    buf_put_u8(out, '"');
    for (++*at; *at < in.n && in.p[*at] != '"'; ++*at) {
        char c = in.p[*at];
        if (c == '\\' && *at + 1 < in.n) {
            c = in.p[++*at];
            const char *escape = strchr("bfnrt", c);
            uint32_t code = 0;
            if (c == 'u' && *at + 4 < in.n) {
                for (size_t i = 1; i <= 4; i++) {
                    char d = in.p[*at + i];
                    code = code << 4 | (uint32_t)(d <= '9' ? d - '0' : (d | 0x20) - 'a' + 10);
                }
                *at += 4;
                char_put(out, code);
                continue;
            }
            if (escape && c)
                c = "\b\f\n\r\t"[escape - "bfnrt"];
        }
        if (c == '"' || c == '\\')
            buf_put_u8(out, '\\');
        buf_put_u8(out, (uint8_t)c);
    }
    ++*at;
    bool quoted = out->len == start + 1 || (out->len == start + 5 && buf_ok(out) &&
                                            strncasecmp((const char *)out->data + start + 1, "null", 4) == 0);
    for (size_t i = start + 1; i < out->len && !quoted; i++)
        quoted = strchr("{}\",\\ \t\n\r\v\f", out->data[i]) != NULL;
    if (quoted || !buf_ok(out)) {
        buf_put_u8(out, '"');
        return;
    }
    memmove(out->data + start, out->data + start + 1, out->len - start - 1);
    out->len--;
}

/* The JSON of a list as the array's text. */
static int array_text(struct pg_call *call)
{
    const struct str in = call->args[0].text;
    for (size_t at = 0; at < in.n;) {
        char c = in.p[at];
        size_t word = at;
        while (word < in.n && ((in.p[word] >= 'a' && in.p[word] <= 'z') || in.p[word] == '_'))
            word++;
        if (c == '"') {
            put_string(call->out, in, &at);
        } else if (c == '[' || c == ']') {
            buf_put_u8(call->out, c == '[' ? '{' : '}');
            at++;
        } else if (word > at + 1) { /* true and false show as a letter */
            bool null = c == 'n';
            buf_put(call->out, null ? "NULL" : in.p + at, null ? 4 : 1);
            at = word;
        } else {
            buf_put_u8(call->out, (uint8_t)c);
            at++;
        }
    }
    return ST_OK;
}

const struct pg_function pg_list_functions[] = {
    {.name = "pg_array_text", .args = {PG_TEXT}, .result = PG_TEXT, .call = array_text},
    {.name = NULL},
};
