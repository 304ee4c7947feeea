#include "base/alloc.h"
#include "copy/reader.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static const char *const names[] = {"a", "b", "c"};
static const struct copy_target target = {.table = "t", .ncolumns = 2, .columns = names};
static const struct copy_options text_options = {.delimiter = '\t', .null = {"\\N", 2}};
static const struct copy_options csv_options = {
    .format = COPY_CSV, .delimiter = ',', .quote = '"', .escape = '"', .null = {"", 0}};
static const struct copy_options binary_options = {.format = COPY_BINARY};

static struct err err;

/* The rows as "a|b;" with NULL as ~, fed in pieces of n bytes. What read last is the status. */
static int read_in(const struct copy_options *o, const struct copy_target *t, const void *data, size_t size,
                   size_t piece, char *out, size_t room, struct err *e)
{
    struct copy_reader *r = NULL;
    size_t at = 0, n = 0;
    int st = copy_reader_new(&r, o, t, e);
    out[0] = '\0';
    if (st == ST_OK)
        st = ST_AGAIN;
    while (st == ST_AGAIN) {
        const struct str *fields;
        if (at == size) {
            copy_reader_end(r);
        } else {
            size_t some = piece < size - at ? piece : size - at;
            copy_reader_feed(r, (const char *)data + at, some);
            at += some;
        }
        while ((st = copy_reader_next(r, &fields, e)) == ST_OK)
            for (size_t i = 0; i < t->ncolumns; i++)
                n += (size_t)snprintf(out + n, room - n, "%.*s%s", fields[i].p ? (int)fields[i].n : 1,
                                      fields[i].p ? fields[i].p : "~", i + 1 < t->ncolumns ? "|" : ";");
    }
    copy_reader_free(r);
    return st;
}

static const struct sample {
    const struct copy_options *options;
    const char *data;
    size_t size;
    const char *rows;
    enum sqlstate code; /* it ends with; 0: well */
    const char *context;
} samples[] = {
#define S(options, data, rows, code, context)                                                                \
    {                                                                                                        \
        options, data, sizeof(data) - 1, rows, code, context                                                 \
    }
    S(&text_options, "", "", 0, ""),
    S(&text_options, "1\tx\n\\N\t\n", "1|x;~|;", 0, ""),
    S(&text_options, "a\\tb\\\\\t\\x41\\102\\q", "a\tb\\|ABq;", 0, ""),
    S(&text_options, "1\t2\r\n3\t4\r\n\\.\r\nrest", "1|2;3|4;", 0, ""),
    S(&text_options, "1\t2\r3\t4\r", "1|2;3|4;", 0, ""),
    S(&text_options, "1\t2\n3\n", "1|2;", SQLSTATE_BAD_COPY_FILE_FORMAT, "COPY t, line 2: \"3\""),
    S(&text_options, "1\t2\t3\n", "", SQLSTATE_BAD_COPY_FILE_FORMAT, "COPY t, line 1: \"1\t2\t3\""),
    S(&text_options, "1\t2\nx\r\n", "1|2;", SQLSTATE_BAD_COPY_FILE_FORMAT, "COPY t, line 2"),
    S(&text_options, "1\t\xff\n", "", SQLSTATE_CHARACTER_NOT_IN_REPERTOIRE, "COPY t, line 1"),
    S(&csv_options, "1,\"x \"\"y\"\",\nz\"\n,\"\"\n", "1|x \"y\",\nz;~|;", 0, ""),
    S(&csv_options, "1,\"x\n", "", SQLSTATE_BAD_COPY_FILE_FORMAT, "COPY t, line 1: \"1,\"x\n\""),
    S(&binary_options, "PGCOPY\n\377\r\n\0\0\0\0\0\0\0\0\2??\0\2\0\0\0\1a\377\377\377\377\377\377", "a|~;", 0,
      ""),
    S(&binary_options, "PGCOPY\n\377\r\n\0\0\0\0\0\0\0\0\0\0\2\0\0\0\0\0\0\0\1b", "|b;", 0, ""),
    S(&binary_options, "PGCOPY\n\377\r\n\0\0\0\0\0\0\0\0\0\0\3\0\0\0\0\0\0\0\1b", "",
      SQLSTATE_BAD_COPY_FILE_FORMAT, "COPY t, line 1"),
    S(&binary_options, "PGCOPY\n\377\r\n\0\0\0\0\0\0\0\0\0\0\2\0\0\0\1a\377\377\377\376", "",
      SQLSTATE_BAD_COPY_FILE_FORMAT, "COPY t, line 1"),
    S(&binary_options, "PGCOPY\n\377\r\n\0\0\0\0\0\0\0\0\0\0\2\0\0\0\1", "", SQLSTATE_BAD_COPY_FILE_FORMAT,
      "COPY t, line 1"),
    S(&binary_options, "PGCOPX", "", SQLSTATE_BAD_COPY_FILE_FORMAT, "COPY t"),
#undef S
};

static void test_samples_in_pieces(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof samples / sizeof *samples; i++)
        for (size_t piece = 1; piece < 40; piece++) {
            const struct sample *s = &samples[i];
            char rows[256];
            err_init(&err);
            int st = read_in(s->options, &target, s->data, s->size, piece, rows, sizeof rows, &err);
            if (strcmp(rows, s->rows) != 0 || (st == ST_ERR) != (s->code != 0))
                print_error("sample %zu in pieces of %zu: %s\n", i, piece, err.message);
            assert_string_equal(rows, s->rows);
            assert_int_equal(st, s->code ? ST_ERR : ST_EOF);
            if (!s->code)
                continue;
            assert_int_equal(err.code, s->code);
            assert_memory_equal(err.context, s->context, strlen(s->context));
        }
}

static void test_header(void **state)
{
    (void)state;
    char rows[64];
    struct copy_options o = csv_options;
    static const char data[] = "a,b\n1,2\n", other[] = "a,x\n1,2\n";
    o.header = COPY_HEADER_MATCH;
    err_init(&err);
    assert_int_equal(read_in(&o, &target, data, sizeof data - 1, 3, rows, sizeof rows, &err), ST_EOF);
    assert_string_equal(rows, "1|2;");
    assert_int_equal(read_in(&o, &target, other, sizeof other - 1, 3, rows, sizeof rows, &err), ST_ERR);
    o.header = COPY_HEADER_LINE;
    err_init(&err);
    assert_int_equal(read_in(&o, &target, other, sizeof other - 1, 3, rows, sizeof rows, &err), ST_EOF);
    assert_string_equal(rows, "1|2;");
}

static void test_force(void **state)
{
    (void)state;
    char rows[64];
    struct copy_target t = target;
    static const bool first[] = {true, false}, second[] = {false, true};
    static const char data[] = ",\"\"\n";
    t.force_not_null = first;
    t.force_null = second;
    err_init(&err);
    assert_int_equal(read_in(&csv_options, &t, data, sizeof data - 1, 1, rows, sizeof rows, &err), ST_EOF);
    assert_string_equal(rows, "|~;");
}

/* Lines in pieces, so that all there is to allocate is. */
static void test_every_allocation_fails_once(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof samples / sizeof *samples; i++) {
        const struct sample *s = &samples[i];
        bool more = true;
        for (unsigned nth = 1; more; nth++) {
            char rows[256];
            struct err e;
            err_init(&e);
            alloc_fail_nth(nth);
            int st = read_in(s->options, &target, s->data, s->size, 3, rows, sizeof rows, &e);
            more = alloc_failed();
            alloc_fail_nth(0);
            if (more)
                assert_int_equal(st, ST_ERR);
            else
                assert_int_equal(st, s->code ? ST_ERR : ST_EOF);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_samples_in_pieces),
        cmocka_unit_test(test_header),
        cmocka_unit_test(test_force),
        cmocka_unit_test(test_every_allocation_fails_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
