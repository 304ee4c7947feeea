#include "pgfunc/text.h"

static bool is_letter_or_digit(unsigned char c)
{
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c >= 0x80;
}

/* initcap(text): each word's first letter upper, the rest lower. ASCII letters change; others stay. */
static int initcap(struct pg_call *call)
{
    const struct str in = call->args[0].text;
    bool within = false;
    for (size_t i = 0; i < in.n; i++) {
        unsigned char c = (unsigned char)in.p[i];
        if (!within && c >= 'a' && c <= 'z')
            c = (unsigned char)(c - 'a' + 'A');
        else if (within && c >= 'A' && c <= 'Z')
            c = (unsigned char)(c - 'A' + 'a');
        within = is_letter_or_digit(c);
        buf_put_u8(call->out, c);
    }
    return ST_OK;
}

const struct pg_function pg_text_functions[] = {
    {.name = "initcap", .args = {PG_TEXT}, .result = PG_TEXT, .call = initcap},
    {.name = NULL},
};
